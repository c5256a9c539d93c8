"""The best of a few learning rates, found between them: the tip of a parabola through the lowest point of a curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def best_rates(curve: Mapping[float, Sequence[float]], draws: np.ndarray) -> np.ndarray:
    """The rate with the lowest loss for each draw of rows: the tip of a parabola through three points.

    The parabola goes through the lowest rate and its neighbours, over the logarithm of the rate and of the mean loss. A
    tip never lies beyond the rates that were tried.

    Args:
        curve: By rate, from the lowest, the loss on each held-out row; at least three rates.
        draws: Places of rows, with repetition, for each draw.
    Shapes:
        each curve: (N,); draws: (D, N); returns (D,).
    """
    import numpy as np

    rates = np.log10(list(curve))
    tips = []
    for means in np.array(list(curve.values()))[:, draws].mean(axis=2).T:  # (D, rates)
        low = int(np.clip(means.argmin(), 1, len(rates) - 2))
        near = slice(low - 1, low + 2)
        a, b, _ = np.polyfit(rates[near], np.log(means[near]), 2)
        tip = -b / (2 * a) if a > 0 else rates[means.argmin()]
        tips.append(np.clip(tip, rates[0], rates[-1]))
    return 10 ** np.array(tips)


def best_rate(curve: Mapping[float, Sequence[float]]) -> float:
    """The rate with the lowest mean loss over all rows, as ``best_rates`` finds it."""
    import numpy as np

    rows = len(next(iter(curve.values())))
    return float(best_rates(curve, np.arange(rows)[None])[0])


def is_inside(curve: Mapping[float, Sequence[float]]) -> bool:
    """Whether the lowest loss is at neither end of the rates: else a rate beyond them may be better still."""
    means = [sum(losses) / len(losses) for losses in curve.values()]
    return 0 < means.index(min(means)) < len(means) - 1
