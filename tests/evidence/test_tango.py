"""Tango's score interval: known values, the equation that it solves, its laws, and how often it holds the truth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlab.evidence import tango


def test_a_published_interval():
    # Complete response before and after a therapy, 59, 6, 16, 80 (Cavo et al. 2012): -0.0621 [-0.1240, -0.0054] in the
    # tests of the R package contingencytables, which goes with the book of Fagerland, Lydersen and Laake (chapter 8).
    low, high = tango.score_ends(6, 16, 59 + 6 + 16 + 80)
    assert (float(low), float(high)) == pytest.approx((-0.1240, -0.0054), abs=5e-5)


def test_score_interval_by_hand():
    # No split question in 100: the ends solve 100 d^2 = z^2 d (1 - d), so d = z^2 / (100 + z^2) = 3.8415 / 103.8415.
    low, high = tango.score_ends(0, 0, 100)
    assert (float(low), float(high)) == pytest.approx((-0.036994, 0.036994), abs=1e-5)
    # All 20 won: the upper end is 1; the lower end solves 20 (1 - d)^2 = z^2 (1 - d^2): (20 - z^2) / (20 + z^2).
    low, high = tango.score_ends(20, 0, 20)
    assert (float(low), float(high)) == pytest.approx((16.1585 / 23.8415, 1), abs=1e-4)


@settings(max_examples=60)
@given(a=st.integers(0, 60), b=st.integers(0, 60), same=st.integers(1, 300))
def test_score_interval_laws(a, b, same):
    total = a + b + same
    low, high = tango.score_ends([a, b], [b, a], total)
    assert -1 <= low[0] <= (a - b) / total <= high[0] <= 1
    assert low[0] == pytest.approx(-high[1], abs=1e-9)  # swapping the models mirrors it
    z = abs(a - b) / math.sqrt(a + b) if a + b else 0
    if abs(z - 1.96) > 0.01:  # it leaves out 0 just where the McNemar statistic is over 1.96
        assert (low[0] > 0 or high[0] < 0) == (z > 1.96)


def likeliest_variance(a, b, total, difference):
    """One question's variance at a difference, the chance of "only b" found by the likelihood's slope, not by a root.

    The likelihood of q for "only b", q + d for "only a" and the rest for neither.
    """
    from scipy.optimize import brentq

    def slope(q):
        return a / (q + difference) + b / q - 2 * (total - a - b) / (1 - 2 * q - difference)

    least, most = max(0.0, -difference), (1 - difference) / 2
    q = brentq(slope, least + 1e-14, most - 1e-14, xtol=1e-15, rtol=1e-14)
    return 2 * q + difference - difference**2


@pytest.mark.parametrize(("a", "b", "total"), [(12, 5, 60), (5, 12, 60), (3, 3, 20), (40, 20, 160), (1, 7, 21),
                                               (2.5, 1.25, 30)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_ends_solve_the_score_equation(a, b, total, level):
    from scipy.optimize import brentq
    from scipy.stats import norm

    z, found = norm.ppf((1 + level) / 2), (a - b) / total

    def errors_off(difference):
        return (a - b - total * difference) / math.sqrt(total * likeliest_variance(a, b, total, difference))

    low = brentq(lambda d: errors_off(d) - z, -0.999, found, xtol=1e-14)
    high = brentq(lambda d: errors_off(d) + z, found, 0.999, xtol=1e-14)
    assert [float(end) for end in tango.score_ends(a, b, total, level)] == pytest.approx([low, high], abs=1e-10)


def test_the_variance_by_hand():
    # At no difference both chances are 14 / 100, and it is McNemar's: (10 + 4) / 50.
    assert float(tango.variance(10, 4, 50, 0.0)) == pytest.approx(0.28)
    # At the difference found nothing is bent: 14 / 50 - (6 / 50)^2.
    assert float(tango.variance(10, 4, 50, 0.12)) == pytest.approx(0.2656)
    # No split question: a true gain of 0.1 needs 10 % "only a" and nothing else, so 0.1 - 0.1^2; a loss as much.
    assert tango.variance(0, 0, 50, np.array([0.1, -0.1])) == pytest.approx([0.09, 0.09])
    # A difference of 1 leaves nothing to chance, whatever was found.
    assert tango.variance(np.array([50, 10, 0]), np.array([0, 4, 0]), 50, 1.0) == pytest.approx([0, 0, 0], abs=1e-12)


def test_more_questions_or_a_lower_level_make_it_narrower():
    def width(*arguments):
        low, high = tango.score_ends(*arguments)
        return float(high - low)

    by_size = [width(6 * times, 3 * times, 50 * times) for times in (1, 2, 4, 16)]
    assert by_size == sorted(by_size, reverse=True)
    assert by_size[2] / by_size[3] == pytest.approx(2, rel=0.05)  # four times the questions, half the width
    by_level = [width(6, 3, 50, level) for level in (0.5, 0.8, 0.95, 0.99)]
    assert by_level == sorted(by_level)
    # The same difference found on more split questions is less sure.
    assert width(6, 3, 50) < width(9, 6, 50) < width(20, 17, 50)


def test_many_experiments_at_once_are_each_as_alone():
    a, b = np.array([[0, 6], [12, 50]]), np.array([[0, 3], [5, 0]])
    low, high = tango.score_ends(a, b, 50)
    assert low.shape == high.shape == (2, 2)
    for place in np.ndindex(2, 2):
        assert (low[place], high[place]) == tuple(map(float, tango.score_ends(a[place], b[place], 50)))
    assert (low <= (a - b) / 50).all() and ((a - b) / 50 <= high).all()


@pytest.mark.parametrize("questions", [30, 40, 50, 70, 100])
def test_what_is_said_of_tangos_coverage_is_true(questions):
    """Worked out exactly: the chance of every split of the questions, times whether its interval holds the truth."""
    from scipy.stats import multinomial

    a, b = np.array([(i, j) for i in range(questions + 1) for j in range(questions + 1 - i)]).T
    (low, high), coverages = tango.score_ends(a, b, questions), []
    for split in np.arange(0.02, 0.61, 0.02):
        for gain in np.arange(0, min(split, 0.4) + 1e-9, 0.02):
            chances = multinomial.pmf(np.stack([a, b, questions - a - b], axis=1), questions,
                                      [(split + gain) / 2, max(0, (split - gain) / 2), 1 - split])
            coverages.append(chances[(low <= gain + 1e-12) & (gain <= high + 1e-12)].sum())
    assert min(coverages) >= 0.928 and max(coverages) <= 1
    assert np.mean(coverages) == pytest.approx(0.95, abs=0.005)
    if questions == 30:
        assert max(coverages) >= 0.999
