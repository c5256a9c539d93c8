"""The stored replies of the rivals are what a run of the rivals wrote, with when and where."""

from __future__ import annotations

import json
import os
from datetime import datetime

from ftlab import texts
from ftlab.scores import judge
from ftlab.workshop.experiments import evaluation
from ftlab.world import house


def test_gather_takes_replies_and_costs_and_names_the_day(tmp_path):
    ways = {way: {"prompt_tokens": 10 + n, "seconds_each": 0.5, "both": [0, 1], "replies": [f"{way} 1", f"{way} 2"]}
            for n, way in enumerate(evaluation.WAYS)}
    run = tmp_path / "rivals.json"
    run.write_text(json.dumps({"model": "M", "dtype": "float32", "ids": ["a", "b"], "kinds": ["x", "y"], **ways}))
    noon = datetime(2026, 3, 4, 12).timestamp()
    os.utime(run, (noon, noon))
    found = evaluation.gather(run)
    assert found["guide"] == {"prompt_tokens": 11, "seconds_each": 0.5, "replies": ["guide 1", "guide 2"]}
    assert found["ids"] == ["a", "b"] and found["date"] == "2026-03-04" and found["machine"]
    assert found["note"].startswith("M asked in three ways about 2 test conversations on 2026-03-04, in float32")


def test_the_untuned_model_is_told_the_task_and_not_the_verdict():
    draft = judge.drafts(texts.plain_conversations("test")[:1], 0)[0]
    system, user, _ = evaluation.asked_to_judge(draft)["messages"]
    screen, question = (message["content"] for message in draft.row["messages"][:2])
    assert system["content"] == f"{evaluation.TASK}\n\nScreen: {screen}"
    assert user["content"] == f"{question}\n\nDraft: {draft.text}"


def test_fit_replies_are_counted_kind_by_kind_in_the_rows_order():
    rows = [row for row in texts.conversations("test") if row["kind"] in ("fact", "grave")][:6]
    replies = ["We thank you." if i == 1 else house.reply(row) for i, row in enumerate(rows)]
    found = evaluation.fit_by_kind(replies, rows)
    expected = {"fact": [], "grave": []}
    for i, row in enumerate(rows):  # every house reply is fit, and the second of these is none
        expected[row["kind"]].append(int(i != 1))
    assert {kind: each for kind, each in found.items() if each} == {k: v for k, v in expected.items() if v}
