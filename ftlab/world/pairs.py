"""The desk's conversations: nine kinds of work, most of them pairs of message and reply that were written by hand.

A pair belongs together (the reply answers that message, and echoes it) and has slots for product and values. The pairs
are tables, ``data/world/quillmere/pairs_KIND.csv``; a part of the kind "fact" comes from the patterns of
``ftlab.world.support``. Products, policies and pairs of the valid and test splits occur in no train row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from random import Random

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import brand, fitting, quillmere, support
from ftlab.world.support import HANDED_OVER
from ftlab.world.text import plural, sentence

KINDS = ("fact", "two_facts", "no_answer", "follow_up", "compare", "complaint", "order", "grave", "out_of_scope")
PATTERNS = {"train": 360, "valid": 40, "test": 90}  # conversations of the kind "fact" that come from patterns
USES = {  # how often a pair is filled in, with other products
    "train": dict.fromkeys(KINDS, 1) | {"fact": 2, "complaint": 1, "order": 2, "two_facts": 2},
    "valid": dict.fromkeys(KINDS, 1),
    "test": dict.fromkeys(KINDS, 2) | {"fact": 1},
}
COMPARING = {  # the words of which one decides a comparison
    ("weight", "less"): ("lighter", "weighs less"), ("weight", "more"): ("heavier", "weighs more"),
    ("height", "less"): ("shorter", "lower"), ("height", "more"): ("taller", "higher"),
    ("capacity", "less"): ("holds less", "smaller"), ("capacity", "more"): ("holds more", "larger", "bigger"),
    ("price", "less"): ("costs less", "lower price", "less expensive"),
    ("price", "more"): ("costs more", "higher price", "more expensive"),
    ("warranty", "less"): ("shorter",), ("warranty", "more"): ("longer",)}  # fmt: skip
APART = 1.4  # how many times as heavy or tall the one is where a customer must see the difference
GREETINGS = ("Good evening.", "Good day.", "Hello.", "Good afternoon.", "Hello to you all.", "A message for the desk.")
GRAVE_GREETINGS = ("To the desk.", "Hello.", "Please read this.")
ORDER_POLICY = {"return": "returns", "warranty": "warranty"}  # beside other orders the screen shows the shipping policy


def conversations(year: int = 2025) -> list[dict]:
    """The desk's conversations, the same on every machine.

    Args:
        year: The year whose facts the desk sees, 2025 or 2026.

    Returns:
        Rows with ``id``, ``split``, ``kind`` (one of ``KINDS``), ``intent``, ``product``, ``policy``, ``attribute``,
        ``value``, ``expected`` (what a right reply states), ``forbidden`` (what it must not say), ``hand_over``,
        ``winner``, ``loser`` and ``comparing`` (of a comparison, else empty), ``question_phrasing`` (the pair or
        pattern) and ``messages``: the desk's screen, the customer, the gold reply; a follow-up has two turns.
    """
    rows = [*_patterns(year)]
    for kind in KINDS:
        for split in quillmere.SPLITS:
            for turn in range(USES[split][kind]):
                for pair in table(kind):
                    if _split(pair) == split:
                        rows += _fill(kind, pair, turn, year)
    _vary([row for row in rows if row["split"] == "test"])
    numbered = []
    for split in quillmere.SPLITS:
        part = [row for row in rows if row["split"] == split]
        rng("desk order", split).shuffle(part)
        numbered += [{"id": f"desk-{split}-{i:04}", **row} for i, row in enumerate(part, start=1)]
    return numbered


def _vary(rows: list[dict]) -> None:
    """Where customers' messages of two conversations are the same to the letter, the later one gets a greeting.

    A pair that is filled in twice, and whose message names no product, would else be asked twice in the same words. Two
    conversations of one pair stay alike all the same: whoever makes intervals takes ``question_phrasing`` as cluster.
    """
    asked = Counter()
    for row in rows:
        turns = [message for message in row["messages"] if message["role"] == "user"]
        words = tuple(turn["content"] for turn in turns)
        if asked[words]:
            greetings = GRAVE_GREETINGS if row["kind"] == "grave" else GREETINGS
            greeting = rng("desk greeting", row["question_phrasing"], asked[words]).choice(greetings)
            turns[0]["content"] = f"{greeting} {words[0]}"
        asked[words] += 1


@cache
def table(kind: str) -> tuple[dict[str, str], ...]:
    """The pairs of a kind, each with an ``id``. Those about a policy's fact count as "fact"."""
    folder = paths.data() / "world" / "quillmere"
    names = ["fact", "policy"] if kind == "fact" else [kind]
    return tuple(
        {"id": f"{name}-{number:03}", **row}
        for name in names
        for number, row in enumerate(files.read_table(folder / f"pairs_{name}.csv"), start=1)
    )


