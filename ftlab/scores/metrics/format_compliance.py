"""The share of replies that keep a form: the house's, or a JSON object with given keys."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.scores.reply_formats import house_format, json_format

DESCRIPTION = "Share of replies that have the agreed form, as a whole and rule by rule, whatever they say."
INPUTS = """
Args:
    predictions: One reply for each question, a text.
    format: "house" for the structural rules of the brand guide (opening, one paragraph, next step, sign-off, length);
        "json" for a JSON object and nothing around it.
    keys: With format="json", the keys that the object must have, all of them and no other.
Returns:
    format_compliance: the share from 0 to 1 that keeps every rule; format_compliance_each: 1 or 0 for each reply, for
    paired intervals; format_compliance_rules: for each rule, the share that keeps it.
"""


class FormatCompliance(checked_metric.CheckedMetric):
    """Checks the form of replies."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features({"predictions": datasets.Value("string")}))

    def _compute(self, predictions: list[str], format: str = "house", keys: list[str] | None = None) -> dict:
        if format not in ("house", "json") or (format == "json") != (keys is not None):
            raise ValueError(f'format: expected "house" without keys, or "json" with a list of keys, found {format!r} '
                             f"with keys={keys!r}.")
        checks = [house_format(reply) if keys is None else json_format(reply, keys) for reply in predictions]
        each = [int(all(check.values())) for check in checks]
        rules = {rule: sum(check[rule] for check in checks) / len(checks) for rule in checks[0]}
        return {"format_compliance": sum(each) / len(each), "format_compliance_each": each,
                "format_compliance_rules": rules}
