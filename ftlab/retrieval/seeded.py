"""Intervals over products and, where a comparison was made with several seeds, over seeds as well.

``ftlab.evidence.clusters`` knows questions that stand or fall together, ``ftlab.evidence.spread`` knows seeds; here
both are taken in. With one seed it is the former.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from ftlab.evidence import clusters, intervals, spread
from ftlab.evidence.intervals import Interval

if TYPE_CHECKING:
    import numpy as np

LEVEL = 0.95


def mean_interval(scores: Sequence, about: Sequence[Hashable]) -> Interval:
    """The mean score with its interval: how far would it move with other products, and other seeds?

    Each end is the wider one of two: over questions and seeds, and over products and seeds.

    Args:
        scores: One for each question, or a row of them for each seed.
        about: What each question is about.
    Shapes:
        scores: (N,) or (S, N) for S seeds; about: (N,).
    Raises:
        ValueError: If the numbers differ, or all questions are about one thing.
    Source: ``ftlab.evidence.clusters`` (products), ``ftlab.evidence.spread`` (seeds).
    """
    runs = spread.rows(scores, "scores")
    if len(runs) == 1:
        return clusters.mean_interval(runs[0], about, LEVEL)
    return _wider(intervals.mean_interval(runs, LEVEL), runs, about, least=0.0)


def paired_difference(a: Sequence, b: Sequence, about: Sequence[Hashable]) -> Interval:
    """The mean of ``a - b`` over the same questions, with such an interval.

    Args and Raises: as ``mean_interval``. A single row stands against every row of the other: what is not trained has
        no seed.
    """
    one, other = spread.paired_rows(a, b)
    if len(one) == 1:
        return clusters.paired_difference(one[0], other[0], about, LEVEL)
    return _wider(intervals.paired_difference(one, other, LEVEL), one - other, about, least=-1.0)


def p_value(a: Sequence, b: Sequence, about: Sequence[Hashable]) -> float:
    """How often so large a difference comes about if for each product a coin decides which side has which scores.

    Of several seeds each question's mean is taken: what luck the seeds bring is not in it.
    """
    one, other = spread.paired_rows(a, b)
    return clusters.p_value(one.mean(axis=0), other.mean(axis=0), about)


def by_thing(scores: Sequence[float], about: Sequence[Hashable]) -> list[float]:
    """One number a product or policy, whose mean is that of all scores: its sum, as a share of what each is due.

    Reference runs are judged by their scores, one beside the other; questions that stand or fall together are one.

    Shapes:
        scores, about: (N,); returns (C,) for C things, in the order of first appearance.
    """
    found = clusters.sums(list(map(float, scores)), about)
    return [total * len(found) / len(scores) for total in found.values()]


def _wider(single: Interval, runs: np.ndarray, about: Sequence[Hashable], least: float) -> Interval:
    """``single``, widened to the interval over products and seeds; shares end at ``least`` and 1."""
    import numpy as np

    mean, questions = runs.mean(), runs.shape[1]
    off = np.array([list(clusters.sums(run - mean, about).values()) for run in runs])  # (S, C): what is off, summed
    half = spread.half_width(mean + off.shape[1] / questions * off, LEVEL)  # their mean is the mean of all scores
    low, high = mean - half, mean + half
    if ((least <= runs) & (runs <= 1)).all():
        low, high = max(least, low), min(1.0, high)
    return Interval(single.value, float(min(single.low, low)), float(max(single.high, high)))
