"""Values that a reply states and its sources do not: the hallucinations that can be found without a judge."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ftlab.values import FIGURE, states_all

NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
UNITS = r"(?:kg|g|L|ml|cm|mm)"
DURATIONS = r"(year|month|week|day|hour)s?"
# A capital letter that no sentence begins with: "the Moorland Tent", "made in Harrowby".
NAME = re.compile(r"(?<=[a-z0-9,] )[A-Z][a-z]+(?:[ -][A-Z][a-z]+)*")
NO_NAMES = {"Quillmere", "We", "Our", "Us", "You", "Your", "It", "The", "This", "Thank", "Thanks", "Next", "Please"}
NUMBER_WORD = re.compile(rf"\b({'|'.join(NUMBER_WORDS)})(?=[ -](?:{DURATIONS}|{UNITS})\b)", re.IGNORECASE)


def unsupported_values(reply: str, source: str | Sequence[str]) -> list[str]:
    """The values of a reply that stand in none of its sources: money, measures, durations, counts and names.

    A value is what ``ftlab.values.FIGURE`` finds, written the house way before it is compared: "$1,049" and
    "$1049.00" are one sum, "two years", "2-year" and "2 years" one duration. It is supported if it stands in a source
    as a whole value. A number inside a longer name (K200) or an ordinal (2nd) is no value. A name is one or more words
    with a capital, not at the head of a sentence; capitals do not matter when it is looked for.

    What it cannot see: a wrong material or colour (no figure, no name); a name at the head of a sentence; a right
    figure about the wrong thing ("it weighs 2 kg" of the box); a bare count is compared without the noun after it. A
    sum or a conversion that the reply works out, rightly or wrongly, counts as unsupported: nobody wrote it down.

    Args:
        reply: What the model wrote.
        source: What it may rely on: one text, or a list of texts such as the customer's question and the desk's
            screen. An empty list supports nothing.
    Returns:
        Each value once, written the house way: the figures in the order of the reply, then the names.
    Raises:
        ValueError: If the reply or a source is no text.
    """
    sources = [source] if isinstance(source, str) else source
    if not isinstance(reply, str) or isinstance(sources, dict) or not all(isinstance(text, str) for text in sources):
        raise ValueError(f"unsupported_values: expected a reply and sources that are texts, found {reply!r} and "
                         f"{source!r}. Give the words of a record, such as row['messages'][0]['content'].")
    text, known = house_values(reply), [house_values(part) for part in sources]
    figures = [figure for figure in FIGURE.findall(text) if states_all(text, [figure])]
    names = [name for name in NAME.findall(reply) if name not in NO_NAMES]
    return [value for value in dict.fromkeys(figures + names) if not any(states_all(part, [value]) for part in known)]


def house_values(text: str) -> str:
    """The text with its values written the house way, so that one value looks the same in a reply and in a source."""
    text = NUMBER_WORD.sub(lambda found: str(NUMBER_WORDS.index(found[1].lower()) + 1), text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)  # 1,049 -> 1049
    text = re.sub(rf"(?<=\d)[ -]?(?={UNITS}\b)", " ", text)  # 1.7L, 1.7-L -> 1.7 L
    text = re.sub(rf"\b(\d+(?:\.\d+)?)[ -]?{DURATIONS}\b", _plural, text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=\d)\s*[-\u2013]\s*(?=[\d$])", " to ", text)  # 5-10 -> 5 to 10
    return re.sub(r"(\$\d+)(?!\.?\d)", r"\1.00", text)  # $49 -> $49.00


def _plural(found: re.Match) -> str:
    return f"{found[1]} {found[2].lower()}{'' if found[1] == '1' else 's'}"
