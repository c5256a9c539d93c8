"""Intervals over products and seeds: those over products where one seed ran, and wider where seeds differ."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ftlab.evidence import clusters, intervals
from ftlab.retrieval import seeded

ABOUT = list("aabbccdd")


def test_with_one_seed_it_is_the_interval_over_products() -> None:
    a, b = [1, 1, 0, 0, 1, 0, 1, 1], [0, 1, 0, 0, 0, 0, 1, 0]
    for rows in (a, [a], np.array([a])):
        assert seeded.mean_interval(rows, ABOUT) == clusters.mean_interval(a, ABOUT)
        assert seeded.paired_difference(rows, b, ABOUT) == clusters.paired_difference(a, b, ABOUT)
        assert seeded.p_value(rows, b, ABOUT) == clusters.p_value(a, b, ABOUT)


def test_where_each_question_is_a_product_it_is_the_interval_over_questions_and_seeds() -> None:
    runs = [[1.5, 2.5, 2.0, 4.0], [0.5, 2.0, 3.0, 3.5], [2.5, 3.5, 2.0, 5.0]]
    ours, theirs = seeded.mean_interval(runs, "abcd"), intervals.mean_interval(runs)
    assert all(math.isclose(one, other) for one, other in zip(ours, theirs, strict=True))


def test_copies_of_a_question_add_nothing_and_seeds_that_agree_change_nothing() -> None:
    few = np.array([[0.5, 1.5, 2.5], [1.0, 2.5, 2.0]])
    alone, copied = seeded.mean_interval(few, "abc"), seeded.mean_interval(np.tile(few, 4), "abc" * 4)
    assert all(math.isclose(one, other) for one, other in zip(alone, copied, strict=True))
    run = [0.5, 1.5, 2.5, 2.0]
    same, single = seeded.mean_interval([run] * 3, "aabb"), seeded.mean_interval(run, "aabb")
    assert all(math.isclose(one, other) for one, other in zip(same, single, strict=True))


def test_the_seeds_part_by_hand() -> None:
    # Two seeds of four products, all 2 and all 0: products add nothing, and the seeds' means 2 and 0 have a standard
    # error of 1. The t of one degree of freedom is 12.7.
    found = seeded.mean_interval([[2] * 4, [0] * 4], "abcd")
    assert found.value == 1 and math.isclose(found.high, 1 + 12.706204736, rel_tol=1e-6)


def test_what_has_no_seed_stands_against_each_seed_and_shares_stay_possible() -> None:
    ours, theirs = [[1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1]], [0] * 8
    gap = seeded.paired_difference(ours, theirs, ABOUT)
    assert gap.value == 0.75 and -1 <= gap.low < 0.5 and gap.high == 1
    assert seeded.mean_interval(ours, ABOUT).high == 1
    assert seeded.p_value(ours, theirs, ABOUT) == clusters.p_value([1] * 4 + [0.5] * 4, theirs, ABOUT)


def test_one_product_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        seeded.mean_interval([[0, 1], [1, 1]], ["a", "a"])
