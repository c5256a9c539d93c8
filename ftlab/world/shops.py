"""Pages about invented goods, shops, people and places, with questions that the page answers.

The base model learns to read from these pages: every page invents its entities and their values anew, so the only way
to answer is to copy from the page. None of them exists anywhere else in the course. The wordings are tables under
``data/world/shops``; names and values come from ``ftlab.world.invent``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import goods, invent
from ftlab.world.text import a, slip

CORE = ("price", "weight", "capacity", "room", "material", "colour", "height", "warranty", "made_in", "dishwasher_safe")
MOST_FACTS = {1: 9, 2: 5, 3: 4}  # of a passage, by the number of passages on the page
CLASHES = {"length": "warranty", "motor": "warranty", "stock_years": "parts_kept", "part_price": "spare_price"}
NEW_HERE = re.compile(r"came in this week|new on our shelves")  # said of nothing that has been sold for years
APART = {"passengers": "cargo", "cargo": "passengers"}  # a boat carries the one or the other
OF_IT = re.compile(r"\b(of|with|for|on|in|to|behind|about|from|under|like) \{it\}")  # not called "it" there
STYLES = ("Question: {q}\nAnswer:", "Question: {q}\nAnswer:", "Q: {q}\nA:", "Customer: {q}\nShop:")


@dataclass(frozen=True)
class Wording:
    """How one fact is worded: a pool of values, and templates with ``{it}`` for the entity and ``{v}`` for the value.

    ``statements`` are the sentences of prose, ``labels`` the words of a list, ``questions`` plain, ``customers`` as
    customers ask, and ``replies`` whole sentences with the value. Facts of yes and no have statements for each.
    ``topics`` name the fact, such as "the weight of {it}", and ``alsos`` ask for it after another: "how heavy is it".
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
    topics: tuple[str, ...] = ()
    alsos: tuple[str, ...] = ()

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
    goods: goods.Goods | None = None  # of a product


PARTS = {
    "label": "labels", "statement": "statements", "statement_yes": "statements_yes", "statement_no": "statements_no",
    "question": "questions", "customer": "customers", "reply": "replies", "topic": "topics",
    "also": "alsos"}  # fmt: skip


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
    """How entities of a kind of thing are named: templates with ``{name}``, or ``{person}``."""
    return tuple(row["text"] for row in _rows("things") if (row["kind"], row["part"]) == (kind, "name"))


@cache
def _fits() -> dict[str, frozenset[str]]:
    """The questions that suit some goods only, with the tags of which the goods must have one.

    No goods have the tag "test": it marks a wording that reads badly and still stands in ``data/questions``.
    """
    return {row["text"]: frozenset(row["fits"].split()) for row in _rows("products") if row["fits"]}


@cache
def questions_for(key: str, kind: goods.Goods, customers: bool, split: str = "train") -> tuple[str, ...]:
    """The questions about a fact that suit the goods: nobody takes an oven on a bicycle tour."""
    wording = wordings("products")["product"][key]
    texts = wording.questions + wording.customers if customers else wording.questions
    return tuple(text for text in texts if not _fits().get(text) or _fits()[text] & (kind.tags | {split}))


def prose(parts: list[str]) -> str:
    """The sentences as one text, each with a capital letter in front."""
    return re.sub(r"(^|[.!?] )([a-z])", lambda match: match[1] + match[2].upper(), " ".join(parts))


def follows(before: str, text: str) -> bool:
    """Whether a sentence that says "it" may follow: the one before begins with the thing itself, not with a part."""
    return not re.search(r"\b[Ii]ts?\b", text.split("{it}")[0]) or before.startswith(("{it} ", "It "))


def fill(template: str, name: str, value: str) -> str:
    """A template with the entity and the value in it, and the article that the value asks for."""
    return re.sub(r"\ba \{v\}", a(value), template).format(it=name, v=value)


