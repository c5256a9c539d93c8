"""The support desk: conversations with hand-written replies by the brand guide, and tickets with their intents.

Customers' questions, replies, asides and ticket texts are tables (``support_*.csv``); the facts in them come from the
catalogue and the policies. Products, policies and phrasings of the valid and test splits occur in no train row.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.values import states_all
from ftlab.world import brand, fitting, quillmere
from ftlab.world.text import sentence, typo

INTENT_OF_ATTRIBUTE = {
    "price": "price", "weight": "size", "height": "size", "capacity": "capacity", "material": "material",
    "colour": "colour", "warranty": "warranty", "made_in": "origin", "dishwasher_safe": "care"}
INTENT_OF_POLICY = {
    "returns": "returns", "late_returns": "returns", "shipping": "shipping", "express": "shipping",
    "abroad": "shipping", "warranty": "warranty", "claims": "warranty", "repairs": "repairs", "spare_parts": "repairs",
    "privacy": "privacy", "newsletter": "privacy", "gift_cards": "offers", "price_match": "offers",
    "bulk_orders": "offers", "recycling": "offers"}
GRAVE = ("escalate_injury", "escalate_legal", "escalate_refund_dispute", "escalate_lost_parcel")
HANDED_OVER = "colleague"  # every reply that hands a case over has this word, and no other reply has it

FACT_ROUNDS = {"train": 3, "valid": 3, "test": 2}  # questions for each product and attribute
GRAVE_ROUNDS = {"train": 3, "valid": 2, "test": 2}  # cases to hand over for each product
POLICY_ROUNDS = {"train": 2, "valid": 1, "test": 2}  # times that each question about a policy is asked
TICKETS = {"train": 42, "valid": 6, "test": 14}  # tickets for each intent
REPLY_WORDS = range(18, 43)
QUESTION_WORDS = range(6, 31)


@cache
def _table(name: str) -> tuple[dict[str, str], ...]:
    return tuple(files.read_table(paths.data() / "world" / "quillmere" / f"{name}.csv"))


def intents() -> tuple[dict[str, str], ...]:
    """The intents: id, title, what they are about, and whether conversations and tickets have them."""
    return _table("intents")


def conversations(year: int = 2025) -> list[dict]:
    """The gold conversations, the same on every machine.

    Args:
        year: The year whose facts the desk sees, 2025 or 2026.

    Returns:
        Rows with ``id``, ``split`` (train, valid or test), ``kind`` ("fact" or "grave"), ``forbidden`` (nothing),
        ``hand_over``, ``intent``, ``product``, ``policy``, ``attribute``,
        ``value`` (what the record holds; of a case to hand over, the word for it), ``expected`` (the values that a
        right reply states), ``question_phrasing`` and ``messages``: what the desk's screen shows, the customer's
        question and the gold reply.
    """
    rows = [*_product_rows(year), *_policy_rows(year), *_grave_rows(year)]
    numbered = []
    for split in quillmere.SPLITS:
        part = [row for row in rows if row["split"] == split]
        rng("support order", split).shuffle(part)
        numbered += [{"id": f"conversation-{split}-{i:04}", **row} for i, row in enumerate(part, start=1)]
    return numbered


def tickets() -> list[dict]:
    """Tickets to sort by intent: rows with ``id``, ``split``, ``text``, ``intent`` and ``product`` (a name or none)."""
    kinds = [row["id"] for row in intents() if row["tickets"] == "yes"]
    rows = []
    for split, count in TICKETS.items():
        part = [ticket for intent in kinds for ticket in _tickets(intent, split, count)]
        rng("ticket order", split).shuffle(part)
        rows += [{"id": f"ticket-{split}-{i:04}", **row} for i, row in enumerate(part, start=1)]
    return rows


# Conversations --------------------------------------------------------------------------------------------------------

def _on_sale(year: int) -> list[quillmere.Product]:
    return [product for product in quillmere.products(year) if product.status == "current"]


@cache
def _questions(about: str, split: str) -> list[tuple[str, str]]:
    """The phrasings of a question with their ids, such as ("price-test-2", "How expensive is {x}?")."""
    texts = [row["text"] for row in _table("support_questions") if (row["about"], row["split"]) == (about, split)]
    return [(f"{about}-{split}-{i}", text) for i, text in enumerate(texts, start=1)]


@cache
def _parts(about: str, part: str) -> list[str]:
    return [row["text"] for row in _table("support_replies") if (row["about"], row["part"]) == (about, part)]


@cache
def _asides(part: str) -> list[str]:
    return [row["text"] for row in _table("support_asides") if row["part"] == part]


def _product_rows(year: int) -> Iterator[dict]:
    for product in _on_sale(year):
        for attribute in quillmere.ATTRIBUTES:
            value = product.fact(attribute)
            if not value:
                continue
            safe = {"yes": "dishwasher safe", "no": "not dishwasher safe"}
            expected = [safe[value] if attribute == "dishwasher_safe" else value]
            ending = f"_{value}" if attribute == "dishwasher_safe" else ""
            reply_parts = ([*_parts(attribute, "thanks"), *_parts("general", "thanks")],
                           _parts(attribute, "answer" + ending), _parts(attribute, "next" + ending))
            random = rng("support", product.id, attribute)
            for phrasing, text in random.sample(_questions(attribute, product.split), FACT_ROUNDS[product.split]):
                question = _ask(_about(text, product, random), random, _asides("product_reason"), product.noun)
                reply = _reply(reply_parts, expected, random, product.noun,
                               name=product.name, noun=product.noun, value=value)
                yield _row(product.split, INTENT_OF_ATTRIBUTE[attribute], phrasing, expected,
                           (_screen(product, attribute, random), question, reply),
                           product=product.name, attribute=attribute, value=value)


def _grave_rows(year: int) -> Iterator[dict]:
    """Injuries, legal threats, disputes about money and lost parcels: the reply hands over to a colleague."""
    for product in _on_sale(year):
        random = rng("support", product.id, "escalate")
        cases = [(about, *case) for about in GRAVE for case in _questions(about, product.split)]
        for about, phrasing, text in random.sample(cases, GRAVE_ROUNDS[product.split]):
            question = _ask(_about(text, product, random), random, [], product.noun, grave=True)
            reply_parts = (_parts("escalate", "thanks"), _parts(about, "answer"), _parts(about, "next"))
            reply = _reply(reply_parts, [HANDED_OVER], random, "", name=product.name, noun=product.noun)
            yield _row(product.split, "escalate", phrasing, [HANDED_OVER],
                       (_screen(product, "price", random), question, reply),
                       product=product.name, attribute=about.removeprefix("escalate_"))


def _policy_rows(year: int) -> Iterator[dict]:
    more = {(row["policy"], row["fact"]): row for row in _table("support_policies")}
    for policy in quillmere.policies(year):
        intent = INTENT_OF_POLICY[policy.id]
        for fact in policy.facts:
            row = more[policy.id, fact.key]
            asks = [*(fact.asks_train if policy.split == "train" else fact.asks_test), row["ask_1"], row["ask_2"]]
            reply_parts = (_parts("policy", "thanks"), _parts("policy", "lead"), _parts(f"policy_{intent}", "next"))
            random = rng("support", policy.id, fact.key)
            for turn in range(POLICY_ROUNDS[policy.split]):
                for number, text in enumerate(asks, start=1):
                    question = _ask(text, random, _asides("policy_reason"), "", plain=turn == 0)
                    answer = random.choice([fact.statement, row["answer"].replace("{value}", fact.value)])
                    reply = _reply(reply_parts, [fact.value], random, "", topic=policy.topic, answer=answer,
                                   answer_low=answer[:1].lower() + answer[1:])
                    phrasing = f"{policy.id}.{fact.key}-{policy.split}-{number}"
                    yield _row(policy.split, intent, phrasing, [fact.value], (policy.passage(), question, reply),
                               policy=policy.id, attribute=fact.key)


def _row(split: str, intent: str, phrasing: str, expected: list[str], texts: tuple[str, str, str],
         product: str | None = None, policy: str | None = None, attribute: str = "", value: str = "") -> dict:
    roles = ("system", "user", "assistant")
    return {"split": split, "kind": "grave" if intent == "escalate" else "fact", "intent": intent, "product": product,
            "policy": policy, "attribute": attribute, "value": value or expected[0], "expected": expected,
            "forbidden": [], "hand_over": intent == "escalate", "question_phrasing": phrasing,
            "messages": [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]}


def _screen(product: quillmere.Product, attribute: str, random: Random) -> str:
    """The part of the record that the desk has open: four facts, the one asked for among them."""
    others = [key for key in quillmere.ATTRIBUTES if key != attribute and product.fact(key)]
    return product.record([attribute, *random.sample(others, 3)])


def _about(text: str, product: quillmere.Product, random: Random) -> str:
    """The text with the product in it, by its name or, in one of three, as "the kettle"."""
    x = f"the {product.noun}" if random.random() < 0.33 else f"the {product.name}"
    filled = text.format(x=x, name=product.name, noun=product.noun, Noun=sentence(product.noun))
    return ". ".join(sentence(part) for part in filled.split(". "))


def _ask(question: str, random: Random, reasons: list[str], noun: str, grave: bool = False,
         plain: bool = False) -> str:
    """The question in a customer's words: perhaps a greeting, a reason, a closing line, and in one of five, noise."""
    prefix = "grave_" if grave else ""
    while True:
        parts = [question]
        if reasons and random.random() < (0.2 if plain else 0.4):
            parts.insert(random.randrange(2), random.choice(reasons).format(noun=noun))
        opener = random.choice(_asides(prefix + "opener")) if random.random() < 0.5 else ""
        if opener.endswith((",", ":")) and not parts[0].startswith(("I ", "Quillmere")):
            parts[0] = parts[0][:1].lower() + parts[0][1:]
        closer = random.choice(_asides(prefix + "closer")) if random.random() < 0.25 else ""
        text = " ".join(part for part in (opener, *parts, closer) if part)
        if len(text.split()) in QUESTION_WORDS:
            return _noise(text, random)


