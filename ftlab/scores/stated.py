"""What a reply of the desk states, in any fair form: a value, a date, a count, a yes or no, a word on the dishwasher.

"A 2-year warranty" states "2 years", "February 25, 2025" states "25 February 2025", "it can still come back" says yes.
"""

from __future__ import annotations

import re

from ftlab.scores.unsupported import NUMBER_WORDS, house_values
from ftlab.values import states_all
from ftlab.world import brand

NOUNS = "kettle|pan|knife|mug|flask|lantern|tent|stove|board|cooler"
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
DISHWASHER = re.compile(
    r"\bdishwasher[- ]safe\b(?:: (?:yes|no)\b)?|(?<![a-z] )\bdishwasher: (?:yes|no)\b|"
    r"\b(?:yes|no) to the dishwasher\b|"
    r"\b(?:go(?:es)?|put (?:it|them)|(?:be )?wash(?:ed)?(?: it| them)?) in(?:to)? (?:the|a|your) dishwasher\b|"
    r"\bsafe (?:in|for) (?:the|a|your) dishwasher\b|\bdishwasher does (?:it|them) no harm\b",
    re.IGNORECASE,
)
DENIED = re.compile(r"(?:\b(?:not|never|cannot)|n't),?(?: \w+,?){0,5} $", re.IGNORECASE)
YES_OR_NO = re.compile(
    r"\b(yes|no)\b(?=\s*[,.;:]|\s*$| (?:and|or) (?:yes|no)\b| (?:it|you|we|this|that)\b)",
    re.IGNORECASE,
)
NOT_QUITE = (  # "more than 135 cm" is not 135 cm
    r"(?:(?:more|less|fewer|higher|lower|longer|shorter|heavier|lighter|taller|other) than|over|under|nearly|"
    r"almost|hardly|"
    r"barely|never|instead of|rather than|not (?:quite|even|just|only|as much as|the)|"
    r"(?:not|never|cannot) (?:\w+ly )?(?:be )?(?:costs?|weighs?|holds?|takes?|measures?|stands?|runs?|lasts?|comes?|"
    r"sells?|made|priced|covered|guaranteed|pay|charge)(?: (?:in|of|from|at|for|you))*|"
    r"(?:maybe|perhaps|about|around|roughly|approximately|at (?:least|most)|sav(?:es?|ing)|dishwasher[- ]safe for)"
    r"(?= \$?\d)|up to(?! [\d.]+ (?:L|ml)\b)|from(?= \$)|(?:something|anything|somewhat) like|"
    r"(?<!at )(?<!in )(?<!to )(?<!with )(?:the|its|one) (?:lid|handle|base|box|bag|cap|grip|spout|strap|sip)"
    r"(?: alone| only| itself| of (?:the|our|your) \w+)? (?:costs?|holds?|weighs?|stands?|comes in|is made (?:of|from)|"
    r"is)|"
    r"(?:warranty|guarantee|height|weight) (?:costs?|weighs?)) (?:the )?"
)
NOT_ALONE = (  # "$45.00 a week" is another price
    r"(?= (?:(?:a|per|each|every) (?:day|week|month|year)|off|or so|for (?:two|three|four|six|both|a (?:set|pair))|"
    r"(?:less|more) than|last (?:week|month|year)|plus (?:tax|delivery|postage|shipping))\b|"
    r",? (?:we|I) (?:guess|think|suppose)\b)"
)
DENIES = (  # "you do not need the receipt", but not "not later than 60 days"
    r"\b(?:not|never|cannot|no need (?:of|for))(?: (?!(?:but|only|more|longer|later|than|until|before)\b)[\w']+){0,4} "
)
OPEN = re.compile(
    r"not too late|\bstill\b|\bcan (?:be returned|go back|come back)|you can return|is covered|in time|runs until|"
    r"(?:return|window) is open",
    re.IGNORECASE,
)
OVER = re.compile(
    r"(?<!not )too late|no longer|\bcannot\b|has passed|ran (?:out|until)|(?:is|was) over|ended|closed on|"
    r"it is closed|expired|could be",
    re.IGNORECASE,
)


def says(reply: str, text: str) -> bool:
    """True if the text stands in the reply as whole words, or signs, whatever their case."""
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", reply, re.IGNORECASE) is not None


