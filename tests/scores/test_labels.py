"""Precision, recall and F1 of labels: by hand."""

import pytest

from ftlab.scores.labels import score_labels


def test_label_scores_by_hand():
    true = ["refund", "refund", "refund", "praise", "praise", "payment"]
    predicted = ["refund", " Refund.", "praise", "praise", "who knows", "refund"]
    found = score_labels(predicted, true, ["refund", "praise", "payment", "privacy"])
    # refund: 2 of 3 predicted right, 2 of 3 found: P = R = F1 = 2/3. praise: 1 of 2 and 1 of 2: 1/2.
    # payment: never predicted, P 0/0 counts as 0, R 0 of 1, F1 0. privacy: occurs nowhere, left out of the means.
    assert found.by_label == {
        "refund": {"precision": pytest.approx(2 / 3), "recall": pytest.approx(2 / 3), "f1": pytest.approx(2 / 3),
                   "of": 3},
        "praise": {"precision": 0.5, "recall": 0.5, "f1": pytest.approx(0.5), "of": 2},
        "payment": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "of": 1},
        "privacy": {"precision": None, "recall": None, "f1": None, "of": 0},
    }
    assert (found.f1, found.precision, found.recall) == (pytest.approx(7 / 18),) * 3  # (2/3 + 1/2 + 0) / 3
    assert found.accuracy == 0.5
    assert found.each == [1, 1, 0, 1, 0, 0]
    assert found.unknown == {"who knows": 1}


def test_labels_outside_the_set():
    # "privacy" is a label without tickets: a guess of it is wrong, but known. "" is no label.
    found = score_labels(["privacy", ""], ["refund", "refund"], ["refund", "privacy"])
    assert found.by_label["privacy"] == {"precision": 0.0, "recall": None, "f1": None, "of": 0}
    assert (found.f1, found.accuracy, found.unknown) == (0, 0, {"": 1})
    assert score_labels(["refund", "privacy"], ["refund", "refund"]).unknown == {"privacy": 1}  # labels left out


@pytest.mark.parametrize(("predicted", "true", "labels", "message"), [
    ([], [], None, "at least one"),
    (["a"], ["a", "b"], None, "1 predictions and 2"),
    (["a"], ["a"], ["b"], "entry 1: expected one of the labels"),
    (["a"], ["a"], ["a", "A."], "expected different ones"),
    (["a"], ["a"], "a", "list of texts"),
])
def test_labels_that_cannot_be_scored_are_refused(predicted, true, labels, message):
    with pytest.raises(ValueError, match=message):
        score_labels(predicted, true, labels)