def _split(pair: dict[str, str]) -> str:
    """A pair about a policy belongs where the policy does."""
    if "fact" in pair:
        return next(policy.split for policy in quillmere.policies() if policy.id == pair["policy"])
    return pair["split"]


def _patterns(year: int) -> Iterator[dict]:
    """The part of the facts that comes from patterns: a sample of the plain conversations."""
    rows = [row for row in support.conversations(year) if row["intent"] != "escalate"]
    for split, count in PATTERNS.items():
        part = [row for row in rows if row["split"] == split]
        for row in rng("desk patterns", split).sample(part, count):
            kept = {key: row[key] for key in ("split", "intent", "product", "policy", "attribute", "value", "expected")}
            yield _row("fact", kept, row["question_phrasing"], row["messages"])


def _fill(kind: str, pair: dict[str, str], turn: int, year: int) -> Iterator[dict]:
    """The conversation that a pair makes with the products and facts drawn for it."""
    random = rng("desk", pair["id"], turn)
    if "fact" in pair or pair.get("policy"):
        if turn == 0:  # a policy has one value, so filled in twice it would be the same conversation
            yield _about_policy(kind, pair, year)
        return
    goods = [
        product
        for product in quillmere.products(year)
        if product.split == pair["split"]
        and product.status == "current"
        and fitting.suits(product, pair["goods"])
    ]
    fill = {"compare": _compare, "follow_up": _follow_up, "order": _order}.get(kind, _about_product)
    row = fill(kind, pair, goods, random, year)
    if row:
        yield row


def _row(
    kind: str,
    facts: dict,
    phrasing: str,
    messages: list[dict],
    hand_over: bool = False,
    forbidden: tuple[str, ...] = (),
    compared: tuple[str, str, tuple[str, ...]] = ("", "", ()),
) -> dict:
    winner, loser, comparing = compared
    return {
        "kind": kind,
        **facts,
        "forbidden": list(forbidden),
        "hand_over": hand_over,
        "winner": winner,
        "loser": loser,
        "comparing": list(comparing),
        "question_phrasing": phrasing,
        "messages": messages,
    }


def _facts(
    split: str,
    intent: str,
    expected: list[str],
    product: str | None = None,
    policy: str | None = None,
    attribute: str = "",
) -> dict:
    return {
        "split": split,
        "intent": intent,
        "product": product,
        "policy": policy,
        "attribute": attribute,
        "value": expected[0] if expected else "",
        "expected": expected,
    }


def _messages(screen: str, *texts: str) -> list[dict]:
    """The screen, then customer and desk in turn; the desk signs off."""
    turns = [{"role": "system", "content": screen}]
    for number, text in enumerate(texts):
        role, text = ("assistant", f"{text} {brand.SIGN_OFF}") if number % 2 else ("user", text)
        turns.append({"role": role, "content": sentence(text) if role == "assistant" else text})
    return turns


def said(product: quillmere.Product, attribute: str) -> str:
    """The value as a reply states it: of the dishwasher, "dishwasher safe" or "not dishwasher safe"."""
    value = product.fact(attribute)
    return {"yes": "dishwasher safe", "no": "not dishwasher safe"}[value] if attribute == "dishwasher_safe" else value


def _screen(
    product: quillmere.Product, shown: tuple[str, ...], random: Random, count: int = 4, hidden: str = ""
) -> str:
    """``count`` facts of the record: those that are shown, and others drawn at random, never the hidden one."""
    others = [key for key in quillmere.ATTRIBUTES if key not in (*shown, hidden) and product.fact(key)]
    return product.record([*shown, *random.sample(others, min(len(others), count - len(shown)))])


def _about_policy(kind: str, pair: dict[str, str], year: int) -> dict:
    policy_id, key = (pair["policy"], pair["fact"]) if "fact" in pair else pair["policy"].split(".")
    policy = next(policy for policy in quillmere.policies(year) if policy.id == policy_id)
    value = next(fact.value for fact in policy.facts if fact.key == key)
    facts = _facts(policy.split, support.INTENT_OF_POLICY[policy_id], [value], policy=policy_id, attribute=key)
    texts = pair["ask"], pair["reply"].format(value=value)
    return _row(kind, facts, pair["id"], _messages(policy.passage(), *texts))


