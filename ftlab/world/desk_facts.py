"""What a support desk is asked and what it answers: the facts, clean questions in customers' words, gold replies.

Facts, wordings and parts of replies are those of ``ftlab.world.support``; ``data/world/desk/asides.csv`` adds small
talk, so that a dump of a million records about a few hundred facts still holds few that are alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random

from ftlab.world import brand, quillmere, support
from ftlab.world.desk_words import fill, table, texts
from ftlab.world.text import sentence, typo

DETAILS = (0, 1, 1, 2)  # sentences that a customer adds, as often as they stand here
REPLY_WORDS = support.REPLY_WORDS
LOWER_STARTS = re.compile(r"(?!I\b|Quillmere)[A-Z]")


# Facts ----------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Fact:
    """Something that the desk knows, and the ways to ask for it and to state it.

    ``answers`` hold ``{value}`` where the value goes; ``wrong`` are values that the record does not show, and
    ``wrong_answers`` the patterns that they are stated with. ``manner`` and ``wrong_manner`` name the off-brand answers
    that fit. ``shown`` is the product's record, a sentence an attribute.
    """

    key: str
    intent: str
    product: str | None
    policy: str | None
    noun: str
    value: str
    expected: tuple[str, ...]
    small_talk: str
    screen: str
    asks: tuple[str, ...]
    short_asks: tuple[str, ...]
    thanks: tuple[str, ...]
    answers: tuple[str, ...]
    steps: tuple[str, ...]
    manner: str
    wrong: tuple[str, ...] = ()
    wrong_answers: tuple[str, ...] = ()
    wrong_manner: str = ""
    statement: str = ""
    shown: dict[str, str] = field(default_factory=dict)


@cache
def _parts(about: str, part: str) -> tuple[str, ...]:
    rows = table("support_replies", "quillmere")
    return tuple(row["text"] for row in rows if (row["about"], row["part"]) == (about, part))


def _asks(about: str, product: quillmere.Product, x: str) -> tuple[str, ...]:
    """The train wordings of a question, with the product called x."""
    rows = table("support_questions", "quillmere")
    filled = [row["text"].format(x=x, name=product.name, noun=product.noun) for row in rows
              if row["about"] == about and row["split"] == "train"]
    return tuple(". ".join(sentence(part) for part in text.split(". ")) for text in filled)


def _about_product(product: quillmere.Product, about: str) -> dict:
    """The fields that all facts about a product share."""
    head = f"{product.name} ({product.noun})."
    return {"product": product.name, "policy": None, "screen": head,
            "asks": _asks(about, product, f"the {product.name}"),
            "short_asks": _asks(about, product, f"the {product.noun}"),
            "shown": {key: product.record([key]).removeprefix(f"{head} ")
                      for key in quillmere.ATTRIBUTES if product.fact(key)}}


def _named(parts: tuple[str, ...], product: quillmere.Product) -> tuple[str, ...]:
    return tuple(part.replace("{name}", product.name).replace("{noun}", product.noun) for part in parts)


def _product_facts(product: quillmere.Product, goods: tuple[quillmere.Product, ...]) -> Iterator[Fact]:
    for key in filter(product.fact, quillmere.ATTRIBUTES):
        shared, value = _about_product(product, key), product.fact(key)
        ending = other = ""
        expected, wrong = (value,), sorted({each.fact(key) or value for each in goods})
        if key == "dishwasher_safe":
            ending, other = ("_yes", "_no") if value == "yes" else ("_no", "_yes")
            expected, wrong = (f"{'not ' * (value == 'no')}dishwasher safe",), ["yes" if value == "no" else "no"]
        record = " ".join(shared["shown"].values()) if not ending else value
        yield Fact(
            **shared, key=key, intent=support.INTENT_OF_ATTRIBUTE[key], noun=product.noun, value=value,
            expected=expected, wrong=tuple(each for each in wrong if each not in record and value not in each),
            small_talk="product", manner=key + ending, wrong_manner=key + other,
            thanks=_named(_parts(key, "thanks") + _parts("general", "thanks") + texts("asides", "thanks"), product),
            answers=_named(_parts(key, "answer" + ending), product),
            wrong_answers=_named(_parts(key, "answer" + other), product),
            steps=_named(_parts(key, "next" + ending) + texts("asides", "next"), product))


def _grave_facts(product: quillmere.Product) -> Iterator[Fact]:
    for about in support.GRAVE:
        yield Fact(
            **_about_product(product, about), key=about.removeprefix("escalate_"), intent="escalate", noun="",
            value="", expected=(support.HANDED_OVER,), small_talk="grave", manner=about,
            thanks=_named(_parts("escalate", "thanks") + texts("asides", "grave_thanks"), product),
            answers=_named(_parts(about, "answer"), product),
            steps=_named(_parts(about, "next") + texts("asides", "grave_next"), product))


def _policy_facts(policy: quillmere.Policy) -> Iterator[Fact]:
    more = {(row["policy"], row["fact"]): row for row in table("support_policies", "quillmere")}
    intent = support.INTENT_OF_POLICY[policy.id]
    for fact in policy.facts:
        row = more[policy.id, fact.key]
        leads = [lead.replace("{topic}", policy.topic)
                 for lead in _parts("policy", "lead") + texts("asides", "policy_lead")]
        answers = tuple(state(lead, said) for lead in leads for said in (fact.template, row["answer"]))
        asks = (*fact.asks_train, row["ask_1"], row["ask_2"])
        wrong = tuple(each["text"] for each in table("wrong_values")
                      if (each["policy"], each["fact"]) == (policy.id, fact.key))
        yield Fact(
            key=fact.key, intent=intent, product=None, policy=policy.id, noun="", value=fact.value,
            expected=(fact.value,), small_talk="policy", screen=policy.passage(), asks=asks, short_asks=asks,
            thanks=tuple(text.replace("{topic}", policy.topic)
                         for text in _parts("policy", "thanks") + texts("asides", "policy_thanks")),
            answers=answers, steps=_parts(f"policy_{intent}", "next") + texts("asides", "policy_next"), manner="policy",
            wrong=wrong, wrong_answers=answers, wrong_manner="policy", statement=fact.template)


def state(lead: str, said: str) -> str:
    """A lead such as "Our rule is simple: {answer_low}" with what is said put in."""
    return lead.replace("{answer_low}", said[:1].lower() + said[1:]).replace("{answer}", said)


@cache
def facts(split: str) -> dict[str, list[list[Fact]]]:
    """Every fact of a split: under "product" and "grave" a list a product, under "policy" a list a policy."""
    goods = tuple(product for product in quillmere.products() if (product.split, product.status) == (split, "current"))
    return {"product": [list(_product_facts(product, goods)) for product in goods],
            "grave": [list(_grave_facts(product)) for product in goods],
            "policy": [list(_policy_facts(policy)) for policy in quillmere.policies() if policy.split == split]}


# Clean texts ----------------------------------------------------------------------------------------------------------

@cache
def _small_talk(part: str) -> tuple[str, ...]:
    """Both tables of asides together."""
    theirs = table("support_asides", "quillmere")
    return texts("asides", part) + tuple(row["text"] for row in theirs if row["part"] == part)


def show(fact: Fact, random: Random) -> str:
    """What the desk's screen shows: the policy, or four facts of the product with the one asked for among them."""
    if not fact.shown:
        return fact.screen
    key = fact.key if fact.key in fact.shown else "price"
    keys = {key, *random.sample([each for each in fact.shown if each != key], 3)}
    return " ".join([fact.screen, *(text for each, text in fact.shown.items() if each in keys)])


