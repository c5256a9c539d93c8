"""What goes wrong on the desk: each kind of damage does what its name says and leaves the rest as it was."""

from __future__ import annotations

import copy
import re
from collections import Counter
from html import unescape
from random import Random

import pytest

from ftlab import values
from ftlab.seeded import rng
from ftlab.world import brand, desk_facts, desk_faults, desk_words

STEPS = dict(desk_faults.STEPS)
MANY = range(60)
FACTS = [fact for group in ("product", "policy", "grave") for facts in desk_facts.facts("train")[group][:4]
         for fact in facts]  # fmt: skip
REPLY_ONLY = ("contradicting_fact", "off_brand", "empty_reply", "truncated_reply")


def clean(fact: desk_facts.Fact, random: Random, *faults: str) -> desk_faults.Draft:
    """A record without damage, of which these faults are known to be planned."""
    thanks, answer, step = desk_facts.compose(fact, random, fact.answers)
    answer = answer.replace("{value}", fact.value)
    question, reply = desk_facts.ask(fact, random), desk_facts.reply(thanks, answer, step)
    return desk_faults.Draft(fact, "Anna", frozenset(faults), question, reply, thanks, answer, step, fact.value,
                             fact.manner, question, reply)  # fmt: skip


def damaged(kind: str, *faults: str) -> list[tuple[desk_faults.Draft, desk_faults.Draft]]:
    """Records before and after such damage, over facts of every sort that it can befall."""
    random, found = rng("damage", kind), []
    for fact in FACTS:
        of_products_alone = kind == "other_language" and fact.key not in fact.shown
        if of_products_alone or (kind == "contradicting_fact" and not fact.wrong):
            continue
        before = clean(fact, random, *faults)
        after = copy.deepcopy(before)
        STEPS[kind](after, random)
        found.append((before, after))
    return found


@pytest.mark.parametrize("kind", STEPS)
def test_damage_is_done_and_truth_and_fact_stay(kind: str) -> None:
    for before, after in damaged(kind):
        assert (after.question, after.reply) != (before.question, before.reply)
        assert (after.clean_question, after.clean_reply, after.fact) == (
            before.clean_question, before.clean_reply, before.fact)  # fmt: skip
        assert kind not in REPLY_ONLY or after.question == before.question
        assert bool(after.personal) == (kind in desk_words.PERSONAL)
        assert not re.search(r"\{\w+\}", f"{after.question} {after.reply}"), (after.question, after.reply)


@pytest.mark.parametrize("kind", STEPS)
def test_the_same_stream_does_the_same_damage(kind: str) -> None:
    made = [clean(FACTS[0], rng("same"), "off_brand") for _ in range(2)]
    for draft in made:
        STEPS[kind](draft, rng("same", kind))
    assert made[0] == made[1]


def test_a_contradiction_is_another_value_in_the_houses_manner() -> None:
    for _, after in damaged("contradicting_fact"):
        assert after.said in after.fact.wrong and brand.on_brand(after.reply), after.reply
        assert not values.states_all(after.reply, after.fact.expected), after.reply


def test_another_manner_breaks_one_to_four_rules_and_keeps_the_value() -> None:
    for _, after in damaged("off_brand"):
        assert 1 <= sum(not keeps for keeps in brand.check(after.reply).values()) <= 4, after.reply
        reply = re.sub(r"(\d)(kg|g|L|ml|cm)\b", r"\1 \2", after.reply)
        assert values.states_all(reply, after.fact.expected), after.reply


def test_where_every_text_breaks_more_rules_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = clean(FACTS[0], rng("bad"))
    draft.answer = bad = "I'm honestly amazed!  3 pounds,"
    monkeypatch.setattr(desk_faults, "texts", lambda *_: (bad,))
    with pytest.raises(ValueError, match="off_brand.csv: expected texts that break one to four rules, found none for "
                                         "price of Emberline Kettle. Add answers that break fewer"):  # fmt: skip
        desk_faults.leave_the_brand(draft, rng("bad"))


