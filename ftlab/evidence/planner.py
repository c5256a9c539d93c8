"""How many test questions show a gain? Planned by formula, checked by simulated experiments.

Everything here is about scores of 0 and 1. All rates and gains are shares: 5 points is 0.05. The new model is ``a``,
the old one ``b``, as in ``ftlab.evidence.intervals``; a question is split if exactly one of the two gets it right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from ftlab.evidence.tango import score_ends

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Plan:
    """How many questions show a gain, with both models on the same questions and with a set for each. Prints itself."""

    gain: float
    base_rate: float
    discordant: float
    power: float
    level: float
    questions: int  # both models answer these
    questions_apart: int  # each model answers so many of its own
    assumed: bool  # True if the share of split questions was not given

    def __str__(self) -> str:
        split = f"exactly one of them is right on {100 * self.discordant:.3g} % of the questions"
        if self.assumed:
            split += ", as it would be with two models that have nothing in common, since no share was given"
        return (f"To see a gain of {100 * self.gain:.3g} points over {100 * self.base_rate:.3g} % right in "
                f"{100 * self.power:.3g} of 100 tests, with a {100 * self.level:.3g} % interval, takes "
                f"{self.questions:,} questions that both models answer, or two separate sets of "
                f"{self.questions_apart:,} ({split}).")

    __repr__ = __str__


class Simulation(NamedTuple):
    """What many simulated experiments of one size found, all as shares of the experiments."""

    power: float  # the score interval lies above 0
    power_mcnemar: float  # the exact McNemar test rejects, with the new model ahead
    coverage: float  # the score interval holds the true gain
    coverage_bootstrap: float  # the percentile bootstrap interval holds it
    experiments: int

    def __str__(self) -> str:
        return (f"{self.experiments:,} simulated experiments: the gain is seen in {self.power:.1%} of them (by the "
                f"exact McNemar test: {self.power_mcnemar:.1%}); the true gain is inside the score interval in "
                f"{self.coverage:.1%} and inside the bootstrap interval in {self.coverage_bootstrap:.1%}.")


def questions_needed(gain: float, base_rate: float, discordant: float | None = None, *, agreement: float | None = None,
                     power: float = 0.8, level: float = 0.95) -> Plan:
    """How many questions it takes until the interval of a true gain usually lies above 0.

    Questions that both models get right, or both wrong, carry no news, so what counts is the share of split ones. Ask
    two models a few dozen questions to learn it; without it, the plan takes the large share of two models that have
    nothing in common, and says so.

    Args:
        gain: The new model's rate minus the old one's, as a share: 0.05 is 5 points.
        base_rate: The old model's share of right answers.
        discordant: Share of questions that exactly one model gets right, at least ``gain``.
        agreement: ``1 - discordant``; give one of the two or neither.
        power: How often a true gain of this size shall be seen.
    Raises:
        ValueError: If a share is outside its range, or no pair of models has these rates and this discordant share.
    Source: Connor 1987, Biometrics 43(1) (same questions); Fleiss et al. 2003, Statistical Methods for Rates and
        Proportions, section 4.2, without the continuity correction (separate sets).
    """
    share = _discordant(gain, base_rate, discordant, agreement)
    z = _quantiles(power, level)
    paired, apart = _paired_size(gain, share, z), _apart_size(gain, base_rate, z)
    return Plan(gain, base_rate, share, power, level, math.ceil(paired - 1e-9), math.ceil(apart - 1e-9),
                discordant is None and agreement is None)


def detectable_gain(questions: int, base_rate: float, discordant: float | None = None, *,
                    agreement: float | None = None, paired: bool = True, power: float = 0.8,
                    level: float = 0.95) -> float:
    """The smallest true gain, as a share, that so many questions usually show.

    Args:
        questions: Questions that both models answer; with ``paired=False``, questions in each of two sets.
        base_rate, discordant, agreement, power, level: As in ``questions_needed``.
    Raises:
        ValueError: As ``questions_needed``, or if not even the largest possible gain would be seen.
    """
    if questions < 2:
        raise ValueError(f"detectable_gain: expected at least 2 questions, found {questions}. Count the test set.")
    z, low, high = _quantiles(power, level), 0.0, 1 - base_rate
    if paired and (discordant is not None or agreement is not None):
        share = discordant if discordant is not None else 1 - agreement
        low, high = max(0.0, share - 2 * base_rate), min(share, 2 * (1 - base_rate) - share)  # what the rates allow
    top = high
    if not low < top <= 1:
        raise ValueError(f"detectable_gain: expected room for a gain, found base_rate {base_rate:g}, discordant "
                         f"{discordant} and agreement {agreement}. Give shares between 0 and 1 that fit together.")

    def needed(gain: float) -> float:
        share = _discordant(gain, base_rate, discordant, agreement) if paired else 0
        return _paired_size(gain, share, z) if paired else _apart_size(gain, base_rate, z)

    if needed(top) > questions:
        raise ValueError(f"detectable_gain: expected enough questions to see even the largest possible gain, "
                         f"{100 * top:.3g} points, found {questions}. Collect {math.ceil(needed(top)):,} or more.")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if needed(middle) > questions else (low, middle)
    return high


def simulate(questions: int, gain: float, base_rate: float, discordant: float | None = None, *,
             agreement: float | None = None, experiments: int = 2000, resamples: int = 1000, level: float = 0.95,
             seed: int = 0) -> Simulation:
    """Runs the same test many times on models whose true rates are known, and counts how often it tells the truth.

    One experiment is one multinomial draw: how many questions the new model alone gets right, how many the old one
    alone, how many both or neither. A bootstrap resample of those questions is again such a draw.

    Args:
        gain: May be 0: then the powers are the rates of false alarm in the new model's favour.
        experiments, resamples: How many tests, and how many bootstrap resamples for each.
    Raises:
        ValueError: As ``questions_needed``.
    """
    import numpy as np

    share = _discordant(gain, base_rate, discordant, agreement, least=0.0)
    random = np.random.default_rng(seed)
    chances = [(share + gain) / 2, (share - gain) / 2, 1 - share]
    only_a, only_b, _ = random.multinomial(questions, chances, size=experiments).T  # (experiments,) each
    low, high = score_ends(only_a, only_b, questions, level)
    held, counts = 0, np.unique(np.stack([only_a, only_b], axis=1), axis=0, return_counts=True)
    for (a, b), times in zip(*counts, strict=True):  # experiments with the same counts have the same bootstrap
        drawn = random.multinomial(questions, [a / questions, b / questions, 1 - (a + b) / questions], size=resamples)
        ends = np.quantile((drawn[:, 0] - drawn[:, 1]) / questions, [(1 - level) / 2, (1 + level) / 2])
        held += int(times) * bool(ends[0] - 1e-12 <= gain <= ends[1] + 1e-12)
    rejected = _rejected(only_a, only_b, 1 - level) & (only_a > only_b)
    return Simulation(float((low > 0).mean()), float(rejected.mean()),
                      float(((low <= gain) & (gain <= high)).mean()), held / experiments, experiments)


def _rejected(only_a: np.ndarray, only_b: np.ndarray, alpha: float) -> np.ndarray:
    """Where the exact two-sided McNemar test rejects: fair coins rarely split so unevenly."""
    import numpy as np
    from scipy.stats import binom

    return 2 * binom.cdf(np.minimum(only_a, only_b), only_a + only_b, 0.5) <= alpha * (1 + 1e-12)


def _paired_size(gain: float, discordant: float, z: tuple[float, float]) -> float:
    power, error = z
    return ((error * math.sqrt(discordant) + power * math.sqrt(max(0.0, discordant - gain**2))) / gain) ** 2


def _apart_size(gain: float, base_rate: float, z: tuple[float, float]) -> float:
    (power, error), new, middle = z, base_rate + gain, base_rate + gain / 2
    spread = base_rate * (1 - base_rate) + new * (1 - new)
    return ((error * math.sqrt(2 * middle * (1 - middle)) + power * math.sqrt(spread)) / gain) ** 2


def _quantiles(power: float, level: float) -> tuple[float, float]:
    for name, value in (("power", power), ("level", level)):
        if not 0 < value < 1:
            raise ValueError(f"{name}: expected a share between 0 and 1 such as 0.8 or 0.95, found {value}.")
    return NormalDist().inv_cdf(power), NormalDist().inv_cdf((1 + level) / 2)


def _discordant(gain: float, base_rate: float, discordant: float | None, agreement: float | None,
                least: float | None = None) -> float:
    """The share of split questions, checked against the rates; without one, that of two independent models."""
    if discordant is not None and agreement is not None:
        raise ValueError("expected discordant or agreement, found both. Leave one out: discordant = 1 - agreement.")
    enough = gain > 0 if least is None else gain >= least
    if not (enough and base_rate >= 0 and base_rate + gain <= 1):
        raise ValueError(f"expected a gain above 0 and a base_rate with base_rate + gain at most 1, found gain "
                         f"{gain:g} and base_rate {base_rate:g}. Give shares: 5 points is 0.05.")
    new = base_rate + gain
    if discordant is None:
        discordant = 1 - agreement if agreement is not None else base_rate * (1 - new) + new * (1 - base_rate)
    most = min(2 * base_rate + gain, 2 * (1 - base_rate) - gain)
    if not gain - 1e-9 <= discordant <= most + 1e-9:
        raise ValueError(f"expected a share of split questions between {gain:.3g} (the gain) and {most:.3g} for rates "
                         f"of {base_rate:.3g} and {new:.3g}, found {discordant:.3g}. Measure it on a few dozen "
                         "questions.")
    return min(most, max(gain, discordant))
