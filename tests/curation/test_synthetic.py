"""Replies that a model wrote: for which prompts, which pass the filter, and their wording without what was given."""

from __future__ import annotations

import pytest
from dump_record import RECORD, REPLY

from ftlab import texts
from ftlab.curation import synthetic


def test_prompts_are_new_and_from_the_training_side() -> None:
    kept = [{"id": f"d-{i}", "split": "test" if i % 5 == 0 else "train"} for i in range(50)]
    taken = kept[1:4]
    found = synthetic.prompts_for(kept, taken, 30, seed=0)
    assert len(found) == 30 and len({row["id"] for row in found}) == 30
    assert not [row for row in found if row["split"] == "test" or row in taken]
    assert len(synthetic.prompts_for(kept, taken, 999, seed=0)) == 37  # 40 of the training side, less 3


@pytest.mark.parametrize(("reply", "step"), [
    (REPLY, None), ("", "empty_or_truncated"), (REPLY[:50], "empty_or_truncated"),
    (REPLY.replace("$49.00", "$94.00"), "contradictions"), (REPLY.replace("$49.00.", "$49.00!"), "quality"),
])
def test_written_replies_are_filtered_by_the_curations_own_steps(reply: str, step: str | None) -> None:
    written = synthetic.with_replies([RECORD], [reply])
    kept, dropped = synthetic.filter_replies(written)
    assert (len(kept), dict(dropped)) == ((1, {}) if step is None else (0, {step: 1}))
    assert [row["reply"] for row in kept] == [reply] * len(kept)
    assert RECORD["reply"] == REPLY


def test_a_leaked_reply_is_filtered_too() -> None:
    row = texts.plain_conversations("test")[0]
    record, question, reply = (turn["content"] for turn in row["messages"])
    leaked = {**RECORD, "product": row["product"], "record": record, "question": question, "reply": reply}
    assert synthetic.filter_replies([leaked])[1] == {"decontaminate": 1}


def test_wording_leaves_out_what_the_prompt_gave() -> None:
    reply = "The Emberline Kettle costs $1,049.00 and holds 1.7 L."
    assert synthetic.wording({**RECORD, "reply": reply}) == "The NAME costs $0 and holds 0 L."
    assert synthetic.wording({**RECORD, "product": None, "reply": "It takes 2 weeks."}) == "It takes 0 weeks."
