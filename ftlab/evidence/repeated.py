"""An experiment run again with other seeds: its mean effect, and where one more run should land.

A run is a dict with its ``effect``, ``seed`` and, where the effect is a mean over prompts, its scores ``by_prompt`` and
perhaps those of the arm that it stands ``against``, both as texts of ``ftlab.evidence.packed``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftlab.evidence.intervals import Interval, mean_interval, paired_difference, prediction_interval, seed_interval
from ftlab.evidence.packed import pack, unpack

if TYPE_CHECKING:
    import numpy as np


def mean_effect(runs: Sequence[dict], factor: float = 1) -> tuple[Interval, bool]:
    """The mean effect of runs with other seeds, with its 95 % interval, and whether that covers prompts beside seeds.

    It does if every run holds its scores by prompt and all have as many; else it is about seeds alone.

    Args:
        factor: What turns a mean score into the effect: 100 for shares that are stated in points.
    """
    scores = arms(runs)
    if scores is None:
        return seed_interval([run["effect"] for run in runs]), False
    return (mean_interval(scores[0]) if scores[1] is None else paired_difference(*scores)).times(factor), True


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


def next_run(runs: Sequence[dict], factor: float = 1, prompts: int | None = None) -> Interval:
    """Where one more run should land: 19 in 20 runs with a new seed do, if seeds scatter like these runs did.

    The 95 % t-prediction interval for one new run on the same prompts. A run on fewer or more of them has their luck
    beside its own: it gets what the prompts scatter within a run.

    Args:
        runs: At least 2, without the run that is compared.
        prompts: How many that run has; None if as many as these. It needs the runs' scores by prompt.
    Source: ``ftlab.evidence.intervals.prediction_interval``.
    """
    extra = 0.0
    if prompts and all("by_prompt" in run for run in runs):
        gains = [unpack(run["by_prompt"]) - (unpack(run["against"]) if "against" in run else 0.0) for run in runs]
        within = sum(float(gain.var(ddof=1)) for gain in gains) / len(gains) * factor**2
        extra = within * abs(1 / prompts - 1 / len(gains[0]))
    return prediction_interval([run["effect"] for run in runs], extra=extra)


def pack_arms(effect: float, by_prompt: Sequence | None, against: Sequence | None, factor: float = 1) -> dict[str, str]:
    """The scores by prompt as texts, once they are known to have this effect; empty without scores.

    Raises:
        ValueError: If the arms differ in length or their mean difference is not the effect.
    """
    if by_prompt is None:
        return {}
    found = (mean_interval(by_prompt) if against is None else paired_difference(by_prompt, against)).value * factor
    if not math.isclose(found, effect, rel_tol=1e-4, abs_tol=1e-4 * factor):
        raise ValueError(f"expected scores whose mean is the effect, {effect:g}, found {found:g}. Give the scores that "
                         "the effect was computed from.")
    return {"by_prompt": pack(by_prompt)} | ({} if against is None else {"against": pack(against)})
