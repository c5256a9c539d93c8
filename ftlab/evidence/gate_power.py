"""How often would a gate let a model through that is as good as the baseline, and how many items would do better?

A limit that an equal model passes in 19 of 100 cases says nothing about a model that it stops. So the gate prints this
chance beside its verdicts: it depends on the number of items and on how they scatter, not on the candidate's luck.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from ftlab.evidence import intervals, tango

if TYPE_CHECKING:
    import numpy as np

MOST = 1_000_000  # items that anybody might go to
POWER = 0.8  # how often a plan shall reach its aim; the usual number
SURE, USUALLY = NormalDist().inv_cdf(0.975), NormalDist().inv_cdf(POWER)


class Power(NamedTuple):
    """How often an equal model passes, as a share, and with how many items it passes in 80 %; None if none do."""

    passes: float
    items: int | None


def of_drop(new: np.ndarray, old: np.ndarray, may_drop: float, rate: bool, looser: float = 1.0) -> Power:
    """The power of "may drop by so much", in the unit of the scores, on these items.

    For scores of 0 and 1 all depends on how many items the two models split; half an item is added to those seen, so
    that none seen is not taken for none to come.

    Args:
        looser: By how much the variance of a mean grows where items stand or fall together.
    Shapes:
        new, old: (N,), N >= 2.
    Source: Nam 1997, Biometrics 53(4) (equivalence of paired shares; variance under the limit and under equality).
    """
    items = len(new)
    if not rate:
        spread = float((new - old).var(ddof=1))
        return _power(may_drop, looser * spread, looser * spread, items)
    split = ((new != old).sum() + 0.5) / (items + 1) * items
    at_bar = float(tango.variance(split / 2, split / 2, items, -min(1.0, may_drop)))
    return _power(may_drop, looser * at_bar, looser * split / items, items)


def of_limit(old: np.ndarray, distance: float, rate: bool, sign: int = 1, looser: float = 1.0) -> Power:
    """The power of a limit that the baseline keeps by ``distance`` (in the unit of the scores, below 0: breaks it).

    Args:
        sign: 1 if more is better, -1 if less is.
        looser: As in ``of_drop``.
    Shapes:
        old: (N,), N >= 2.
    """
    share, items = float(old.mean()), len(old)
    if not rate:
        spread = float(old.var(ddof=1))
        return _power(distance, looser * spread, looser * spread, items)
    bar = share - sign * distance
    return _power(distance, looser * max(0.0, bar * (1 - bar)), looser * share * (1 - share), items)


def items_to_settle(items: int, half: float, distance: float) -> int | None:
    """How many items settle a limit in 8 of 10 cases, were the truth as found: ``distance`` away, ``half`` unsure.

    An interval narrows with the root of the items. It must narrow until it is clear of the limit not only where the
    next figure is the truth, which is half of the cases, but also where it is 0.84 standard errors worse.
    """
    return math.ceil(items * (half / distance * (SURE + USUALLY) / SURE) ** 2) if distance > 0 else None


def rates_to_settle(new: np.ndarray, old: np.ndarray | None, bar: float) -> int | None:
    """``items_to_settle`` for scores of 0 and 1, by what judges them: Tango's interval, or Wilson's without ``old``.

    Half an item is added to those that are split (or to either answer), so that none seen is not taken for none to
    come. None where the figure found is the limit itself, or more than ``MOST`` items would be needed.

    Args:
        bar: The limit, as a share: of the difference, or of ``new`` alone.
    Shapes:
        new, old: (N,), N >= 2.
    """
    import numpy as np

    items, at = len(new), float((new if old is None else new - old).mean())
    split = ((new != old).sum() + 0.5) / (items + 1) if old is not None else 0.0
    middle = (new.sum() + 0.25) / (items + 0.5)
    spread = max(0.0, split - at**2) if old is not None else middle * (1 - middle)
    side = 1 if at > bar else -1

    def settles(many: np.ndarray) -> np.ndarray:
        unlucky = at - side * USUALLY * np.sqrt(spread / many)
        if old is None:
            low, high = np.array([intervals.wilson(min(1.0, max(0.0, share)), total)[1:]
                                  for share, total in zip(unlucky, many, strict=True)]).T
        else:
            worse = unlucky.clip(-split, split)
            low, high = tango.score_ends((split + worse) / 2 * many, (split - worse) / 2 * many, many)
        return low >= bar if side > 0 else high < bar

    few, enough = 1, MOST
    for _ in range(2):  # first to a few in a hundred, then between two such numbers
        tried = np.unique(np.geomspace(few, enough, 500).round())
        if at == bar or not (does := settles(tried)).any():
            return None
        place = int(does.argmax())
        few, enough = tried[max(0, place - 1)], tried[place]
    return max(2, int(enough))


def _power(distance: float, at_bar: float, at_truth: float, items: int) -> Power:
    """The normal approximation: variance of one item at the limit and at the truth, which is ``distance`` inside it."""
    at_truth = max(at_truth, 1e-12)  # no spread at all: certain to pass, or not to
    passes = NormalDist().cdf((distance * math.sqrt(items) - SURE * math.sqrt(at_bar)) / math.sqrt(at_truth))
    if distance <= 0:
        return Power(passes, None)
    needed = ((SURE * math.sqrt(at_bar) + USUALLY * math.sqrt(at_truth)) / distance) ** 2
    return Power(passes, max(2, math.ceil(needed)))
