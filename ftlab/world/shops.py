"""Pages about invented goods, shops, people and places, with questions that the page answers.

The base model learns to read from these pages: every page invents its entities and their values anew, so the only way
to answer is to copy from the page. None of them exists anywhere else in the course. The wordings are tables under
``data/world/shops``; names and values come from ``ftlab.world.invent``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from random import Random

from ftlab import files, paths
from ftlab.world import invent
from ftlab.world.text import a, rng, sentence, typo

CORE = ("price", "weight", "capacity", "material", "colour", "height", "warranty", "made_in", "dishwasher_safe")
SIZED = ("weight", "capacity", "height")  # small goods have small ones
MOST_FACTS = {1: 9, 2: 5, 3: 4}  # of a passage, by the number of passages on the page
STYLES = ("Question: {q}\nAnswer:", "Question: {q}\nAnswer:", "Q: {q}\nA:", "Customer: {q}\nShop:")


@dataclass(frozen=True)
class Wording:
    """How one fact is worded: a pool of values, and templates with ``{it}`` for the entity and ``{v}`` for the value.

    ``statements`` are the sentences of prose, ``labels`` the words of a list, ``questions`` plain, ``customers`` as
    customers ask, and ``replies`` whole sentences with the value. Facts of yes and no have statements for each.
    """

    key: str
    pool: str
    labels: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    statements_yes: tuple[str, ...] = ()
    statements_no: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()

    def states(self, value: str) -> tuple[str, ...]:
        """The statements that fit a value."""
        return {"yes": self.statements_yes, "no": self.statements_no}.get(value, ()) or self.statements


@dataclass(frozen=True)
class Fact:
    """One fact of a passage: its wording and its value on this page."""

    wording: Wording
    value: str


@dataclass(frozen=True)
class Passage:
    """One passage of a page: what it is about, how its entity is named, its text, and the facts that it states."""

    kind: str  # "product", "policy" or "thing"
    name: str
    text: str
    facts: tuple[Fact, ...]


PARTS = {
    "label": "labels", "statement": "statements", "statement_yes": "statements_yes", "statement_no": "statements_no",
    "question": "questions", "customer": "customers", "reply": "replies"}  # fmt: skip


@cache
def _rows(table: str) -> tuple[dict[str, str], ...]:
    return tuple(files.read_table(paths.data() / "world" / "shops" / f"{table}.csv"))


@cache
def wordings(table: str) -> dict[str, dict[str, Wording]]:
    """The wordings of ``products``, ``policies`` or ``things``: by kind, such as "Returns" or "river", and by fact."""
    texts: dict[str, dict[str, dict]] = {}
    for row in _rows(table):
        fact = texts.setdefault(row["kind"], {}).setdefault(row["fact"], {"pool": row["values"]})
        if row["part"] in PARTS:
            fact.setdefault(PARTS[row["part"]], []).append(row["text"])
    return {
        kind: {
            key: Wording(key, **{part: each if part == "pool" else tuple(each) for part, each in fact.items()})
            for key, fact in facts.items()
            if key != "name"
        }
        for kind, facts in texts.items()
    }


@cache
def names(kind: str) -> tuple[str, ...]:
    """How entities of a kind of thing are named: templates with ``{name}``."""
    return tuple(row["text"] for row in _rows("things") if (row["kind"], row["part"]) == (kind, "name"))


def nouns() -> tuple[dict[str, str], ...]:
    """The kinds of goods, with their group of materials, their size, and whether litres and dishwasher make sense."""
    return _rows("nouns")


def prose(parts: list[str]) -> str:
    """The sentences as one text, each with a capital letter in front."""
    return re.sub(r"(^|[.!?] )([a-z])", lambda match: match[1] + match[2].upper(), " ".join(parts))


def fill(template: str, name: str, value: str) -> str:
    """A template with the entity and the value in it, and the article that the value asks for."""
    return re.sub(r"\ba \{v\}", a(value), template).format(it=name, v=value)


def product_passage(random: Random, most: int, split: str = "train") -> Passage:
    """A passage about one invented product, as a record, a list, a table row or prose."""
    noun = random.choice(nouns())
    line = f"{random.choice(invent.words()['line'])} " if random.random() < 0.3 else ""
    name = f"{invent.name(random, split)} {line}{sentence(noun['noun'])}"
    table = wordings("products")["product"]
    absent = {"capacity": not noun["litres"], "dishwasher_safe": not noun["dishwasher"]}
    core = [key for key in CORE if not absent.get(key) and random.random() < 0.7]
    others = random.sample([key for key in table if key not in CORE], random.choice([0, 0, 1, 2, 3]))
    keys = core + others if len(core) > 2 else ["price", "weight", "colour", *others]
    keys = sorted(random.sample(keys, min(len(keys), most)), key=keys.index)
    if random.random() < 0.5:
        random.shuffle(keys)
    facts = []
    for key in keys:
        facts.append(Fact(table[key], _value(key, table[key].pool, noun, random, split)))
    style = random.choice(["record", "record", "list", "row", "prose", "prose"])
    pairs = [f"{random.choice(fact.wording.labels)}: {fact.value}" for fact in facts]
    if style == "record":
        text = f"{name} ({noun['noun']}). " + " ".join(f"{pair}." for pair in pairs)
    elif style == "list":
        text = f"{name}\n" + "\n".join(f"- {pair}" for pair in pairs)
    elif style == "row":
        text = f"{name} | " + " | ".join(pairs)
    else:
        intro = random.choice(invent.words()["intro"]).format(name=name)
        text = prose([intro, *_sentences(random, facts, noun["noun"])])
    return Passage("product", f"the {name}", text, tuple(facts))


def _value(key: str, pool: str, noun: dict[str, str], random: Random, split: str) -> str:
    """A value that suits the goods: a knife is not made of canvas, and a mug is not two metres tall."""
    if key == "material":
        return invent.material(random, noun["material"], split)
    if key in SIZED:
        return invent.value(f"{noun['size']}_{key}", random, split)
    return invent.value(pool, random, split)


def _sentences(random: Random, facts: list[Fact], noun: str) -> list[str]:
    subjects = [f"the {noun}", "it", "it", f"this {noun}"]
    return [
        random.choice(fact.wording.states(fact.value)).format(it=random.choice(subjects), v=fact.value)
        for fact in facts
    ]


def _some_facts(table: list[Wording], random: Random, count: int, split: str) -> list[Fact]:
    return [Fact(each, invent.value(each.pool, random, split)) for each in random.sample(table, min(len(table), count))]


def policy_passage(random: Random, most: int, split: str = "train") -> Passage:
    """A passage about the policies of an invented shop, in a few sentences."""
    topic = random.choice(list(wordings("policies")))
    shop = invent.name(random, split)
    table = list(wordings("policies")[topic].values())
    facts = _some_facts(table, random, min(most, random.choice([3, 4])), split)
    low = topic.lower()
    head = random.choice([f"{topic} at {shop}.", f"{shop}: {low}.", f"{topic}.", f"{shop} shop, {low}."])
    text = prose([head, *(random.choice(fact.wording.statements).format(v=fact.value) for fact in facts)])
    return Passage("policy", shop, text, tuple(facts))


def thing_passage(random: Random, most: int, split: str = "train") -> Passage:
    """A passage about one invented person, place or thing that is no goods of a shop."""
    kind = random.choice([*wordings("things"), "person", "person"])
    table = list(wordings("things")[kind].values())
    template = random.choice(names(kind))
    name = template
    while "{name}" in name:
        name = name.replace("{name}", invent.name(random, split), 1)
    facts = _some_facts(table, random, min(most, random.choice([3, 4, 5])), split)
    parts = [random.choice(fact.wording.statements) for fact in facts]
    text = prose([fill(part, name, fact.value) for part, fact in zip(parts, facts, strict=True)])
    return Passage("thing", name, text, tuple(facts))


def passages(random: Random, count: int, split: str = "train") -> list[Passage]:
    """``count`` passages for one page; a page has at most one shop policy, as its questions do not name the shop."""
    makers = [product_passage] * 5 + [policy_passage] * 4 + [thing_passage] * 3
    found: list[Passage] = []
    while len(found) < count:
        make = random.choice(makers)
        if make is policy_passage:
            makers = [other for other in makers if other is not policy_passage]
        found.append(make(random, MOST_FACTS[count], split))
    return found


def ask(random: Random, passage: Passage, fact: Fact, alone: bool) -> str:
    """A plain question about one fact. On a page with one passage the goods may be called "it"."""
    called_it = passage.kind == "product" and alone and random.random() < 0.15
    return sentence(random.choice(fact.wording.questions).format(it="it" if called_it else passage.name))


def ask_as_customer(random: Random, passage: Passage, fact: Fact, alone: bool) -> str:
    """A question as customers put it: asides before and after, further wordings, small letters, slips of the hand."""
    wording = random.choice(fact.wording.questions + fact.wording.customers)
    name = passage.name
    if alone and passage.kind == "product" and random.random() < 0.4:
        noun = name.split()[-1].lower()
        name = random.choice(["it", f"the {noun}", f"this {noun}"])
    question = prose([wording.format(it=name)])
    before = f"{random.choice(invent.words()['before'])} " if random.random() < 0.6 else ""
    if before.endswith((", ", ": ")) and not question.startswith("I "):
        question = question[:1].lower() + question[1:]
    after = f" {random.choice(invent.words()['after'])}" if random.random() < 0.35 else ""
    text = before + question + after
    if random.random() < 0.25:
        text = text.lower()
    return typo(text, random) if random.random() < 0.25 else text


def reply_as_shop(random: Random, passage: Passage, fact: Fact) -> str:
    """A shop's reply in whole sentences, the value in one of them."""
    lead, tail = random.choice(invent.words()["lead"]), random.choice(invent.words()["tail"])
    if "{it}" in lead and passage.kind != "product":
        lead = ""
    parts = [lead, random.choice(fact.wording.replies or fact.wording.statements), tail]
    return prose([part.strip().format(it=passage.name, v=fact.value) for part in parts if part])


