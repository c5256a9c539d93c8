"""The stored runs of four tasks: what the claim is made of, and that what is kept can be read."""

from __future__ import annotations

import json
from pathlib import Path

import families
import kept
import pytest

from ftlab import model, paths
from ftlab.evidence.packed import unpack
from ftlab.tuning import sft
from ftlab.workshop.experiments import bound
from ftlab.workshop.experiments import four_tasks as experiment
from ftlab.world import tasks

MADE = {"base": "b", "rows": "r"}


def job(done: list[int]) -> dict:
    scores = {key: list(map(float, done)) for key in ("form", "right", "done", "rouge")}
    return {"replies": [f"reply {i}" for i in range(len(done))], **scores}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    monkeypatch.setattr(model, "choose", lambda: None)
    monkeypatch.setattr(experiment, "made_of", lambda choice: MADE)
    return tmp_path


def run(part: str, jobs: dict[str, dict]) -> dict:
    return {"part": part, "seed": 0, "model": "toy", "dtype": "float32", "machine": "here", bound.KEY: MADE,
            "tasks": jobs, "tuned_s": 60.0, "asked_s": 5}  # fmt: skip


def test_one_for_all_counts_no_task_beyond_its_limit(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = paths.runs() / experiment.FOLDER
    many = [1] * experiment.IN_CLAIM + [0] * 100  # tickets beyond the limit do not count
    together = {"intent": job(many), "fields": job([1, 0]), "description": job([1, 0]), "post": job([0, 0])}
    together["fields"]["held"] = job([1, 1])
    kept.keep(folder / "all-seed-0.json", run("all", together))
    for task in tasks.TASKS:
        kept.keep(folder / f"{task}-seed-0.json", run(task, {task: job(many if task == "intent" else [1, 0])}))
    found = experiment.one_for_all(0)["one-adapter-for-all"]
    assert len(found["by_prompt"]) == len(found["against"]) == experiment.IN_CLAIM + 6
    # one post of 66 rows more by an adapter of its own
    assert found["effect"] == pytest.approx(-100 / (experiment.IN_CLAIM + 6))
    stored = json.loads(json.dumps(experiment.gather()))
    assert [each["part"] for each in stored["runs"]] == ["all", *tasks.TASKS]  # in the order of the parts
    fields = stored["runs"][0]["tasks"]["fields"]
    assert unpack(fields["done"]).tolist() == [1, 0] and unpack(fields["held"]["done"]).tolist() == [1, 1]
    assert fields["replies"] == ["reply 0", "reply 1"]
    kept.write(experiment.FOLDER, stored)
    monkeypatch.setattr(experiment, "done", None)
    assert experiment.one_for_all(0)["one-adapter-for-all"] == found  # as stored
    with pytest.raises(TypeError):  # this seed would be tuned
        experiment.one_for_all(1)


def test_examples_stand_as_turns_before_the_row_that_is_asked() -> None:
    row = tasks.held_out("fields", 1)[0]
    system, *examples, question, reply = experiment.shown(row, seed=0)["messages"]
    assert [system, question, reply] == row["messages"] and len(examples) == 2 * experiment.SHOTS["fields"]
    assert [turn["role"] for turn in examples] == ["user", "assistant"] * experiment.SHOTS["fields"]
    ten = experiment.shown(tasks.held_out("intent", 1)[0], seed=0)["messages"][2:-1:2]
    assert sorted(turn["content"] for turn in ten) == list(tasks.INTENTS)  # one example of each intent


def test_intents_are_also_asked_for_under_a_grammar(tmp_path: Path) -> None:
    rows = tasks.held_out("intent", 3)
    folder = families.build("smollm2", tmp_path / "model", [row["source"] for row in rows])
    untrained = sft.load(model.choose(str(folder)))  # random weights: free, it writes no label
    found = experiment.answer(*untrained, "intent", rows, hold=True)
    assert not any(found["form"]) and found["held"]["form"] == [1, 1, 1]
    assert all(reply in tasks.INTENTS for reply in found["held"]["replies"])
    assert "held" not in experiment.answer(*untrained, "intent", rows, hold=False)
    assert set(experiment.HELD_TOKENS) <= set(tasks.TASKS)
