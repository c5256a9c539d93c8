"""A share, also of nothing."""

from ftlab.scores.shares import share_of


def test_share_of_nothing_is_none():
    assert share_of("x", [1, 0, 0, 1]) == {"x": 0.5, "x_of": 4, "x_each": [1, 0, 0, 1]}
    assert share_of("x", []) == {"x": None, "x_of": 0, "x_each": []}
