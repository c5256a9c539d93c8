"""Values that a reply states and its sources do not: the hallucinations that can be found without a judge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ftlab.values import states_all

NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
                "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
UNITS = r"(?:kg|g|L|ml|cm|mm|m)"
SPELLED = {  # how a unit is written here: how others write it
    "kg": r"kilo(?:gram(?:me)?)?s?|kgs", "g": r"gram(?:me)?s?", "L": r"lit(?:re|er)s?", "ml": r"millilit(?:re|er)s?",
    "cm": r"centimet(?:re|er)s?", "mm": r"millimet(?:re|er)s?", "m": r"met(?:re|er)s?", "inches": r"inch(?:es)?",
    "feet": r"feet|foot|ft", "yards": r"yards?", "ounces": r"ounces?|oz", "pounds": r"pounds?|lbs?",
    "gallons": r"gallons?", "pints": r"pints?", "quarts": r"quarts?",
}  # fmt: skip
ANY_SPELLED = "|".join(SPELLED.values())
DURATIONS = r"(year|month|week|day|hour)s?"
FIGURE = re.compile(rf"\$\d[\d,]*(?:\.\d+)?|\d+(?:\.\d+)? (?:{UNITS}|{DURATIONS}|{'|'.join(list(SPELLED)[7:])})\b|"
                    r"\d+(?:\.\d+)?")
# A capital letter that no sentence begins with: "the Moorland Tent", "made in Harrowby".
NAME = re.compile(r"(?<=[a-z0-9,] )[A-Z][a-z]+(?:[ -][A-Z][a-z]+)*")
NO_NAMES = {"Quillmere", "We", "Our", "Us", "You", "Your", "It", "The", "This", "Thank", "Thanks", "Next", "Please"}
MADE_IN = re.compile(r"\bmade in (?:the )?((?:[A-Z][a-z]+[ -]?\b)+)")
NUMBER_WORD = re.compile(  # up to nine hundred: "forty-five dollars", "two hundred grams"
    rf"\b(?:(?:(a|{'|'.join(NUMBER_WORDS[:9])}) )?(hundred)|(?:({'|'.join(TENS)})[ -]?)?({'|'.join(NUMBER_WORDS)})?)"
    rf"(?=[ -](?:{DURATIONS}|{UNITS}|{ANY_SPELLED}|dollars?|bucks?)\b)", re.IGNORECASE)

# Words for what things are made of and look like; a wider word is supported by any of its kind. Words that mean other
# things as well are left out: cream, olive, honey, ash, stone, paper.
WIDER = {
    "wood": {"oak", "beech", "bamboo", "maple", "walnut", "birch", "pine"},
    "metal": {"steel", "iron", "aluminium", "copper", "brass", "bronze", "titanium", "chrome"},
    "ceramic": {"porcelain", "stoneware", "clay", "earthenware"},
}
PLAIN = """glass plastic nylon polyester cotton canvas leather rubber silicone enamel slate wool linen marble granite
acrylic bone black white grey blue navy red green yellow orange pink purple brown teal turquoise beige gold
silver""".split()  # noqa: SIM905
LOOKS = {word: word for word in [*PLAIN, *WIDER, *(kind for kinds in WIDER.values() for kind in kinds)]}
LOOKS |= {"wooden": "wood", "aluminum": "aluminium", "gray": "grey", "golden": "gold"}
LOOK = re.compile(rf"(?<!-)\b({'|'.join(LOOKS)})\b(?! of\b)(?!-free)")  # "a glass of water", "plastic-free"


def unsupported_values(reply: str, source: str | Sequence[str]) -> list[str]:
    """The values of a reply that stand in none of its sources: money, measures, counts, names, materials and colours.

    A figure is written the house way before it is compared: "$1,049" and "$1049.00" are one sum, "two years",
    "2-year" and "2 years" one duration, "1.7 liters" is "1.7 L", "three meters" is "3 m"; feet and pounds are units
    too. It is supported if it stands in a source as a whole value. A number inside a longer name (K200) or an ordinal
    (2nd) is no value. A name is one or more words with a capital, not at the head of a sentence; capitals do not
    matter when it is looked for.

    A material or colour is a plain word for one, in small letters and not after "not", "no" or "nothing"; any kind of
    wood or metal in a source supports "wood" or "metal". "Made in X" wants a source that has X after "in" or "from":
    there it is a place, and not a part of a product's name.

    What it cannot see: a material or colour that the reply swaps for another of the sources; one that is a rare or
    ambiguous word ("cream"); a name at the head of a sentence; a right figure about the wrong thing ("it weighs 2 kg"
    of the box, "850 ml tall"); an amount without a number ("half a litre"); a bare count is compared without the noun
    after it. A sum or a conversion that the reply works out, rightly or wrongly, counts as unsupported: nobody wrote
    it down.

    Args:
        reply: What the model wrote.
        source: What it may rely on: one text, or a list of texts such as the customer's question and the desk's
            screen. An empty list supports nothing.
    Returns:
        Each value once, written the house way: the figures in the order of the reply, then the
        names, the places, the materials and colours.
    Raises:
        ValueError: If the reply or a source is no text.
    """
    sources = [source] if isinstance(source, str) else source
    if not isinstance(reply, str) or isinstance(sources, dict) or not all(isinstance(text, str) for text in sources):
        raise ValueError(f"unsupported_values: expected a reply and sources that are texts, found {reply!r} and "
                         f"{source!r}. Give the words of a record, such as row['messages'][0]['content'].")
    text, known = house_values(reply), [house_values(part) for part in sources]
    figures = [found[0] for found in FIGURE.finditer(text) if states_all(text, [found[0]])]
    names = [name for name in NAME.findall(reply) if name not in NO_NAMES]
    values = dict.fromkeys(figures + names)
    missing = [value for value in values if not any(states_all(part, [value]) for part in known)]
    places = [name.strip(" -") for name in MADE_IN.findall(reply)]
    missing += [f"made in {name}" for name in dict.fromkeys(places) if name not in missing and not any(
        re.search(rf"\b(?:in|from):? (?:the )?{name}\b", part, re.IGNORECASE) for part in sources)]
    given = {LOOKS[word] for part in sources for word in LOOK.findall(part.lower())}
    given |= {wider for wider, kinds in WIDER.items() if kinds & given}
    looks = [LOOKS[word] for word in LOOK.findall(re.sub(r"\b(?:not|no|nothing) [a-z]+", "", reply))]
    return missing + [word for word in dict.fromkeys(looks) if word not in given]


@lru_cache(maxsize=2**13)  # a screen is read again for each of many replies
def house_values(text: str) -> str:
    """The text with its values written the house way, so that one value looks the same in a reply and in a source."""
    text = NUMBER_WORD.sub(_in_figures, text)
    if not DIGIT.search(text):
        return text
    for pattern, written in HOUSE_WAYS:
        text = pattern.sub(written, text)
    return text


def _in_figures(found: re.Match) -> str:
    """A number in words as figures: "forty-five" is 45, "two hundred" 200."""
    times, hundred, tens, ones = (word.lower() if word else "" for word in found.groups()[:4])
    if hundred:
        return str(100 * (NUMBER_WORDS.index(times) + 1 if times in NUMBER_WORDS else 1))
    number = 10 * (TENS.index(tens) + 2) if tens else 0
    return str(number + (NUMBER_WORDS.index(ones) + 1 if ones else 0)) if tens or ones else found[0]


def _plural(found: re.Match) -> str:
    return f"{found[1]} {found[2].lower()}{'' if found[1] == '1' else 's'}"


DIGIT = re.compile(r"\d")
HOUSE_WAYS = (  # in this order: a pattern, and how what it finds is written here
    (re.compile(r"\b(\d[\d,]*(?:\.\d+)?) (?:dollars?|bucks?)\b", re.IGNORECASE), r"$\1"),  # 40 dollars
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),  # 1,049 -> 1049
    *((re.compile(rf"(?<=\d)[ -]?(?:{words})\b", re.IGNORECASE), f" {unit}")  # 1.7 liters, 1.7-litre -> 1.7 L
      for unit, words in SPELLED.items()),
    (re.compile(rf"(?<=\d)[ -]?(?={UNITS}\b)"), " "),  # 1.7L, 1.7-L -> 1.7 L
    (re.compile(rf"\b(\d+(?:\.\d+)?)[ -]?{DURATIONS}\b", re.IGNORECASE), _plural),
    (re.compile(r"(?<=\d)\s*[-\u2013]\s*(?=[\d$])"), " to "),  # 5-10 -> 5 to 10
    (re.compile(r"(\$\d+)(?!\.?\d)"), r"\1.00"),  # $49 -> $49.00
)
