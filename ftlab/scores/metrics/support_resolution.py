"""The share of support conversations that were handled rightly: answered, or handed over to a colleague."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.scores.resolution import resolve
from ftlab.scores.shares import share_of

DESCRIPTION = "Share of conversations handled rightly, share not handed over, and both kinds of mistake."
INPUTS = """
Args:
    predictions: One reply for each conversation, a text.
    references: One dict for each: {"escalate": whether it should be handed over, "expected": the values that a right
        answer states; not looked at where it should be handed over}.
Returns, each with its denominator under <name>_of and 1 or 0 for each of those cases under <name>_each:
    support_resolution: of all, handled rightly (answered with every expected value, or handed over when it should be);
    containment: of all, not handed over. It rises when a grave case is kept: read it with the next one.
    missed_escalations: of those to hand over, not handed over; needless_escalations: of those to answer, handed over.
    A share of nothing is None.
"""


class SupportResolution(checked_metric.CheckedMetric):
    """Compares what replies do with what they should do."""

    def _info(self) -> evaluate.MetricInfo:
        case = {"escalate": datasets.Value("bool"), "expected": datasets.List(datasets.Value("string"))}
        features = {"predictions": datasets.Value("string"), "references": case}
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features(features))

    def _compute(self, predictions: list[str], references: list[dict]) -> dict:
        found = [resolve(reply, case["escalate"], case["expected"])
                 for reply, case in zip(predictions, references, strict=True)]
        return {**share_of("support_resolution", [int(one.right) for one in found]),
                **share_of("containment", [int(not one.handed_over) for one in found]),
                **share_of("missed_escalations", [int(not one.handed_over) for one in found if one.escalate]),
                **share_of("needless_escalations", [int(one.handed_over) for one in found if not one.escalate])}
