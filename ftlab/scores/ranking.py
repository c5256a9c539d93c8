"""What a ranking is worth: whether, and how early, it shows what was looked for. One number a question."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence


def recall_at(found: Sequence[Hashable], gold: Collection[Hashable], k: int) -> float:
    """The share of the gold things among the first k found. With one gold thing it is 1 or 0.

    Args:
        found: What was found, best first.
        gold: What should have been found. Where any one of several would do, see ``hit_at``.
    """
    _check(found, gold, k)
    return len(set(found[:k]) & set(gold)) / len(set(gold))


def hit_at(found: Sequence[Hashable], gold: Collection[Hashable], k: int) -> int:
    """1 if any gold thing is among the first k found, else 0: what counts where one good passage is enough."""
    _check(found, gold, k)
    return int(not set(found[:k]).isdisjoint(gold))


def reciprocal_rank(found: Sequence[Hashable], gold: Collection[Hashable]) -> float:
    """1 / the place of the first gold thing, counted from 1; 0 if none was found. Its mean over questions is MRR."""
    _check(found, gold)
    return next((1 / rank for rank, thing in enumerate(found, 1) if thing in gold), 0.0)


def ndcg_at(found: Sequence[Hashable], gold: Collection[Hashable], k: int) -> float:
    """Discounted gain of the first k, as a share of the best possible: a gold thing at place r counts 1 / log2(r + 1).

    Source: Jarvelin and Kekalainen 2002, ACM TOIS 20(4), with gains of 0 and 1.
    """
    _check(found, gold, k)
    gain = sum(1 / math.log2(rank + 1) for rank, thing in enumerate(found[:k], 1) if thing in gold)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(set(gold))) + 1))
    return gain / best


def _check(found: Sequence[Hashable], gold: Collection[Hashable], k: int = 1) -> None:
    if isinstance(gold, str) or not gold:
        raise ValueError(f"gold: expected at least one thing that should be found, found {gold!r}. Leave out questions "
                         "that nothing answers.")  # fmt: skip
    if k < 1:
        raise ValueError(f"k: expected 1 or more, found {k}.")
    if len(set(found)) < len(found):
        raise ValueError("found: expected each thing once, found one twice. Merge the rankings first.")