def _noise(text: str, random: Random) -> str:
    """In one of five, what hurried fingers do: a slip in a word, no capitals, or no mark at the end."""
    kind = random.choice(["typo", "lower", "both", "unmarked"]) if random.random() < 0.2 else ""
    if kind in ("typo", "both"):
        text = typo(text, random)
    if kind in ("lower", "both"):
        text = text.lower()
    return text.rstrip("?.!") if kind in ("unmarked", "both") else text


def _reply(parts: tuple[list[str], list[str], list[str]], expected: list[str], random: Random, mention: str,
           **values: str) -> str:
    """A gold reply: thanks, answer, next step and sign-off.

    Drawn until it fits the brand guide and the house length, has the mention in it and names the product once at most.
    """
    name = values.get("name", brand.SIGN_OFF)
    for _ in range(500):
        thanks, answer, step = (random.choice(part).format(**values) for part in parts)
        reply = f"{thanks} {answer} {brand.NEXT_STEP} {step} {brand.SIGN_OFF}"
        fits = (len(reply.split()) in REPLY_WORDS and reply.count(name) <= 1 and mention in f"{thanks} {answer}".lower()
                and all(value.lower() in reply.lower() for value in expected))  # the quick checks first
        if fits and brand.on_brand(reply) and states_all(reply, expected):
            return reply
    raise ValueError(f"support_replies.csv: expected parts that make a reply by the brand guide with {expected}, "
                     f"found none for {values}. Add answers that hold the value, or next steps with 'we' or 'us'.")


