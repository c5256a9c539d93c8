"""The raw export of a support desk: a year of questions and replies with all the dirt that such a dump has.

``records`` yields each record with its truth: which faults were planted, and the clean question and reply. Clean texts
come from ``ftlab.world.desk_facts`` (the train split of the support world), the damage from
``ftlab.world.desk_faults``. Record i depends on the seed and on i alone, so several processes can each make a part.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import desk_facts, desk_faults, desk_words, support
from ftlab.world.desk_facts import Fact
from ftlab.world.desk_faults import Draft

# The share of records with each fault; a record can have several.
FAULTS = {
    "html_remains": 0.10, "signature": 0.09, "exact_duplicate": 0.07, "near_duplicate": 0.08, "wrong_intent": 0.06,
    "off_brand": 0.30, "contradicting_fact": 0.08, "empty_reply": 0.02, "truncated_reply": 0.04, "email": 0.04,
    "phone": 0.04, "card": 0.02, "other_language": 0.04, "leaked_test": 0.015, "injection": 0.01, "no_license": 0.08,
    "malformed": 0.002}
# Where the first fault is, the others are not: they would hide each other.
EXCLUDES = {
    "leaked_test": ("other_language", "empty_reply", "truncated_reply", "contradicting_fact", "off_brand"),
    "other_language": ("empty_reply", "truncated_reply", "contradicting_fact", "off_brand"),
    "empty_reply": ("truncated_reply", "contradicting_fact", "off_brand"),
    "truncated_reply": ("contradicting_fact",)}
KINDS = ("malformed", "exact_duplicate", "near_duplicate")  # drawn first: what the line is at all
KEYS = ("id", "created", "channel", "customer", "agent", "product", "policy", "intent", "license", "rating", "record",
        "question", "reply")
INTENTS = tuple(dict.fromkeys([*support.INTENT_OF_ATTRIBUTE.values(), *support.INTENT_OF_POLICY.values(), "escalate"]))
POLICIES, GRAVE = 0.14, 0.08  # shares of questions about a policy and of cases for a colleague; the rest: a product
LOYAL = 0.65  # of the questions about products, those about the one that the customer owns
BLOCK, CUSTOMERS = 2000, 600  # records that share a group of customers, and customers in the group
AGENTS = 24
FIRST_DAY, MINUTES = datetime(2025, 1, 1), 365 * 24 * 60


def records(count: int, seed: int = 0, start: int = 0) -> Iterator[tuple[dict, dict]]:
    """The records ``start`` to ``start + count - 1`` of the dump, each with its truth.

    Yields:
        ``(record, truth)``. A record has the keys of ``KEYS``; a malformed one has only ``"raw"``, the line as it
        stands in the export. A truth has ``id``, ``faults``, ``duplicate_of`` (the id of an earlier record or None),
        ``intent``, ``question``, ``reply`` (both clean), ``personal`` (the strings planted) and ``expected`` (the
        values that a right reply states).
    Raises:
        ValueError: If ``count`` or ``start`` is negative.
    """
    if count < 0 or start < 0:
        raise ValueError(f"desk.records: expected count >= 0 and start >= 0, found count={count}, start={start}. "
                         "Give the number of records and the first one's number.")
    return (_record(seed, i) for i in range(start, start + count))


def write(folder: str | Path, count: int, seed: int = 0) -> tuple[Path, Path]:
    """Writes the dump to ``raw.jsonl`` and its truth to ``truth.jsonl``, each atomically; returns both paths."""
    raw, truths = Path(folder) / "raw.jsonl", Path(folder) / "truth.jsonl"
    with (files.atomic_path(raw) as raw_part, files.atomic_path(truths) as truth_part,
          open(raw_part, "w", encoding="utf-8", newline="\n") as raw_file,
          open(truth_part, "w", encoding="utf-8", newline="\n") as truth_file):
        for record, truth in records(count, seed):
            raw_file.write(line(record) + "\n")
            truth_file.write(json.dumps(truth, ensure_ascii=False) + "\n")
    return raw, truths


def line(record: dict) -> str:
    """The record as a line of the export, without the line break."""
    return record["raw"] if "raw" in record else json.dumps(record, ensure_ascii=False)


# What a record is -----------------------------------------------------------------------------------------------------

def _kind(seed: int, i: int) -> tuple[str, Random]:
    """Malformed, a duplicate or plain (""), and the random numbers that go on from there. The first record is plain."""
    random = rng("desk", seed, i)
    draw = random.random()
    for kind in KINDS:
        draw -= FAULTS[kind]
        if draw < 0 < i:
            return kind, random
    return "", random


@cache
def _chances() -> tuple[tuple[str, float], ...]:
    """Each fault with its chance where nothing excludes it, so that its share over all records comes out right."""
    free = {fault: 1 - sum(FAULTS[first] for first, others in EXCLUDES.items() if fault in others) for fault in FAULTS}
    order = [*EXCLUDES, *(fault for fault in FAULTS if fault not in EXCLUDES and fault not in KINDS)]
    return tuple((fault, FAULTS[fault] / free[fault]) for fault in order)


def _faults(random: Random) -> frozenset[str]:
    drawn, excluded = set(), set()
    for fault, chance in _chances():
        if random.random() < chance and fault not in excluded:
            drawn.add(fault)
            excluded.update(EXCLUDES.get(fault, ()))
    return frozenset(drawn)


def _record(seed: int, i: int) -> tuple[dict, dict]:
    kind, random = _kind(seed, i)
    if kind == "malformed":
        record, truth = _build(seed, i, random)
        return {"raw": _break(record, random)}, truth | {"faults": ["malformed"], "personal": []}
    original = _original(seed, i, kind, random) if kind else None
    if original is None:
        return _build(seed, i, random)
    record, truth = _build(seed, original, _kind(seed, original)[1], random if kind == "near_duplicate" else None)
    later = datetime.fromisoformat(record["created"]) + timedelta(minutes=random.randrange(1, 20_000))
    record |= {"id": _id(i), "created": later.isoformat(), "agent": _agent(random)}
    faults = [fault for fault in FAULTS if fault in {*truth["faults"], kind}]
    return record, truth | {"id": _id(i), "faults": faults, "duplicate_of": _id(original)}


def _original(seed: int, i: int, kind: str, random: Random) -> int | None:
    """An earlier record that is no duplicate itself; for a near-duplicate one in English and with a reply."""
    for _ in range(20):
        j = random.randrange(i)
        kind_of_j, after = _kind(seed, j)
        if not kind_of_j and (kind == "exact_duplicate" or not _faults(after) & {"empty_reply", "other_language"}):
            return j
    return None  # hardly anything stands before it: then it is a plain record


def _build(seed: int, i: int, random: Random, again: Random | None = None) -> tuple[dict, dict]:
    """Record i and its truth; with ``again``, as a customer sends it a second time in slightly other words."""
    faults = _faults(random)
    number = i // BLOCK * CUSTOMERS + int(CUSTOMERS * random.random() ** 1.5)
    agent, fact, row = random.randrange(AGENTS), *_subject(number, faults, random)
    created = FIRST_DAY + timedelta(minutes=random.randrange(MINUTES))
    screen = row["messages"][0]["content"] if row else desk_facts.show(fact, random)
    draft = _draft(fact, row, desk_words.words("first")[agent], faults, random)
    if again:
        draft.question = draft.clean_question = desk_faults.alter(draft.clean_question, again)
    for fault, damage in desk_faults.STEPS:
        if fault in faults:
            damage(draft, rng("desk", seed, i, fault))
    label, license = fact.intent, random.choice(("owned", "owned", "consented"))
    if "wrong_intent" in faults:
        label = random.choice([intent for intent in INTENTS if intent != fact.intent])
    if "no_license" in faults:
        license = random.choice(("no-training", ""))
    record = dict(zip(KEYS, (
        _id(i), created.isoformat(), _channel(faults, random), f"c-{number:05}", f"a-{agent + 1:02}", fact.product,
        fact.policy, label, license, _rating(faults, random), screen, draft.question, draft.reply), strict=True))
    return record, {
        "id": _id(i), "faults": [fault for fault in FAULTS if fault in faults], "duplicate_of": None,
        "intent": fact.intent, "question": draft.clean_question, "reply": draft.clean_reply,
        "personal": draft.personal, "expected": list(fact.expected)}


def _id(i: int) -> str:
    return f"d-{i:07}"


def _agent(random: Random) -> str:
    return f"a-{random.randrange(AGENTS) + 1:02}"


def _channel(faults: frozenset[str], random: Random) -> str:
    if "signature" in faults:
        return "email"
    return random.choice(("email", "form")) if "html_remains" in faults else random.choice(("email", "chat", "form"))


def _rating(faults: frozenset[str], random: Random) -> int | None:
    """Four in ten customers give none; a bad reply is rated lower."""
    if random.random() < 0.4:
        return None
    bad = faults & {"off_brand", "contradicting_fact", "empty_reply", "truncated_reply"}
    return random.choice((1, 1, 2, 2, 3, 3, 4, 4, 5) if bad else (2, 3, 4, 4, 4, 5, 5, 5, 5))


def _subject(customer: int, faults: frozenset[str], random: Random) -> tuple[Fact, dict | None]:
    """The fact that the record is about, and the row of the test set if it is a leaked one."""
    if "leaked_test" in faults:
        row = random.choice(_test_rows())
        return _test_facts()[row["product"] or row["policy"], row["attribute"]], row
    facts, draw = desk_facts.facts("train"), random.random()
    if draw < POLICIES and "other_language" not in faults:
        return random.choice(random.choice(facts["policy"])), None
    grave = draw > 1 - GRAVE and not faults & {"contradicting_fact", "other_language"}
    goods = facts["grave" if grave else "product"]
    owned = customer * 37 % len(goods)  # 37 spreads neighbours in the list of customers over the catalogue
    return random.choice(goods[owned] if random.random() < LOYAL else random.choice(goods)), None


@cache
def _test_rows() -> list[dict]:
    return files.read_jsonl(paths.data() / "quillmere" / "plain_test.jsonl")


@cache
def _test_facts() -> dict[tuple[str, str], Fact]:
    return {(fact.product or fact.policy, fact.key): fact
            for groups in desk_facts.facts("test").values() for group in groups for fact in group}


def _draft(fact: Fact, row: dict | None, agent: str, faults: frozenset[str], random: Random) -> Draft:
    """The clean texts of the record: written from the fact, or those of the test row, now and then lightly changed."""
    thanks, answer, step = desk_facts.compose(fact, random, fact.answers)
    answer = answer.replace("{value}", fact.value)
    reply = desk_facts.reply(thanks, answer, step)
    if row:
        question = row["messages"][1]["content"]
        question = desk_faults.alter(question, random) if random.random() < 0.4 else question
        reply = row["messages"][2]["content"] if random.random() < 0.8 else reply
    else:
        question = desk_facts.ask(fact, random)
    return Draft(fact, agent, faults, question, reply, thanks, answer, step, fact.value, fact.manner, question, reply)


def _break(record: dict, random: Random) -> str:
    """The line as a failing export writes it: cut, a key gone, another type, or no object at all."""
    whole = line(record)
    way = random.choice(("cut", "cut", "missing", "type", "list", "text"))
    if way == "cut":
        return whole[:random.randrange(10, len(whole) - 1)].rstrip("\\")
    if way == "missing":
        gone = random.choice(("id", "record", "question", "reply", "intent"))
        return json.dumps({key: value for key, value in record.items() if key != gone}, ensure_ascii=False)
    if way == "type":
        odd = random.choice(({"reply": 404}, {"question": None}, {"record": 7}, {"reply": ["see above"]}))
        return json.dumps(record | odd, ensure_ascii=False)
    return json.dumps(list(record.values()), ensure_ascii=False) if way == "list" else f"ERROR 502 at {record['id']}"
