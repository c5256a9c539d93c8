"""Intervals and a test for questions that stand or fall together, such as all those about one product.

Ten questions about one product are not ten looks at the world: the model knows the product or it does not. What varies
by luck is then which products were asked about, so the error is reckoned over them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence

from ftlab.evidence import intervals
from ftlab.evidence.intervals import Interval
from ftlab.evidence.spread import t_quantile


def mean_interval(scores: Sequence[float], clusters: Sequence[Hashable], level: float = 0.95) -> Interval:
    """The mean score over questions, with an interval over clusters.

    Each end is the wider one of two: of the interval over clusters, Student's on the clusters' sums, and of the one
    over questions, which keeps a width where all scores are equal.

    Args:
        scores: One for each question.
        clusters: What each question is about.
        level: Share of intervals that should hold the true mean, between 0 and 1.
    Shapes:
        scores, clusters: (N,), N >= 2.
    Raises:
        ValueError: If the numbers differ, or there is only one cluster.
    Source: Liang and Zeger 1986, Biometrika 73(1) (the variance over clusters); Bell and McCaffrey 2002, Survey
        Methodology 28(2) (with so few, a t instead of a normal).
    """
    return _wider(intervals.mean_interval(scores, level), scores, clusters, level, least=0.0)


def paired_difference(
    a: Sequence[float], b: Sequence[float], clusters: Sequence[Hashable], level: float = 0.95
) -> Interval:
    """The mean of ``a - b`` over the same questions, with an interval over clusters.

    Args, Shapes and Raises: as ``mean_interval``; score i of ``a`` and of ``b`` belongs to question i.
    """
    differences = [one - other for one, other in zip(a, b, strict=True)]
    return _wider(intervals.paired_difference(a, b, level), differences, clusters, level, least=-1.0)


def p_value(a: Sequence[float], b: Sequence[float], clusters: Sequence[Hashable]) -> float:
    """How often so large a difference comes about if for each cluster a coin decides which side has which scores."""
    differences = [one - other for one, other in zip(a, b, strict=True)]
    return intervals.sign_flip_test(list(sums(differences, clusters).values()))


def sums(values: Sequence[float], clusters: Sequence[Hashable]) -> dict[Hashable, float]:
    """The sum of the values of each cluster, in the order of first appearance.

    Raises:
        ValueError: If the numbers differ, or there is only one cluster.
    """
    found = defaultdict(float)
    for value, cluster in zip(values, clusters, strict=True):
        found[cluster] += value
    if len(found) < 2:
        raise ValueError(f"clusters: expected at least 2, found {list(found)}. Questions about one thing alone say "
                         "nothing about others.")  # fmt: skip
    return dict(found)


def _wider(single: Interval, values: Sequence[float], clusters: Sequence[Hashable], level: float,
           least: float) -> Interval:  # fmt: skip
    """``single``, widened to the interval over clusters; shares end at ``least`` and 1."""
    off = sums([value - single.value for value in values], clusters)
    count = len(off)
    error = math.sqrt(count / (count - 1) * sum(each**2 for each in off.values())) / len(values)
    half = t_quantile(level, count - 1) * error
    rates = all(least <= value <= 1 for value in values)
    low, high = single.value - half, single.value + half
    if rates:
        low, high = max(least, low), min(1.0, high)
    return Interval(single.value, min(single.low, low), max(single.high, high))


def means(scores: Sequence, clusters: Sequence[Hashable]):
    """The mean score of each cluster, in the order of first appearance: one look at the world for many questions.

    Shapes:
        scores: (N,) or (S, N) for S seeds; clusters: (N,); returns (S, C), with S = 1 for one row.
    """
    import numpy as np

    rows, places = np.atleast_2d(np.asarray(scores, dtype=float)), list(clusters)
    inside = [[place == each for place in places] for each in dict.fromkeys(places)]
    return np.stack([rows[:, chosen].mean(axis=1) for chosen in inside], axis=1)
