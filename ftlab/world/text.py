"""Small tools for writing plain English from facts, the same on every machine."""

from __future__ import annotations

import random
from functools import cache

VOWELS = "aeiou"


def a(noun: str) -> str:
    """The noun with its article: ``a("oven") == "an oven"``."""
    return f"{'an' if noun[:1].lower() in VOWELS else 'a'} {noun}"


def plural(count: int | float, noun: str, many: str | None = None) -> str:
    """A count with its noun: ``plural(1, "year") == "1 year"``, ``plural(2, "year") == "2 years"``."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def listing(items: list[str], last: str = "and") -> str:
    """``listing(["a", "b", "c"]) == "a, b and c"``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def sentence(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def typo(text: str, random: random.Random) -> str:
    """The text with one slip that people make: letters swapped, dropped or doubled inside a longer word."""
    words = text.split(" ")
    places = [i for i, word in enumerate(words) if len(word) >= 5 and word.isalpha() and word.islower()]
    if not places:
        return text
    i = random.choice(places)
    word, j = words[i], random.randrange(1, len(words[i]) - 2)
    words[i] = random.choice([
        word[:j] + word[j + 1] + word[j] + word[j + 2:],
        word[:j] + word[j + 1:],
        word[:j] + word[j] + word[j:],
    ])
    return " ".join(words)


@cache
def english() -> frozenset[str]:
    """The English words of the package pyspellchecker, in small letters, with their usual forms."""
    from spellchecker import SpellChecker

    return frozenset(SpellChecker(language="en").word_frequency.words())


def slip(text: str, random: random.Random) -> str:
    """The text with such a slip, or as it is where the slip would make another word: no "petty" out of "pretty"."""
    found = typo(text, random)
    return text if english() & set(found.split(" ")) - set(text.split(" ")) else found
