"""The rules of houses and shops: what is asked about them, and what two of them say together."""

from __future__ import annotations

import re

import pytest

from ftlab.seeded import rng
from ftlab.world import invent, notices, prose, shops


@pytest.fixture(scope="module")
def houses() -> list[notices.Page]:
    random = rng("test houses")
    return [notices.house(random) for _ in range(1500)]


def _service(name: str) -> notices.Service:
    return next(each for offered in notices.services().values() for each in offered if each.name == name)


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


def test_a_service_is_asked_for_at_a_place_or_in_another_way(houses: list[notices.Page]) -> None:
    """Requests were taken by video call, and the place to ask was the side entrance."""
    seen: set[str] = set()
    for _, found, absent in houses:
        for passage in found:
            keys = {fact.wording.key for fact in passage.facts} | {each.key for each in absent[passage.name]}
            assert not keys >= notices.EITHER, passage.text  # nor is the one asked for where the other is told
            seen |= keys & notices.EITHER
            assert not re.search("video call|live chat|voice message|registered|web form", passage.text), passage.text
    assert seen == notices.EITHER


def _dollars(value: str) -> float:
    return float(value.removeprefix("$"))


def test_values_of_a_service_are_those_of_its_size(houses: list[notices.Page]) -> None:
    """A key was cut after seven days of notice for $56.95, and a trolley was hired with an identity card."""
    random = rng("test sizes of services")
    for name in ("key cutting", "catalogue search", "furniture trolley hire", "towel hire", "chain cleaning"):
        assert not {"notice", "cancel", "show"} & {each.key for each in notices.aspects(_service(name))}, name
    for name in ("key cutting", "knife sharpening", "map copying", "boot waxing"):
        for _ in range(100):
            assert _dollars(notices.value(random, "service_price", _service(name))) < 15
            assert re.search(r"minutes|hours?$", notices.value(random, "job_time", _service(name)))
    assert all(_dollars(notices.value(random, "service_price", _service("engine repair"))) >= 60 for _ in range(100))
    people = [int(notices.value(random, "event_people", _service("the author evening")).split()[0]) for _ in range(99)]
    assert min(people) >= 30
    seen = 0
    for _, found, _ in houses:
        for passage in found:
            stated = {fact.wording.key: fact.value for fact in passage.facts}
            price = stated.get("price", stated.get("hire_price"))
            for key in ("cancel", "card_lost"):  # which cost less than what they are about
                if price and key in stated:
                    seen += 1
                    assert _dollars(stated[key]) < _dollars(price), (passage.name, stated)
    assert seen > 100


def test_each_service_has_a_size_and_enough_that_can_be_said_about_it() -> None:
    sizes = {"event": "circle evening class walk outing", "card": "ticket card pass"}
    keys = {each.key for facts in shops.wordings("aspects").values() for each in facts.values()}
    for offered in notices.services().values():
        for service in offered:
            assert service.size in sizes.get(service.kind, "small ordinary large").split(), service
            assert service.without <= keys and len(notices.aspects(service)) >= 8, service


def test_a_word_about_the_page_stands_at_its_beginning_or_at_its_end() -> None:
    """ "We try to be fair to everyone. One more thing: ..." stood between the rules, four times a page."""
    talk, random, seen = notices.talk(), rng("test fillers of pages"), 0
    for make in (notices.house, notices.shop):
        for _ in range(200):
            text, found, _ = make(random)
            said = [each for pool in ("filler_first", "filler_last") for each in talk[pool] if each in text]
            seen += len(said)
            assert len(said) < 2 and not [each for each in said for passage in found if each in passage.text], text
            assert not said or text.endswith(f" {said[0]}") or text.split("\n")[1] == said[0], text
            for passage in found:
                openers = [each for pool in talk if pool.startswith("opener") for each in talk[pool]
                           if each.lower() in passage.text.lower()]  # fmt: skip
                assert len(openers) < 2, text
                assert "One more thing: " not in passage.text.rsplit(". ", 1)[0], text
    assert 120 < seen < 240


def test_what_is_missing_is_named_so_that_it_reads() -> None:
    """ "I do not see the people who get furniture trolley hire free on the page", "By which means is glazing paid?" """
    assert all(text.endswith(" about {topic}.") for text in notices.talk()["unknown"])  # "the shelf that it is on on"
    texts = [text for facts in shops.wordings("aspects").values() for each in facts.values()
             for text in (*each.topics, *each.questions)]  # fmt: skip
    assert not [text for text in texts if re.search("people who get|[Bb]y which means", text)]


def test_a_shop_is_not_asked_twice_for_the_same_missing_rule() -> None:
    random, seen = rng("test missing rules"), 0
    for _ in range(400):
        _, found, absent = notices.shop(random)
        missing = {wording.questions for each in absent.values() for wording in each}
        unknown = [question for question, _, topic in prose._exchanges(random, found, absent) if topic is None]
        assert len(unknown) <= len(missing)
        seen += len(unknown) > 1
    assert seen > 5
