"""Drills in copying: what is marked as copied has stood before."""

from __future__ import annotations

from ftlab.seeded import rng
from ftlab.world import drills


def test_repeats_are_what_was_written_first() -> None:
    random = rng("test repeat")
    for _ in range(100):
        (first, marked), *again = drills.repeat(random)
        assert not marked and 1 <= len(again) <= 3
        assert all(text == first and copied for text, copied in again)


def test_recalled_values_are_those_of_their_keys() -> None:
    random, seen = rng("test recall"), 0
    for _ in range(200):
        (top, marked), *spans = drills.recall(random)
        assert not marked
        pairs = [(key, value) for (key, _), (value, copied) in zip(spans, spans[1:], strict=False) if copied]
        assert pairs
        for key, value in pairs:
            seen += 1
            assert f"{key}{value}" in top and not value.isspace()
    assert seen > 1000


def test_drills_are_of_both_kinds_and_the_same_each_time() -> None:
    random = rng("test drills")
    made = [drills.drill(random) for _ in range(50)]
    assert 5 < sum(all(text == first for text, _ in rest) for (first, _), *rest in made) < 45
    random = rng("test drills")
    assert made == [drills.drill(random) for _ in range(50)]
