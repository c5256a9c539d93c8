"""Closed-book questions before and after tuning: what a model still knows, what it lost, what it learned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ftlab.values import exact_match, states_any

WAYS: dict[str, Callable[[str, Sequence[str]], bool]] = {"stated": states_any, "exact": exact_match}


def knows(reply: str, accepted: Sequence[str], by: str = "stated") -> bool:
    """True if a reply answers a closed-book question rightly.

    Args:
        by: "stated" if an accepted answer stands in the reply, "exact" if the reply is one. Tuning changes how a model
            talks: a base model says "the otter", a tuned one thanks you first. Only "stated" tells a changed manner
            from a lost fact; it is lenient with a reply that names several answers.
    Raises:
        ValueError: If ``by`` is neither, or there is no accepted answer.
    """
    if by not in WAYS:
        raise ValueError(f"by: expected one of {list(WAYS)}, found {by!r}.")
    return WAYS[by](reply, accepted)


def kept_and_learned(before: Sequence[bool], after: Sequence[bool]) -> tuple[list[int], list[int]]:
    """Of the questions known before, 1 where still known; of the others, 1 where known now.

    Both lists depend on the base model's answers only for which questions they hold, so two models tuned from one base
    can be compared entry by entry.

    Raises:
        ValueError: If the lengths differ.
    """
    if len(before) != len(after):
        raise ValueError(f"expected one answer before and one after for the same questions, found {len(before)} and "
                         f"{len(after)}. Ask both models one list of questions, in one order.")
    pairs = list(zip(before, after, strict=True))
    return [int(now) for then, now in pairs if then], [int(now) for then, now in pairs if not then]
