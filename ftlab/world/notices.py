"""Notices in running text: the rules of a house for what it offers, and the policies of a shop.

One sentence of a paragraph answers a question, and the paragraph beside it speaks of the same things with other values.
Houses, services and values are drawn anew for every page, so that nothing of them can be learned by heart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from ftlab import files, paths
from ftlab.world import invent, shops
from ftlab.world.shops import Fact, Passage, Wording
from ftlab.world.text import plural, sentence

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
EITHER = {"asked_at", "booked_by"}  # who takes requests by phone sends nobody to the side entrance
# Of which facts one says "please note" or "by the way": of duties, and of what nobody has to do anything about.
DUTIES = {"notice", "cancel", "rest_day", "show", "hire_longest", "hire_late", "pick_up", "age", "runs", "card_lost"}
ASIDES = {"since", "free_for", "charge", "leader", "card_off"}
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


@dataclass(frozen=True)
class Service:
    """What a house offers, such as "chair hire": its kind, its size, and what nobody would say about it.

    Attributes:
        kind: "work", "care", "task", "hire", "space", "event" or "card".
        size: "small" for what is done while one waits or costs little, "ordinary" or "large"; of events "circle",
            "evening", "class", "walk" or "outing"; of cards "ticket", "card" or "pass".
        without: Facts that do not suit it.
    """

    kind: str
    size: str
    name: str
    without: frozenset[str]


@cache
def services() -> dict[str, tuple[Service, ...]]:
    """What the houses of a sort offer."""
    found: dict[str, list[Service]] = {}
    for row in _rows("services"):
        service = Service(row["kind"], row["size"], row["service"], frozenset(row["without"].split()))
        found.setdefault(row["place"], []).append(service)
    return {place: tuple(each) for place, each in found.items()}


@cache
def aspects(service: Service) -> tuple[Wording, ...]:
    """What can be said about a service: its price, its day, who may have it free, and so on."""
    table = shops.wordings("aspects")
    found = (each for kinds, facts in table.items() if service.kind in kinds.split("/") for each in facts.values())
    return tuple(each for each in found if each.key not in service.without and _ranges(each.pool, service) != ())


@cache
def _ranges(pool: str, service: Service) -> tuple[dict[str, str], ...] | None:
    """The rows of ``sizes.csv`` with the values of a pool that suit a service; None for a pool that suits them all."""
    rows = [row for row in _rows("sizes") if row["pool"] == pool]
    fits = (row for row in rows if service.kind in row["kinds"].split("/") and service.size in row["sizes"].split("/"))
    return tuple(fits) if rows else None


def value(random: Random, pool: str, service: Service) -> str:
    """A value that a service of its size can have: nobody books the cutting of a key three weeks ahead."""
    rows = _ranges(pool, service)
    if rows is None:
        return invent.value(pool, random)
    row = random.choice(rows)
    if row["words"]:
        return invent.value(row["words"], random)
    low, high, step = (int(row[key]) for key in ("low", "high", "step"))
    if row["unit"] == "clock":
        return invent.clock(random, low, high)
    number = random.randrange(low, high + 1, step)
    if row["unit"].startswith("$"):
        return f"${number}.{'00' if row['unit'] == '$0' else invent.cents(random)}"
    return plural(number, row["unit"], {"person": "people", "percent": "percent"}.get(row["unit"]))


def house(random: Random) -> Page:
    """The notices of an invented house on two or three of its services.

    They speak of the same things where they can, each with its own values, so that only reading tells them apart.
    """
    place = random.choice(list(services()))
    offered = random.sample(services()[place], random.choice([2, 2, 3]))
    taken: set[str] = set()
    found, absent, shared = [], {}, []
    for service in offered:
        other = random.choice(sorted(EITHER))
        keys = {each.key for each in aspects(service)}
        table = [each for each in aspects(service) if each.key != other or not keys >= EITHER]
        again = [each for each in table if each.key in shared]
        wanted = random.sample(again, min(len(again), 2))
        rest = [each for each in table if each not in wanted]
        random.shuffle(rest)
        stated = wanted + rest[: random.randint(3, 6 if len(offered) == 2 else 4) - len(wanted)]
        shared = [each.key for each in stated]
        absent[service.name] = [each for each in rest if each not in stated]
        drawn = [_fact(random, each, taken, service) for each in random.sample(stated, len(stated))]
        facts = tuple(fact for fact in drawn if fact)
        found.append(Passage("notice", service.name, running_text(random, service.name, facts), facts))
    return _page(random, f"{invent.name(random)} {place}", found), found, absent


def shop(random: Random) -> Page:
    """The policies of a shop on two or three topics; what it does not speak of is another topic."""
    table = shops.wordings("policies")
    missing, *topics = random.sample(list(table), random.choice([3, 3, 4]))
    taken: set[str] = set()
    found = []
    for topic in topics:
        count = random.randint(3, 5 if len(topics) == 2 else 4)
        some = random.sample(list(table[topic].values()), min(count, len(table[topic])))
        facts = tuple(fact for each in some if (fact := _fact(random, each, taken)))
        found.append(Passage("policy", _about(topic), running_text(random, _about(topic), facts), facts))
    about = _about(missing)
    bound = {each: tuple(q for q in each.questions if re.search(BOUND[missing], q)) for each in table[missing].values()}
    unsaid = [replace(each, topics=(about,), questions=questions) for each, questions in bound.items() if questions]
    random.shuffle(unsaid)
    absent = {each.name: unsaid[i : i + 1] or unsaid[:1] for i, each in enumerate(found)}  # no two ask for the same
    return _page(random, f"{invent.name(random)} Shop", found), found, absent


@cache
def _about(topic: str) -> str:
    """How the topic of a policy is named inside a sentence."""
    wordings = shops.wordings("policies")[topic].values()
    return next((text for wording in wordings for text in wording.topics), topic.lower())


def _page(random: Random, name: str, found: list[Passage]) -> str:
    """The page with its head. A word about the page itself stands at its beginning or at its end, if anywhere."""
    head = random.choice(talk()["house"]).format(name=name)
    place = random.random()
    first = f"\n{random.choice(talk()['filler_first'])}" if place < 0.2 else ""
    last = f" {random.choice(talk()['filler_last'])}" if place > 0.75 else ""
    return head + first + "\n\n" + "\n\n".join(f"{_heading(random, each.name)}{each.text}" for each in found) + last


def running_text(random: Random, about: str, facts: tuple[Fact, ...]) -> str:
    """The facts as sentences that follow one another, one perhaps with words such as "Please note" before it."""
    parts, before, opened = [], "", False
    for number, fact in enumerate(facts):
        text = random.choice(fact.wording.statements)
        again = text.startswith("{it} ") and before.startswith("{it} ") and random.random() < 0.8
        before = text
        text = text.format(it="it" if again else about, v=fact.value)
        openers = _openers(fact, last=number == len(facts) - 1)
        if number and openers and not opened and not re.search("[Pp]lease|^Tell ", text) and random.random() < 0.25:
            text, opened = random.choice(openers) + low(text), True
        parts.append(text)
    return shops.prose(parts)


def _openers(fact: Fact, last: bool) -> tuple[str, ...]:
    pools = talk()
    duty = pools["opener_duty"] if fact.wording.key in DUTIES else ()
    aside = pools["opener_aside"] if fact.wording.key in ASIDES else ()
    return (*duty, *aside, *(pools["opener_last"] if last else ()))


def _fact(random: Random, wording: Wording, taken: set[str], service: Service | None = None) -> Fact | None:
    """A fact whose value no other on the page has; None if each of the few that it can have is taken."""
    for _ in range(40):
        drawn = value(random, wording.pool, service) if service else invent.value(wording.pool, random)
        if drawn not in taken:
            taken.add(drawn)
            return Fact(wording, drawn)
    return None


def _heading(random: Random, about: str) -> str:
    heading = sentence(random.choice(talk()["heading"]).format(it=about))
    return heading + random.choice(["\n", "\n", ". " if heading[-1].isalpha() else "\n"])


def low(text: str) -> str:
    """The text as it goes on after a comma or a colon."""
    return text if text.startswith("I ") else text[:1].lower() + text[1:]


