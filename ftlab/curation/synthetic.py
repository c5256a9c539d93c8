"""Replies that a model wrote to curated records: put in, filtered by the curation's own steps, stripped of names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ftlab import texts
from ftlab.curation import pipeline, quality, trial_rows

# A reply that a model wrote goes through the steps that look at replies; none of them knows the truth.
REPLY_STEPS = (("empty_or_truncated", quality.check_reply_whole), *pipeline.JUDGE)


def prompts_for(kept: list[dict], taken: list[dict], count: int, seed: int) -> list[dict]:
    """``count`` curated training records that are not among those taken."""
    ids = {row["id"] for row in taken}
    return texts.sample([row for row in trial_rows.training_side(kept) if row["id"] not in ids], count, seed)


def with_replies(written_for: list[dict], replies: Sequence[str]) -> list[dict]:
    """The records with other replies."""
    return [{**record, "reply": reply} for record, reply in zip(written_for, replies, strict=True)]


def filter_replies(written: list[dict]) -> tuple[list[dict], Counter]:
    """The records whose reply passes ``REPLY_STEPS``, and how many each step dropped."""
    results = [pipeline.walk(pipeline.Item(0, record), REPLY_STEPS) for record in written]
    kept = [result.record for result in results if isinstance(result, pipeline.Item)]
    return kept, Counter(result["step"] for result in results if not isinstance(result, pipeline.Item))


def wording(record: dict) -> str:
    """A reply without what the prompt gave it: the product's name as NAME, every figure as 0."""
    text = record["reply"].replace(record["product"], "NAME") if record["product"] else record["reply"]
    return re.sub(r"\d+(?:[.,]\d+)*", "0", text)
