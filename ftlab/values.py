"""Values in texts: whether a reply states one, is one, or contradicts a record. Nothing here knows Quillmere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

# Vowel signs, accents and the like: what belongs to the letter before it.
MARKS = "".join(chr(code) for code in range(0x300, 0xFE30) if unicodedata.category(chr(code)).startswith("M"))
SIGNS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # Chinese and Japanese, which put no blanks between words
UNSPACED = "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u104f\u1780-\u17d3"  # nor do Thai, Lao, Burmese and Khmer

FIGURE = re.compile(r"\$\d[\d,]*(?:\.\d+)?|"
                    r"\d+(?:\.\d+)? (?:kg|g|L|ml|cm|mm|years?|months?|weeks?|days?|hours?)\b|\d+(?:\.\d+)?")


def normalize(text: str) -> str:
    """Lower case, single spaces, straight quotes, and no punctuation at the end: "The  Otter." is "the otter".

    Punctuation is that of any script: the Chinese, Hindi and Arabic stops are as good as ours.
    """
    text = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u201c", '"').replace("\u201d", '"')
    return re.sub(r"[\s.,;:!?…。．｡、，､；：！？।॥؟،؛۔]+$", "", " ".join(text.casefold().split()))


def exact_match(reply: str, accepted: Sequence[str]) -> bool:
    """True if the whole reply is one of the accepted answers, case, spacing and final punctuation aside."""
    _refuse_text(accepted, "accepted")
    return normalize(reply) in [normalize(answer) for answer in accepted]


def states_all(reply: str, values: Sequence[str]) -> bool:
    """True if every one of the values stands in the reply as a whole value, number and unit together.

    "2 years" is not in "12 years", "$9.00" not in "$49.00", "1.2 kg" not in "11.2 kg", "dishwasher safe" not in "not
    dishwasher safe". Case does not matter, nor whether apostrophes are curly. Beyond that one "not" the score cannot
    see what the sentence around a value says: "never $9.00" states "$9.00". In scripts without blanks nothing shows
    where a word ends: "49元" is found in "价格是49元。" and not in "149元", and "红" also in "红木"; a run of katakana
    counts as a word.
    """
    _refuse_text(values, "values")
    text = reply.replace("’", "'")
    return all(_whole(value.replace("’", "'")).search(text) for value in values)


@lru_cache(maxsize=10_000)  # a pattern takes milliseconds to compile, and a test set asks for each value many times
def _whole(value: str) -> re.Pattern:
    """The pattern of a value with nothing of a word or number right before or after it."""
    free = f"(?![{SIGNS}{UNSPACED}])"
    before = "(?<![\u30a0-\u30ff])" if "\u30a0" <= value[0] <= "\u30ff" else ""
    after = "(?![\u30a0-\u30ff])" if "\u30a0" <= value[-1] <= "\u30ff" else ""
    return re.compile(rf"(?<!{free}[\w$-])(?<!\d[.,])(?<!(?i:\bnot )){before}(?i:{re.escape(value)}){after}"
                      rf"(?!{free}[\w-])(?![{MARKS}])(?![.,]\d)")


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
