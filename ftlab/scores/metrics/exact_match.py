"""The share of replies that are exactly one of the accepted answers: closed-book facts, kept or forgotten."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.values import exact_match

DESCRIPTION = "Share of replies that equal an accepted answer, case, spacing and final punctuation aside."
INPUTS = """
Args:
    predictions: One reply for each question, a text.
    references: One list of accepted answers for each question.
Returns:
    exact_match: the share from 0 to 1; exact_match_each: 1 or 0 for each question, for paired intervals.
"""


class ExactMatch(checked_metric.CheckedMetric):
    """Compares whole replies with lists of accepted answers."""

    def _info(self) -> evaluate.MetricInfo:
        features = {"predictions": datasets.Value("string"), "references": datasets.List(datasets.Value("string"))}
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features(features))

    def _compute(self, predictions: list[str], references: list[list[str]]) -> dict:
        each = [int(exact_match(reply, accepted)) for reply, accepted in zip(predictions, references, strict=True)]
        return {"exact_match": sum(each) / len(each), "exact_match_each": each}
