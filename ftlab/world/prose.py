"""Pages that are asked and answered in whole sentences: notices in running text, and talk about goods.

A reply names what it is about, since a customer who reads "It weighs 1.2 kg" later has to guess what weighs so much.
Some questions ask for two facts, compare two products, go on from the question before with "it", or ask for what the
page does not say. Every page invents its own house and rules, so that only reading helps.
"""

from __future__ import annotations

import re
from random import Random

from ftlab.world import forms, goods, notices, shops
from ftlab.world.notices import Page, low
from ftlab.world.shops import Fact, Passage, Wording
from ftlab.world.text import sentence

# The question, the sentences of the reply that count, and what they begin by saying that the question was about: mostly
# "", and None when the page does not answer it.
Exchange = tuple[str, str, str | None]
COMPARED = {  # fact: how a product has it, and which of two has more and which less of it
    "price": ("costs {}", "is dearer", "is cheaper"),
    "weight": ("weighs {}", "is heavier", "is lighter"),
    "height": ("is {} tall", "is taller", "is shorter"),
    "length": ("is {} long", "is longer", "is shorter"),
    "capacity": ("holds {}", "holds more", "holds less"),
    "room": ("holds {}", "holds more", "holds less"),
    "warranty": ("is guaranteed for {}", "has the longer guarantee", "has the shorter guarantee"),
    "noise": ("reaches {}", "is louder", "is quieter"),
}
OF_PARTS = ("spare_price", "deposit", "discount", "parcel_weight", "box_size", "lid_colour", "handle_material",
            "comes_with", "designer", "next_delivery", "care_product", "noise", "made_in", "card_lost", "cancel",
            "hire_deposit", "hire_late", "event_room")  # "it" could be the part, or the fee
UNITS = {"kg": 1000, "L": 1000, "m": 100}  # in grams, millilitres and centimetres
FEWEST = 4  # exchanges of a page
KINDS, WEIGHTS = ("single", "both", "follow", "unknown"), (4, 3, 2, 1.3)


def page(random: Random) -> list[tuple[str, bool]]:
    """One page as spans (text, is answer), in a form that is drawn for it."""
    text, found, absent = random.choice([notices.house, notices.house, notices.shop, products, products])(random)
    form = forms.draw(random)
    spans = [(form.top + text + form.opening, False)]
    exchanges, used = _exchanges(random, found, absent, form.written), set()
    for number, exchange in enumerate(exchanges, start=1):
        answer = _reply(random, exchange, number == 1, number == len(exchanges), form.written, used)
        spans += forms.exchange(form, exchange[0], answer)
    return spans


def products(random: Random) -> Page:
    """Two or three products of a shop, often of one kind, with at least one measure that all of them state."""
    kind = random.choice(goods.goods())
    same = random.random() < 0.6
    keys = [each for each in COMPARED if kind.has(each) and (same or each in ("price", "warranty"))]
    keys = random.sample(keys, min(len(keys), random.choice([1, 2])))
    found, absent = [], {}
    for _ in range(random.choice([2, 2, 3])):
        passage = shops.product_passage(random, 5, kind=kind, needs=tuple(each for each in keys if kind.has(each)))
        found.append(passage)
        stated = {fact.wording.key for fact in passage.facts}
        table = shops.wordings("products")["product"].values()
        unsaid = [e for e in table if e.topics and e.key not in stated and kind.has(e.key)]
        absent[passage.name] = random.sample(unsaid, len(unsaid))
        kind = kind if same else random.choice(goods.goods())
    return "\n\n".join(each.text for each in found), found, absent


def _exchanges(
    random: Random, found: list[Passage], absent: dict[str, list[Wording]], written: bool = True
) -> list[Exchange]:
    """Some exchanges about the passages, no two about the same fact."""
    asked = [(each, fact) for each in found for fact in each.facts]
    random.shuffle(asked)
    exchanges: list[Exchange] = []
    used: set[str] = set()  # words around the questions
    missing: set[tuple[str, ...]] = set()  # topics of a shop that were asked about in vain, by their questions
    wanted = random.randint(FEWEST, 6)
    while asked and len(exchanges) < wanted:
        kind = random.choices(KINDS, WEIGHTS)[0]
        passage, fact = asked.pop()
        rest = [each for each in asked if each[1].wording.key != fact.wording.key]  # not compared twice
        enough = len(exchanges) + len(rest) >= FEWEST - 1
        compared = passage.goods and enough and random.random() < 0.6 and _compare(random, found, fact, passage)
        more = [each for each in asked if each[0] is passage and each[1].wording.alsos]
        if fact.wording.key in OF_PARTS:
            more = []
        manner = (written, not exchanges, used)
        if compared:
            exchanges.append((_ask(random, compared[0], *manner), *compared[1:]))
            asked = rest
        elif kind == "both" and more and len(exchanges) + len(asked) >= FEWEST:
            asked.remove(second := random.choice(more))
            question, *reply = _both(random, passage, fact, second[1])
            exchanges.append((_ask(random, question, *manner), *reply))
        elif kind == "unknown" and absent[passage.name] and absent[passage.name][-1].questions not in missing:
            wording = absent[passage.name].pop()
            missing |= {wording.questions} if passage.kind == "policy" else set()
            question, *reply = _unknown(random, passage, wording)
            exchanges.append((_ask(random, question, *manner), *reply))
        else:
            exchanges.append(_single(random, passage, fact, *manner))
            if kind == "follow" and more:
                asked.remove(second := random.choice(more))
                exchanges.append(_follow(random, passage, second[1]))
    return exchanges


