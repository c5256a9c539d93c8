"""Cohen's kappa by hand, its symmetries, and intervals that hold the truth."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlab.scores import agreement


def test_kappa_by_hand():
    # Agreement 8 of 10. Shares of yes 0.5 and 0.5: chance 0.25 + 0.25 = 0.5, kappa 0.3 / 0.5 = 0.6.
    assert agreement.kappa([1] * 5 + [0] * 5, [1] * 4 + [0] * 5 + [1]) == pytest.approx(0.6)
    # Agreement 8 of 10. Shares 0.8 and 1: chance 0.8 + 0 = 0.8, kappa 0.
    assert agreement.kappa([1] * 8 + [0] * 2, [1] * 10) == pytest.approx(0)
    assert agreement.kappa([True, False], [True, False]) == 1
    assert agreement.kappa([1, 0], [0, 1]) == -1
    assert math.isnan(agreement.kappa([1, 1], [1, 1]))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=30))
def test_kappa_is_symmetric_and_blind_to_the_names(pairs):
    a, b = zip(*pairs, strict=True)
    found = agreement.kappa(a, b)
    assert found == pytest.approx(agreement.kappa(b, a), nan_ok=True)
    assert found == pytest.approx(agreement.kappa([not x for x in a], [not x for x in b]), nan_ok=True, abs=1e-9)
    assert math.isnan(found) or found <= 1


def test_kappa_interval():
    truth = [True] * 50 + [False] * 50
    verdicts = [True] * 40 + [False] * 50 + [True] * 10
    value, low, high = agreement.kappa_interval(truth, verdicts)
    # Kappa 0.6; its standard error is about sqrt(0.8 * 0.2 / 100) / 0.5 = 0.08, so 0.6 -+ 0.157.
    assert value == pytest.approx(0.6)
    assert (low, high) == pytest.approx((0.443, 0.757), abs=0.03)
    # All 100 alike: Wilson's agreement is from 100 / (100 + 3.8415) = 0.9630 on, chance 0.5, so kappa from 0.9260 on.
    assert agreement.kappa_interval(truth, truth) == pytest.approx((1, 0.9260, 1), abs=1e-4)
    assert all(math.isnan(number) for number in agreement.kappa_interval([True] * 5, [True] * 5))


@pytest.mark.parametrize("cells", [(0.3, 0.2, 0.1, 0.4), (0.75, 0.05, 0.1, 0.1), (0.48, 0.02, 0.01, 0.49)])
def test_kappa_intervals_hold_the_truth(cells):
    import numpy as np

    both, only_a, only_b, neither = cells  # of what two raters say, so kappa is known
    chance = (both + only_a) * (both + only_b) + (only_b + neither) * (only_a + neither)
    known, random, held = (both + neither - chance) / (1 - chance), np.random.default_rng(0), 0
    for _ in range(400):
        drawn = random.choice(4, size=60, p=cells)
        _, low, high = agreement.kappa_interval((drawn < 2).tolist(), ((drawn == 0) | (drawn == 2)).tolist())
        held += low <= known <= high
    assert 0.93 <= held / 400 <= 0.99  # 0.95 to 0.97; standard error over 400 trials: 1.1 points
