"""A share is worth as much as its denominator: both, and the scores they come from, under names that do not clash."""

from __future__ import annotations

from collections.abc import Sequence


def share_of(name: str, each: Sequence[int]) -> dict[str, object]:
    """``name``: the share of 1s, or None where there is nothing to count; ``name_of``: out of how many; ``name_each``.

    A share of nothing is None and not 0, so that nobody averages or plots it: "no escalation was missed" and "there
    was no case to escalate" are different news.

    Args:
        name: The beginning of the three keys.
        each: 1 or 0 for each of the cases that the share is about.
    """
    return {name: sum(each) / len(each) if each else None, f"{name}_of": len(each), f"{name}_each": list(each)}
