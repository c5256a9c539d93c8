"""To what does a sentence give a value, or a comparing word? Read from the order of words, for the desk's scorer.

"The height of the warranty is 135 cm" gives 135 cm to the warranty. "The Solstice Kettle is lighter than the Morrow
Kettle" gives "lighter" to the first, "Next to the Morrow Kettle, the Solstice Kettle is lighter" to the second.
What the order of words cannot show: irony, a pronoun for a name ("it is lighter", of whichever), questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NAMES = {  # what a sentence calls a measure; "size" and the like could mean several
    "price": r"prices?|priced|costs?",
    "weight": r"weights?|weighs?|weighing",
    "height": r"height|tall",
    "capacity": r"capacity|holds?|holding",
    "warranty": r"warranty|guaranteed?",
    "material": r"material|made (?:of|from)",
    "colour": r"colour",
    "made_in": r"made in",
}
# A name after one of these is what another is compared with.
BESIDE = r"(?:than|compared (?:with|to)|next to|beside|against|unlike|over|beats|not)"
NOT = re.compile(  # also "neither is" and "would be"
    r"\b(?:not|no|never|neither|hardly|nor)(?: (?:the|any|a|at all))*$|n't(?: the)?$|"
    r"\b(?:neither|none|nobody)\b[^.,;:]*$|\bwould be$",
    re.IGNORECASE,
)
# "The lighter one is the Kettle": the word itself is the subject, and the name comes after it.
SUBJECT = re.compile(r"(?: (?:one|of (?:the|these) two|of them|option|choice))* is\b", re.IGNORECASE)


def wrongly_called(text: str, attributes: Sequence[str], values: Sequence[str]) -> str | None:
    """The measure by whose name the text calls a value of another, or nothing.

    A value is called by the measure right after it ("135 cm tall"), else by the last one before it in its clause ("the
    warranty is 135 cm"). Called rightly once is enough.

    Args:
        text: A reply's sentences.
        attributes: What each of the values is of, such as "height".
        values: The values.
    """
    for attribute, value in zip(attributes, values, strict=True):
        calls = [call for sentence in re.split(r"(?<=[.!?])\s+", text) for call in _calls(sentence, value, values)]
        wrong = [call for call in calls if call not in (None, attribute)]
        if calls and len(wrong) == len(calls) and attribute not in calls:
            return wrong[0]
    return None


def _calls(sentence: str, value: str, values: Sequence[str]) -> list[str | None]:
    """What a sentence calls each occurrence of a value; None where it does not say."""
    found = []
    measures = [(match.start(), match.end(), name) for name, words in NAMES.items()
                for match in re.finditer(rf"\b(?:{words})\b", sentence, re.IGNORECASE)]
    measures.sort()
    at = {each: _places(sentence, each) for each in values}
    for start, end in at[value]:
        after = re.match(r"[ -](?:of |in |for |as )?(?:the |its |our |a )?", sentence[end:])
        direct = [name for place, _, name in measures if after and place == end + after.end()]
        # "10 cm tall and made of glass": "tall" belongs to the figure before it, never to the one after
        before = [(stop, name) for place, stop, name in measures if stop <= start and sentence[place:stop] != "tall"]
        listed = [name for _, name in before]
        others = [place for places in at.values() for place, _ in places]
        if direct:
            found.append(direct[0])
        elif len(listed) == len(others) > 1 and min(others) > before[-1][0]:
            found.append(listed[sorted(others).index(start)])  # "the height and the weight are 9 cm and 2 kg"
        elif before and not re.search(r"[,;:]|\band (?:it|this|that|the)\b", sentence[before[-1][0] : start]):
            between = any(before[-1][0] <= place < start for place in others)
            found.append(None if between else before[-1][1])
        else:
            found.append(None)
    return found


def _places(text: str, part: str) -> list[tuple[int, int]]:
    """Where a text stands as whole words in another, whatever its case."""
    pattern = rf"(?<![\w$.-]){re.escape(part)}(?![\w-]|\.\d)"
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]


def given_to(sentence: str, words: Iterable[str], things: Sequence[str]) -> list[str]:
    """The things to which a sentence gives one of the comparing words; a thing that it is denied is left out.

    It is given to the thing named last before it, one that it is compared with ("than", "next to") aside; to the next
    one if none comes before, or if the word itself is the subject ("the lighter of the two is").

    Args:
        sentence: One sentence.
        words: Comparing words, such as "lighter" and "weighs less".
        things: The names that can be compared.
    """
    text = sentence
    for name in things:  # blanked, so that places stay as they are
        aside = rf"\b{BESIDE}(?: (?:the|our|your|this|that))? {re.escape(name)}"
        text = re.sub(aside, lambda match: "·" * len(match[0]), text, flags=re.IGNORECASE)
    named = sorted((start, name) for name in things for start, _ in _places(text, name))
    found = []
    for word in words:
        for start, end in _places(text, word):
            lead = text[:start].rstrip()
            before, after = [name for place, name in named if place < start], [n for p, n in named if p >= end]
            if NOT.search(lead) or not (before or after):
                continue
            subject = re.search(r"\b(?:the|what|that|which)$", lead, re.IGNORECASE) and SUBJECT.match(text, end)
            found.append(after[0] if after and (subject or not before) else before[-1])
    return found


def swapped(text: str, things: Sequence[str], values: Sequence[str]) -> bool:
    """True if a sentence that states both values of two things names them in one order, and the values in the other.

    What it cannot see: values swapped over several sentences, or before the names. "The Morrow Kettle's 600 g are less
    than 2 kg for the Solstice Kettle" and its like are in order.
    """
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        places = [[_places(sentence, each) for each in group] for group in (things, values)]
        if all(len(found) == 1 for group in places for found in group):
            names, figures = ([found[0][0] for found in group] for group in places)
            if (names[0] < names[1]) != (figures[0] < figures[1]):
                return True
    return False
