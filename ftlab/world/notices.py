"""Notices in running text: the rules of a house for what it offers, and the policies of a shop.

One sentence of a paragraph answers a question, and the paragraph beside it speaks of the same things with other values.
Houses, services and values are drawn anew for every page, so that nothing of them can be learned by heart.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from random import Random

from ftlab import files, paths
from ftlab.world import invent, shops
from ftlab.world.shops import Fact, Passage, Wording
from ftlab.world.text import sentence

# By topic of a shop's rules: the words by which a question shows that it is about the topic and about no other. "How
# long do I wait for an answer?" is answered on many a page that says nothing about claims.
BOUND = {
    "Returns": "return", "Late Returns": "late return|deadline", "Exchanges": "exchang|swap", "Refunds": "refund",
    "Shipping": "shipping|postage|island", "Express Delivery": "express", "Overseas Parcels": "overseas|duty|customs",
    "Collection from the Shop": "collect|pick up", "Warranty": "warranty", "Claims": "claim", "Repairs": "repair",
    "Spare Parts": "spare part|part number", "Privacy": "data|address|my bills", "Newsletter": "newsletter",
    "Gift Cards": "gift card", "Vouchers": "voucher", "Price Match": "match", "Trade Orders": "trade",
    "Recycling and Trade-in": "recycl", "Deposits and Payment Plans": "plan|reserve", "Hire of Goods": "hire",
    "Classes and Events": "class|open evening", "Opening Hours and Visits": "doors open|shop opens|shop shut|tour|park",
    "Membership": "member", "Complaints": "compla", "Engraving and Special Orders": "engrav|made-to-order",
    "Lost Parcels": "lost parcel|as lost|call it lost"}  # fmt: skip
OUTINGS = re.compile(r"\b(walk|campfire|ride|excursion|trip|tour|swim|diving|beginners)\b")  # in no room of the house
Page = tuple[str, list[Passage], dict[str, list[Wording]]]  # the text, its passages, and by name what they do not say


@cache
def _rows(table: str) -> tuple[dict[str, str], ...]:
    return tuple(files.read_table(paths.data() / "world" / "shops" / f"{table}.csv"))


@cache
def talk() -> dict[str, tuple[str, ...]]:
    """The pools of ``talk.csv``: what is said around questions and replies, and how they are joined."""
    pools: dict[str, list[str]] = {}
    for row in _rows("talk"):
        pools.setdefault(row["pool"], []).append(row["text"])
    return {pool: tuple(texts) for pool, texts in pools.items()}


@cache
def services() -> dict[str, tuple[tuple[str, str], ...]]:
    """What the houses of a sort offer, such as "chair hire": pairs of the kind of service and its name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in _rows("services"):
        found.setdefault(row["place"], []).append((row["kind"], row["service"]))
    return {place: tuple(each) for place, each in found.items()}


@cache
def aspects(kind: str) -> tuple[Wording, ...]:
    """What can be said about a kind of service: its price, its day, who may have it free, and so on."""
    table = shops.wordings("aspects")
    return tuple(each for kinds, facts in table.items() if kind in kinds.split("/") for each in facts.values())


def house(random: Random) -> Page:
    """The notices of an invented house on two or three of its services.

    They speak of the same things where they can, each with its own values, so that only reading tells them apart.
    """
    place = random.choice(list(services()))
    offered = random.sample(services()[place], random.choice([2, 2, 3]))
    taken: set[str] = set()
    found, absent, shared = [], {}, []
    fillers = random.sample(talk()["filler"], len(talk()["filler"]))
    for kind, service in offered:
        table = [each for each in aspects(kind) if each.key != "event_room" or not OUTINGS.search(service)]
        again = [each for each in shared if each in table]
        wanted = random.sample(again, min(len(again), 2))
        rest = [each for each in table if each not in wanted]
        random.shuffle(rest)
        shared = wanted + rest[: random.randint(3, 6 if len(offered) == 2 else 4) - len(wanted)]
        absent[service] = [each for each in rest if each not in shared]
        facts = tuple(_fact(random, each, taken) for each in random.sample(shared, len(shared)))
        found.append(Passage("notice", service, running_text(random, service, facts, fillers), facts))
    return _page(random, f"{invent.name(random)} {place}", found), found, absent


def shop(random: Random) -> Page:
    """The policies of a shop on two or three topics; what it does not speak of is another topic."""
    table = shops.wordings("policies")
    missing, *topics = random.sample(list(table), random.choice([3, 3, 4]))
    taken: set[str] = set()
    found, fillers = [], random.sample(talk()["filler"], len(talk()["filler"]))
    for topic in topics:
        count = random.randint(3, 5 if len(topics) == 2 else 4)
        some = random.sample(list(table[topic].values()), min(count, len(table[topic])))
        facts = tuple(_fact(random, each, taken) for each in some)
        found.append(Passage("policy", _about(topic), running_text(random, _about(topic), facts, fillers), facts))
    about = f"the rules on {_about(missing)}"
    bound = {each: tuple(q for q in each.questions if re.search(BOUND[missing], q)) for each in table[missing].values()}
    unsaid = [replace(each, topics=(about,), questions=questions) for each, questions in bound.items() if questions]
    random.shuffle(unsaid)
    return _page(random, f"{invent.name(random)} Shop", found), found, {each.name: unsaid[:1] for each in found}


@cache
def _about(topic: str) -> str:
    """How the topic of a policy is named inside a sentence."""
    wordings = shops.wordings("policies")[topic].values()
    return next((text for wording in wordings for text in wording.topics), topic.lower())


def _page(random: Random, name: str, found: list[Passage]) -> str:
    head = random.choice(talk()["house"]).format(name=name)
    return head + "\n\n" + "\n\n".join(f"{_heading(random, each.name)}{each.text}" for each in found)


def running_text(random: Random, about: str, facts: tuple[Fact, ...], fillers: list[str]) -> str:
    """The facts as sentences that follow one another, with some of the page's fillers between them, each used once."""
    openers = random.sample(talk()["opener"], len(talk()["opener"]))
    parts, before = [], ""
    for number, fact in enumerate(facts):
        text = random.choice(fact.wording.statements)
        again = text.startswith("{it} ") and before.startswith("{it} ") and random.random() < 0.8
        before = text
        text = text.format(it="it" if again else about, v=fact.value)
        if number and openers and "lease " not in text and random.random() < 0.15:
            text = openers.pop() + low(text)
        parts.append(text)
        if fillers and random.random() < 0.2:
            parts.append(fillers.pop())
            before = ""  # and "it" would be the page
    return shops.prose(parts)


def _fact(random: Random, wording: Wording, taken: set[str]) -> Fact:
    """A fact whose value no other on the page has."""
    value = invent.value(wording.pool, random)
    while value in taken:
        value = invent.value(wording.pool, random)
    taken.add(value)
    return Fact(wording, value)


def _heading(random: Random, about: str) -> str:
    heading = sentence(random.choice(talk()["heading"]).format(it=about))
    return heading + random.choice(["\n", "\n", ". " if heading[-1].isalpha() else "\n"])


def low(text: str) -> str:
    """The text as it goes on after a comma or a colon."""
    return text if text.startswith("I ") else text[:1].lower() + text[1:]


