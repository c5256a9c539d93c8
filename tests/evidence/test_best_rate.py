"""The best of a few rates: a known parabola's tip, and an interval that is open where nobody has looked."""

from __future__ import annotations

import math

import pytest

from ftlab.evidence.best_rate import best_rate, is_inside, times_apart


def curve(tip: float, rates: tuple[float, ...], rows: int = 12) -> dict[float, list[float]]:
    """Losses whose logarithm is a parabola over the rate's with its lowest point at ``tip``; rows differ in height."""
    return {rate: [math.exp(math.log10(rate / tip) ** 2) * (1 + row / 10) for row in range(rows)] for rate in rates}


RATES = (1e-4, 3e-4, 1e-3, 3e-3)


def test_the_tip_of_a_parabola_is_found_between_the_rates() -> None:
    assert best_rate(curve(5e-4, RATES)) == pytest.approx(5e-4)
    assert is_inside(curve(5e-4, RATES)) and not is_inside(curve(1e-2, RATES)) and not is_inside(curve(1e-5, RATES))


def test_two_ways_apart() -> None:
    # all rows have the same tip, so every draw finds the same ratio
    assert times_apart(curve(3e-4, RATES), curve(2.4e-3, tuple(3 * rate for rate in RATES))) == pytest.approx((8, 8, 8))


def test_at_an_end_the_interval_is_open_on_the_side_that_is_unknown() -> None:
    high = tuple(3 * rate for rate in RATES)
    ratio, low, top = times_apart(curve(3e-4, RATES), curve(1.0, high))  # the upper way's best lies above 9e-3
    assert low <= ratio and top >= 90 * ratio
    ratio, low, top = times_apart(curve(1.0, RATES), curve(1e-3, high))  # the lower way's best lies above 3e-3
    assert top == pytest.approx(ratio) and low <= ratio / 90
    ratio, low, top = times_apart(curve(1e-9, RATES), curve(1e-3, high))  # the lower way's best lies below 1e-4
    assert top >= 90 * ratio
