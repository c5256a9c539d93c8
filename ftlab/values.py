"""Values in texts: whether a reply states one, is one, or contradicts a record. Nothing here knows Quillmere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

FIGURE = re.compile(r"\$\d[\d,]*(?:\.\d+)?|"
                    r"\d+(?:\.\d+)? (?:kg|g|L|ml|cm|mm|years?|months?|weeks?|days?|hours?)\b|\d+(?:\.\d+)?")


def normalize(text: str) -> str:
    """Lower case, single spaces, straight quotes, and no punctuation at the end: "The  Otter." is "the otter"."""
    text = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u201c", '"').replace("\u201d", '"')
    return re.sub(r"[\s.,;:!?]+$", "", " ".join(text.casefold().split()))


def exact_match(reply: str, accepted: Sequence[str]) -> bool:
    """True if the whole reply is one of the accepted answers, case, spacing and final punctuation aside."""
    _refuse_text(accepted, "accepted")
    return normalize(reply) in [normalize(answer) for answer in accepted]


def states_all(reply: str, values: Sequence[str]) -> bool:
    """True if every one of the values stands in the reply as a whole value, number and unit together.

    "2 years" is not in "12 years", "$9.00" not in "$49.00", "1.2 kg" not in "11.2 kg", "dishwasher safe" not in "not
    dishwasher safe". Case does not matter, nor whether apostrophes are curly. Beyond that one "not" the score cannot
    see what the sentence around a value says: "never $9.00" states "$9.00".
    """
    _refuse_text(values, "values")
    text = reply.replace("’", "'")
    whole = r"(?<![\w$-])(?<!\d[.,])(?<!\bnot )%s(?![\w-])(?![.,]\d)"
    return all(re.search(whole % re.escape(value.replace("’", "'")), text, re.IGNORECASE) for value in values)


def states_any(reply: str, accepted: Sequence[str]) -> bool:
    """True if at least one of the accepted values stands in the reply as a whole value."""
    _refuse_text(accepted, "accepted")
    return any(states_all(reply, [value]) for value in accepted)


def contradicts(reply: str, values: Iterable[str], record: str) -> bool:
    """True if the reply gives a figure that is neither in the values nor in the record, or says both yes and no."""
    known = " ".join([*values, record])
    if any(not states_all(known, [figure]) for figure in FIGURE.findall(reply)):
        return True
    return states_all(reply, ["yes"]) and states_all(reply, ["no"])


def _refuse_text(values: Sequence[str], name: str) -> None:
    # A string is a sequence of letters, each of which would be looked for by itself; an empty text is in every reply.
    if isinstance(values, str) or not values or not all(value.strip() for value in values):
        raise ValueError(f"{name}: expected a list with at least one text and no empty one, found {values!r}. Put a "
                         "single text into a list; leave out a question that has no answer.")
