"""ROUGE-L F1: how much of a reference's wording a reply shares, in order."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.scores.overlap import rouge_l

DESCRIPTION = "Mean ROUGE-L F1 of replies: shared words in order. It rewards wording and does not see a wrong value."
INPUTS = """
Args:
    predictions: One reply for each question, a text.
    references: One reference text for each question.
    stemmer: True if words count by their stem. Compare only scores made with the same setting.
Returns:
    rouge_l: the mean F1 from 0 to 1; rouge_l_each: the F1 of each reply, for paired intervals.
"""


class RougeL(checked_metric.CheckedMetric):
    """Compares the wording of replies and references."""

    def _info(self) -> evaluate.MetricInfo:
        features = {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features(features))

    def _compute(self, predictions: list[str], references: list[str], stemmer: bool = False) -> dict:
        each = rouge_l(predictions, references, stemmer)
        return {"rouge_l": sum(each) / len(each), "rouge_l_each": each}
