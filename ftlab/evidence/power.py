"""How often would an experiment over seeds decide, if the truth were this or that? Simulated, before and after a run.

From stored runs, experiments are drawn anew: prompts with replacement (or what several are about, together), each with
the scores that it got from all seeds, so that what prompts and both arms share is kept, and a luck for each seed that
scatters like the seeds of the runs. Before there are runs, a stated design is simulated by its own kind of effect.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ftlab.evidence import clusters as over_clusters
from ftlab.evidence.intervals import Interval, is_rate, mean_interval, paired_difference
from ftlab.evidence.repeated import NORMAL, about, arms, within
from ftlab.evidence.spread import seed_variance, t_quantile

if TYPE_CHECKING:
    import numpy as np

TRIALS = 200  # the standard error of a share of 60 % is then 3.5 points


ALIKE = 0.5  # how much of what prompts bring is the same for all seeds, where nobody has measured it
KINDS = ("shares", "graded", "number")


class Design(NamedTuple):
    """An experiment before it is run. ``apart`` and ``spread`` are in the unit of the effect.

    Args:
        kind: "shares": the difference of two shares, over prompts of which ``apart`` points are answered rightly by one
            arm alone. "graded": a mean, or a difference of means, of scores that differ between prompts with the
            standard deviation ``apart``. "number": anything else, such as a ratio, whose standard error in one run is
            ``apart / sqrt(prompts)``, the same luck for all seeds.
        prompts: How many; where several stand or fall together, how many such groups.
        spread: The standard deviation that seeds add.
        alike: How much of what prompts bring is the same for all seeds: 0 where each seed draws prompts of its own. (Of
            a "number" it is all.)
    """

    kind: str
    prompts: int
    apart: float
    seeds: int
    spread: float
    alike: float = ALIKE


class Chances(NamedTuple):
    """The shares of simulated experiments whose interval lies inside the claimed range, and outside of it."""

    inside: float
    outside: float


def chances(runs: Sequence[dict], truth: float, at_least: float, at_most: float, factor: float = 1, *,
            trials: int = TRIALS, seed: int = 0) -> Chances:
    """How often experiments like these runs would give a clear verdict, were the effect really ``truth``.

    Runs that hold scores by prompt are drawn anew and judged as ``repeated.mean_effect`` judges them. Runs without are
    taken as they are judged, too: effects of normal scatter, over seeds and, where they say it, over prompts.

    Args:
        runs: As in ``ftlab.evidence.repeated``, at least 2.
        truth, at_least, at_most: In the unit of the effect.
        factor: What turns a mean score into the effect: 100 for shares that are stated in points.
    """
    import numpy as np

    random, scores, clusters = np.random.default_rng(seed), arms(runs), about(runs)
    if scores is None:
        low, high = _over_seeds(runs, truth, trials, random)
    else:
        new, old = scores
        gains = new if old is None else new - old
        if clusters is not None:  # whole clusters are drawn, by what they add up to
            gains = over_clusters.by_cluster(gains, clusters)
        luck = math.sqrt(seed_variance(gains))
        rates = is_rate(new) and (old is None or is_rate(old))
        draws = (_draw_rates(new, old, clusters, truth / factor, luck, trials, random) if rates else
                 _draw_graded(gains, truth / factor, luck, trials, random))
        found = [interval.times(factor) for interval in draws]
        low, high = np.array(found).T[1:]
    return _share(low, high, at_least, at_most)


def planned(design: Design, truth: float, at_least: float, at_most: float, *, trials: int = 4000,
            seed: int = 0) -> Chances:
    """How often experiments of this design would give a clear verdict, were the effect really ``truth``.

    The mean over prompts scatters normally, seeds do, and each experiment reckons its interval from what it sees of
    both, as ``ftlab.evidence.intervals`` does.
    """
    import numpy as np

    random, (kind, prompts, apart, seeds, spread, alike) = np.random.default_rng(seed), design
    alike = 1.0 if kind == "number" else alike
    # A difference of shares is 1, 0 or -1 at a prompt: in points, its variance is 100 x (share apart) - truth^2.
    one = max(100 * max(apart, abs(truth)) - truth**2, 0.0) if kind == "shares" else apart**2
    shared, own = alike * one, (1 - alike) * one  # of one prompt's score: alike for all seeds, or each seed's own
    by_seed = random.normal(0, math.sqrt(spread**2 + own / prompts), (trials, seeds))
    middle = truth + random.normal(0, math.sqrt(shared / prompts), trials) + by_seed.mean(axis=1)
    seen = (shared + own / seeds) / prompts * random.chisquare(prompts - 1, trials) / (prompts - 1)
    luck = np.maximum(0, by_seed.var(axis=1, ddof=1) - own / prompts)
    half = np.sqrt(t_quantile(0.95, prompts - 1) ** 2 * seen + t_quantile(0.95, seeds - 1) ** 2 * luck / seeds)
    if kind == "shares":  # Tango's, with the share of split prompts held: (found - truth)^2 = z^2 variance(truth) / N
        split, found = np.maximum(apart, abs(middle)) / 100, middle / 100
        many = np.maximum(split - found**2, 1e-9) * (100 * NORMAL / np.maximum(half, 1e-9)) ** 2
        more = NORMAL**2 / np.minimum(seeds * prompts, many)  # z^2 / N
        half = 100 * np.sqrt(more * (split * (1 + more) - found**2)) / (1 + more)
        middle = middle / (1 + more)
    return _share(middle - half, middle + half, at_least, at_most)


def _share(low: np.ndarray, high: np.ndarray, at_least: float, at_most: float) -> Chances:
    return Chances(float(((low >= at_least) & (high <= at_most)).mean()),
                   float(((high < at_least) | (low > at_most)).mean()))


def _over_seeds(runs: Sequence[dict], truth: float, trials: int, random: np.random.Generator) -> tuple:
    import numpy as np

    effects, own = [run["effect"] for run in runs], [within(run) for run in runs]
    prompts = 0.0 if None in own else math.sqrt(sum(own) / len(own))
    drawn = random.normal(truth, np.std(effects, ddof=1), (trials, len(effects)))
    middle = drawn.mean(axis=1) + random.normal(0, prompts, trials)
    half = np.hypot(t_quantile(0.95, len(effects) - 1) * drawn.std(axis=1, ddof=1) / math.sqrt(len(effects)),
                    NORMAL * prompts)
    return middle - half, middle + half


def _draw_graded(gains: np.ndarray, truth: float, luck: float, trials: int,
                 random: np.random.Generator) -> Iterator[Interval]:
    """The intervals of experiments on graded scores: the runs' (S, N) scores or differences, moved to the truth."""
    seeds, prompts = gains.shape
    for _ in range(trials):
        drawn = _shuffled(random, gains[:, random.integers(prompts, size=prompts)])[0]
        yield mean_interval(drawn - gains.mean() + truth + random.normal(0, luck, (seeds, 1)), rate=False)


