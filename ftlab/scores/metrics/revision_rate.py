"""How much of an approved text still had to be changed in the draft, and how long that takes."""

from __future__ import annotations

import datasets
import evaluate

from ftlab.scores import checked_metric
from ftlab.scores.revision import Calibration, revisions

DESCRIPTION = "Edits from draft to approved text over the length of the approved text: the mean over drafts."
INPUTS = """
Args:
    predictions: One draft for each question, a text.
    references: The approved text of each.
    seconds_per_edit, seconds_to_read: A calibration, both or neither: seconds for each word changed and for each draft.
Returns:
    revision_rate: word edits over the approved text's words, the mean over drafts; 0 is best, and it exceeds 1 where a
    draft is longer than what was left of it; revision_rate_each: one number for each draft, for paired intervals;
    revision_rate_chars, revision_rate_chars_each: the same in characters; revised, revised_each: the share of drafts
    that needed any change, and 1 or 0 for each; with a calibration also seconds_to_publish, the mean, and
    seconds_to_publish_each.
"""


class RevisionRate(checked_metric.CheckedMetric):
    """Compares drafts with approved texts."""

    def _info(self) -> evaluate.MetricInfo:
        features = {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
        return evaluate.MetricInfo(description=DESCRIPTION, citation="", inputs_description=INPUTS,
                                   features=datasets.Features(features))

    def _compute(self, predictions: list[str], references: list[str], seconds_per_edit: float | None = None,
                 seconds_to_read: float | None = None) -> dict:
        if (seconds_per_edit is None) != (seconds_to_read is None):
            raise ValueError(f"expected seconds_per_edit and seconds_to_read, or neither, found {seconds_per_edit!r} "
                             f"and {seconds_to_read!r}. Both come from one ftlab.scores.revision.Calibration.")
        found = [revisions(draft, approved) for draft, approved in zip(predictions, references, strict=True)]
        columns = {"revision_rate": [one.word_rate for one in found],
                   "revision_rate_chars": [one.char_rate for one in found],
                   "revised": [int(one.revised) for one in found]}
        if seconds_per_edit is not None:
            speed = Calibration(seconds_per_edit, seconds_to_read)  # refuses numbers that are no speed
            columns["seconds_to_publish"] = [speed.seconds(one.word_edits) for one in found]
        means = {name: sum(each) / len(each) for name, each in columns.items()}
        return means | {f"{name}_each": each for name, each in columns.items()}
