"""The claims about reading on with the real model, from runs that are there."""

from __future__ import annotations

import pytest

from ftlab.workshop.experiments import reading_trial


def test_a_products_questions_count_as_one_score() -> None:
    assert reading_trial.by_product([1, 0, 1, 1, 0, 0], 2) == pytest.approx([2 / 3, 1 / 3])


def test_both_claims_compare_the_ways_that_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_trial.reading_on, "PRODUCTS", 2)
    runs = [{"learnt": [0, 1, 0, 0], "kept": [1, 1]}, {"learnt": [1, 1, 1, 0], "kept": [0, 0]}, {"kept": [1, 0]}]
    monkeypatch.setattr(reading_trial, "tried", lambda seed: runs)  # one wording, eight, eight with replay
    assert reading_trial.on_trial(1) == {
        "phrasings-count-real": {"effect": 50, "by_prompt": [1, 0.5], "against": [0.5, 0]},
        "replay-keeps-real": {"effect": 50, "by_prompt": [1, 0], "against": [0, 0]},
    }
