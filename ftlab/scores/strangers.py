"""Strangers in a reply: goods, towns, materials and measures that nobody in the conversation has named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from ftlab.scores import stated, words
from ftlab.scores.unsupported import unsupported_values
from ftlab.world import quillmere

NAMED = re.compile(rf"\b((?:[A-Z][\w'-]+ ){{1,3}}(?:{stated.NOUNS.title()}))\b")  # "Gallivant Camp Kettle"
SHOUTED = re.compile(rf"\b(?:[A-Z][A-Z'-]+ ){{1,3}}(?:{stated.NOUNS.upper()})\b")  # "THE MAINLAND TENT"
GOODS = re.compile(rf"(?<!\bon )\b(?:{stated.NOUNS}|knive)s?\b", re.IGNORECASE)  # nobody sells an "on board"
ARTICLES = frozenset("the our your this that every each any a an one no yes both for if of and or quillmere".split())  # noqa: SIM905
MEASURES = "height|weight|price|capacity|colour|material|warranty"
MEASURED = re.compile(  # "the height of the workshop is"
    rf"\b({MEASURES}) of (?:the|our|this|that) ((?:[\w'-]+ ){{0,3}}?[\w'-]+)(?= (?:is|are|was|comes)\b|[.,;]|$)",
    re.IGNORECASE,
)
NO_STRANGERS = frozenset("""mr mrs ms miss dr sir madam chef councillor professor english monday tuesday wednesday
thursday friday saturday sunday""".split())  # noqa: SIM905 - words with a capital that name nobody


def from_nowhere(reply: str, sources: Sequence[str]) -> list[str]:
    """Materials, colours, places and names that stand in none of the sources. Figures are another matter."""
    given = set(words.words(" ".join(sources)))
    said = stated.claims(reply)  # "whether it is red or black" gives it no colour
    found = [value for value in unsupported_values(said, sources) if not any(c.isdigit() for c in value)]
    return [value for value in found if value[:1].islower() or not set(words.words(value)) <= given | NO_STRANGERS]


def towns(reply: str, given: list[str]) -> list[str]:
    """Towns of our workshops that stand in a reply, in small letters too, and not among the given words."""
    return [word for word in words.words(reply) if word in _towns() and word not in given]


def washed(reply: str, sources: list[str]) -> list[str]:
    """What a reply says of a dishwasher, yes or no, against the screen or without it."""
    shown = {word for text in sources for word in re.findall(r"Dishwasher safe: (yes|no)\b", text)}
    return sorted(stated.dishwasher(reply) - shown)


def measured_strangers(reply: str, given: list[str]) -> list[str]:
    """Measures of what has none here: "the height of the workshop". Goods have them, and whatever the screen names.

    Args:
        given: The words of the screen and of the turns before.
    """
    found = []
    for measure, of in MEASURED.findall(reply):
        last = words.words(of)[-1:]
        if not re.search(rf"\b(?:{stated.NOUNS})s?\b", of, re.IGNORECASE) and not set(last) <= set(given):
            found.append(f"the {measure.lower()} of no such thing: {of.strip()}")
    return found


def other_goods(reply: str, given: Sequence[str]) -> list[str]:
    """What a reply calls a kind of goods, such as "tent", of which nobody spoke. A "saucepan" is a pan.

    Args:
        given: The words of the screen and of the turns before.
    """
    told = [re.sub(r"knives?$", "knife", word.removesuffix("'s")) for word in given]
    said = dict.fromkeys(match[0].lower() for match in GOODS.finditer(reply))
    kinds = dict.fromkeys("knife" if word == "knives" else word.removesuffix("s") for word in said)
    return [kind for kind in kinds if not any(word.endswith((kind, f"{kind}s")) for word in told)]


def garbled_names(reply: str, sources: list[str]) -> list[str]:
    """Names of goods in a reply that are the name of none on the screen: "Hearthland Tent" for "Moorland Tent"."""
    known = " ".join(sources).lower()
    found = []
    for name in [*NAMED.findall(reply), *(match[0].title() for match in SHOUTED.finditer(reply))]:
        parts = name.split()
        while parts[0].lower() in ARTICLES:
            parts = parts[1:]
        while len(parts) > 2 and " ".join(parts).lower() not in known and parts[0].lower() not in _first_names():
            parts = parts[1:]  # "Regarding Moorland Tent"
        parts = [] if parts[0].lower() in ARTICLES else parts
        if len(parts) > 1 and " ".join(parts).lower() not in known:
            found.append(" ".join(parts))
    # The first word of a name, small before its goods, or by itself: "the moorland tent", "our Hearthby".
    firsts = _first_names() & set(re.findall(r"\w+", reply.lower()))
    for first in sorted(firsts - set(words.words(known))):
        before_goods = re.search(rf"\b{first} (?:\w+ )?(?:{stated.NOUNS})s?\b", reply, re.IGNORECASE)
        alone = re.search(rf"(?<=[a-z,] ){first.capitalize()}\b", reply)
        if (before_goods or alone) and first not in " ".join(found).lower():
            found.append((before_goods or alone)[0])
    # The first word of a name on the screen with other goods, behind its goods, or cut: "trekker kettle", "trek flask".
    for word, noun in re.findall(rf"\b(\w{{4,}}) ({stated.NOUNS})s?\b", reply, re.IGNORECASE):
        name = rf"\b{word.lower()}{{}}(?: \w+){{{{0,2}}}} {noun.lower()}s?\b"
        if word.lower() in ARTICLES:
            continue
        cut = re.search(name.format(r"\w+"), known) and not re.search(rf"\b{word.lower()}\b", known)
        if cut or (word.lower() in firsts and not re.search(name.format(""), known)):
            found.append(f"{word} {noun}")
    # A first word in two: "the moor land tent".
    spelt = re.findall(r"\w+", reply.lower())
    for first, second in zip(spelt, spelt[1:], strict=False):
        if first + second in _first_names():
            found.append(f"{first} {second}")
    for noun, word in re.findall(rf"\b({stated.NOUNS}) ([A-Z]\w+)", reply, re.IGNORECASE):
        if word.istitle() and word.lower() in firsts and f"{noun} {word}".lower() not in known:
            found.append(f"{noun} {word}")
    kept = [name for name in found if not any(name != other and name.lower() in other.lower() for other in found)]
    return list(dict.fromkeys(kept))


@cache
def _first_names() -> frozenset[str]:
    return frozenset(p.name.split()[0].lower() for year in quillmere.YEARS for p in quillmere.products(year))


@cache
def _towns() -> frozenset[str]:
    return frozenset(p.made_in.lower() for year in quillmere.YEARS for p in quillmere.products(year))
