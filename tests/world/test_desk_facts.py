"""What the desk is asked and answers: facts with their values, questions, screens and replies by the brand guide."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from ftlab import values
from ftlab.seeded import rng
from ftlab.world import brand, desk_facts, desk_words, quillmere, support

ALL = [(group, fact) for group, lists in desk_facts.facts("train").items() for facts in lists for fact in facts]
PRICE = desk_facts.facts("train")["product"][0][0]


def of(group: str) -> list[desk_facts.Fact]:
    return [fact for each, fact in ALL if each == group]


def test_wrong_policy_values_differ_from_the_right_ones():
    right = {(policy.id, fact.key): fact.value for policy in quillmere.policies() if policy.split == "train"
             for fact in policy.facts}
    wrong = Counter((row["policy"], row["fact"]) for row in desk_words.table("wrong_values"))
    assert set(wrong) == set(right) and min(wrong.values()) >= 3
    assert all(row["text"] != right[row["policy"], row["fact"]] for row in desk_words.table("wrong_values"))


def test_a_fact_without_fitting_parts_says_so():
    fact = desk_facts.facts("train")["product"][0][0]
    with pytest.raises(ValueError, match="expected parts that make a reply about price of Emberline Kettle"):
        desk_facts.compose(fact, rng("a test"), ("far too long " * 20,))


def test_every_fact_can_be_asked_and_answered_by_the_guide() -> None:
    random = rng("gold")
    for _, fact in ALL:
        thanks, answer, step = desk_facts.compose(fact, random, fact.answers)
        reply = desk_facts.reply(thanks, answer.replace("{value}", fact.value), step)
        assert brand.on_brand(reply) and values.states_all(reply, fact.expected), reply
        assert "{" not in reply and not re.search("  ", reply), reply


def test_wrong_values_are_others_than_the_screen_shows() -> None:
    for fact in of("product") + of("policy"):
        assert fact.wrong and fact.wrong_answers and fact.wrong_manner, fact.key
        assert not set(fact.wrong) & {fact.value, *fact.expected}
        if fact.key != "dishwasher_safe":  # its words stand for any product: yes and no
            shown = " ".join(fact.shown.values())
            assert not [wrong for wrong in fact.wrong if wrong in shown], fact.key
    assert not any(fact.wrong for fact in of("grave"))


def test_facts_are_about_a_product_of_their_split_or_a_policy() -> None:
    for split in ("train", "test"):
        goods = {item.name for item in quillmere.products() if (item.split, item.status) == (split, "current")}
        rules = {policy.id for policy in quillmere.policies() if policy.split == split}
        found = desk_facts.facts(split)
        assert {fact.product for facts in found["product"] + found["grave"] for fact in facts} == goods
        assert {fact.policy for facts in found["policy"] for fact in facts} == rules


def test_a_grave_case_is_handed_over_and_no_other_fact_is() -> None:
    assert {fact.intent for fact in of("grave")} == {"escalate"}
    assert {fact.expected for fact in of("grave")} == {(support.HANDED_OVER,)}
    for fact in of("product") + of("policy"):
        assert not any(support.HANDED_OVER in answer for answer in fact.answers), fact.key


def test_the_screen_shows_four_facts_with_the_one_asked_for() -> None:
    random, seen = rng("screens"), set()
    for fact in of("product"):
        screen = desk_facts.show(fact, random)
        shown = [key for key, text in fact.shown.items() if text in screen]
        assert screen.startswith(f"{fact.product} ({fact.noun}). ") and len(shown) == 4 and fact.key in shown, screen
        assert shown == [key for key in fact.shown if key in shown]  # in the record's order
        seen.update(shown)
    assert seen == set(quillmere.ATTRIBUTES)
    for fact in of("grave"):
        assert fact.shown["price"] in desk_facts.show(fact, random)
    for fact in of("policy"):
        assert desk_facts.show(fact, random) == fact.screen and fact.value in fact.screen


def test_questions_name_their_product_and_leave_no_slot_open() -> None:
    random = rng("asks")
    questions = [desk_facts.ask(PRICE, random) for _ in range(400)]
    assert len(set(questions)) > 300
    assert not [text for text in questions if re.search(r"[{}]|  |^[ ,.]", text)]
    named = sum(PRICE.product.lower() in text.lower() for text in questions)
    assert 200 < named < 400  # in the others it is "the kettle"
    kinds = Counter(("small" if text == text.lower() else "") or ("" if text[-1] in "?.!" else "bare")
                    for text in questions)  # fmt: skip
    assert kinds["small"] > 0 and kinds["bare"] > 0 and kinds[""] > 300


@pytest.mark.parametrize(("lead", "said", "whole"), [
    ("Our rule is simple: {answer_low}", "You have 30 days.", "Our rule is simple: you have 30 days."),
    ("We checked. {answer}", "You have 30 days.", "We checked. You have 30 days."),
    ("{answer_low} and {answer}", "", " and "),
    ("No slot.", "You have 30 days.", "No slot."),
])  # fmt: skip
def test_a_lead_takes_what_is_said(lead: str, said: str, whole: str) -> None:
    assert desk_facts.state(lead, said) == whole


def test_a_reply_has_the_houses_form() -> None:
    assert desk_facts.reply("Thank you for asking.", "It is red.", "write to us.") == (
        "Thank you for asking. It is red. Next step: write to us. Warmly, the Quillmere desk"
    )