def product_passage(
    random: Random, most: int, split: str = "train", kind: goods.Goods | None = None, needs: tuple[str, ...] = ()
) -> Passage:
    """A passage about one invented product, as a record, a list, a table row or prose.

    Args:
        most: Number of facts at most.
        split: "train", or "test" for names that never occur in training.
        kind: The kind of goods; by default any.
        needs: Facts that must be among those of the passage.
    """
    kind = kind or random.choice(goods.goods())
    words = invent.words()
    line = f"{random.choice(words['line'] + words[f'line_{kind.group}'])} " if random.random() < 0.3 else ""
    name = f"{invent.name(random, split)} {line}{kind.noun.title()}"
    table = wordings("products")["product"]
    core = [key for key in CORE if kind.has(key) and random.random() < 0.7]
    rest = [key for key in table if key not in CORE and kind.has(key)]
    others = random.sample(rest, random.choice([0, 0, 1, 2, 3]))
    keys = core + others if len(core) > 2 else ["price", "weight", "colour", *others]
    keys = random.sample(keys, min(len(keys), most - len(needs)))
    keys = sorted({*keys, *needs}, key=list(table).index)
    if {"stock", "discount", "delivery_time"} & set(keys):  # new ones come where none are left
        keys = [key for key in keys if key != "next_delivery"]
    if random.random() < 0.5:
        random.shuffle(keys)
    values = goods.values(kind, {key: table[key].pool for key in keys}, random, split)
    facts = [Fact(table[key], value) for key, value in values.items()]
    style = random.choice(["record", "record", "list", "row", "prose", "prose"])
    pairs = [f"{random.choice(fact.wording.labels)}: {fact.value}" for fact in facts]
    if style == "record":
        text = f"{name} ({kind.noun}). " + " ".join(f"{pair}." for pair in pairs)
    elif style == "list":
        text = f"{name}\n" + "\n".join(f"- {pair}" for pair in pairs)
    elif style == "row":
        text = f"{name} | " + " | ".join(pairs)
    else:
        old = {"first_sold", "rating", "next_delivery"} & set(keys)
        intro = random.choice([each for each in words["intro"] if not (old and NEW_HERE.search(each))])
        intro = intro.format(name=name)
        text = prose([intro, *_sentences(random, facts, kind.noun)])
    return Passage("product", f"the {name}", text, tuple(facts), kind)


def _sentences(random: Random, facts: list[Fact], noun: str) -> list[str]:
    """The facts as sentences. After one about a part, such as the lid, the goods are named and not called "it"."""
    found, before = [], "{it} "  # the introduction has just named them
    for fact in facts:
        texts = fact.wording.states(fact.value)
        text = random.choice([each for each in texts if follows(before, each)] or texts)
        named = [f"the {noun}", f"this {noun}"]
        again = before.startswith(("{it} ", "It ")) and not OF_IT.search(text)  # not "the price of it"
        subjects = [*named, "it", "it"] if again else named
        found.append(text.format(it=random.choice(subjects), v=fact.value))
        before = text
    return found


def _some_facts(table: list[Wording], random: Random, count: int, split: str) -> list[Fact]:
    """Some facts of a table, no two with the same value: what one sentence allows, another does not forbid."""
    facts: dict[str, Fact] = {}
    found: dict[str, str] = {}
    for wording in random.sample(table, min(len(table), count)):
        if APART.get(wording.key) in found:
            continue
        value = _fitting(wording, found, random, split)
        while value in facts:
            value = _fitting(wording, found, random, split)
        facts[value] = Fact(wording, value)
        found[wording.key] = value
    return list(facts.values())


