"""How sure can we be? Intervals over questions and over seeds, and tests for two models on the same questions.

``mean_interval`` and ``paired_difference`` choose the interval by the kind of score: scores of 0 and 1 get Wilson's and
Tango's, graded scores get Student's. Both take one run, or several runs with other seeds on the same questions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from ftlab.evidence.spread import as_many, half_width, one_row, paired_rows, rows, t_quantile, tail
from ftlab.evidence.tango import score_ends

if TYPE_CHECKING:
    import numpy as np

FLIPS = 9999


class Interval(NamedTuple):
    """An estimate between its lower and upper end, all in the unit of the values it was made from."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]"

    def times(self, factor: float) -> Interval:
        """The same interval in another unit: ``interval.times(100)`` turns a share into percent."""
        low, high = sorted((self.low * factor, self.high * factor))
        return Interval(self.value * factor, low, high)


class McNemar(NamedTuple):
    """The questions that only one model answers rightly, and the p-value of that split."""

    p_value: float
    only_a: int
    only_b: int


def mean_interval(scores: Sequence, level: float = 0.95, rate: bool | None = None) -> Interval:
    """The mean score with its interval: how far would it move with other questions of the kind, and other seeds?

    Scores of 0 and 1 get Wilson's interval, which keeps a width where all are right; graded ones get Student's. Given
    several runs on the same questions, the interval takes both sources in: see ``ftlab.evidence.spread``. For 0/1
    scores of several runs, Wilson's interval is taken with as many questions as would be as sure, were they one run's.

    Args:
        scores: One score for each question, in any unit; or a row of them for each seed.
        level: Share of intervals that should hold the true mean, between 0 and 1.
        rate: Whether the scores are of 0 and 1. None looks; False is for graded scores that happen to be all 0 or 1.
    Shapes:
        scores: (N,) or (S, N) for S seeds, N >= 2.
    Raises:
        ValueError: If there are fewer than 2 questions, one score is not finite, or ``level`` is outside (0, 1).
    Source: Wilson 1927, Journal of the American Statistical Association 22(158); Student 1908, Biometrika 6(1).
    """
    runs = rows(scores, "scores")
    mean, half = float(runs.mean()), half_width(runs, level)
    if not (is_rate(runs) if rate is None else rate):
        return Interval(mean, mean - half, mean + half)
    return wilson(mean, as_many(runs, mean * (1 - mean), half, level), level)


def paired_difference(a: Sequence, b: Sequence, level: float = 0.95, rate: bool | None = None) -> Interval:
    """The mean of ``a - b`` over the same questions, with its interval over questions, and over seeds if given.

    Two models that meet the same hard questions fail together; taking the difference question by question removes
    what they share, so the interval is narrower than one made from two separate means. Scores of 0 and 1 get Tango's
    interval, which keeps a width where two models agree on every question; graded ones get Student's. Worked out
    exactly, Tango's 95 % interval over 30 to 100 questions holds the truth in 95 % of experiments on the mean over true
    shares, never in fewer than 92.8 %, and in up to 99.9 % where hardly a question is split. At the edge it may leave
    out 0 while the exact McNemar test, which is a little stricter, gives p over 0.05.

    Args:
        a, b: Score i of both belongs to question i; row s of both is a run with seed s. A single row stands against
            every row of the other: a base model is not trained, so it has no seeds.
        level, rate: As in ``mean_interval``.
    Shapes:
        a, b: (N,) or (S, N), N >= 2.
    Raises:
        ValueError: If the questions or the seeds differ in number, or as ``mean_interval`` does.
    Source: Tango 1998, Statistics in Medicine 17(8); Dror et al. 2018, ACL P18-1128 (paired tests in language tasks).
    """
    a, b = paired_rows(a, b)
    runs = a - b  # (S, N)
    mean, half = float(runs.mean()), half_width(runs, level)
    if not (is_rate(a) and is_rate(b) if rate is None else rate):
        return Interval(mean, mean - half, mean + half)
    won, lost = float((runs > 0).mean()), float((runs < 0).mean())
    many = as_many(runs, won + lost - mean**2, half, level)
    low, high = score_ends(won * many, lost * many, many, level)
    return Interval(mean, min(mean, float(low)), max(mean, float(high)))


def is_rate(scores: np.ndarray) -> bool:
    """True if every score is 0 or 1: the mean is then a share."""
    return bool(((scores == 0) | (scores == 1)).all())


