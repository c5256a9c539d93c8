"""A claim's limit and what is possible, by unit."""

from __future__ import annotations

import math

import pytest

from ftlab.evidence.claim import Claim


def claim(at_least: float = -math.inf, at_most: float = math.inf, unit: str = "points") -> Claim:
    return Claim("a", "01", "A.", "new minus old", unit, at_least, at_most, 1, 1)


@pytest.mark.parametrize(("ends", "limit"), [((5, math.inf), 5), ((-math.inf, -10), -10), ((-1, 2), 2), ((-3, 2), -3)])
def test_the_limit_is_where_the_range_ends(ends: tuple, limit: float) -> None:
    assert claim(*ends).limit == limit


def test_what_no_rate_can_do_is_cut_off() -> None:
    assert claim(5).clip(-104, 120) == (-100, 100) and claim(5, unit="nats").clip(-104, 120) == (-104, 120)
    assert claim(5, unit="%").clip(-104, 120) == (-100, 120)
    assert (claim(5).factor, claim(5, unit="nats").factor) == (100, 1)


def test_without_anything_said_the_notebook_is_the_experiment_on_the_lab_model() -> None:
    assert (claim(5).experiment, claim(5).dials, claim(5).models) == ("", {}, ("lab",))


def test_an_interval_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ValueError, match="claim a: expected low <= high"):
        claim(5).verdict(3, 2)