def _about_product(kind: str, pair: dict[str, str], goods: list, random: Random, year: int) -> dict | None:
    """One product on the screen: one fact or two, a complaint, or nothing that the screen could answer."""
    keys = tuple(pair[name] for name in ("about_1", "about_2") if pair.get(name))
    if kind in ("fact", "complaint"):
        keys = (pair["about"],)
    hidden = pair["about"] if kind == "no_answer" and pair["about"] != "other" else ""
    fits = [
        p
        for p in goods
        if all(p.fact(key) for key in keys)
        and pair.get("when", "") in ("", p.dishwasher_safe)
        and (not hidden or p.fact(hidden))
    ]
    if not fits:
        return None
    product = random.choice(fits)
    values = [said(product, key) for key in keys]
    slots = {
        "name": product.name,
        "noun": product.noun,
        "value": values[0] if values else "",
        **{f"value_{i}": value for i, value in enumerate(values, start=1)},
    }
    texts = (pair[part].format(**slots) for part in ("ask", "reply"))
    hand_over = kind in ("no_answer", "grave")
    forbidden = tuple(pair.get("forbidden", "").split("|")) if pair.get("forbidden") else ()
    expected = [HANDED_OVER] if hand_over else values
    if kind == "no_answer":
        spoken = pair["ask"].lower()  # a customer may have spoken of a yellow kitchen, and the reply may echo it
        forbidden = tuple(value for value in _guesses(product, hidden) if value.lower() not in spoken)
    intent = "escalate" if hand_over else "other"
    if len(keys) == 1:
        intent = support.INTENT_OF_ATTRIBUTE[keys[0]]
    attribute = "+".join(keys) or pair["about"]
    facts = _facts(pair["split"], intent, expected, product=product.name, attribute=attribute)
    screen = _screen(product, keys, random, hidden=hidden)
    return _row(kind, facts, pair["id"], _messages(screen, *texts), hand_over, forbidden)


@cache
def _guesses(product: quillmere.Product, hidden: str) -> tuple[str, ...]:
    """What a reply would say that guesses a fact that the screen lacks. Figures need no list (``scores.desk``)."""
    if hidden == "dishwasher_safe":
        return ("yes", "is dishwasher safe", "is not dishwasher safe", "can go in the dishwasher")
    if hidden not in ("material", "colour", "made_in"):
        return ()
    known = {other.fact(hidden) for other in quillmere.products()}
    record = product.record([key for key in quillmere.ATTRIBUTES if key != hidden]).lower()
    return tuple(sorted(value for value in known if value.lower() not in record))


def _two(goods: list, random: Random, fits) -> tuple | None:
    """Two products, of one sort in every second case where that is possible."""
    pairs = [(a, b) for a in goods for b in goods if a.id < b.id and fits(a, b)]
    alike = [(a, b) for a, b in pairs if a.noun == b.noun]
    if not pairs:
        return None
    chosen = list(random.choice(alike if alike and random.random() < 0.5 else pairs))
    random.shuffle(chosen)
    return tuple(chosen)


def _compare(kind: str, pair: dict[str, str], goods: list, random: Random, year: int) -> dict | None:
    about, want = pair["about"], pair["want"]
    least = APART if "apart" in pair["goods"].split() else 1

    def differ(a: quillmere.Product, b: quillmere.Product) -> bool:
        sizes = sorted(fitting.size(product, about) or 0 for product in (a, b))
        return sizes[0] > 0 and sizes[1] > sizes[0] and sizes[1] >= least * sizes[0]

    found = _two(goods, random, differ)
    if not found:
        return None
    winner, loser = sorted(found, key=lambda product: fitting.size(product, about) or 0, reverse=want == "more")
    values = [winner.fact(about), loser.fact(about)]
    slots = {
        "a": found[0].name,
        "b": found[1].name,
        "winner": winner.name,
        "loser": loser.name,
        "winner_value": values[0],
        "loser_value": values[1],
    }
    screen = "\n".join(_screen(product, (about,), random, count=3) for product in found)
    facts = _facts(
        pair["split"],
        support.INTENT_OF_ATTRIBUTE[about],
        [winner.name, *dict.fromkeys(values)],
        product=found[0].name,
        attribute=about,
    )
    texts = (pair[part].format(**slots) for part in ("ask", "reply"))
    return _row(
        kind, facts, pair["id"], _messages(screen, *texts), compared=(winner.name, loser.name, COMPARING[about, want])
    )


def _follow_up(kind: str, pair: dict[str, str], goods: list, random: Random, year: int) -> dict | None:
    """Two products on the screen; the second question is about the one that the first question named."""
    keys = pair["about_1"], pair["about_2"]
    others = [p for p in quillmere.products(year) if p.split == pair["split"] and p.status == "current"]
    fits = [
        (p, other)
        for p in goods
        for other in others
        if all(p.fact(key) for key in keys) and other.fact(keys[1]) not in (None, p.fact(keys[1]))
    ]
    if not fits:
        return None
    product, other = random.choice(fits)
    shown = [product, other]
    random.shuffle(shown)
    screen = "\n".join(_screen(p, tuple(key for key in keys if p.fact(key)), random, count=3) for p in shown)
    values = [said(product, key) for key in keys]
    slots = {"name": product.name, "noun": product.noun, "value_1": values[0], "value_2": values[1]}
    texts = [pair[part].format(**slots) for part in ("ask_1", "reply_1", "ask_2", "reply_2")]
    facts = _facts(
        pair["split"], support.INTENT_OF_ATTRIBUTE[keys[1]], [values[1]], product=product.name, attribute=keys[1]
    )
    return _row(kind, facts, pair["id"], _messages(screen, *texts), forbidden=(other.name,))


