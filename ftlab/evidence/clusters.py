"""Intervals and a test for questions that stand or fall together, such as all those about one product.

Both intervals take one run, or several runs with other seeds on the same questions, as those of
``ftlab.evidence.intervals`` do.

Ten questions about one product are not ten looks at the world: the model knows the product or it does not. What varies
by luck is then which products were asked about, so the error is reckoned over them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from ftlab.evidence import intervals
from ftlab.evidence.intervals import Interval
from ftlab.evidence.spread import half_width, paired_rows, rows

if TYPE_CHECKING:
    import numpy as np


def mean_interval(scores: Sequence, clusters: Sequence[Hashable], level: float = 0.95) -> Interval:
    """The mean score over questions, with an interval over clusters, and over seeds if given.

    Each end is the wider one of two: of the interval over clusters, Student's on the clusters' sums, and of the one
    over questions, which keeps a width where all scores are equal.

    Args:
        scores: One for each question; or a row of them for each seed.
        clusters: What each question is about.
        level: Share of intervals that should hold the true mean, between 0 and 1.
    Shapes:
        scores: (N,) or (S, N) for S seeds, N >= 2; clusters: (N,).
    Raises:
        ValueError: If the numbers differ, or there is only one cluster.
    Source: Liang and Zeger 1986, Biometrika 73(1) (the variance over clusters); Bell and McCaffrey 2002, Survey
        Methodology 28(2) (with so few, a t instead of a normal).
    """
    return _wider(intervals.mean_interval(scores, level), rows(scores, "scores"), clusters, level, least=0.0)


def paired_difference(a: Sequence, b: Sequence, clusters: Sequence[Hashable], level: float = 0.95) -> Interval:
    """The mean of ``a - b`` over the same questions, with an interval over clusters, and over seeds if given.

    Args, Shapes and Raises: as ``mean_interval``; score i of ``a`` and of ``b`` belongs to question i.
    """
    one, other = paired_rows(a, b)
    return _wider(intervals.paired_difference(a, b, level), one - other, clusters, level, least=-1.0)


def p_value(a: Sequence, b: Sequence, clusters: Sequence[Hashable]) -> float:
    """How often so large a difference comes about if for each cluster a coin decides which side has which scores.

    Of several seeds each question's mean is taken: what luck the seeds bring is not in it.
    """
    one, other = paired_rows(a, b)
    return intervals.sign_flip_test(list(sums((one - other).mean(axis=0), clusters).values()))


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


def by_cluster(values: np.ndarray, clusters: Sequence[Hashable]) -> np.ndarray:
    """One value for each cluster, in proportion to its sum, with the mean of all values: (S, N) becomes (S, C)."""
    import numpy as np

    mean = values.mean()
    off = np.array([list(sums(run - mean, clusters).values()) for run in values])
    return mean + off.shape[1] / values.shape[1] * off


def _wider(single: Interval, values: np.ndarray, clusters: Sequence[Hashable], level: float, least: float) -> Interval:
    """``single``, widened to the interval over clusters (and seeds) of (S, N) values; shares end at ``least`` and 1."""
    half = half_width(by_cluster(values, clusters), level)
    low, high = single.value - half, single.value + half
    if ((least <= values) & (values <= 1)).all():
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
