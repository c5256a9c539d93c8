"""A checked metric refuses, by its row, what evaluate would convert without a word; all else it leaves to evaluate."""

from __future__ import annotations

from pathlib import Path

import datasets
import evaluate
import pytest

from ftlab.scores.checked_metric import CheckedMetric

CASE = {"over": datasets.Value("bool"), "expected": datasets.List(datasets.Value("string"))}
ONE = {"over": False, "expected": ["$9.00"]}


class Seen(CheckedMetric):
    """Hands back what it has stored."""

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features({"predictions": datasets.Value("string"), "references": CASE})
        return evaluate.MetricInfo(description="", citation="", inputs_description="", features=features)

    def _compute(self, predictions: list[str], references: list[dict]) -> dict:
        return {"predictions": list(predictions), "references": list(references)}


@pytest.fixture
def metric(tmp_path: Path) -> Seen:
    return Seen(cache_dir=str(tmp_path))


def test_good_rows_are_stored_as_they_are(metric: Seen) -> None:
    other = {"over": True, "expected": []}
    metric.add(prediction="a", reference=ONE)
    metric.add_batch(predictions=("b", "no"), references=[other, ONE])
    assert metric.compute() == {"predictions": ["a", "b", "no"], "references": [ONE, other, ONE]}


BATCHES = [  # predictions, references, what the message says
    ([], [], "seen: expected at least one entry in predictions, found none. A share of nothing has no value"),
    (["a"], [], "expected at least one entry in references, found none"),
    ("a", [ONE], "expected a list in predictions, one entry for each question, found str 'a'. Put a single entry"),
    (None, [ONE], "expected a list in predictions, one entry for each question, found NoneType None"),
    (["a"], ONE, "expected a list in references, one entry for each question, found dict {'over'"),
    (["a", ["b"]], [ONE, ONE], "seen: predictions, entry 2: expected a text, found list ['b']. Nothing is converted"),
    ([3], [ONE], "predictions, entry 1: expected a text, found int 3"),
    (["a"], ["b"], r"references, entry 1: expected a dict with the keys ['over', 'expected'], found str 'b'. Leave"),
    (["a"], [{"over": True}], "expected a dict with the keys ['over', 'expected'], found the keys ['over']"),
    (["a"], [{**ONE, "id": 3}], "found the keys ['over', 'expected', 'id']"),
    (["a"], [{**ONE, "over": "no"}], "references, entry 1, 'over': expected True or False, found str 'no'"),
    (["a"], [{**ONE, "over": 1}], "references, entry 1, 'over': expected True or False, found int 1"),
    (["a"], [{**ONE, "expected": "$9.00"}], "references, entry 1, 'expected': expected a list, found str '$9.00'"),
    (["a"] * 2, [ONE, {**ONE, "expected": [9]}], "references, entry 2, 'expected': expected a text, found int 9"),
]


@pytest.mark.parametrize(("predictions", "references", "said"), BATCHES, ids=[said[:40] for *_, said in BATCHES])
def test_a_batch_with_a_wrong_row_is_refused_and_nothing_of_it_is_stored(
        metric: Seen, predictions: object, references: object, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        metric.add_batch(predictions=predictions, references=references)
    assert said in str(caught.value)
    metric.add(prediction="later", reference=ONE)
    assert metric.compute()["predictions"] == ["later"]


def test_one_row_is_looked_at_too(metric: Seen) -> None:
    with pytest.raises(ValueError, match=r"seen: predictions: expected a text, found NoneType None\."):
        metric.add(reference=ONE)
    with pytest.raises(ValueError, match=r"seen: references, 'over': expected True or False, found str 'yes'\."):
        metric.add(prediction="a", reference={**ONE, "over": "yes"})
    with pytest.raises(ValueError, match="references, entry 2: expected a dict"):
        metric.compute(predictions=["a", "b"], references=[ONE, None])


def test_a_long_value_is_cut_in_the_message(metric: Seen) -> None:
    with pytest.raises(ValueError) as caught:
        metric.add(prediction=["a" * 200], reference=ONE)
    assert f"found list ['{'a' * 55}.... Nothing" in str(caught.value)  # 57 signs of it, and three dots


def test_without_the_check_evaluate_stores_something_else(tmp_path: Path) -> None:
    """What the check is for: the first row alone is looked at, and the second becomes a text."""

    class Unchecked(evaluate.Metric):
        _info, _compute = Seen._info, Seen._compute

    plain = Unchecked(cache_dir=str(tmp_path))
    plain.add_batch(predictions=["a", ["b"]], references=[ONE, {**ONE, "over": "no"}])
    found = plain.compute()
    assert found["predictions"] == ["a", "['b']"] and found["references"][1]["over"] is True
