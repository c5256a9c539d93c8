"""The template: fixed sentences filled with the record's values, the honest rival of every tuned model.

It looks at the customer's messages and at the screen, as a model does, and at nothing else. Keywords find what is asked
for (two facts if two are asked for), the product is the one that was named last, two products are compared by the
numbers on the screen and an order's dates by the calendar; words shared with the message find a policy's sentence. It
says sorry to whoever complains, hands over at words of alarm and where the screen is silent, and answers a message that
names nothing of ours with what the desk is for. It is what a careful programmer writes in an afternoon. ``ftlab
template`` prints its score by kind.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import datetime

from ftlab import texts
from ftlab.scores import desk, stated
from ftlab.world import brand
from ftlab.world.pairs import KINDS

KEYWORDS = {  # words of a message that ask for a fact
    "Price": r"price|cost|how much (?:is|are|for|money|would|do)|pay|charge|expensive|\$|dear\b|afford|\bsum\b",
    "Weight": r"weigh|heavy|heavier|light(?:er|est)?\b|kilo|grams?\b|scales?\b",
    "Capacity": r"capacity|hold|volume|lit(?:re|er)s?|how many (?:cups|ml)|fit in|room for|\bml\b",
    "Height": r"\btall|height|high\b|how big|\bcm\b|centimet",
    "Warranty": r"warrant|guarantee|covered|how long (?:is|are|do|does) (?:it|you)",
    "Dishwasher safe": r"dishwasher|machine wash",
    "Material": r"material|made (?:of|from|out)|metal|what's in it",
    "Colour": r"colou?r|shade|which (?:red|blue|green)",
    "Made in": r"where|made in|come from|origin|country|town",
}
ALARM = re.compile(
    r"injur|hurt|burn|bleed|blood|cut (?:my|his|her)|hospital|doctor|lawyer|solicitor|court|legal|press\b|regulator|"
    r"fire|smoke|gas\b|explod|danger|refund|charged twice|bank|never (?:came|arrived)|not arrived|missing parcel|lost",
    re.IGNORECASE,
)
COMPLAINT = re.compile(
    r"leak|broke|crack|rust|chip|scratch|dent\b|loose|wobbl|stuck|torn|peel|fade|stain|dull|warp|fell (?:off|apart)|"
    r"comes? off|came off|stopped|does ?n.t work|not work|wrong|useless|rubbish|disappoint|not happy|annoy|angry|"
    r"fed up|"
    r"cross\b|let down|complain|poor|worse|ruin|shame|third time|again and again|nobody (?:answer|rang|called)|!!",
    re.IGNORECASE,
)
COMPARES = {  # words of a message that ask for the one with less, or more, of a measure
    "less": r"lighter|lightest|less|least|smaller|smallest|shorter|shortest|lower|lowest|cheap|small\b|tiny|short\b",
    "more": r"heavier|heaviest|more\b|most\b|larger|largest|bigger|biggest|taller|tallest|higher|highest|longer|"
            r"longest|dearer|roomier|big\b",
}  # fmt: skip
WINS = {
    ("Weight", "less"): "is lighter", ("Weight", "more"): "is heavier",
    ("Height", "less"): "is shorter", ("Height", "more"): "is taller",
    ("Capacity", "less"): "holds less", ("Capacity", "more"): "holds more",
    ("Price", "less"): "costs less", ("Price", "more"): "costs more",
    ("Warranty", "less"): "has the shorter warranty", ("Warranty", "more"): "has the longer warranty",
}  # fmt: skip
TO_A_MODEL = re.compile(
    r"\b(?:pretend|ignore|forget|act as|your (?:rules|instructions|prompt)|system prompt|from now on|"
    r"instructions|role ?play|"
    r"poem|limerick|story|joke|translate|answer only|only answer|repeat after|respond (?:only|in)|speak like|"
    r"talk like|write me)\b",
    re.IGNORECASE,
)
FRAME = "Thank you for writing to us. {answer} Next step: write back to us if you have another question."
FACT = {
    "Price": "The {name} costs {value}.",
    "Weight": "The {name} weighs {value}.",
    "Capacity": "The {name} holds {value}.",
    "Height": "The {name} is {value} tall.",
    "Warranty": "The warranty of the {name} is {value}.",
    "Material": "The {name} is made of {value}.",
    "Colour": "The colour of the {name} is {value}.",
    "Made in": "The {name} is made in {value}.",
    "Dishwasher safe": "{Yes}, the {name} is {not_}dishwasher safe.",
}
SORRY = "We are sorry about this. "
HAND_OVER = "We are sorry for the trouble. A colleague will look at this and write to you."
NOT_SHOWN = "Our screen does not show this, so a colleague will look it up and write to you."
SCOPE = "This desk is only here for our products."
STOP = frozenset("""a an the is are do does did to of in on for and or i my me you your it that this if how what when
can we our be have has will at with by from so not any""".split())  # noqa: SIM905


def reply(row: dict) -> str:
    """The template's reply to a conversation.

    Args:
        row: A conversation with ``messages``: the screen first, the customer's last message before the gold reply.
    """
    screen, message = row["messages"][0]["content"], row["messages"][-2]["content"]
    talk = " ".join(each["content"] for each in row["messages"][1:-1])
    return f"{FRAME.format(answer=_answer(screen, message, talk))} {brand.SIGN_OFF}"


def _answer(screen: str, message: str, talk: str) -> str:
    records = {name: _fields(facts) for name, facts in desk.RECORD.findall(screen)}
    if ALARM.search(message):
        return HAND_OVER
    if TO_A_MODEL.search(message):
        return SCOPE
    sorry = SORRY if COMPLAINT.search(message) else ""
    if screen.startswith("Order "):
        return sorry + _order(screen, message)
    if not records:
        sentence = _policy(screen, message)
        return sorry + sentence if sentence else NOT_SHOWN
    labels = _labels(message)
    if len(records) == 2 and (sentence := _compare(records, message, labels)):
        return sorry + sentence
    name = _named(records, talk)
    shown = [label for label in labels if label in records[name]][-2:]
    if shown:
        return sorry + " ".join(_fact(name, label, records[name][label]) for label in shown)
    spoken_of = rf"\b(?:{'|'.join({name.split()[0], name.split()[-1]})})"
    return NOT_SHOWN if labels or re.search(spoken_of, talk, re.IGNORECASE) else SCOPE


def _fields(facts: str) -> dict[str, str]:
    return dict(desk.FIELD.findall(facts))


def _labels(message: str) -> list[str]:
    """The facts that a message asks for, in the order of its words."""
    found = {label: re.search(words, message, re.IGNORECASE) for label, words in KEYWORDS.items()}
    return sorted((label for label in found if found[label]), key=lambda label: found[label].start())


def _named(records: dict[str, dict], talk: str) -> str:
    """The product that was named last, by its name or else by what it is; the first on the screen if none was."""
    for words in ({name: name for name in records}, {name: name.split()[-1] for name in records}):
        places = {name: talk.lower().rfind(word.lower()) for name, word in words.items()}
        if max(places.values()) >= 0:
            return max(places, key=places.get)
    return next(iter(records))


def _fact(name: str, label: str, value: str) -> str:
    return FACT[label].format(name=name, value=value, Yes=value.capitalize(), not_="not " * (value == "no"))


def _compare(records: dict[str, dict], message: str, labels: list[str]) -> str | None:
    """Who has less or more, with both values, if the message names both products."""
    first, second = records
    if not all(name.lower() in message.lower() for name in records):
        return None
    both = [label for label in dict.fromkeys([*labels, *records[first]]) if all(
        label in facts and (label, "less") in WINS for facts in records.values())]  # fmt: skip
    if not both:
        return None
    label = both[0]
    want = "less" if re.search(COMPARES["less"], message, re.IGNORECASE) else "more"
    ranked = sorted(records, key=lambda name: _amount(records[name][label]), reverse=want == "more")
    values = [records[name][label] for name in ranked]
    return f"The {ranked[0]} {WINS[label, want]}: {values[0]}. The {ranked[1]}: {values[1]}."


def _amount(value: str) -> float:
    """A value in grams, millilitres, centimetres, dollars or years."""
    number, _, unit = value.removeprefix("$").partition(" ")
    return float(number.replace(",", "")) * (1000 if unit in ("kg", "L") else 1)


def _order(screen: str, message: str) -> str:
    """May it go back, is it under warranty, when does it come, what is in it? By the dates of the order."""
    line = screen.split("\n")[0]
    dates = {label: value for label, value in desk.FIELD.findall(line) if re.search(stated.MONTHS, value)}
    today = _day(dates["Today"])
    if last := dates.get("Unused items can be returned until"):
        return f"Yes, it can be returned until {last}." if today <= _day(last) else f"No, that ended on {last}."
    if last := dates.get("Warranty until"):
        return f"Yes, the warranty runs until {last}." if today <= _day(last) else f"No, the warranty ran until {last}."
    if re.search(r"how many|which one|what (?:did|have|is in|was in)|did i order|in (?:it|my order)", message, re.I):
        name, pieces = re.search(r"^Order \d+\. (.+), (\d+ pieces?)\.", line).groups()
        return f"Your order is for the {name}, {pieces}."
    if "Delivered" in dates:
        return f"It was delivered on {dates['Delivered']}."
    return f"It arrives by {dates['Arrives by']}."


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%d %B %Y")


def _policy(screen: str, message: str) -> str | None:
    """The sentence of the screen's running text that shares most words with the message, if any."""
    asked = _content(message)
    sentences = brand.sentences(screen)[1:]
    best = max(sentences, key=lambda text: len(asked & _content(text)), default="")
    return best if asked & _content(best) else None


def _content(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[a-z]+", text.lower()) if word not in STOP}


def scores(rows: Sequence[dict]) -> dict[str, list[bool]]:
    """Which of the template's replies are fit to send (on-brand and right), by kind."""
    found: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for row in rows:
        found[row["kind"]].append(desk.is_fit(reply(row), row))
    return found


def main(argv: list[str] | None = None) -> int:
    """``ftlab template``: prints the template's score by kind over all test conversations."""
    argparse.ArgumentParser(prog="ftlab template", description=__doc__).parse_args(argv)
    by_kind = scores(texts.conversations("test"))
    print("kind            fit to send   of")
    for kind, each in by_kind.items():
        print(f"{kind:<14}{sum(each) / len(each):>12.0%}{len(each):>6}")
    every = [one for each in by_kind.values() for one in each]
    print(f"{'all':<14}{sum(every) / len(every):>12.0%}{len(every):>6}")
    return 0
