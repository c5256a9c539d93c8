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


def test_fleiss_by_hand():
    # Three raters. Items 1 and 4: all alike, agreement 1. Items 2 and 3: one pair of three agrees, 1/3. Mean 2/3.
    # Of all 12 votes 6 are a and 6 are b: by chance 1/2.
    counted = [list(item) for item in ("aaa", "aab", "bba", "bbb")]
    assert agreement.fleiss(counted) == pytest.approx((2 / 3 - 1 / 2) / (1 / 2))
    counted[3] = ["b", "b", "tie"]
    # Now 6 a, 5 b, 1 tie; agreement 1, 1/3, 1/3, 1/3, mean 1/2; by chance (36 + 25 + 1) / 144.
    assert agreement.fleiss(counted) == pytest.approx((72 / 144 - 62 / 144) / (82 / 144))
    assert agreement.fleiss([["a", "a"], ["b", "b"]]) == 1
    assert math.isnan(agreement.fleiss([["a", "a", "a"]] * 3))


def test_fleiss_of_two_raters_with_equal_shares_is_cohens():
    a, b = [1] * 5 + [0] * 5, [1] * 4 + [0] * 5 + [1]
    assert agreement.fleiss(list(zip(a, b, strict=True))) == pytest.approx(agreement.kappa(a, b))
    both = agreement.fleiss_interval(list(zip(a, b, strict=True)))
    assert both == pytest.approx(agreement.kappa_interval(a, b))


def test_cohen_in_any_words_is_kappa_where_there_are_two():
    a, b = [1] * 5 + [0] * 5, [1] * 4 + [0] * 5 + [1]
    assert agreement.cohen_interval(a, b) == pytest.approx(agreement.kappa_interval(a, b))
    # Three words. Agreement 3 of 4; shares of a, b and tie 2, 1, 1 and 2, 0, 2: by chance 4/16 + 0 + 2/16.
    found = agreement.cohen_interval(["a", "a", "b", "tie"], ["a", "a", "tie", "tie"])
    assert found.value == pytest.approx((3 / 4 - 6 / 16) / (10 / 16))
    assert all(math.isnan(number) for number in agreement.cohen_interval(["a"] * 3, ["a"] * 3))


def test_items_about_one_thing_widen_the_interval_and_leave_the_value():
    one, other = ["a", "b"] * 20, ["a", "b"] * 10 + ["b", "a"] * 10
    about = [i // 10 for i in range(40)]  # four things, of which two are agreed on and two are not
    alone, together = agreement.cohen_interval(one, other), agreement.cohen_interval(one, other, about)
    assert alone.value == together.value == pytest.approx(0)
    assert together.low < alone.low and together.high > alone.high
    said = list(zip(one, other, strict=True))
    assert agreement.fleiss_interval(said, about) == pytest.approx(together)  # both raters say a as often as b


def test_fleiss_interval_keeps_a_width_and_refuses_uneven_items():
    alike = [["a"] * 3] * 20 + [["b"] * 3] * 20
    value, low, high = agreement.fleiss_interval(alike)
    # Wilson's agreement of 40 of 40 is from 40 / (40 + 3.8415) = 0.9124 on, chance 1/2.
    assert (value, low, high) == pytest.approx((1, 0.8248, 1), abs=1e-3)
    assert all(math.isnan(number) for number in agreement.fleiss_interval([["a", "a"]] * 4))
    with pytest.raises(ValueError, match=r"ratings\[1\]: .* found 2 where the first item has 3"):
        agreement.fleiss([["a", "b", "a"], ["a", "b"]])
    with pytest.raises(ValueError, match="at least two"):
        agreement.fleiss([["a"], ["b"]])


@pytest.mark.parametrize("errors", [(0.1, 0.15, 0.15), (0.05, 0.05, 0.3), (0.3, 0.3, 0.3)])
def test_fleiss_intervals_hold_the_truth(errors):
    import numpy as np

    # Raters who miss a fair coin at known rates: two agree if both or neither miss, and chance is 1/2.
    pairs = [(0, 1), (0, 2), (1, 2)]
    agreed = np.mean([errors[i] * errors[j] + (1 - errors[i]) * (1 - errors[j]) for i, j in pairs])
    known, random, held = (agreed - 0.5) / 0.5, np.random.default_rng(0), 0
    for _ in range(400):
        truth = random.random(60) < 0.5
        said = np.stack([truth ^ (random.random(60) < error) for error in errors], axis=1)
        _, low, high = agreement.fleiss_interval(said.tolist())
        held += low <= known <= high
    assert 0.92 <= held / 400 <= 0.99
