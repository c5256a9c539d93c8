"""How sure can we be? Intervals over questions and over seeds, and a test for two models on the same questions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

RESAMPLES = 4000
FLIPS = 9999
BLOCK_NUMBERS = 4_000_000  # random draws held at once: about 32 MB


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


def mean_interval(values: Sequence[float], level: float = 0.95, seed: int = 0) -> Interval:
    """The mean over questions with its bootstrap interval: how far would it move with other questions of the kind?

    Draws as many questions as there are, with replacement, 4,000 times, and cuts off the extreme means on either side.
    The interval covers the choice of questions and not the choice of training seed: ``seed_interval`` does that.
    Where every value is the same the bootstrap finds no spread at all and is too sure; for shares, ``rate_interval``
    stays honest there.

    Args:
        values: One score for each question, in any unit.
        level: Share of intervals that should hold the true mean, between 0 and 1.
    Shapes:
        values: (N,), N >= 2.
    Raises:
        ValueError: If there are fewer than 2 values, one is not finite, or ``level`` is outside (0, 1).
    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13 (the percentile interval).
    """
    import numpy as np

    scores, tail = _numbers(values, "values"), _tail(level)
    random, size = np.random.default_rng(seed), len(scores)
    means, block = [], max(1, BLOCK_NUMBERS // size)
    for start in range(0, RESAMPLES, block):
        count = min(block, RESAMPLES - start)
        means.append(scores[random.integers(0, size, (count, size))].mean(axis=1))  # (count,)
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return Interval(float(scores.mean()), float(low), float(high))


def rate_interval(successes: int, total: int, level: float = 0.95) -> Interval:
    """A share of yes among yes and no with its Wilson interval, which keeps a width even at 0 of N and N of N.

    Raises:
        ValueError: If not ``0 <= successes <= total``, ``total`` is 0, or ``level`` is outside (0, 1).
    Source: Wilson 1927, Journal of the American Statistical Association 22(158).
    """
    if total < 1 or not 0 <= successes <= total:
        raise ValueError(f"rate_interval: expected 0 <= successes <= total and total >= 1, found {successes} of "
                         f"{total}. Count the right answers first, then all the answers.")
    z, share = NormalDist().inv_cdf(1 - _tail(level)), successes / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


def paired_difference(a: Sequence[float], b: Sequence[float], level: float = 0.95, seed: int = 0) -> Interval:
    """The mean of ``a - b`` over the same questions with its bootstrap interval.

    Two models that meet the same hard questions fail together; taking the difference question by question removes
    what they share, so the interval is narrower than one made from two separate means.

    Shapes:
        a, b: (N,), score i of both belongs to question i.
    Raises:
        ValueError: If the lengths differ, or as ``mean_interval`` does.
    Source: Efron and Tibshirani 1993, chapter 13; Dror et al. 2018, ACL P18-1128 (paired tests in language tasks).
    """
    a, b = _paired(a, b)
    return mean_interval(a - b, level, seed)


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
    a, b = _paired(a, b)
    if not (((a == 0) | (a == 1)).all() and ((b == 0) | (b == 1)).all()):
        raise ValueError("mcnemar: expected scores of 0 and 1, found others. Turn scores into right or wrong first, "
                         "as in [score >= 0.5 for score in scores]; for graded scores use paired_difference.")
    only_a, only_b = int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
    coins = only_a + only_b
    tail = sum(math.comb(coins, k) for k in range(min(only_a, only_b) + 1))
    return McNemar(min(1.0, float(2 * tail / 2**coins)), only_a, only_b)


def seed_interval(per_seed_values: Sequence[float], level: float = 0.95) -> Interval:
    """The mean over training seeds with its t-interval: how far would it move with other seeds?

    ``mean +- t * s / sqrt(n)``, with s the standard deviation between seeds (n - 1 in its denominator) and t from
    Student's distribution, which allows for s being known from a handful of runs only.

    Shapes:
        per_seed_values: (n,), one result for each seed, n >= 2.
    Raises:
        ValueError: If there are fewer than 2 values, one is not finite, or ``level`` is outside (0, 1).
    Source: Student 1908, Biometrika 6(1); Colas et al. 2018, arXiv:1806.08295 (how many seeds).
    """
    values = _numbers(per_seed_values, "per_seed_values")
    half = _t_quantile(level, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return Interval(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def prediction_interval(per_seed_values: Sequence[float], level: float = 0.95) -> Interval:
    """Where ONE more run with a new seed should land, ``mean +- t * s * sqrt(1 + 1/n)``.

    Wider than ``seed_interval``, which is about the mean: a single run brings its own luck.

    Shapes and Raises: as ``seed_interval``.
    Source: Whitmore 1986, The American Statistician 40(2), prediction limits for a normal observation.
    """
    values = _numbers(per_seed_values, "per_seed_values")
    half = _t_quantile(level, len(values) - 1) * values.std(ddof=1) * math.sqrt(1 + 1 / len(values))
    return Interval(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def _t_quantile(level: float, freedom: int) -> float:
    """The t with ``P(-t < T < t) = level``, by bisection over the angle ``atan(t / sqrt(freedom))``.

    The probability is a finite sum for whole degrees of freedom: Abramowitz and Stegun 1964, 26.7.3 and 26.7.4.
    """
    _tail(level)

    def inside(angle: float) -> float:
        sine, cosine, odd = math.sin(angle), math.cos(angle), freedom % 2
        term, total = (cosine if odd else 1.0), 0.0
        for k in range(1 + odd, freedom, 2):  # one term for each power of the cosine
            total += term
            term *= k / (k + 1) * cosine * cosine
        return 2 / math.pi * (angle + sine * total) if odd else sine * total

    low, high = 0.0, math.pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) < level else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level: expected a number between 0 and 1 such as 0.95, found {level}.")
    return (1 - level) / 2


def _numbers(values: Sequence[float], name: str) -> np.ndarray:
    import numpy as np

    numbers = np.asarray(values, dtype=float)
    if numbers.ndim != 1 or len(numbers) < 2 or not np.isfinite(numbers).all():
        raise ValueError(f"{name}: expected at least 2 finite numbers in one row, found shape {numbers.shape} with "
                         f"{int((~np.isfinite(numbers)).sum())} that are not finite. Give one number for each question "
                         "or run.")
    return numbers


def _paired(a: Sequence[float], b: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    a, b = _numbers(a, "a"), _numbers(b, "b")
    if len(a) != len(b):
        raise ValueError(f"expected one score from each model for the same questions, found {len(a)} and {len(b)}. "
                         "Score both models on one list of questions, in one order.")
    return a, b


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
    """How often the mean of paired differences is at least so far from 0 if each one's sign is a fair coin.

    Two-sided, with 9,999 random flips; the exact McNemar test is this test for scores of 0 and 1.

    Source: Fisher 1935, The Design of Experiments, section 21.
    """
    import numpy as np

    sizes, random = np.asarray(differences, dtype=float), np.random.default_rng(seed)
    block, extreme = max(1, BLOCK_NUMBERS // len(sizes)), 0
    bar = abs(sizes.sum()) - 1e-9 * np.abs(sizes).sum()  # rounding must not break a tie
    for start in range(0, FLIPS, block):
        signs = random.integers(0, 2, (min(block, FLIPS - start), len(sizes)), dtype=np.int8) * 2.0 - 1
        extreme += int((np.abs(signs @ sizes) >= bar).sum())
    return (1 + extreme) / (1 + FLIPS)
