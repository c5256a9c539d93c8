"""The rules of houses and shops: what is asked about them, and what two of them say together."""

from __future__ import annotations

import re

from ftlab.world import invent, notices, prose, shops
from ftlab.world.text import rng


def test_a_question_about_a_rule_names_what_it_is_about() -> None:
    """ "I have no time to wash it" and "Who is entitled to it?" stood before any thing was named."""
    empty = r"(is it (possible|before|until|too late)|it is until|will it be|does it (take|cost|add)|it (takes|pays))\b"
    named = r"\b(an?|any|one|the|my|your|what) \w+"
    for kind, facts in shops.wordings("policies").items():
        for text in (text for each in facts.values() for text in each.questions):
            before, *after = re.split(r"\bit\b", re.sub(empty, "", text.lower()), maxsplit=1)
            assert not after or re.search(named, before), (kind, text)


def test_rules_of_a_shop_do_not_contradict_one_another() -> None:
    """A kettle was paid for and barred, and a complaint about the owner was passed up to the front office."""
    words, table = invent.words(), shops.wordings("policies")
    assert not [text for text in words["old_goods"] if "kettle" in text]
    first, second = (table["Complaints"][key].pool for key in ("complain_to", "second_step"))
    assert not set(words[first]) & set(words[second])
    assert not {"birthdays", "dates of birth"} & set(words["secret"])  # on which the newsletter sends a present
    assert not {"ship", "ferry", "handcart", "tram"} & set(words["transport"])  # of any order to any town
    facts = [each for rules in table.values() for each in rules.values()]
    texts = [text for each in facts for text in (*each.questions, *each.statements)]
    assert not [text for text in texts if re.search(r"(am I|you are) under warranty|\bengine\b|recycling box", text)]


def test_advice_is_no_half_of_a_sentence() -> None:
    """ "If anything goes wrong with the pass, turn to Ann, and it runs out after 35 months"."""
    random, advice = rng("test advice"), r"(?:^|[.:] )(?:If|When|Whoever|Nobody|Please)\b[^.?!]*, and it\b"
    for _ in range(200):
        _, found, absent = notices.house(random)
        replies = [reply for _, reply, _ in prose._exchanges(random, found, absent)]
        assert not [reply for reply in replies if re.search(advice, reply)]


def test_what_is_said_before_a_question_counts_no_questions() -> None:
    """ "One thing is not clear to me. Two things, please: ..." and "We are glad that you asked. You asked about"."""
    talk = notices.talk()
    assert not [text for text in talk["ask_aside"] if re.search(r"\b([Oo]ne|two)\b", text)]
    assert not [text for text in talk["reply_before"] if re.search(r"\basked\b", text)]