def test_abroad_the_question_is_foreign_and_most_replies_are() -> None:
    pairs = [pair for _ in range(4) for pair in damaged("other_language")]
    assert all(after.question != before.question and before.question not in after.question for before, after in pairs)
    changed = sum(after.reply != before.reply for before, after in pairs) / len(pairs)
    assert 0.6 < changed < 0.9  # three in four


def test_an_empty_reply_has_no_word_of_an_answer() -> None:
    found = {after.reply for _ in range(3) for _, after in damaged("empty_reply")}
    assert found <= set(desk_faults.NO_REPLY) and len(found) > 3


def test_a_cut_reply_is_a_beginning_without_an_end() -> None:
    for before, after in damaged("truncated_reply"):
        assert before.reply.startswith(after.reply) and after.reply[-1:] not in " .,:;?!\n"
        assert 0.2 * len(before.reply) < len(after.reply) < 0.9 * len(before.reply)


@pytest.mark.parametrize("kind", list(desk_words.PERSONAL))
def test_what_is_given_away_is_noted_and_stands_once(kind: str) -> None:
    places = Counter()
    for before, after in [pair for _ in range(3) for pair in damaged(kind)]:
        (given,) = after.personal
        assert f"{after.question} {after.reply}".count(given) == 1
        place = "reply" if given in after.reply else "question"
        places[place] += 1
        assert getattr(after, place) != getattr(before, place)
        other = "question" if place == "reply" else "reply"
        assert getattr(after, other) == getattr(before, other)
        assert after.reply.endswith(before.reply[before.reply.index(brand.NEXT_STEP) :])
    assert places["question"] > places["reply"] > 0


@pytest.mark.parametrize("kind", ["email", "phone", "card", "injection", "signature"])
def test_nothing_is_put_into_a_reply_that_is_empty(kind: str) -> None:
    assert all(after.reply == before.reply for before, after in damaged(kind, "empty_reply"))


def test_an_order_to_a_model_stands_beside_the_text() -> None:
    orders = [re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)) for text in desk_words.texts("dirt", "injection")]
    for before, after in damaged("injection"):
        assert before.question in after.question and before.reply in after.reply
        put_in = after.question.replace(before.question, "") + after.reply.replace(before.reply, "")
        assert any(re.search(order, put_in) for order in orders), put_in


def test_signatures_follow_the_text_on_lines_of_their_own() -> None:
    for before, after in damaged("signature"):
        assert after.question.startswith(before.question) and after.reply.startswith(before.reply)
        added = after.question[len(before.question) :] + after.reply[len(before.reply) :]
        assert added.startswith("\n") and added.strip()


def test_html_can_be_taken_off_again() -> None:
    for before, after in damaged("html_remains"):
        for old, new in ((before.question, after.question), (before.reply, after.reply)):
            bare = " ".join(re.sub(r"<!--.*?-->|<[^>]+>", " ", unescape(new).replace("\xa0", " ")).split())
            assert " ".join(old.split()) in bare, (old, new)


def test_html_escapes_what_a_customer_wrote() -> None:
    random = rng("escape")
    for _ in MANY:
        draft = clean(FACTS[0], random, "empty_reply")
        draft.question = "Is 1 < 2 & so on?"
        desk_faults.leave_html(draft, random)
        assert "< 2" not in draft.question and unescape(draft.question) != draft.question


@pytest.mark.parametrize("question", ["What does the kettle cost?", "I am here. Could you tell me its price?", "Price"])
def test_a_question_sent_again_is_nearly_the_same(question: str) -> None:
    random = rng("again", question)
    altered = {desk_faults.alter(question, random) for _ in range(300)}
    assert question not in altered and len(altered) > 10
    for text in altered:
        bare = re.sub(rf"^(?:{'|'.join(map(re.escape, desk_faults.GREETINGS))}) ", "", text)
        assert abs(len(bare) - len(question)) <= 8, text