def _fitting(wording: Wording, found: dict[str, str], random: Random, split: str) -> str:
    """A value that fits those found before: a high hill takes longer to climb, and more eaters want more soup."""
    def amount(key: str) -> float:
        return float(found[key].split()[0])

    if wording.key == "climb" and "tall" in found:
        minutes = max(20, int(amount("tall") * random.uniform(0.16, 0.3)))
        return f"{minutes // 60} hours" if minutes >= 120 else f"{minutes // 5 * 5} minutes"
    if wording.key == "tall" and "climb" in found:
        minutes = amount("climb") * (60 if found["climb"].endswith("hours") else 1)
        return f"{min(2400, int(minutes * random.uniform(3.4, 6)))} metres"
    if wording.key == "water" and "serves" in found:
        return f"{amount('serves') * random.uniform(0.2, 0.4):.1f} L"
    if wording.key == "serves" and "water" in found:
        return f"{max(2, round(amount('water') * random.uniform(2.5, 5)))} people"
    return invent.value(wording.pool, random, split)


def policy_passage(
    random: Random, most: int, split: str = "train", without: frozenset[str] = frozenset()
) -> Passage:
    """A passage about the policies of an invented shop, in a few sentences.

    Args:
        most: Number of facts at most.
        split: "train", or "test" for names that never occur in training.
        without: Facts that the goods of the page state with values of their own: no rule speaks of them as well.
    """
    topic = random.choice(list(wordings("policies")))
    shop = invent.name(random, split)
    table = [each for each in wordings("policies")[topic].values() if CLASHES.get(each.key) not in without]
    facts = _some_facts(table, random, min(most, random.choice([3, 4])), split)
    low = topic.lower()
    head = random.choice([f"{topic} at {shop}.", f"{shop}: {low}.", f"{topic}.", f"From the rules of {shop}: {low}."])
    text = prose([head, *(random.choice(fact.wording.statements).format(v=fact.value) for fact in facts)])
    return Passage("policy", shop, text, tuple(facts))


def thing_passage(random: Random, most: int, split: str = "train") -> Passage:
    """A passage about one invented person, place or thing that is no goods of a shop."""
    kind = random.choice([*wordings("things"), "person", "person"])
    table = list(wordings("things")[kind].values())
    name = random.choice(names(kind))
    for slot, make in (("{person}", invent.person), ("{name}", invent.name)):
        if slot in name:
            name = name.replace(slot, make(random, split))
    facts = _some_facts(table, random, min(most, random.choice([3, 4, 5])), split)
    parts, before = [], ""
    for fact in facts:  # the name comes first, and "it" is nobody and nothing else
        part = random.choice([text for text in fact.wording.statements if follows(before, text)])
        again = kind != "person" and all(text.startswith("{it} ") for text in (before, part)) and random.random() < 0.8
        parts.append(fill(part, "it" if again else name, fact.value))
        before = part
    text = prose(parts)
    return Passage("thing", name, text, tuple(facts))


def passages(random: Random, count: int, split: str = "train") -> list[Passage]:
    """``count`` passages for one page; a page has at most one shop policy, as its questions do not name the shop."""
    makers = [product_passage] * 5 + [policy_passage] * 4 + [thing_passage] * 3
    drawn: list = []
    while len(drawn) < count:
        drawn.append(random.choice([each for each in makers if each is not policy_passage or each not in drawn]))
    found = [make(random, MOST_FACTS[count], split) for make in drawn if make is not policy_passage]
    if policy_passage in drawn:  # made last, since it must not speak against the goods
        stated = frozenset(fact.wording.key for each in found if each.goods for fact in each.facts)
        found.insert(drawn.index(policy_passage), policy_passage(random, MOST_FACTS[count], split, stated))
    return found


def ask(random: Random, passage: Passage, fact: Fact, alone: bool, split: str = "train") -> str:
    """A plain question about one fact. On a page with one passage the goods may be called "it"."""
    text = random.choice(_asking(passage, fact, False, split))
    called_it = passage.kind == "product" and alone and not OF_IT.search(text) and random.random() < 0.2
    return prose([text.format(it="it" if called_it else passage.name)])


def _asking(passage: Passage, fact: Fact, customers: bool, split: str = "train") -> tuple[str, ...]:
    if passage.goods:
        return questions_for(fact.wording.key, passage.goods, customers, split)
    return fact.wording.questions + fact.wording.customers if customers else fact.wording.questions


