"""Intervals over products: wider than those over questions where a product's questions stand or fall together."""

from __future__ import annotations

import math

import pytest

from ftlab.evidence import clusters, intervals


def test_where_each_question_is_a_cluster_the_graded_interval_is_students() -> None:
    scores = [1.5, 2.5, 2.0, 4.0]
    ours, students = clusters.mean_interval(scores, "abcd"), intervals.mean_interval(scores)
    assert all(math.isclose(one, other) for one, other in zip(ours, students, strict=True))


def test_copies_of_a_question_add_nothing() -> None:
    few, many = [0.5, 1.5, 2.5], [0.5, 1.5, 2.5] * 4
    alone, copied = clusters.mean_interval(few, "abc"), clusters.mean_interval(many, "abc" * 4)
    assert all(math.isclose(one, other) for one, other in zip(alone, copied, strict=True))
    assert intervals.mean_interval(many).low > copied.low


def test_the_width_by_hand() -> None:
    # Mean 0.5; the sums of what is off are +2 and -2: the error is sqrt(2 / 1 * 8) / 4 = 1, and t of one is 12.7.
    found = clusters.paired_difference([2, 2, 0, 0], [0.5] * 4, ["a", "a", "b", "b"])
    assert found.value == 0.5 and math.isclose(found.high, 0.5 + 12.706204736, rel_tol=1e-6)


def test_the_ends_of_shares_stay_possible_and_equal_scores_keep_a_width() -> None:
    zeros = clusters.mean_interval([0] * 12, ["a", "b", "c"] * 4)
    assert zeros == intervals.mean_interval([0] * 12) and zeros.high > 0.2
    halves = clusters.mean_interval([1, 1, 1, 0, 0, 0], list("aaabbb"))
    assert (halves.low, halves.high) == (0, 1)
    gap = clusters.paired_difference([1, 1, 0, 0], [0, 0, 1, 1], list("aabb"))
    assert (gap.low, gap.high) == (-1, 1)


def test_the_p_value_flips_clusters_not_questions() -> None:
    # Of two products' coins, one of four throws gives both to the same side: 2 of 4, both tails together.
    assert clusters.p_value([1] * 8, [0] * 8, list("aaaabbbb")) == 0.5
    assert clusters.p_value([1] * 8, [0] * 8, list("abcdefgh")) == 2 / 256


def test_one_product_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        clusters.mean_interval([0, 1], ["a", "a"])


def test_over_seeds_the_width_is_that_of_clusters_and_seeds() -> None:
    scores = [[1.5, 2.5, 2.0, 4.0], [1.0, 3.5, 2.5, 4.5], [0.5, 2.5, 1.0, 4.0]]
    ours, students = clusters.mean_interval(scores, "abcd"), intervals.mean_interval(scores)
    assert all(math.isclose(one, other) for one, other in zip(ours, students, strict=True))
    copied = clusters.paired_difference([row * 4 for row in scores], [[0.0] * 16], "abcd" * 4)
    assert math.isclose(copied.high, students.high), "copies of a question add nothing"


def test_means_of_clusters_in_the_order_of_first_appearance() -> None:
    assert clusters.means([1, 0, 1, 1], ["b", "a", "b", "a"]).tolist() == [[1.0, 0.5]]
    assert clusters.means([[1, 0, 0], [1, 1, 0]], [3, 3, 1]).tolist() == [[0.5, 0.0], [1.0, 0.0]]


def test_the_seeds_part_by_hand() -> None:
    # Two seeds of four products, all 2 and all 0: products add nothing, and the seeds' means 2 and 0 have a standard
    # error of 1. The t of one degree of freedom is 12.7.
    found = clusters.mean_interval([[2] * 4, [0] * 4], "abcd")
    assert found.value == 1 and math.isclose(found.high, 1 + 12.706204736, rel_tol=1e-6)


def test_what_has_no_seed_stands_against_each_seed_and_shares_stay_possible() -> None:
    ours, theirs, about = [[1, 1, 1, 1, 0, 0, 0, 0], [1] * 8], [0] * 8, "aabbccdd"
    gap = clusters.paired_difference(ours, theirs, about)
    assert gap.value == 0.75 and -1 <= gap.low < 0.5 and gap.high == 1
    assert clusters.mean_interval(ours, about).high == 1
    assert clusters.p_value(ours, theirs, about) == clusters.p_value([1] * 4 + [0.5] * 4, theirs, about)
