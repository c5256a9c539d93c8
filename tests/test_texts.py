"""Samples that are balanced, nest, and are the same for the same seed."""

from __future__ import annotations

from collections import Counter

import pytest

from ftlab import texts
from ftlab.world.pairs import KINDS

ROWS = [{"id": f"{kind}{number}", "kind": kind} for kind, count in (("a", 5), ("b", 2), ("c", 9))
        for number in range(count)]  # fmt: skip


def ids(rows: list[dict]) -> set[str]:
    return {row["id"] for row in rows}


def test_up_to_so_many_of_each_kind() -> None:
    assert Counter(row["kind"] for row in texts.balanced(ROWS, 3, seed=0)) == {"a": 3, "b": 2, "c": 3}
    assert texts.balanced(ROWS, 0, seed=0) == texts.balanced([], 3, seed=0) == []


def test_a_larger_sample_holds_the_smaller_ones() -> None:
    for seed in range(5):
        sizes = [ids(texts.balanced(ROWS, count, seed)) for count in (1, 2, 4, 9)]
        assert sizes[0] < sizes[1] < sizes[2] < sizes[3] == ids(ROWS)


def test_a_plain_sample_nests_too_and_takes_the_kinds_as_they_come() -> None:
    samples = [texts.sample(ROWS, count, seed=0) for count in (1, 4, 16, 99)]
    assert [len(rows) for rows in samples] == [1, 4, 16, 16]
    assert samples[3][:4] == samples[1] and samples[1][:1] == samples[0]
    assert ids(samples[3]) == ids(ROWS) and samples[3] != ROWS
    assert texts.sample(ROWS, 4, seed=1) != samples[1]


def test_a_seed_decides_and_nothing_else_does() -> None:
    before = list(ROWS)
    assert texts.balanced(ROWS, 3, seed=1) == texts.balanced(ROWS, 3, seed=1)
    assert before == ROWS
    assert len({tuple(row["id"] for row in texts.balanced(ROWS, 3, seed)) for seed in range(5)}) == 5


def test_the_kinds_are_mixed() -> None:
    kinds = [row["kind"] for row in texts.balanced(texts.conversations("test"), 10, seed=0)]
    assert Counter(kinds) == dict.fromkeys(KINDS, 10)
    assert sum(one != other for one, other in zip(kinds, kinds[1:], strict=False)) > 45  # in blocks it would be 8


@pytest.mark.parametrize("read", [texts.conversations, texts.plain_conversations])
def test_the_splits_are_read_in_the_stored_order(read) -> None:
    for split in ("train", "valid", "test", "2026"):
        rows = read(split)
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows) and len(rows) > 100
        assert {row["split"] for row in rows} == {"test" if split == "2026" else split}
    with pytest.raises(FileNotFoundError):
        read("tests")


def test_a_larger_sample_contains_the_smaller() -> None:
    rows = texts.plain_conversations("train")
    assert texts.sample(rows, 300, 1)[:10] == texts.sample(rows, 10, 1)
    assert texts.sample(rows, 10, 1) != texts.sample(rows, 10, 2)
