"""The best of a few learning rates, found between them: the tip of a parabola through the lowest point of a curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    rates, tips = np.log10(list(curve)), []
    for means in np.array(list(curve.values()))[:, draws].mean(axis=2).T:  # (draws, rates)
        low = int(np.clip(means.argmin(), 1, len(rates) - 2))
        near = slice(low - 1, low + 2)
        a, b, _ = np.polyfit(rates[near], np.log(means[near]), 2)
        tip = -b / (2 * a) if a > 0 else rates[means.argmin()]
        tips.append(np.clip(tip, rates[0], rates[-1]))  # never beyond the rates that were tried
    return 10 ** np.array(tips)


def best_rate(curve: Mapping[float, Sequence[float]]) -> float:
    """The rate with the lowest mean loss over all rows, as ``best_rates`` finds it."""
    return float(best_rates(curve, np.arange(len(next(iter(curve.values()))))[None])[0])


def is_inside(curve: Mapping[float, Sequence[float]]) -> bool:
    """Whether the lowest loss is at neither end of the rates: else a rate beyond them may be better still."""
    means = [sum(losses) / len(losses) for losses in curve.values()]
    return 0 < means.index(min(means)) < len(means) - 1


def times_apart(
    low_way: Mapping[float, Sequence[float]], high_way: Mapping[float, Sequence[float]], seed: int = 0
) -> tuple[float, float, float]:
    """How many times one way's best rate another's is, with the 95 % interval over held-out rows.

    The rows are drawn anew two thousand times, the same for both ways. Where a lowest loss is at an end of the rates
    that were tried, nobody knows how far beyond it the best one lies: there the interval is opened a hundredfold.

    Args:
        low_way, high_way: Curves as ``best_rates`` takes them, on the same rows; the second one's best rate is divided
            by the first one's.
    Returns:
        The ratio and the two ends of its interval, which has the ratio within.
    """
    rows = len(next(iter(low_way.values())))
    draws = np.vstack([np.arange(rows), np.random.default_rng(seed).integers(rows, size=(2000, rows))])
    times = best_rates(high_way, draws) / best_rates(low_way, draws)
    low, high = np.quantile(times[1:], (0.025, 0.975))
    ends = [min(low, times[0]), max(high, times[0])]
    for curve, above in ((high_way, 1), (low_way, 0)):
        if not is_inside(curve):
            at_top = min(curve, key=lambda rate, curve=curve: sum(curve[rate])) == max(curve)
            larger = at_top == bool(above)  # whether the true ratio may be larger, or smaller
            ends[larger] *= 100 if larger else 0.01
    return float(times[0]), float(ends[0]), float(ends[1])
