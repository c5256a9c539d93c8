"""Scores of single replies, as plain functions. The ``evaluate`` metrics in ``ftlab/metrics`` call these."""

from __future__ import annotations

import re
from collections.abc import Sequence


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
    dishwasher safe". Beyond that one word the score cannot see what the sentence around a value says: "never $9.00"
    states "$9.00".
    """
    from ftlab.world import brand

    _refuse_text(values, "values")
    return brand.states(reply, values)


def states_any(reply: str, accepted: Sequence[str]) -> bool:
    """True if at least one of the accepted values stands in the reply as a whole value."""
    _refuse_text(accepted, "accepted")
    return any(states_all(reply, [value]) for value in accepted)


def brand_rules(replies: Sequence[str]) -> dict[str, list[bool]]:
    """For every rule of the brand guide, which of the replies keep it."""
    from ftlab.world import brand

    checks = [brand.check(reply) for reply in replies]
    return {rule: [check[rule] for check in checks] for rule in (checks[0] if checks else {})}


def _refuse_text(values: Sequence[str], name: str) -> None:
    # A string is a sequence of letters, each of which would be looked for by itself; an empty text is in every reply.
    if isinstance(values, str) or not values or not all(value.strip() for value in values):
        raise ValueError(f"{name}: expected a list with at least one text and no empty one, found {values!r}. Put a "
                         "single text into a list; leave out a question that has no answer.")
