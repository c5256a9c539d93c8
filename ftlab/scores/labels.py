"""Sorting tickets by intent: which predicted labels are known, and precision, recall and F1 of each intent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ftlab.values import normalize


class LabelScores(NamedTuple):
    """Scores of a sorter; macro figures are plain means over the labels that occur in the references."""

    f1: float
    precision: float
    recall: float
    accuracy: float
    by_label: dict[str, dict[str, float | int | None]]  # label -> precision, recall, f1, of
    unknown: dict[str, int]  # predicted texts that are no label, with how often
    each: list[int]  # 1 where the label is right


def score_labels(predicted: Sequence[str], true: Sequence[str], labels: Sequence[str] | None = None) -> LabelScores:
    """Precision, recall and F1 of each label, and their means.

    Precision: of the tickets sorted under a label, the share that belongs there. Recall: of the tickets that belong
    under it, the share that was sorted there. F1: their harmonic mean, 2PR / (P + R).

    Labels are compared without case, spacing and final punctuation. A predicted text that is no label is wrong: it
    lowers the recall of the true label and no label's precision, and it is reported.

    Division by zero: a label that was never predicted has precision 0 and F1 0. A label that never occurs in the
    references has recall None and F1 None (its precision is 0 if it was predicted, otherwise None) and is left out of
    the means; a ticket sorted under it still lowers the recall of its true label.

    Args:
        labels: All labels there are; those of the references if None, and then every other prediction is unknown.
    Raises:
        ValueError: If the lengths differ, there is nothing to score, two labels are the same, or a reference is not
            among the labels.
    """
    from sklearn.metrics import precision_recall_fscore_support

    if len(predicted) != len(true) or not true:
        raise ValueError(f"expected one true label for each prediction and at least one, found {len(predicted)} "
                         f"predictions and {len(true)} true labels.")
    names = _names(sorted(set(true)) if labels is None else labels, merge=labels is None)
    for place, label in enumerate(true, start=1):
        if normalize(label) not in names:
            raise ValueError(f"references, entry {place}: expected one of the labels {list(names.values())}, found "
                             f"{label!r}. Correct the reference or add the label.")
    right, guess = [normalize(label) for label in true], [normalize(text) for text in predicted]
    # Only the labels are scored: a prediction outside them counts as a miss of the true label and as nothing else.
    precision, recall, f1, support = precision_recall_fscore_support(right, guess, labels=list(names), zero_division=0)
    seen = [i for i in range(len(names)) if support[i]]
    guessed = Counter(guess)
    by_label = {}
    for i, (key, name) in enumerate(names.items()):
        known = bool(support[i])
        by_label[name] = {"precision": float(precision[i]) if known or guessed[key] else None,
                          "recall": float(recall[i]) if known else None,
                          "f1": float(f1[i]) if known else None, "of": int(support[i])}
    each = [int(a == b) for a, b in zip(right, guess, strict=True)]
    unknown = Counter(text for text, key in zip(predicted, guess, strict=True) if key not in names)
    means = [float(column[seen].mean()) for column in (f1, precision, recall)]
    return LabelScores(*means, sum(each) / len(each), by_label, dict(unknown), each)


def _names(labels: Sequence[str], merge: bool) -> dict[str, str]:
    """Each label's plain form with the label as it was written first."""
    if isinstance(labels, str) or not labels or not all(isinstance(label, str) and label.strip() for label in labels):
        raise ValueError(f'labels: expected a list of texts such as ["refund", "praise"], found {labels!r}.')
    names: dict[str, str] = {}
    for label in labels:
        if normalize(label) in names and not merge:
            raise ValueError(f"labels: expected different ones, found {label!r} and {names[normalize(label)]!r}, which "
                             "are the same but for case, spacing or final punctuation.")
        names.setdefault(normalize(label), label)
    return names