def _draw_rates(new: np.ndarray, old: np.ndarray | None, clusters: Sequence | None, truth: float, luck: float,
                trials: int, random: np.random.Generator) -> Iterator[Interval]:
    """The intervals of experiments on scores of 0 and 1, (S, N), for prompts that stand alone or in clusters.

    Scores cannot be moved by half a point. So prompts (or whole clusters) in which the new arm gains more are drawn
    more (or less) often, by weights exp(tilt * gain), until the gain to expect is the truth. One more of each possible
    outcome, of half a weight, lets outcomes occur that no run has seen. A seed's luck turns some scores of the new arm.
    """
    import numpy as np

    seeds, prompts = new.shape
    corners = [[0, 1]] if old is None else [[0, 0, 1, 1], [0, 1, 0, 1]]
    both = [np.hstack([arm, np.tile(corner, (seeds, 1))]) for arm, corner in zip((new, old), corners, strict=False)]
    gain = (both[0] if old is None else both[0] - both[1]).mean(axis=0)
    groups = [np.array([place]) for place in range(prompts)] if clusters is None else [
        np.flatnonzero(np.array(clusters) == thing) for thing in dict.fromkeys(clusters)]
    many = len(groups)
    groups += [np.repeat(place, round(prompts / many)) for place in range(prompts, len(gain))]
    over = np.array([(gain[group] - truth).sum() for group in groups])
    share = _tilted(over, np.where(np.arange(len(groups)) < many, 1.0, 0.5))
    for _ in range(trials):
        taken = [groups[place] for place in random.choice(len(groups), size=many, p=share)]
        chosen = np.concatenate(taken)
        drawn, *against = _shuffled(random, *(arm[:, chosen] for arm in both))
        for row, shift in zip(drawn, random.normal(0, luck, seeds), strict=True):
            turned = row == (shift < 0)
            row[turned & (random.random(len(row)) < abs(shift) / max(turned.mean(), 1e-9))] = shift > 0
        if clusters is None:
            yield paired_difference(drawn, *against, rate=True) if against else mean_interval(drawn, rate=True)
        else:
            by, things = over_clusters, np.repeat(np.arange(many), [len(each) for each in taken]).tolist()
            yield by.paired_difference(drawn, *against, things) if against else by.mean_interval(drawn, things)


def _tilted(over: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights that sum to 1, under which the mean is 0, or as near as a thousandth of the range allows."""
    import numpy as np
    from scipy.optimize import brentq
    from scipy.special import softmax

    edge = (over.max() - over.min()) / 1000
    aim, logs = np.clip(0.0, over.min() + edge, over.max() - edge), np.log(weights)
    return softmax(logs + over * brentq(lambda tilt: softmax(logs + tilt * over) @ over - aim, -1e4, 1e4))


def _shuffled(random: np.random.Generator, *arms: np.ndarray) -> list[np.ndarray]:
    """The (S, N) scores with those of each prompt dealt anew to the seeds, so that no seed keeps luck of its own."""
    import numpy as np

    order = random.random(arms[0].shape).argsort(axis=0)
    return [np.take_along_axis(scores, order, axis=0) for scores in arms]
