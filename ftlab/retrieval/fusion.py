"""Puts several rankings of the same things together: reciprocal-rank fusion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

K = 60  # the paper's constant: how little a first place counts beyond a second


def reciprocal_rank(rankings: Sequence[Sequence[Hashable]], k: int = K) -> list[tuple[Hashable, float]]:
    """Everything in the rankings with the sum of 1 / (k + its rank), best first; ranks count from 1.

    Scores of different kinds (BM25, cosines) never meet, only places do. Equals stand in the order in which they came.

    Raises:
        ValueError: If ``k`` is negative.
    Source: Cormack, Clarke and Buettcher 2009, SIGIR, "Reciprocal rank fusion outperforms Condorcet".
    """
    if k < 0:
        raise ValueError(f"k: expected 0 or more, found {k}. {K} is the usual choice.")
    scores: dict[Hashable, float] = defaultdict(float)
    for ranking in rankings:
        for rank, thing in enumerate(ranking, 1):
            scores[thing] += 1 / (k + rank)
    return sorted(scores.items(), key=lambda item: -item[1])
