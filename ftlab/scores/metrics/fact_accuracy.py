"""The share of replies that state the right values, with their units, as whole values."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.values import states_all, states_any

DESCRIPTION = 'Share of replies that state the right values as whole values: "2 years" is not in "12 years".'
INPUTS = """
Args:
    predictions: One reply for each question, a text.
    references: One list of values for each question, each with its unit, such as ["$49.00", "2 years"].
    need: "all" if a reply must state every value of its list, "any" if the list holds ways to say one value.
Returns:
    fact_accuracy: the share from 0 to 1; fact_accuracy_each: 1 or 0 for each question, for paired intervals.
"""


class FactAccuracy(checked_metric.CheckedMetric):
    """Looks for required values in replies."""

    def _info(self) -> evaluate.MetricInfo:
        features = {"predictions": datasets.Value("string"), "references": datasets.List(datasets.Value("string"))}
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features(features))

    def _compute(self, predictions: list[str], references: list[list[str]], need: str = "all") -> dict:
        if need not in ("all", "any"):
            raise ValueError(f'need: expected "all" or "any", found {need!r}.')
        states = states_all if need == "all" else states_any
        each = [int(states(reply, values)) for reply, values in zip(predictions, references, strict=True)]
        return {"fact_accuracy": sum(each) / len(each), "fact_accuracy_each": each}
