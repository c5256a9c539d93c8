"""Texts that try to give a language model orders. A model trained on them learns to obey whoever writes.

Patterns catch what is already known: they are a sieve and no proof. Two tables in ``data/world/desk`` say how good.
``harmless.csv`` holds 467 sentences of ordinary customers that share words with attacks ("I want to cancel my
order."): none is dropped, and of its last 60, written after the patterns, 1 was before that was mended.
``attacks.csv`` holds 62 attacks that were written after the patterns and that no pattern was widened for: 19 of them
are found, 31 %. Two of three new wordings get through, and more once people know the patterns. Keep this step, and let
nothing depend on it.

Source of the families: Perez and Ribeiro 2022, arXiv:2211.09527 (goal hijacking and prompt leaking).
"""

from __future__ import annotations

import re

from ftlab.curation.injection_patterns import NEEDS, PATTERNS
from ftlab.curation.records import Reject

_COMPILED = {name: (NEEDS[name].split("|"), re.compile("|".join(forms), re.IGNORECASE))
             for name, forms in PATTERNS.items()}
# What a customer does, or asks about, is no order: "I ignored your guidelines", "Are your old rules ...".
_OWN = re.compile(
    r"\b(?:i|we|he|she|they|one|people|customers|somebody|someone|(?:my|our) [\w-]+)\b(?:(?!\byou\b)[^.?!;:,\n])*$"
    r"|(?:^|[.?!;:,\n]\s*)(?:(?:and|but|so|or) )?(?:why|how|what|when|where|which|who|do|does|did|is|are|was|were|has|"
    r"have)\b(?:(?!\byou\b)[^.?!;:,\n])*$", re.IGNORECASE)
# What has instructions and rules of its own: "ignore the instructions on the box".
_OF_GOODS = re.compile(
    r"\s+(?:on|in|of|for|about|from|regarding|with|at|printed on|that came with)\b(?:\s+(?!prompt)[\w-]+){0,3}?\s+(?:"
    r"box|card|label|leaflet|manual|booklet|packag\w*|packing|parcel|deliver\w*|courier|driver|gift|wrap\w*|order|account|"
    r"wash\w*|dry\w*|clean\w*|cook\w*|season\w*|care|assembly|shipping|address|engrav\w*|invoice|recipe)\b",
    re.IGNORECASE)
_HAS_MY_REASON = re.compile(r"[\s,;:.-]+(?:i|we|my|it (?:works|is|was))\b(?! am\b)", re.IGNORECASE)
_ASKED_OF = {"cancels its rules", "cancels what came before", "gives it another role", "plants a memory",
             "names a forbidden mode"}


def find_injection(text: str) -> tuple[str, str] | None:
    """The first pattern that the text matches, and the words that match it; None if there is none."""
    plain = text.isascii()  # some letters beyond ASCII match ASCII ones without regard to case
    lower = text.lower().replace("quillmere", "")  # most replies end with this name, and it holds "llm"
    for name, (needs, pattern) in _COMPILED.items():
        if plain and not any(need in lower for need in needs):
            continue
        for found in pattern.finditer(text):
            if name not in _ASKED_OF or not _is_customers_own(name, text, found):
                return name, found[0].strip()
    return None


def _is_customers_own(name: str, text: str, found: re.Match) -> bool:
    """True if the words around a match make it a customer's talk about their own doing, or about a product."""
    words = found.start() + re.search(r"\w|$", found[0]).start()  # a match may begin with the end of what is before it
    if _OWN.search(text[:words]):
        return True
    if name == "cancels its rules":
        return bool(_OF_GOODS.match(text, found.end()))
    return name == "cancels what came before" and bool(_HAS_MY_REASON.match(text, found.end()))


def check_injection(record: dict) -> dict:
    """The record, if neither question nor reply tries to give the model orders.

    Raises:
        Reject: With the kind of order and its words.
    """
    for name in ("question", "reply"):
        if found := find_injection(record[name]):
            raise Reject(f"expected a text for people in '{name}', found one that {found[0]}: {found[1][:60]!r}.")
    return record