def ask(fact: Fact, random: Random) -> str:
    """The question in a customer's words: perhaps with a greeting, details, a closing line or a slip of the finger."""
    prefix = "grave_" if fact.small_talk == "grave" else ""
    parts = [random.choice(fact.asks if random.random() < 0.67 else fact.short_asks)]
    for detail in random.sample(texts("asides", f"{fact.small_talk}_detail"), random.choice(DETAILS)):
        parts.insert(random.randrange(len(parts) + 1), detail)
    if not prefix and random.random() < 0.3:
        parts.insert(random.randrange(len(parts) + 1), random.choice(_small_talk(f"{fact.small_talk}_reason")))
    if random.random() < 0.5:
        opener = random.choice(_small_talk(f"{prefix}opener"))
        if opener.endswith((",", ":")) and LOWER_STARTS.match(parts[0]):
            parts[0] = parts[0][:1].lower() + parts[0][1:]
        parts.insert(0, opener)
    if random.random() < 0.3:
        parts.append(random.choice(_small_talk(f"{prefix}closer")))
    text, slip = fill(" ".join(parts), random, noun=fact.noun), random.random()
    if slip < 0.06:
        return typo(text, random)
    return text.lower() if slip < 0.09 else text.rstrip("?.!") if slip < 0.12 else text


def compose(fact: Fact, random: Random, answers: tuple[str, ...]) -> tuple[str, str, str]:
    """Thanks, answer (with ``{value}`` in it) and next step of a reply by the brand guide."""
    for _ in range(500):
        thanks, answer, step = random.choice(fact.thanks), random.choice(answers), random.choice(fact.steps)
        text = f"{thanks} {answer} {step}"
        if (text.count(fact.product or "{") <= 1 and fact.noun in f"{thanks} {answer}".lower()
                and len(text.split()) + 6 in REPLY_WORDS and brand.PLURAL_PERSON.search(text)):
            return thanks, answer, step
    raise ValueError(f"support_replies.csv: expected parts that make a reply about {fact.key} of "
                     f"{fact.product or fact.policy}, found none. Add answers or next steps with 'we' or 'us'.")


def reply(thanks: str, answer: str, step: str) -> str:
    """The reply in the house's form."""
    return f"{thanks} {answer} {brand.NEXT_STEP} {step} {brand.SIGN_OFF}"