def named(random: Random, passage: Passage, fact: Fact) -> str:
    """A sentence with the value and with the name of what it is about. Policies of a shop have no name to say."""
    states = fact.wording.states(fact.value)
    texts = states if fact.value in ("yes", "no") else states + fact.wording.replies
    return random.choice([text for text in texts if passage.kind == "policy" or "{it}" in text]).format(
        it=passage.name, v=fact.value
    )


def _topic(random: Random, passage: Passage, wording: Wording) -> str:
    return random.choice(wording.topics).format(it=passage.name) if wording.topics else ""


def _said(random: Random, pool: str, written: bool, used: set[str], so_far: str = "") -> str:
    """Words of a pool that are not ``used`` yet on this page, "" if there are none; they are marked as used.

    Those of a letter come only where people write, and none of the page where there was talk of it.
    """
    pools = notices.talk()
    words = pools.get(pool, ()) + (pools.get(f"{pool}_letter", ()) if written else ())
    words = [each for each in words if each not in used and not ("page" in each and "page" in so_far)]
    found = random.choice(words or [""])
    used.add(found)
    return found


def _ask(random: Random, question: str, written: bool, first: bool, used: set[str]) -> str:
    """The question, perhaps with words before and after it; one that tells something needs no more of it.

    Args:
        written: Whether words of a letter fit, or somebody speaks.
        first: Whether it is the first of its page, and may begin with a greeting.
        used: Words that stand around questions of the page already.
    """
    question = shops.prose([question])
    if random.random() < (0.4 if first else 0.3):
        told = ". " in question
        pool = random.choice(["ask_before", "ask_hello"]) if first else "ask_before"
        before = [_said(random, pool, written, used)] if told or random.random() < 0.6 else []
        if not before or not told and random.random() < 0.4:
            before.append(_said(random, "ask_aside", written, used))
        parts = [*filter(None, before), question]
        if parts[0].endswith(","):
            parts[1] = low(parts[1])
        question = " ".join(parts)
    return f"{question} {_said(random, 'ask_after', written, used)}".strip() if random.random() < 0.2 else question


def _single(random: Random, passage: Passage, fact: Fact, written: bool, first: bool, used: set[str]) -> Exchange:
    if passage.goods:
        question = shops.ask_as_customer(random, passage, fact, False, first, written, used)
    else:
        question = random.choice(fact.wording.questions).format(it=passage.name)
        question = _ask(random, question, written, first, used)
    reply = named(random, passage, fact)
    if random.random() < 0.25 and not reply.startswith(("Please", "To ", "Tell ", "Wait ", "Look ", "Come ", "Cut ")):
        plain = reply.startswith((passage.name, "We ", "The "))  # no advice, no condition
        way = _said(random, "reply_that" if plain and random.random() < 0.6 else "reply_way", written, used)
        return question, shops.prose([way + low(reply)]), ""
    return question, *_restated(random, passage, fact, reply)


def _restated(random: Random, passage: Passage, fact: Fact, reply: str) -> tuple[str, str]:
    """The reply, now and then after what the question was about, and that: the thing is then named there, and once."""
    reply = shops.prose([reply])
    name, topic = sentence(passage.name), _topic(random, passage, fact.wording)
    clear = topic and fact.wording.key not in OF_PARTS and reply.startswith(f"{name} ")
    if not clear or random.random() > 0.1 or passage.name in reply.removeprefix(name):
        return reply, ""
    start = random.choice(notices.talk()["reply_topic"]).format(topic=topic)
    return shops.prose([start, ("it" if start.endswith(",") else "It") + reply.removeprefix(name)]), topic


