"""Of the closed-book questions that the base model answered rightly, the share that the tuned model still does."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.scores.recall import kept_and_learned, knows
from ftlab.scores.shares import share_of

DESCRIPTION = "Share of the base model's right closed-book answers that survive tuning, and share newly learned."
INPUTS = """
Args:
    predictions: The tuned model's reply to each question, a text.
    before: The base model's reply to each question.
    references: One list of accepted answers for each question.
    by: "stated" if a reply must contain an accepted answer, "exact" if it must be one.
Returns:
    retention: of the questions that the base answered rightly, the share that the tuned model does, or None if there
    were none; retention_of: how many there were; retention_each: 1 or 0 for each of them. newly_learned,
    newly_learned_of, newly_learned_each: the same for the questions that the base answered wrongly.
    retention_before_each, retention_after_each: 1 or 0 for every question, for paired intervals.
To combine with other metrics, give all inputs to add_batch and then call compute() without any.
"""


class Retention(checked_metric.CheckedMetric):
    """Compares what two models know."""

    def _info(self) -> evaluate.MetricInfo:
        features = {"predictions": datasets.Value("string"), "before": datasets.Value("string"),
                    "references": datasets.List(datasets.Value("string"))}
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features(features))

    def _compute(self, predictions: list[str], before: list[str], references: list[list[str]],
                 by: str = "stated") -> dict:
        then, now = ([int(knows(reply, accepted, by)) for reply, accepted in zip(replies, references, strict=True)]
                     for replies in (before, predictions))
        kept, learned = kept_and_learned(then, now)
        return {**share_of("retention", kept), **share_of("newly_learned", learned),
                "retention_before_each": then, "retention_after_each": now}
