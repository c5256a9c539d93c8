"""How often would an experiment over seeds decide, if the truth were this or that? Simulated from its own runs.

Experiments are drawn anew from stored runs: prompts with replacement, each with the scores that it got from all seeds,
so that what prompts and both arms share is kept, and a luck for each seed that scatters like the seeds of the runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ftlab.evidence.intervals import Interval, is_rate, mean_interval, paired_difference
from ftlab.evidence.repeated import arms
from ftlab.evidence.spread import seed_variance, t_quantile

if TYPE_CHECKING:
    import numpy as np

TRIALS = 200  # the standard error of a share of 60 % is then 3.5 points


class Assumed(NamedTuple):
    """A design before there are runs of it, for an effect that is the difference of two shares.

    ``split`` is the share of prompts on which exactly one arm scores, half of them alike for all seeds; ``spread`` the
    standard deviation that seeds add, as a share.
    """

    prompts: int = 300
    seeds: int = 5
    split: float = 0.4
    spread: float = 0.03


class Chances(NamedTuple):
    """The shares of simulated experiments whose interval lies inside the claimed range, and outside of it."""

    inside: float
    outside: float


def chances(runs: Sequence[dict], truth: float, at_least: float, at_most: float, factor: float = 1, *,
            assumed: Assumed | None = None, trials: int = TRIALS, seed: int = 0) -> Chances:
    """How often experiments like these runs would give a clear verdict, were the effect really ``truth``.

    Runs that hold scores by prompt are drawn anew and judged as ``repeated.mean_effect`` judges them. Runs without are
    taken as they are judged, over seeds alone: effects of normal scatter. Without runs, an assumed design is simulated.

    Args:
        runs: As in ``ftlab.evidence.repeated``: at least 2, or none.
        truth, at_least, at_most: In the unit of the effect.
        factor: What turns a mean score into the effect: 100 for shares that are stated in points.
        assumed: The design to simulate where there are no runs; by default ``Assumed()``.
    """
    import numpy as np

    random, assumed = np.random.default_rng(seed), assumed or Assumed()
    scores = arms(runs) if runs else _assume(assumed, random)
    if scores is None:
        low, high = _over_seeds([run["effect"] for run in runs], truth, trials, random)
    else:
        new, old = scores
        luck = math.sqrt(seed_variance(new if old is None else new - old)) if runs else assumed.spread
        draws = _draw_rates if is_rate(new) and (old is None or is_rate(old)) else _draw_graded
        found = [interval.times(factor) for interval in draws(new, old, truth / factor, luck, trials, random)]
        low, high = np.array(found).T[1:]
    return Chances(float(((low >= at_least) & (high <= at_most)).mean()),
                   float(((high < at_least) | (low > at_most)).mean()))


def _over_seeds(effects: list[float], truth: float, trials: int, random: np.random.Generator) -> tuple:
    import numpy as np

    drawn = random.normal(truth, np.std(effects, ddof=1), (trials, len(effects)))
    half = t_quantile(0.95, len(effects) - 1) * drawn.std(axis=1, ddof=1) / math.sqrt(len(effects))
    return drawn.mean(axis=1) - half, drawn.mean(axis=1) + half


def _draw_graded(new: np.ndarray, old: np.ndarray | None, truth: float, luck: float, trials: int,
                 random: np.random.Generator) -> Iterator[Interval]:
    """The intervals of experiments on graded scores: the runs' differences, moved to the truth."""
    gains = new if old is None else new - old
    seeds, prompts = gains.shape
    for _ in range(trials):
        drawn = _shuffled(random, gains[:, random.integers(prompts, size=prompts)])[0]
        yield mean_interval(drawn - gains.mean() + truth + random.normal(0, luck, (seeds, 1)), rate=False)


def _draw_rates(new: np.ndarray, old: np.ndarray | None, truth: float, luck: float, trials: int,
                random: np.random.Generator) -> Iterator[Interval]:
    """The intervals of experiments on scores of 0 and 1, (S, N).

    Scores cannot be moved by half a point. So prompts on which the new arm gains more are drawn more (or less) often,
    by weights exp(tilt * gain), until the gain to expect is the truth. One more prompt of each possible outcome, of
    half a prompt's weight, lets outcomes occur that no run has seen. A seed's luck turns some scores of the new arm.
    """
    import numpy as np

    seeds, prompts = new.shape
    corners = [[0, 1]] if old is None else [[0, 0, 1, 1], [0, 1, 0, 1]]
    both = [np.hstack([arm, np.tile(corner, (seeds, 1))]) for arm, corner in zip((new, old), corners, strict=False)]
    gain = (both[0] if old is None else both[0] - both[1]).mean(axis=0)
    share = _tilted(gain, np.where(np.arange(len(gain)) < prompts, 1.0, 0.5), truth)
    for _ in range(trials):
        chosen = random.choice(len(gain), size=prompts, p=share)
        drawn, *against = _shuffled(random, *(arm[:, chosen] for arm in both))
        for row, shift in zip(drawn, random.normal(0, luck, seeds), strict=True):
            turned = row == (shift < 0)
            row[turned & (random.random(prompts) < abs(shift) / max(turned.mean(), 1e-9))] = shift > 0
        yield paired_difference(drawn, *against, rate=True) if against else mean_interval(drawn, rate=True)


def _tilted(gain: np.ndarray, weights: np.ndarray, truth: float) -> np.ndarray:
    """Weights that sum to 1, under which the mean gain is the truth, or as near as a thousandth of its range allows."""
    import numpy as np
    from scipy.optimize import brentq
    from scipy.special import softmax

    edge = (gain.max() - gain.min()) / 1000
    aim, logs = np.clip(truth, gain.min() + edge, gain.max() - edge), np.log(weights)
    return softmax(logs + gain * brentq(lambda tilt: softmax(logs + tilt * gain) @ gain - aim, -1e4, 1e4))


def _shuffled(random: np.random.Generator, *arms: np.ndarray) -> list[np.ndarray]:
    """The (S, N) scores with those of each prompt dealt anew to the seeds, so that no seed keeps luck of its own."""
    import numpy as np

    order = random.random(arms[0].shape).argsort(axis=0)
    return [np.take_along_axis(scores, order, axis=0) for scores in arms]


def _assume(design: Assumed, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Scores of two arms as good as each other, (S, N) each: half of the split prompts are split alike in all seeds."""
    import numpy as np

    def states(*shape: int) -> np.ndarray:
        p = [design.split / 2, design.split / 2, (1 - design.split) / 2, (1 - design.split) / 2]
        return random.choice(4, size=shape, p=p)  # new alone, old alone, both, neither

    alike = random.random(design.prompts) < 0.5
    state = np.where(alike, states(1, design.prompts), states(design.seeds, design.prompts))
    return np.isin(state, (0, 2)).astype(float), np.isin(state, (1, 2)).astype(float)