def _both(random: Random, passage: Passage, first: Fact, second: Fact) -> Exchange:
    """Two facts at once, answered in the order in which they were asked for."""
    texts = first.wording.questions
    if passage.goods:
        texts = shops.questions_for(first.wording.key, passage.goods, False)
    question = sentence(random.choice([text for text in texts if _joins(text)]).format(it=passage.name))
    question, also = question.removesuffix("?"), random.choice(second.wording.alsos)
    question = random.choice(notices.talk()["ask_both"]).format(a=question, a_low=low(question), b=also)
    one, two = named(random, passage, first), named(random, passage, second)
    if one.startswith(passage.name) and two.startswith(passage.name) and random.random() < 0.5:
        return question, shops.prose([f"{one[:-1]} and{two.removeprefix(passage.name)}"]), ""
    if one.startswith(passage.name) and two.startswith(passage.name):
        two = f"it{two.removeprefix(passage.name)}"
    ways = notices.talk()["join"]
    starts = ("it ", "the ", "we ", "its ", passage.name.lower())  # advice is no half of a sentence
    if not all(half.lower().startswith(starts) for half in (one, two)):
        ways = tuple(way for way in ways if way.startswith("{a}. ") and "{b}" in way)
    joined = random.choice(ways).format(a=one[:-1], b=sentence(two), b_low=low(two))
    return question, shops.prose([joined]), ""


def _joins(question: str) -> bool:
    """Whether another question can follow after ", and"."""
    return question.endswith("?") and question.count("?") == 1 and not re.search(r"[.,:] |^Could|^I ", question)


def _follow(random: Random, passage: Passage, fact: Fact) -> Exchange:
    """A question that goes on from the one before: what "it" is stands there, and the reply names it."""
    also = random.choice(fact.wording.alsos)
    question = random.choice(notices.talk()["follow"]).format(q=also, q_up=sentence(also))
    return question, *_restated(random, passage, fact, named(random, passage, fact))


def _unknown(random: Random, passage: Passage, wording: Wording) -> Exchange:
    """A question that the page does not answer. The reply says so and gives no value."""
    texts = shops.questions_for(wording.key, passage.goods, False) if passage.goods else wording.questions
    topic = _topic(random, passage, wording)
    reply = random.choice(notices.talk()["unknown"]).format(topic=topic)
    return random.choice(texts).format(it=passage.name), reply, None


def number(value: str) -> float:
    """The amount in a value, so that two can be compared: grams, millilitres, dollars, centimetres or years."""
    amount, _, unit = value.removeprefix("$").partition(" ")
    return float(amount) * UNITS.get(unit, 1)


def _compare(random: Random, found: list[Passage], fact: Fact, first: Passage) -> Exchange | None:
    """Which of two products has more or less of a measure, with both names and both values in the reply."""
    key = fact.wording.key
    others = [
        (each, other.value) for each in found for other in each.facts
        if key in COMPARED and each is not first and other.wording.key == key
        and number(other.value) != number(fact.value)
    ]  # fmt: skip
    if not others:
        return None
    second, value = random.choice(others)
    both = [fact.value, value]
    has, *more_less = COMPARED[key]
    less = random.random() < 0.5
    a, b = ((each.name, has.format(value)) for each, value in zip((first, second), both, strict=True))
    won, lost = (a, b) if (number(both[0]) < number(both[1])) == less else (b, a)
    question = random.choice(notices.talk()["choose"]).format(p=more_less[less], a=a[0], b=b[0])
    reply = random.choice(notices.talk()["verdict"]).format(
        a=a[0], va=a[1], b=b[0], vb=b[1], w=won[0], vw=won[1], l=lost[0], vl=lost[1], p=more_less[less]
    )
    return question, shops.prose([reply]), ""


def _reply(
    random: Random, exchange: Exchange, first: bool, last: bool, written: bool, used: set[str]
) -> list[tuple[str, bool]]:
    """The reply as spans: perhaps some words before, what counts, perhaps some words after.

    Only the first of a page greets, and only the last says goodbye; and who restates the question begins with that.
    """
    _, answer, topic = exchange
    start, end = ("reply_polite", "unknown_after") if topic is None else ("reply_before", "reply_after")
    start = "reply_first" if first and topic is not None and random.random() < 0.4 else start
    ways = [sentence(way) for pool in ("reply_way", "reply_way_letter", "reply_that") for way in notices.talk()[pool]]
    plain = not topic and not answer.startswith(tuple(ways))  # "Thanks for asking. To answer your question, ..."
    before = [_said(random, start, written, used, answer)] if plain and random.random() < 0.5 else []
    after = [_said(random, end, written, used, " ".join([*before, answer]))] if random.random() < 0.35 else []
    if last and topic is not None and random.random() < 0.5:  # whoever has said goodbye says no more
        after.append(_said(random, "reply_bye", written, used))
    start, end = (" ".join(filter(None, words)) for words in (before, after))
    return [*([(f"{start} ", False)] if start else []), (answer, True), *([(f" {end}", False)] if end else [])]
