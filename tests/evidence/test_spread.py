"""How far a mean moves with other questions and seeds: each part by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ftlab.evidence import spread


def test_half_width_of_one_run_is_students():
    # 1, 2, 3: s^2 = 1, so the standard error is sqrt(1 / 3); t of 2 degrees of freedom for 95 % is 4.302653.
    assert spread.half_width(np.array([[1.0, 2.0, 3.0]]), 0.95) == pytest.approx(4.302653 * math.sqrt(1 / 3))


def test_seeds_add_their_spread_less_the_rest():
    # Seeds' means 2 and 4: variance 2. Question and seed explain all, so no rest is taken off: 2 stays.
    assert spread.seed_variance(np.array([[1.0, 3.0], [3.0, 5.0]])) == pytest.approx(2)
    # Means 1 and 2, variance 0.5. The residuals are -0.5, 0.5 and 0.5, -0.5: sum of squares 1, over (2-1)(2-1)2: 0.5.
    assert spread.seed_variance(np.array([[0.0, 2.0], [2.0, 2.0]])) == 0
    # Both parts of the first: questions' means 2 and 4 give 12.7062^2 * 2 / 2, seeds 12.7062^2 * 2 / 2.
    half = spread.half_width(np.array([[1.0, 3.0], [3.0, 5.0]]), 0.95)
    assert half == pytest.approx(12.706205 * math.sqrt(2))


def test_as_many_questions_of_one_run():
    runs = np.zeros((2, 100))
    # 1.959964 / 0.2 = 9.79982; squared, times 0.25: 24.01 questions leave a half width of 0.2.
    assert spread.as_many(runs, 0.25, 0.2, 0.95) == pytest.approx(24.009, abs=1e-3)
    assert spread.as_many(runs, 0.25, 0.01, 0.95) == 200  # no more than were asked in all
    assert spread.as_many(runs[:1], 0.25, 0.2, 0.95) == spread.as_many(runs, 0.0, 0.2, 0.95) == 100


def test_a_single_run_stands_against_each_of_the_other():
    one, other = spread.paired_rows([1, 0], [[0, 0], [1, 1], [0, 1]])
    assert one.tolist() == [[1, 0]] * 3 and other.shape == (3, 2)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: spread.t_quantile(95, 3), "level: expected a number between 0 and 1 such as 0.95, found 95"),
    (lambda: spread.rows([[1, 0], [1]], "scores"), "scores: expected numbers, as many in each run"),
    (lambda: spread.rows([1, math.nan, 0], "scores"), r"found shape \(3,\) with 1 that are not finite"),
    (lambda: spread.one_row([[1, 0], [0, 1]], "effects"), "effects: expected one number for each seed"),
    (lambda: spread.paired_rows([1, 0], [1, 0, 1]), "same questions, found 2 and 3"),
    (lambda: spread.paired_rows([[1, 0]] * 2, [[1, 0]] * 3), "same seeds, found 2 and 3 runs"),
])
def test_what_makes_no_interval_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
