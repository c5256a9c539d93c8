"""Numbers in words are values too. (More of the metric: test_metrics.py.)"""

from __future__ import annotations

import pytest

from ftlab.scores.unsupported import house_values, unsupported_values


@pytest.mark.parametrize("text, house", [
    ("forty dollars", "$40.00"),
    ("forty-five dollars", "$45.00"),
    ("40 bucks", "$40.00"),
    ("a hundred grams", "100 g"),
    ("two hundred dollars", "$200.00"),
    ("Nineteen years", "19 years"),
    ("two-year", "2 years"),
    ("twenty one kilos", "21 kg"),
    ("forty winks, one by one", "forty winks, one by one"),  # no unit, no value
])  # fmt: skip
def test_numbers_in_words(text: str, house: str) -> None:
    assert house_values(text) == house


def test_a_sum_in_words_needs_a_source() -> None:
    assert unsupported_values("It costs about forty dollars.", "Weight: 4 kg.") == ["$40.00"]
    assert unsupported_values("It costs forty dollars.", "Price: $40.00.") == []