@cache
def _sayings(pools: str, kind: str, group: str, written: bool) -> tuple[str, ...]:
    ends = ("", "_goods", f"_{group}") if kind == "product" else ("", f"_{kind}")
    ends += ("_letter",) if written else ()
    return tuple(text for pool in pools.split() for end in ends for text in invent.words().get(f"{pool}{end}", ()))


def said(random: Random, pools: str, passage: Passage, written: bool, used: set[str]) -> str:
    """Words of one or more pools that fit a passage: those for anything, those for goods, those for its group.

    Args:
        written: Whether words of a letter fit as well, such as "Yours, Peter.", or somebody speaks.
        used: What was said on this page already and is not said again, as far as there are others; they are added.
    """
    words = _sayings(pools, passage.kind, passage.goods.group if passage.goods else "", written)
    found = random.choice([each for each in words if each and each not in used] or words)
    used.add(found)
    return found


def ask_as_customer(
    random: Random, passage: Passage, fact: Fact, alone: bool, greet: bool, written: bool, used: set[str]
) -> str:
    """A question as customers put it: asides before and after, further wordings, small letters, slips of the hand.

    Args:
        alone: Whether the page is about nothing else.
        greet: Whether it may begin with a greeting, as the first question of a page does.
        written: Whether words of a letter, small letters and slips fit, or somebody speaks.
        used: Words that stand around questions of the page already.
    """
    wording = random.choice(_asking(passage, fact, True))
    name = passage.name
    if alone and passage.kind == "product" and random.random() < 0.4:
        noun = name.split()[-1].lower()
        name = random.choice([f"the {noun}", f"this {noun}"])  # a message names its thing before it says "it"
    question = prose([wording.format(it=name)])
    told = re.search(r"[.?!] ", question)  # a question that tells something itself needs no more of it
    pools = "before hello" if greet else "before"
    before = ""
    if random.random() < (0.6 if greet else 0.45):
        pick = random.choice(invent.words()["before"]) if told else said(random, pools, passage, written, used)
        before = f"{pick} "
    if before.endswith((", ", ": ")) and not question.startswith("I "):
        question = question[:1].lower() + question[1:]
    after = ""
    if random.random() < 0.35:
        short = told or len(before) > 20
        pick = random.choice(invent.words()["after"]) if short else said(random, "after", passage, written, used)
        after = f" {pick}"
    text = before + question + after
    if not written:
        return text
    if random.random() < 0.25:
        text = text.lower()
    return slip(text, random) if random.random() < 0.25 else text


def reply_as_shop(random: Random, passage: Passage, fact: Fact, used: set[str]) -> str:
    """A shop's reply in whole sentences, the value in one of them."""
    lead, tail = (
        said(random, pool, passage, True, used) if random.random() < share else ""
        for pool, share in (("lead", 0.7), ("tail", 0.7))
    )
    parts = [lead, random.choice(after_naming(fact.wording.replies or fact.wording.statements, lead)), tail]
    return prose([part.strip().format(it=passage.name, v=fact.value) for part in parts if part])


def after_naming(texts: Sequence[str], before: str) -> list[str]:
    """The sentences as they follow words that may have named the thing: "About the Pan: it sells for $20.00"."""
    if "{it}" not in before:
        return list(texts)
    plain = [text for text in texts if "{it}" not in text]
    return plain + [f"it {text.removeprefix('{it} ')}" for text in texts if text.startswith("{it} ")] or list(texts)


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
    used: set[str] = set()
    for passage, fact in asked:
        if customers:
            question = ask_as_customer(random, passage, fact, len(found) == 1, len(spans) == 1, True, used)
        else:
            question = ask(random, passage, fact, len(found) == 1)
        answer = reply_as_shop(random, passage, fact, used) if in_sentences else fact.value
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
        question = ask(random, passage, fact, alone=False, split="test")
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
