"""Stored runs of the four tasks as arrays: one row a seed, the rows that all of them answered, and the rivals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ftlab import files
from ftlab.scores.task_runs import TaskRuns
from ftlab.world import tasks

KEYS = ("form", "right", "done", "rouge")


def job(scores: str, held: str | None = None) -> dict:
    return dict.fromkeys(KEYS, scores) | ({} if held is None else {"held": dict.fromkeys(KEYS, held)})


@pytest.fixture
def runs(tmp_path: Path) -> TaskRuns:
    def run(part: str, seed: int, **of_tasks: dict) -> dict:
        return {"part": part, "seed": seed, "tasks": of_tasks}

    files.write_json(tmp_path / "tasks.json", {"settings": {"steps": 3}, "runs": [
        run("one", 0, intent=job("1011")), run("one", 1, intent=job("110")),
        run("plain", 0, intent=job("0000"), fields=job("00", "10")),
        run("shown", 0, intent=job("0100"), fields=job("01", "0.5 1"))]})
    return TaskRuns(tmp_path / "tasks.json")


def test_marks_have_a_row_for_each_seed_and_the_test_rows_that_all_answered(runs: TaskRuns) -> None:
    assert runs.settings == {"steps": 3}
    assert runs.marks("one", "intent").tolist() == [[1, 0, 1], [1, 1, 0]]
    assert runs.marks("shown", "fields", "right", held=True).tolist() == [[0.5, 1]]
    with pytest.raises(KeyError, match="nobody"):
        runs.marks("nobody", "intent")


def test_rivals_are_the_prompts_those_under_a_grammar_and_the_frame_where_there_are_such(runs: TaskRuns) -> None:
    assert {name: marks.tolist() for name, marks in runs.rivals("intent").items()} == {
        "asked plainly": [[0, 0, 0, 0]], "examples in prompt": [[0, 1, 0, 0]]}
    fields = runs.rivals("fields")
    assert list(fields) == ["asked plainly", "examples in prompt", "asked plainly, held", "examples in prompt, held",
                            "a frame"]
    assert fields["asked plainly, held"].tolist() == [[1, 0]]
    assert fields["a frame"].shape == (1, len(tasks.held_out("fields"))) and set(np.unique(fields["a frame"])) <= {0, 1}
    rouge = runs.marks("frame", "fields", "rouge")
    assert rouge.shape == fields["a frame"].shape and 0 <= rouge.min() <= rouge.max() <= 1
