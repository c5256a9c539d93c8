"""Scores of rankings, against values worked out by hand."""

import math

import pytest

from ftlab.scores import ranking

FOUND = ["a", "b", "c", "d"]


def test_recall_is_the_share_of_the_gold_ones_that_came():
    assert ranking.recall_at(FOUND, {"b", "d", "x", "y"}, 2) == 1 / 4  # b
    assert ranking.recall_at(FOUND, {"b", "d", "x", "y"}, 4) == 2 / 4  # b, d
    assert ranking.recall_at([], {"b"}, 4) == 0


def test_one_gold_thing_is_a_hit():
    assert [ranking.hit_at(FOUND, {"c", "x"}, k) for k in (1, 2, 3, 4)] == [0, 0, 1, 1]


def test_the_reciprocal_rank_is_of_the_first_gold_thing():
    assert ranking.reciprocal_rank(FOUND, {"c", "d"}) == 1 / 3
    assert ranking.reciprocal_rank(FOUND, {"x"}) == 0


def test_ndcg_by_hand():
    # Gold at places 1 and 3: 1 + 1/2. The best order has them at 1 and 2: 1 + 1/log2(3).
    assert ranking.ndcg_at(FOUND, {"a", "c"}, 4) == pytest.approx(1.5 / (1 + 1 / math.log2(3)))
    # Three gold ones, of which only two fit into the first two places: the best is 1 + 1/log2(3), found is 1/log2(3).
    assert ranking.ndcg_at(FOUND, {"b", "c", "d"}, 2) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert ranking.ndcg_at(FOUND, {"a", "b"}, 2) == 1


def test_gold_may_be_a_list_that_names_one_thing_twice():
    assert ranking.recall_at(FOUND, ["a", "a"], 1) == 1
    assert ranking.ndcg_at(FOUND, ["a", "a"], 3) == 1


def test_senseless_input_is_refused():
    with pytest.raises(ValueError, match="gold: expected at least one"):
        ranking.recall_at(FOUND, set(), 3)
    with pytest.raises(ValueError, match="gold: expected at least one thing"):
        ranking.hit_at(FOUND, "a", 3)
    with pytest.raises(ValueError, match="k: expected 1 or more, found 0"):
        ranking.ndcg_at(FOUND, {"a"}, 0)
    with pytest.raises(ValueError, match="found one twice"):
        ranking.reciprocal_rank(["a", "a"], {"a"})
