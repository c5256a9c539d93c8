"""How far a mean score would move with other questions and other seeds, and scores in the shape that this needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def half_width(runs: np.ndarray, level: float) -> float:
    """Half of the interval of the mean of (S, N) scores, over N questions and, if S > 1, over S seeds as well.

    The scores are taken as mean + seed + question + rest. The spread of the questions' means tells what questions and
    rest add to the variance of the mean; the spread of the seeds' means, less the rest, tells what seeds add. Each part
    gets the t of its own degrees of freedom, as three seeds say little of their spread, and the parts add in squares.

    Source: Searle, Casella and McCulloch 1992, Variance Components, chapter 4 (the parts); Howe 1974, Journal of the
        American Statistical Association 69(347) (parts with a t each).
    """
    seeds, questions = runs.shape
    by_question = runs.mean(axis=0)
    squares = t_quantile(level, questions - 1) ** 2 * float(by_question.var(ddof=1)) / questions
    if seeds > 1:
        squares += t_quantile(level, seeds - 1) ** 2 * seed_variance(runs) / seeds
    return math.sqrt(squares)


def seed_variance(runs: np.ndarray) -> float:
    """What seeds add to the variance of a run's mean score: the spread of the (S, N) runs' means, less the rest."""
    seeds, questions = runs.shape
    by_seed, by_question = runs.mean(axis=1, keepdims=True), runs.mean(axis=0, keepdims=True)
    rest = ((runs - by_seed - by_question + runs.mean()) ** 2).sum() / ((seeds - 1) * (questions - 1) * questions)
    return max(0.0, float(by_seed.var(ddof=1) - rest))


def as_many(runs: np.ndarray, variance: float, half: float, level: float) -> float:
    """How many questions of one run would leave the mean as unsure as ``half``; those asked, where nothing varies.

    Args:
        variance: Of one question's score, in the square of its unit.
        half: From ``half_width``.
    """
    seeds, questions = runs.shape
    if seeds == 1 or min(variance, half) < 1e-12:
        return questions
    return min(seeds * questions, variance * (NormalDist().inv_cdf(1 - tail(level)) / half) ** 2)


def t_quantile(level: float, freedom: int) -> float:
    """The t with ``P(-t < T < t) = level``, for so many degrees of freedom."""
    from scipy.stats import t

    return float(t.ppf(1 - tail(level), freedom))


def tail(level: float) -> float:
    """What an interval leaves out on either side: 0.025 for a level of 0.95."""
    if not 0 < level < 1:
        raise ValueError(f"level: expected a number between 0 and 1 such as 0.95, found {level}.")
    return (1 - level) / 2


def one_row(values: Sequence[float], name: str) -> np.ndarray:
    """The values as (n,) numbers, n >= 2."""
    runs = rows(values, name)
    if len(runs) > 1:
        raise ValueError(f"{name}: expected one number for each seed, found shape {runs.shape}. For scores by "
                         "question, use mean_interval or paired_difference, which take in the questions as well.")
    return runs[0]


def rows(values: Sequence, name: str) -> np.ndarray:
    """The values as (S, N) numbers, S = 1 for a single row."""
    import numpy as np

    try:
        numbers = np.atleast_2d(np.asarray(values, dtype=float))
    except ValueError as error:
        raise ValueError(f"{name}: expected numbers, as many in each run, found rows of different lengths or texts "
                         f"({error}). Score every run on the same questions.") from error
    missing = int((~np.isfinite(numbers)).sum())
    if numbers.ndim != 2 or numbers.shape[1] < 2 or missing:
        raise ValueError(f"{name}: expected at least 2 finite numbers in one row, or a row for each seed, found shape "
                         f"{np.shape(values)} with {missing} that are not finite. Give one number for each question "
                         "or run.")
    return numbers


def paired_rows(a: Sequence, b: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Both as (S, N) numbers; a single run stands against each run of the other."""
    import numpy as np

    a, b = rows(a, "a"), rows(b, "b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"expected one score from each model for the same questions, found {a.shape[1]} and "
                         f"{b.shape[1]}. Score both models on one list of questions, in one order.")
    if len(a) != len(b) and 1 not in (len(a), len(b)):
        raise ValueError(f"expected runs with the same seeds, found {len(a)} and {len(b)} runs. Leave out the seeds "
                         "that only one of the two has.")
    return tuple(np.broadcast_arrays(a, b))
