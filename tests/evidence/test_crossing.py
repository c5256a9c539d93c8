"""Where a curve passes a limit: by hand, at the edges, and how often the interval holds the truth."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlab.evidence.crossing import crossing, in_words, last_below
from ftlab.evidence.intervals import Interval, paired_difference

DOSES = (20, 40, 60)


def test_by_hand() -> None:
    # From -10 at 20 to 10 at 40 the curve is 0 halfway, at 30. Its upper end, 0 at 20 and 20 at 40, is never below 0;
    # its lower end, -20, 0 and 10, comes up to 0 at 40.
    gaps = [Interval(-10, -20, 0), Interval(10, 0, 20), Interval(20, 10, 30)]
    assert crossing(DOSES, gaps) == (30, -math.inf, 40)
    # The limit 5: the curve is there at 35, the upper end at 25, and the lower end halfway from 40 to 60.
    assert crossing(DOSES, gaps, limit=5) == (35, 25, 50)


def test_what_counts_is_where_it_stays_above() -> None:
    assert last_below((20, 40, 60, 80), (5, -5, 5, 10), 0) == 50
    assert last_below(DOSES, (1, 2, 3), 0) == -math.inf
    assert last_below(DOSES, (1, 2, -3), 0) == math.inf
    assert last_below(DOSES, (-1, 0, 0), 0) == 40


def test_in_words() -> None:
    tail = "95 % interval of the crossing:"
    assert in_words(Interval(47.4, 30, math.inf), DOSES) == f"from 47 % on ({tail} 30 % to above 60 %)"
    found = in_words(Interval(math.inf, -math.inf, math.inf), DOSES)
    assert found == f"not even at 60 % ({tail} 20 % or below to above 60 %)"
    found = in_words(Interval(-math.inf, -math.inf, 25), DOSES)
    assert found == f"at every dose measured, from 20 % on ({tail} 20 % or below to 25 %)"
    found = in_words(Interval(*[-math.inf] * 3), DOSES)
    assert found == "at every dose measured, with its interval, from 20 % on"


@given(st.lists(st.tuples(*[st.integers(-50, 50)] * 3).map(sorted), min_size=1, max_size=6), st.integers(-20, 20))
def test_the_ends_lie_around_the_place(heights: list[list[int]], limit: int) -> None:
    gaps = [Interval(middle, low, high) for low, middle, high in heights]
    found = crossing(range(len(gaps)), gaps, limit)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(("doses", "gaps"), [((), []), ((20, 40), [Interval(0, 0, 0)]),
                                             ((40, 20), [Interval(0, 0, 0)] * 2)])  # fmt: skip
def test_doses_and_gaps_must_fit(doses: tuple, gaps: list) -> None:
    with pytest.raises(ValueError, match="rising doses and a gap for each"):
        crossing(doses, gaps)


def test_the_interval_holds_the_true_place_in_19_of_20_studies() -> None:
    import numpy as np

    # One arm is right on 60 of 100 prompts at every dose, the other on 80 at dose 20 and 5 fewer for every 10 more:
    # equal at dose 60, which lies between two of the doses.
    random, doses, held = np.random.default_rng(0), (20, 40, 80, 95), 0
    for _ in range(150):
        best = random.random(120) < 0.6
        gaps = [paired_difference(best, random.random(120) < 0.9 - dose / 200) for dose in doses]
        found = crossing(doses, gaps)
        held += found.low <= 60 <= found.high
    assert held / 150 >= 0.91  # 0.95 with a standard error of 1.8 points, two below; straight bands are rather wide
