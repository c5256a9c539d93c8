"""Is every word of a reply a word? Garbled names and word salad are found by the words that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from ftlab import files, paths
from ftlab.world.text import english

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
# Two function words that cannot follow each other, or one that nothing can end with. Made from groups of words by hand,
# then every pair was struck out that stands in a gold reply of any split, in a text that is trained on (data/quillmere,
# data/general, data/market) or in a reply of the assistant that is fit; a test looks for them in all of these.
ARTICLE = r"(?:the|an?|our|your|my|their|every)"
NEVER = (
    rf"{ARTICLE} (?:the|an|our|your|their|of|and|or|from|with|by|at|into|is|are|was|were|has|have|had|would|could|"
    r"does|did|we|you|they|he|she|us|them|if|but|than|this|which|who|please|because)",
    r"(?:of|for|from|with|into) (?:be|been|than|please)",
    r"(?:and|or|but) (?:and|or|but|than)",
    rf"(?:(?!a\b){ARTICLE}(?= ?[.,;:!?]| ?$)|(?:and|but)(?= ?[.;!?]| ?$))",
)
SALAD = re.compile(rf"(?<![\w'-])(?:{'|'.join(NEVER)})(?![\w'-])", re.IGNORECASE)


@cache
def ours() -> frozenset[str]:
    """The words of the world's own tables, names included and customers' messages left out, in small letters."""
    found: set[str] = set()
    for path in sorted((paths.data() / "world" / "quillmere").glob("*.csv")):
        for row in files.read_table(path):
            for key, text in row.items():
                if not key.startswith("ask"):  # customers misspell
                    found.update(words(text))
    return frozenset(found)


def words(text: str) -> list[str]:
    """The words of a text in small letters: runs of letters, with apostrophes inside, hyphens between."""
    return WORD.findall(text.replace("\u2019", "'").lower())


def unknown(reply: str, texts: Iterable[str] = ()) -> list[str]:
    """The words of a reply that stand in no vocabulary of ours, no English word list and none of the given texts.

    A word with 's counts as known if it is known without, a British spelling if the American one is ("recognise",
    "metre", "favour"). ``senseless`` looks at their order.

    Args:
        texts: What the reply may take its words from besides: the screen and the customer's messages.
    """
    given = {word for text in texts for word in words(text)}
    found = []
    for word in dict.fromkeys(words(reply)):
        bare = word.removesuffix("'s").removesuffix("'")
        american = re.sub(r"tre(?=s?$)", "ter", bare).replace("our", "or")
        american = re.sub(r"is(?=(?:e|ed|es|er|ing|ation)s?$)", "iz", american)
        if not {word, bare} & given and not any(
            each in known for known in (ours(), english()) for each in (word, bare, american)
        ):
            found.append(word)
    return found


def senseless(reply: str) -> list[str]:
    """Function words in an order without sense: "the and", "for please", an article with nothing after it.

    What it cannot see: an order without sense of other words ("colour the warm price"), or a sentence without a verb.
    """
    return list(dict.fromkeys(match[0].lower() for match in SALAD.finditer(reply)))
