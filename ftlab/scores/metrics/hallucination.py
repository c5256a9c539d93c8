"""The share of replies that state a value which no source supports. Lower is better."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.scores.unsupported import unsupported_values

DESCRIPTION = ("Share of replies that state a sum, measure, duration, count, name, place, material or colour which "
               "stands in no source of theirs.")
INPUTS = """
Args:
    predictions: One reply for each question, a text.
    sources: One list of texts for each question: what the reply may rely on, such as the customer's question and the
        passages that were found. An empty list supports nothing.
Returns:
    hallucination: the share from 0 to 1, lower is better; hallucination_each: 1 or 0 for each reply, for paired
    intervals; hallucination_values: for each reply, the values that no source supports.
To combine with metrics that have references, give all inputs to add_batch and then call compute() without any.
"""


class Hallucination(checked_metric.CheckedMetric):
    """Looks for values without a source."""

    def _info(self) -> evaluate.MetricInfo:
        features = {"predictions": datasets.Value("string"), "sources": datasets.List(datasets.Value("string"))}
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features(features))

    def _compute(self, predictions: list[str], sources: list[list[str]]) -> dict:
        values = [unsupported_values(reply, texts) for reply, texts in zip(predictions, sources, strict=True)]
        each = [int(bool(found)) for found in values]
        return {"hallucination": sum(each) / len(each), "hallucination_each": each, "hallucination_values": values}
