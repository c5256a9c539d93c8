"""The share of replies that keep the brand guide, as a whole and rule by rule."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.world.brand import by_rule

DESCRIPTION = "Share of replies that keep every rule of Quillmere's brand guide, and of those that keep each rule."
INPUTS = """
Args:
    predictions: One reply for each question, a text.
Returns:
    on_brand: the share from 0 to 1 that keeps every rule; on_brand_each: 1 or 0 for each reply, for paired intervals;
    on_brand_rules: for each rule, the share that keeps it.
"""


class OnBrand(checked_metric.CheckedMetric):
    """Checks replies against the brand guide."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features({"predictions": datasets.Value("string")}))

    def _compute(self, predictions: list[str]) -> dict:
        rules = by_rule(predictions)
        each = [int(all(kept)) for kept in zip(*rules.values(), strict=True)]
        shares = {rule: sum(kept) / len(kept) for rule, kept in rules.items()}
        return {"on_brand": sum(each) / len(each), "on_brand_each": each, "on_brand_rules": shares}
