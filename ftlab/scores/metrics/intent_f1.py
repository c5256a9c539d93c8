"""Precision, recall and F1 of sorting tickets by intent, for each intent and as a mean over the intents."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.scores.labels import score_labels

DESCRIPTION = "Macro F1 of predicted intents: the plain mean over intents, so that a rare one counts like a common one."
INPUTS = """
Args:
    predictions: One intent for each ticket, a text as the model wrote it.
    references: The true intent of each ticket.
    labels: All intents there are; those of the references if left out. Other predictions are wrong, and reported.
Returns:
    intent_f1: macro F1 from 0 to 1, over the intents that occur in the references; intent_precision, intent_recall:
    macro as well; intent_accuracy: the share of tickets sorted rightly; intent_f1_each: 1 or 0 for each ticket, for
    paired intervals of the ACCURACY (F1 is no mean over tickets); intent_f1_by_intent: precision, recall, F1 and
    number of tickets for each intent; intent_f1_unknown: predictions that are no intent, with how often.
Division by zero: an intent that was never predicted has precision 0 and F1 0; one that never occurs in the references
    has recall None and F1 None and is left out of the means.
"""


class IntentF1(checked_metric.CheckedMetric):
    """Compares predicted intents with true ones."""

    def _info(self) -> evaluate.MetricInfo:
        features = {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features(features))

    def _compute(self, predictions: list[str], references: list[str], labels: list[str] | None = None) -> dict:
        found = score_labels(predictions, references, labels)
        return {"intent_f1": found.f1, "intent_f1_each": found.each, "intent_precision": found.precision,
                "intent_recall": found.recall, "intent_accuracy": found.accuracy,
                "intent_f1_by_intent": found.by_label, "intent_f1_unknown": found.unknown}