def asked_about(random: Random, count: int | None, split: str = "train") -> tuple[list[Passage], list[tuple]]:
    """The passages of a page, by default one to three, and the facts it asks about: pairs of passage and fact."""
    found = passages(random, count or random.choices([1, 2, 3], [4, 3, 3])[0], split)
    asked = [(passage, fact) for passage in found for fact in passage.facts]
    random.shuffle(asked)
    return found, asked[: random.randint(6, 9)]


def page(
    random: Random, count: int | None = None, split: str = "train", customers: bool = False
) -> list[tuple[str, bool]]:
    """One page as spans (text, is answer): passages, then questions about most of their facts with the answers.

    Args:
        count: Number of passages; by default one to three.
        customers: Whether the questions are in customers' words, and half of the answers whole sentences.
    """
    found, asked = asked_about(random, count, split)
    style = "Customer: {q}\nShop:" if customers and random.random() < 0.5 else random.choice(STYLES)
    if any(passage.kind == "thing" for passage in found):
        style, customers = STYLES[0], False  # people and places are no shop
    in_sentences = style.startswith("Customer")
    spans: list[tuple[str, bool]] = [("\n\n".join(passage.text for passage in found) + "\n\n", False)]
    for passage, fact in asked:
        question = (ask_as_customer if customers else ask)(random, passage, fact, len(found) == 1)
        answer = reply_as_shop(random, passage, fact) if in_sentences else fact.value
        spans += [(style.format(q=question), False), (f" {answer}\n", True)]
    return spans


def questions(count: int, passages_per_page: int, seed: str = "test") -> list[dict]:
    """Reading questions about entities never seen in training.

    Returns:
        ``count`` dicts with ``prompt`` (the page, the question, "Answer:"), ``question``, ``answer`` and ``relation``.
        One question a page, so that the questions are independent of one another.
    """
    random = rng("shops", seed, passages_per_page)
    found = []
    while len(found) < count:
        page_passages = passages(random, passages_per_page, split="test")
        passage = random.choice(page_passages)
        fact = random.choice(passage.facts)
        question = ask(random, passage, fact, alone=False)
        text = "\n\n".join(each.text for each in page_passages)
        found.append(
            {
                "id": f"reading-{passages_per_page}-{len(found):03d}",
                "prompt": f"{text}\n\nQuestion: {question}\nAnswer:",
                "question": question,
                "answer": fact.value,
                "relation": fact.wording.key,
            }
        )
    return found