def _order(kind: str, pair: dict[str, str], goods: list, random: Random, year: int) -> dict | None:
    """An order's record beside a policy: may it go back, is it under warranty, when does it come, what is in it?"""
    if not goods:
        return None
    product, case = random.choice(goods), pair["case"]
    subject, _, verdict = case.partition("_")
    policies = {policy.id: policy for policy in quillmere.policies(year)}
    today = date(year, 1, 8) + timedelta(days=random.randrange(330))
    window, late, transit = (
        _days(policies[policy_id], key)
        for policy_id, key in (
            ("returns", "return_window"),
            ("late_returns", "late_window"),
            ("shipping", "standard_time"),
        )
    )
    years = product.warranty_years
    count = random.choice([2, 3, 4]) if subject == "contents" and random.random() < 0.6 else 1
    if subject == "return":  # a "no" is past the time for late returns as well
        shut = window + late
        age = random.randint(1, window - 1) if verdict == "yes" else random.randint(shut + 1, shut + 90)
        delivered = _no_sunday(today - timedelta(days=age))
        last_day = delivered + timedelta(days=window)
    elif subject == "warranty":
        past = years * 365
        age = random.randint(40, past - 20) if verdict == "yes" else random.randint(past + 10, past + 300)
        delivered = _no_sunday(today - timedelta(days=age))
        leap = (delivered.month, delivered.day) == (2, 29)
        last_day = date(delivered.year + years, delivered.month, 28 if leap else delivered.day)
    else:
        delivered = _no_sunday(today - timedelta(days=random.randint(20, 85)))
        last_day = None
    ordered, number, pieces = (
        delivered - timedelta(days=random.randint(2, 4)),
        random.randint(40000, 59999),
        plural(count, "piece"),
    )
    lines = [f"Order {number}. {product.name}, {pieces}."]
    arrives = ""
    if subject in ("arrives", "contents"):  # whoever has the parcel sees what is in it
        ordered = today - timedelta(days=random.randint(1, 2))
        arrives = day(_working_days_after(ordered, random.randint(3, transit)))
        lines += [f"Ordered: {day(ordered)}.", f"Arrives by: {arrives}."]
    else:
        lines += [f"Ordered: {day(ordered)}.", f"Delivered: {day(delivered)}."]
    if subject == "return":
        lines.append(f"Unused items can be returned until: {day(last_day)}.")
    elif subject == "warranty":
        lines.append(f"Warranty until: {day(last_day)}.")
    screen = (
        " ".join([*lines, f"Today: {day(today)}."]) + "\n" + policies[ORDER_POLICY.get(subject, "shipping")].passage()
    )
    slots = {
        "name": product.name,
        "noun": product.noun,
        "order": number,
        "pieces": pieces,
        "arrives": arrives,
        "delivered": day(delivered),
        "last_day": day(last_day) if last_day else "",
    }
    expected = {
        "return": [verdict, slots["last_day"]],
        "warranty": [verdict, slots["last_day"]],
        "arrives": [arrives],
        "delivered": [slots["delivered"]],
        "contents": [pieces, product.name],
    }[subject]
    intent = {"return": "returns", "warranty": "warranty"}.get(subject, "shipping")
    facts = _facts(pair["split"], intent, expected, product=product.name, attribute=case)
    texts = (pair[part].format(**slots) for part in ("ask", "reply"))
    return _row(kind, facts, pair["id"], _messages(screen, *texts))


def day(value: date) -> str:
    """A date as the desk writes it: ``2 June 2025``."""
    return f"{value.day} {value:%B} {value.year}"


def _days(policy: quillmere.Policy, key: str) -> int:
    """The number of days that a policy's fact names."""
    return int(next(fact.value for fact in policy.facts if fact.key == key).split()[0])


def _no_sunday(value: date) -> date:
    """The date, or the Saturday before it: nobody delivers on a Sunday."""
    return value - timedelta(days=1) if value.weekday() == 6 else value


def _working_days_after(value: date, count: int) -> date:
    """The date so many working days later."""
    while count:
        value += timedelta(days=1)
        count -= value.weekday() < 5
    return value