# Tickets --------------------------------------------------------------------------------------------------------------

def _tickets(intent: str, split: str, count: int) -> Iterator[dict]:
    """Different tickets of one intent: a subject, one or two sentences, and in one of five a hint at another."""
    random, seen = rng("tickets", intent, split), set()
    goods = [product for product in quillmere.products() if product.split == split]
    rows = [row for row in _table("support_tickets") if (row["intent"], row["split"]) == (intent, split)]
    of_part = {part: [row for row in rows if row["part"] == part] for part in ("subject", "body", "more", "hard")}
    while len(seen) < count:
        hard = random.random() < 0.2
        chosen = [random.choice(of_part["subject"]), random.choice(of_part["hard" if hard else "body"])]
        if not hard and random.random() < 0.6:
            chosen.append(random.choice(of_part["more"]))
        if any(_clash(one, other) for one in chosen for other in chosen):
            continue
        fits = [product for product in goods if all(fitting.suits(product, row["goods"]) for row in chosen)]
        if not fits:
            continue
        product, raw = random.choice(fits), [row["text"] for row in chosen]
        subject, *body = [_about(part, product, random) for part in raw]
        closer = [random.choice(_asides("closer"))] if random.random() < 0.15 and intent != "praise" else []
        text = _noise(" ".join([subject if subject.endswith("?") else f"{subject}.", *body, *closer]), random)
        if text not in seen:
            seen.add(text)
            named = any(mark in part for part in raw for mark in ("{x}", "oun}"))
            yield {"split": split, "text": text, "intent": intent, "product": product.name if named else None}


def _clash(row: dict[str, str], other: dict[str, str]) -> bool:
    """Whether the other text holds one of the words beside which the row cannot stand: "stop" and "do write back"."""
    return any(word in other["text"] for word in row["not_beside"].split("|") if word)
