"""Where a curve passes a limit: the dose from which one way of working is ahead of another, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ftlab.evidence.intervals import Interval


def crossing(doses: Sequence[float], gaps: Sequence[Interval], limit: float = 0.0) -> Interval:
    """The dose from which a curve stays at or above a limit, and the doses between which that could lie.

    At the true place the curve is at the limit, so the band around it holds the limit there in 95 of 100 studies. The
    interval is therefore the stretch in which the band holds the limit: from where its upper end comes to stay above
    to where its lower end does. Between doses all three curves are taken as straight, so nothing is said of a curve
    that leaps there.

    Args:
        doses: At least one, rising.
        gaps: For each dose the height of the curve with its 95 % interval.
    Returns:
        In the unit of the doses; ``-inf`` for "at or before the first one", ``inf`` for "not up to the last one".
    Raises:
        ValueError: If the numbers differ, there are none, or the doses do not rise.
    """
    if not doses or len(doses) != len(gaps) or list(doses) != sorted(set(doses)):
        raise ValueError(
            f"crossing: expected rising doses and a gap for each, found the doses {list(doses)} and {len(gaps)} gaps. "
            "Sort them, and give each dose once."
        )
    return Interval(*(last_below(doses, [gap[end] for gap in gaps], limit) for end in (0, 2, 1)))


def last_below(doses: Sequence[float], curve: Sequence[float], limit: float) -> float:
    """The dose from which a curve stays at or above the limit."""
    below = [i for i, height in enumerate(curve) if height < limit]
    if not below:
        return -math.inf
    if (i := below[-1]) == len(curve) - 1:
        return math.inf
    return doses[i] + (doses[i + 1] - doses[i]) * (limit - curve[i]) / (curve[i + 1] - curve[i])


def in_words(found: Interval, doses: Sequence[float], unit: str = "%") -> str:
    """From which dose on, to print: ``from 47 % on (95 % interval: 30 % to above 95 %)``."""

    def one(dose: float) -> str:
        if math.isfinite(dose):
            return f"{dose:.0f} {unit}"
        return f"above {doses[-1]:g} {unit}" if dose > 0 else f"{doses[0]:g} {unit} or below"

    if max(found) == -math.inf:
        return f"at every dose measured, with its interval, from {doses[0]:g} {unit} on"
    place = {math.inf: f"not even at {doses[-1]:g} {unit}",
             -math.inf: f"at every dose measured, from {doses[0]:g} {unit} on"}
    interval = f"95 % interval of the crossing: {one(found.low)} to {one(found.high)}"
    return f"{place.get(found.value, f'from {one(found.value)} on')} ({interval})"