def answer(reply: str) -> str:
    """The reply without its thanks and its next step; the whole where nothing else is left."""
    first, *rest = brand.sentences(reply.partition(brand.NEXT_STEP)[0]) or [""]
    return " ".join(rest if rest and first.startswith(("Thank", "We are sorry")) else [first, *rest])


def claims(reply: str) -> str:
    """The reply without what it leaves open: "whether it can go in the dishwasher"."""
    return re.sub(r"\b(?:whether|if)\b[^.,;:]*", "", reply, flags=re.IGNORECASE)


def states(reply: str, value: str, row: dict) -> bool:
    """Whether the reply states a value in any fair form: "2-year", "two years", "February 25, 2025", "one lantern"."""
    if value in ("yes", "no"):
        return verdicts(answer(reply)) == {value}
    if value.endswith("dishwasher safe"):
        return ("no" if value.startswith("not") else "yes") in dishwasher(reply)
    text = house_values(house_dates(reply))
    if re.fullmatch(rf"\d+ (?:{MONTHS}) \d{{4}}", value):
        short, year = value[:-5], value[-4:]
        return re.search(rf"(?<!\d){short}(?! (?!{year})\d{{4}})", text) is not None
    if pieces := re.fullmatch(r"(\d+) pieces?", value):
        word = dict(enumerate(NUMBER_WORDS, start=1)).get(int(pieces[1]), pieces[1])
        number = rf"(?:{pieces[1]}|{word})"
        goods = rf"pieces?\b|(?:of )?(?:the |our )?(?:[\w-]+ ){{0,2}}(?:{NOUNS}|knive)s?\b"
        return re.search(rf"\b{number} (?:{goods})", text, re.IGNORECASE) is not None
    if row["kind"] not in ("compare", "order"):
        text = _without_denied(text, house_values(value), row)
    if value.startswith("the "):
        text = re.sub(rf"\byour(?= {re.escape(value[4:])}\b)", "the", text, flags=re.IGNORECASE)
    return states_all(text, [house_values(value)]) or (value == row["product"] and says(text, f"{value}s"))


def _without_denied(text: str, value: str, row: dict) -> str:
    """The text without the places where it denies a value, or says something near it: "not made of steel", "$9.00 off".

    What a policy says of its own values in such words ("up to 30 kg", "does not cover normal wear") is no denial.
    """
    if value.lower() not in text.lower():
        return text
    if row["product"]:
        patterns = [rf"\b{NOT_QUITE}{re.escape(value)}", rf"{re.escape(value)}{NOT_ALONE}"]
    else:
        screen = brand.sentences(house_values(row["messages"][0]["content"]))
        told = [each for each in screen if says(each, value)]
        affirmed = told and not any(re.search(r"\b(?:not|no|nobody)\b", each) for each in told)
        patterns = [rf"{DENIES}{re.escape(value)}"] if affirmed else []
    for pattern in patterns:
        text = re.sub(pattern, "\u00b7", text, flags=re.IGNORECASE)
    return text


def house_dates(text: str) -> str:
    """Dates as the desk writes them: "February 25th, 2025" and "the 25th of February 2025" are "25 February 2025"."""
    text = re.sub(rf"\b({MONTHS}) (\d{{1,2}})(?:st|nd|rd|th)?\b,?", r"\2 \1", text)
    return re.sub(rf"\b(\d{{1,2}})(?:st|nd|rd|th)(?: of)? (?={MONTHS})", r"\1 ", text)


def verdicts(answer: str) -> set[str]:
    """The yes and no of an answer: its words, and what it says of a time that is open or over, if that is clear."""
    spoken = {word.lower() for word in YES_OR_NO.findall(answer)}
    is_open, is_over = bool(OPEN.search(answer)), bool(OVER.search(answer))
    return spoken | ({"yes" if is_open else "no"} if is_open != is_over else set())


def dishwasher(reply: str) -> set[str]:
    """What the reply says of the dishwasher: yes, no, both, or nothing."""
    text = claims(answer(reply))
    found = {"no" if DENIED.search(text[: match.start()]) or re.search(r"^no\b|: no$", match[0], re.IGNORECASE) else
             "yes" for match in DISHWASHER.finditer(text)}
    if says(reply, "dishwasher"):
        found |= {word.lower() for word in re.findall(r"(?:^|(?<=[.] ))(Yes|No)(?=,)", text)}
    return found
