"""The first claim of notebook 08 with assistants of other seeds, each tuned for an hour: too long for a lesson."""

from __future__ import annotations

from ftlab import model, texts
from ftlab.workshop.experiments import desk_work


def on_trial(seed: int) -> dict[str, dict]:
    """The claim for one seed: an assistant of that seed on all test conversations, on-brand minus on-brand and right.

    It is tuned now (about an hour and a half of one core without bf16) unless the shelf has it.
    """
    found, test = desk_work.measure_tuned(model.choose(), seed), texts.conversations("test")
    gap = sum(found["on_brand"]) - sum(found["both"])
    return {"checks-hide-rewrites": {"effect": 100 * gap / len(test), "by_prompt": found["on_brand"],
                                     "against": found["both"], "about": [row["question_phrasing"] for row in test]}}
