"""The stored replies of the rivals are what a run of the rivals wrote, and say when."""

from __future__ import annotations

import kept

from ftlab import texts
from ftlab.scores import judge
from ftlab.workshop.experiments import evaluation
from ftlab.world import house


def test_gather_takes_replies_and_costs_and_names_the_day(tmp_path):
    ways = {way: {"prompt_tokens": 10 + n, "seconds_each": 0.5, "both": [0, 1], "replies": [f"{way} 1", f"{way} 2"]}
            for n, way in enumerate(evaluation.WAYS)}
    run = tmp_path / "rivals.json"
    kept.keep(run, {"model": "M", "dtype": "float32", "ids": ["a", "b"], "kinds": ["x", "y"], **ways})
    found = evaluation.gather(run)
    assert found["guide"] == {"prompt_tokens": 11, "seconds_each": 0.5, "replies": ["guide 1", "guide 2"]}
    assert found["ids"] == ["a", "b"]
    assert found["note"].startswith("M asked in three ways about 2 test conversations on 2026-03-04, in float32")


def test_the_untuned_model_is_told_the_task_and_not_the_verdict():
    draft = judge.drafts(texts.plain_conversations("test")[:1], 0)[0]
    system, user, _ = evaluation.asked_to_judge(draft)["messages"]
    screen, question = (message["content"] for message in draft.row["messages"][:2])
    assert system["content"] == f"{evaluation.TASK}\n\nScreen: {screen}"
    assert user["content"] == f"{question}\n\nDraft: {draft.text}"


def test_the_assistants_replies_get_their_ids_and_are_scored_kind_by_kind(tmp_path):
    rows = texts.conversations("test")
    replies = ["We thank you." if i == 1 else house.reply(row) for i, row in enumerate(rows)]
    run = tmp_path / "seed-0.json"
    kept.keep(run, {"model": "M", "dtype": "float32", "seed": 0, "examples": 1447, "train_s": 60, "write_s": 9,
                    "replies": replies})
    found = evaluation.gather_assistant(run)
    assert found["replies"][rows[1]["id"]] == "We thank you." and len(found["replies"]) == len(rows)
    for kind, each in found["fit"].items():  # every house reply is fit, and the second of all is none
        assert each == [int(i != 1) for i, row in enumerate(rows) if row["kind"] == kind]
    assert found["note"].startswith("M, tuned on 1,447 conversations (seed 0), answered all 553 test conversations")