def rate_interval(successes: int, total: int, level: float = 0.95) -> Interval:
    """A share of yes among yes and no with its Wilson interval, which keeps a width even at 0 of N and N of N.

    Raises:
        ValueError: If not ``0 <= successes <= total``, ``total`` is 0, or ``level`` is outside (0, 1).
    Source: Wilson 1927, Journal of the American Statistical Association 22(158).
    """
    if total < 1 or not 0 <= successes <= total:
        raise ValueError(f"rate_interval: expected 0 <= successes <= total and total >= 1, found {successes} of "
                         f"{total}. Count the right answers first, then all the answers.")
    return wilson(successes / total, total, level)


def mcnemar(a: Sequence[float], b: Sequence[float]) -> McNemar:
    """The exact McNemar test: are two models equally often right where exactly one of them is right?

    Questions that both get right, or both get wrong, say nothing about which is better. If the models are equally
    good, each of the others is a fair coin; the p-value is how often a fair coin splits at least that unevenly.

    Args:
        a, b: 1 (or True) where the model is right, 0 where it is not.
    Shapes:
        a, b: (N,), entry i of both belongs to question i.
    Raises:
        ValueError: If the lengths differ or a score is neither 0 nor 1.
    Source: McNemar 1947, Psychometrika 12(2), with the exact two-sided binomial tail.
    """
    from scipy.stats import binomtest

    a, b = paired_rows(a, b)
    if not (is_rate(a) and is_rate(b)):
        raise ValueError("mcnemar: expected scores of 0 and 1, found others. Turn scores into right or wrong first, "
                         "as in [score >= 0.5 for score in scores]; for graded scores use paired_difference.")
    only_a, only_b = int((a > b).sum()), int((a < b).sum())
    p_value = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return McNemar(p_value, only_a, only_b)


def seed_interval(per_seed_values: Sequence[float], level: float = 0.95) -> Interval:
    """The mean over training seeds with its t-interval: how far would it move with other seeds?

    It is about seeds ALONE. Runs that share their questions share the questions' luck, which no spread between them can
    show: where scores by question are at hand, ``mean_interval`` and ``paired_difference`` take in both.

    Shapes:
        per_seed_values: (n,), one result for each seed, n >= 2.
    Raises:
        ValueError: If there are fewer than 2 values, one is not finite, or ``level`` is outside (0, 1).
    Source: Student 1908, Biometrika 6(1); Colas et al. 2018, arXiv:1806.08295 (how many seeds).
    """
    values = one_row(per_seed_values, "per_seed_values")
    mean, half = float(values.mean()), half_width(values[None], level)
    return Interval(mean, mean - half, mean + half)


def prediction_interval(per_seed_values: Sequence[float], level: float = 0.95, extra: float = 0.0) -> Interval:
    """Where ONE more run with a new seed should land on the same questions, ``mean +- t * s * sqrt(1 + 1/n)``.

    Wider than ``seed_interval``, which is about the mean: a single run brings its own luck.

    Args:
        extra: Variance that the new run has beside that, such as that of another choice of questions.
    Shapes and Raises: as ``seed_interval``.
    Source: Whitmore 1986, The American Statistician 40(2), prediction limits for a normal observation.
    """
    values = one_row(per_seed_values, "per_seed_values")
    z, t = NormalDist().inv_cdf(1 - tail(level)), t_quantile(level, len(values) - 1)
    half = math.sqrt(t**2 * float(values.var(ddof=1)) * (1 + 1 / len(values)) + z**2 * extra)
    return Interval(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for looking many times: the smallest times m, the next times m - 1, never decreasing.

    Source: Holm 1979, Scandinavian Journal of Statistics 6(2).
    """
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = highest
    return corrected


def sign_flip_test(differences: Sequence[float], seed: int = 0) -> float:
    """The p-value of the mean of paired differences if each one's sign is a fair coin: twice the smaller tail.

    All flips are tried where there are at most 9,999, else so many by chance; the exact McNemar test is this test for
    scores of 0 and 1.

    Source: Fisher 1935, The Design of Experiments, section 21.
    """
    import numpy as np
    from scipy.stats import permutation_test

    values = np.asarray(differences, dtype=float)
    return float(permutation_test((values,), np.mean, permutation_type="samples", n_resamples=FLIPS, vectorized=True,
                                  batch=max(1, 4_000_000 // len(values)), rng=seed).pvalue)


def wilson(share: float, total: float, level: float = 0.95) -> Interval:
    """Wilson's interval of a share of ``total`` questions, which need not be a whole number."""
    z = NormalDist().inv_cdf(1 - tail(level))
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))
