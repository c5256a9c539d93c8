"""Values that a reply states and its sources do not: the hallucinations that can be found without a judge."""

from __future__ import annotations

import re
from collections.abc import Sequence

NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
UNITS = r"(?:kg|g|L|ml|cm|mm)"
DURATIONS = r"(year|month|week|day|hour)s?"
NUMBER_WORD = re.compile(rf"\b({'|'.join(NUMBER_WORDS)})(?=[ -](?:{DURATIONS}|{UNITS})\b)", re.IGNORECASE)


def unsupported_values(reply: str, source: str | Sequence[str]) -> list[str]:
    """The values of a reply that stand in none of its sources: money, measures, durations and counts.

    A value is what ``ftlab.world.brand.FIGURE`` finds, written the house way before it is compared: "$1,049" and
    "$1049.00" are one sum, "two years", "2-year" and "2 years" one duration. It is supported if it stands in a source
    as a whole value. A number inside a longer name (K200) or an ordinal (2nd) is no value.

    What it cannot see: a wrong material, colour or place (no figure); a right figure about the wrong thing ("it
    weighs 2 kg" of the box); a bare count is compared without the noun after it. A sum or a conversion that the reply
    works out, rightly or wrongly, counts as unsupported: nobody wrote it down.

    Args:
        reply: What the model wrote.
        source: What it may rely on: one text, or a list of texts such as the customer's question and the desk's
            screen. An empty list supports nothing.
    Returns:
        Each value once, in the order of the reply, written the house way.
    Raises:
        ValueError: If the reply or a source is no text.
    """
    from ftlab.world import brand

    sources = [source] if isinstance(source, str) else source
    if not isinstance(reply, str) or isinstance(sources, dict) or not all(isinstance(text, str) for text in sources):
        raise ValueError(f"unsupported_values: expected a reply and sources that are texts, found {reply!r} and "
                         f"{source!r}. Give the words of a record, such as row['messages'][0]['content'].")
    text, known = _house_values(reply), [_house_values(part) for part in sources]
    figures = [figure for figure in brand.FIGURE.findall(text) if brand.states(text, [figure])]
    return [figure for figure in dict.fromkeys(figures) if not any(brand.states(part, [figure]) for part in known)]


def _house_values(text: str) -> str:
    """The text with its values written the house way, so that one value looks the same in a reply and in a source."""
    text = NUMBER_WORD.sub(lambda found: str(NUMBER_WORDS.index(found[1].lower()) + 1), text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)  # 1,049 -> 1049
    text = re.sub(rf"(?<=\d)[ -]?(?={UNITS}\b)", " ", text)  # 1.7L, 1.7-L -> 1.7 L
    text = re.sub(rf"\b(\d+(?:\.\d+)?)[ -]?{DURATIONS}\b", _plural, text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=\d)\s*[-\u2013]\s*(?=[\d$])", " to ", text)  # 5-10 -> 5 to 10
    return re.sub(r"(\$\d+)(?!\.?\d)", r"\1.00", text)  # $49 -> $49.00


def _plural(found: re.Match) -> str:
    return f"{found[1]} {found[2].lower()}{'' if found[1] == '1' else 's'}"
