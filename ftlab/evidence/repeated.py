"""An experiment run again with other seeds: its mean effect, and where one more run should land.

A run is a dict with its ``effect``, ``seed`` and what tells how far other prompts would move it (``pack_scores``).
Where the effect is a mean over prompts, that is its scores ``by_prompt``, perhaps those of the arm that it stands
``against``, and what each prompt is ``about`` if some stand or fall together. Any other effect has its own interval,
``low`` and ``high``, or its values ``by_draw`` for draws of the prompts, and how many ``prompts`` there were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from ftlab.evidence import clusters as over_clusters
from ftlab.evidence import intervals
from ftlab.evidence.intervals import Interval, mean_interval, paired_difference, prediction_interval, seed_interval
from ftlab.evidence.packed import pack, unpack

if TYPE_CHECKING:
    import numpy as np


SCORES = ("by_prompt", "against", "about", "by_draw", "prompts")  # what a run may keep beside its effect
NORMAL = NormalDist().inv_cdf(0.975)


def mean_effect(runs: Sequence[dict], factor: float = 1) -> tuple[Interval, bool]:
    """The mean effect of runs with other seeds, with its 95 % interval, and whether that covers prompts beside seeds.

    It does if every run holds its scores by prompt and all have as many, or if every run says by itself how far other
    prompts would move it (``within``); else it is about seeds alone. In the second case both parts add in squares.
    All runs share their prompts' luck, so more seeds do not lessen that part.

    Args:
        factor: What turns a mean score into the effect: 100 for shares that are stated in points.
    """
    scores, clusters = arms(runs), about(runs)
    if scores is None:
        seeds, own = seed_interval([run["effect"] for run in runs]), [within(run) for run in runs]
        if None in own:
            return seeds, False
        half = math.hypot(seeds.high - seeds.value, NORMAL * math.sqrt(sum(own) / len(own)))
        return Interval(seeds.value, seeds.value - half, seeds.value + half), True
    by = intervals if clusters is None else over_clusters
    more = () if clusters is None else (clusters,)
    found = by.mean_interval(scores[0], *more) if scores[1] is None else by.paired_difference(*scores, *more)
    return found.times(factor), True


def arms(runs: Sequence[dict]) -> tuple[np.ndarray, np.ndarray | None] | None:
    """The scores by prompt and those they stand against (None if against nothing), (S, N) each for S runs.

    None where a run holds none, or runs hold different numbers of them.
    """
    import numpy as np

    both = [[unpack(run[arm]) for run in runs if arm in run] for arm in ("by_prompt", "against")]
    whole = len(both[0]) == len(runs) and len(both[1]) in (0, len(runs))
    if not whole or len({len(scores) for arm in both for scores in arm}) != 1:
        return None
    return np.array(both[0]), np.array(both[1]) if both[1] else None


def about(runs: Sequence[dict]) -> list[float] | None:
    """What each prompt is about, as a number for each thing; None if the prompts stand for themselves.

    Runs that drew other prompts about other things are taken by the first one's: its things are as large as theirs.
    """
    first = next((run["about"] for run in runs if "about" in run), None)
    return None if first is None else unpack(first).tolist()


def within(run: dict) -> float | None:
    """The variance that other prompts bring to one run's effect, in the square of its unit; None if it does not say.

    It is told by the effects of draws of its prompts or, where there are none, by the width of its own interval.
    """
    if "by_draw" in run:
        return float(unpack(run["by_draw"]).var(ddof=1))
    return ((run["high"] - run["low"]) / (2 * NORMAL)) ** 2 if {"low", "high"} <= set(run) else None


def next_run(runs: Sequence[dict], factor: float = 1, prompts: int | None = None) -> Interval:
    """Where one more run should land: 19 in 20 runs with a new seed do, if seeds scatter like these runs did.

    The 95 % t-prediction interval for one new run on the same prompts. A run on fewer or more of them has their luck
    beside its own: it gets what the prompts scatter within a run, those about one thing together.

    Args:
        runs: At least 2, without the run that is compared.
        prompts: How many that run has; None if as many as these. It needs the runs' scores by prompt, or for each run
            ``within`` and how many ``prompts`` it had.
    Source: ``ftlab.evidence.intervals.prediction_interval``.
    """
    extra = 0.0
    if prompts and all("by_prompt" in run for run in runs):
        one = sum(map(_of_one_prompt, runs)) / len(runs) * factor**2
        extra = one * abs(1 / prompts - 1 / len(unpack(runs[0]["by_prompt"])))
    elif prompts and all("prompts" in run and within(run) is not None for run in runs):
        one = sum(within(run) * run["prompts"] for run in runs) / len(runs)
        extra = one * abs(1 / prompts - len(runs) / sum(run["prompts"] for run in runs))
    return prediction_interval([run["effect"] for run in runs], extra=extra)


def _of_one_prompt(run: dict) -> float:
    """The variance of one prompt's score: that of the run's mean, times the prompts."""
    gain = unpack(run["by_prompt"]) - (unpack(run["against"]) if "against" in run else 0.0)
    apart = float(gain.var(ddof=1))
    if "about" not in run:
        return apart
    things = over_clusters.by_cluster(gain[None], unpack(run["about"]).tolist())[0]
    return max(apart, len(gain) * float(things.var(ddof=1)) / len(things))


def pack_scores(effect: float, factor: float = 1, *, by_prompt: Sequence | None = None,
                against: Sequence | None = None, about: Sequence | None = None, by_draw: Sequence | None = None,
                prompts: int | None = None) -> dict[str, str | int]:
    """What a run keeps so that its interval can be reckoned anew, as texts; empty if there is nothing.

    Args: as ``ftlab.claims.record``.
    Raises:
        ValueError: If the arms differ in length, their mean difference is not the effect, or there is not one thing
            ``about`` for each prompt.
    """
    kept = {} if by_draw is None else {"by_draw": pack(by_draw)}
    kept |= {} if prompts is None else {"prompts": int(prompts)}
    if by_prompt is None:
        return kept
    found = (mean_interval(by_prompt) if against is None else paired_difference(by_prompt, against)).value * factor
    if not math.isclose(found, effect, rel_tol=1e-4, abs_tol=1e-4 * factor):
        raise ValueError(f"expected scores whose mean is the effect, {effect:g}, found {found:g}. Give the scores that "
                         "the effect was computed from.")
    kept |= {"by_prompt": pack(by_prompt)} | ({} if against is None else {"against": pack(against)})
    if about is not None:
        if len(about) != len(by_prompt):
            raise ValueError(f"expected what each of {len(by_prompt)} prompts is about, found {len(about)}. Give one "
                             "for each score.")
        number = {thing: place for place, thing in enumerate(dict.fromkeys(about))}
        kept["about"] = pack([number[thing] for thing in about])
    return kept
