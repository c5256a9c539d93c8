"""Rules for every kind of the desk's work: a program without a model, by somebody who knows the nine kinds.

Keywords find what is asked for (two facts if two are asked for), the product is the one that was named last, two
products are compared by the numbers on the screen and an order's dates by the calendar; words shared with the message
find a policy's sentence. It says sorry to whoever complains, hands over at words of alarm and where the screen is
silent, and answers a message that names nothing of ours with what the desk is for. Its words and its rules fit the
course's texts, whose kinds and screens its author knew; a real desk's customers ask for what nobody wrote a rule for.
"""

from __future__ import annotations

import argparse
import re
from datetime import datetime

from ftlab import texts
from ftlab.scores import desk, stated, template
from ftlab.world import brand
from ftlab.world.pairs import KINDS

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
SORRY = "We are sorry about this. "
SCOPE = "This desk is only here for our products."


def reply(row: dict) -> str:
    """The reply to a conversation.

    Args:
        row: A conversation with ``messages``: the screen first, the customer's last message before the gold reply.
    """
    screen, message = row["messages"][0]["content"], row["messages"][-2]["content"]
    talk = " ".join(each["content"] for each in row["messages"][1:-1])
    return f"{template.FRAME.format(answer=_answer(screen, message, talk))} {brand.SIGN_OFF}"


def _answer(screen: str, message: str, talk: str) -> str:
    records = {name: _fields(facts) for name, facts in desk.RECORD.findall(screen)}
    if template.ALARM.search(message):
        return template.HAND_OVER
    if TO_A_MODEL.search(message):
        return SCOPE
    sorry = SORRY if COMPLAINT.search(message) else ""
    if screen.startswith("Order "):
        return sorry + _order(screen, message)
    if not records:
        sentence = template.policy(screen, message)
        return sorry + sentence if sentence else template.HAND_OVER
    labels = _labels(message)
    if len(records) == 2 and (sentence := _compare(records, message, labels)):
        return sorry + sentence
    name = _named(records, talk)
    shown = [label for label in labels if label in records[name]][-2:]
    if shown:
        return sorry + " ".join(_fact(name, label, records[name][label]) for label in shown)
    spoken_of = rf"\b(?:{'|'.join({name.split()[0], name.split()[-1]})})"
    return template.HAND_OVER if labels or re.search(spoken_of, talk, re.IGNORECASE) else SCOPE


def _fields(facts: str) -> dict[str, str]:
    return dict(desk.FIELD.findall(facts))


def _labels(message: str) -> list[str]:
    """The facts that a message asks for, in the order of its words."""
    found = {label: re.search(words, message, re.IGNORECASE) for label, words in template.KEYWORDS.items()}
    return sorted((label for label in found if found[label]), key=lambda label: found[label].start())


def _named(records: dict[str, dict], talk: str) -> str:
    """The product that was named last, by its name or else by what it is; the first on the screen if none was."""
    for words in ({name: name for name in records}, {name: name.split()[-1] for name in records}):
        places = {name: talk.lower().rfind(word.lower()) for name, word in words.items()}
        if max(places.values()) >= 0:
            return max(places, key=places.get)
    return next(iter(records))


def _fact(name: str, label: str, value: str) -> str:
    return template.FACT[label].format(name=name, value=value, Yes=value.capitalize(), not_="not " * (value == "no"))


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


def main(argv: list[str] | None = None) -> int:
    """``ftlab template``: prints what the template and these rules get over all test conversations, by kind."""
    argparse.ArgumentParser(prog="ftlab template", description=main.__doc__).parse_args(argv)
    rows = texts.conversations("test")
    both = [template.scores(rows, each) for each in (template.reply, reply)]
    print(f"{'kind':<14}{'template':>9}{'rules':>7}{'of':>6}")
    for kind in KINDS:
        print(f"{kind:<14}{_share(both[0][kind]):>9}{_share(both[1][kind]):>7}{len(both[0][kind]):>6}")
    shares = [_share([one for each in scores.values() for one in each]) for scores in both]
    print(f"{'all':<14}{shares[0]:>9}{shares[1]:>7}{len(rows):>6}")
    return 0


def _share(fit: list[bool]) -> str:
    return f"{sum(fit) / len(fit):.0%}"
