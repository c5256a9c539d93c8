"""Notebook 01's trial: dials, arms and what is stored of them, all without training a model."""

from __future__ import annotations

import json
from types import SimpleNamespace

import kept
import pytest
from dials import dials

from ftlab import files, paths, texts
from ftlab.curation import trial_rows
from ftlab.tuning import sft
from ftlab.workshop import stored
from ftlab.workshop.experiments import dirty_data
from ftlab.world import desk, house


def test_the_notebook_has_the_dials_of_its_stored_runs() -> None:
    found = dials("01_data_curation")
    for key in ("RECORDS", "EXCELLENT", "LR", "STEPS", "BATCH_SIZE"):
        assert found[key] == getattr(dirty_data, key), key
    assert found["DOSE"] in dirty_data.DOSES and set(dirty_data.DOSES) < set(found["DOSES"])
    assert found["FAULT"] == dirty_data.FAULTS[0]


def test_the_arms_are_what_they_are_called(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(dirty_data, "folder", lambda: tmp_path)
    stored.watch()
    found = dirty_data.rows(0)
    assert set(found) == {*dirty_data.ARMS, *dirty_data.WRONG, "kept"}
    truth = {desk.line(record): row for record, row in desk.records(dirty_data.RECORDS, 0)}
    faults = {}
    for line, row in truth.items():
        try:
            faults.setdefault(json.dumps(trial_rows.to_row(json.loads(line))), row["faults"])
        except (TypeError, KeyError, ValueError):
            continue  # a broken line
    for arm in (*dirty_data.ARMS[2:], *dirty_data.WRONG):
        fault, dose = arm.split("@")
        rows = [faults[json.dumps(row)] for row in found[arm]]
        assert len(rows) == dirty_data.STEPS * dirty_data.BATCH_SIZE
        assert sum(fault in each for each in rows) == int(dose)  # of 100
        assert not any("leaked_test" in each for each in rows)
    assert len(found["excellent"]) == dirty_data.EXCELLENT and found["kept"] > 1000
    assert dirty_data.rows(0) == found  # from the file


def test_arms_are_run_in_order_and_gathered_by_todays_scorer(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(dirty_data, "folder", lambda: tmp_path)
    with pytest.raises(ValueError, match="found none. Run this module first"):
        dirty_data.gather()
    assert dirty_data.missing()[:2] == [("excellent", 0), ("clean", 0)] and len(dirty_data.missing()) == 24
    test = texts.plain_conversations("test")[: dirty_data.PROMPTS]
    replies = [house.reply(row) for row in test]
    run = {"arm": "excellent", "seed": 0, "model": "M", "dtype": "float32", "train_s": 1, "write_s": 1,
           "replies": ["", *replies[1:]], "on_brand": "", "right": ""}
    files.write_json(dirty_data.place("excellent", 0), run)
    assert dirty_data.missing()[0] == ("excellent", 0)  # nobody knows what code made it
    kept.keep(dirty_data.place("excellent", 0), run)
    assert dirty_data.missing()[0] == ("clean", 0)
    with pytest.raises(ValueError, match="every arm of at least one seed"):
        dirty_data.gather()
    for arm in (*dirty_data.ARMS, dirty_data.WRONG[0]):
        kept.keep(dirty_data.place(arm, 0), run | {"arm": arm})
    kept.keep(dirty_data.place("clean", 1), run | {"arm": "clean", "seed": 1})  # alone of its seed: left out
    assert dirty_data.parts() == [dirty_data.place(arm, 0) for arm in dirty_data.ARMS]
    found = dirty_data.gather()["arms"]
    assert set(found) == set(dirty_data.ARMS) and {tuple(runs) for runs in found.values()} == {("0",)}
    marks = found["excellent"]["0"]
    assert marks["on_brand"] == "0" + "1" * (dirty_data.PROMPTS - 1)  # the house's own words, but for the empty reply
    assert marks["right"] == marks["on_brand"]


def test_the_best_steps_are_gathered_of_seeds_that_have_every_arm(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(dirty_data, "folder", lambda: tmp_path)
    test = texts.plain_conversations("test")[: dirty_data.PROMPTS]
    replies = [house.reply(row) for row in test]
    run = {"model": "M", "dtype": "float32", "train_s": 1, "write_s": 1, "replies": replies}
    for arm in dirty_data.ARMS:
        kept.keep(dirty_data.place(arm, 0), run | {"arm": arm, "seed": 0})
        kept.keep(dirty_data.best_place("real", arm, 0), {
            "arm": arm, "seed": 0, "steps": 50, "valid": {25: 1, 50: 2}, "replies": ["", *replies[1:]]})
    kept.keep(dirty_data.best_place("real", "clean", 1), {"arm": "clean", "seed": 1, "steps": 25, "valid": {},
                                                          "replies": replies})  # alone of its seed: left out
    found = dirty_data.gather()["best"]
    assert list(found) == ["real"] and list(found["real"]) == list(dirty_data.ARMS)
    assert list(found["real"]["clean"]) == ["0"]
    best = found["real"]["excellent"]["0"]
    assert best["steps"] == 50 and best["right"] == "0" + "1" * (dirty_data.PROMPTS - 1)


@pytest.mark.parametrize(("fits", "steps"), [((3, 5, 4), 50), ((3, 5, 5), 50), ((5, 5, 5), 25), ((0, 0, 1), 100)])
def test_the_shortest_of_the_best_trainings_is_scored(tmp_path, monkeypatch, fits, steps) -> None:
    monkeypatch.setattr(dirty_data, "folder", lambda: tmp_path)
    monkeypatch.setattr(dirty_data, "rows", lambda seed, count: {"clean": list(range(count))})
    monkeypatch.setattr(dirty_data.model, "choose", lambda: SimpleNamespace(name="M", dtype="float32"))
    monkeypatch.setattr(dirty_data.chat, "prompts", lambda tokenizer, rows: rows)
    trained = []

    def tune(choice, chosen, *, steps, batch_size, **more):
        assert len(chosen) == steps * batch_size
        trained.append(steps)
        return SimpleNamespace(model=steps, tokenizer=None)

    def write(steps, tokenizer, rows, tokens):
        fit = dict(zip(dirty_data.BEST["real"][1], fits, strict=True))[steps]
        return [house.reply(row) if i < fit or len(rows) > dirty_data.VALID else "" for i, row in enumerate(rows)]

    monkeypatch.setattr(dirty_data.sft, "fine_tune", tune)
    monkeypatch.setattr(dirty_data.generate, "replies", write)
    found = dirty_data.measure_best("real", "clean", 0)
    assert trained == [25, 50, 100] and found["steps"] == steps and len(found["replies"]) == dirty_data.PROMPTS
    assert found["valid"] == dict(zip((25, 50, 100), fits, strict=True))


def test_each_claim_is_tried_on_both_arms_of_its_seed(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(dirty_data, "folder", lambda: tmp_path)
    replies = [house.reply(row) for row in texts.plain_conversations("test")[: dirty_data.PROMPTS]]
    for arm, seed, said in (("excellent", 1, ["", *replies[1:]]), ("clean", 1, replies), ("excellent", 0, replies),
                            ("off_brand@95", 1, [""] * len(replies)), ("off_brand@20", 1, replies)):
        kept.keep(dirty_data.place(arm, seed), {"arm": arm, "seed": seed, "replies": said})
    found = dirty_data.against_clean(1)["hundred-matches-clean"]
    assert found["by_prompt"] == [0] + [1] * (dirty_data.PROMPTS - 1) and found["against"] == [1] * dirty_data.PROMPTS
    assert found["effect"] == pytest.approx(-100 / dirty_data.PROMPTS)
    found = dirty_data.against_dirty(1)["hundred-beats-dirty"]
    assert found["by_prompt"] == [0] + [1] * (dirty_data.PROMPTS - 1) and found["against"] == [0] * dirty_data.PROMPTS
    assert found["effect"] == pytest.approx(100 - 100 / dirty_data.PROMPTS)


def test_what_is_stored_is_whole() -> None:
    known = files.read_json(paths.data() / "stored" / "curation-trial.json")
    ids = [row["id"] for row in texts.plain_conversations("test")][: dirty_data.PROMPTS]
    assert known["ids"] == ids
    assert set(dirty_data.ARMS) <= set(known["arms"])
    for runs in known["arms"].values():
        for run in runs.values():
            assert {len(run[key]) for key in ("on_brand", "right")} == {dirty_data.PROMPTS}
            assert set(run["on_brand"] + run["right"]) <= {"0", "1"}
    for key in ("records", "excellent", "lr", "steps", "batch_size"):
        assert known["settings"][key] == getattr(dirty_data, key.upper())
    assert known["settings"]["lora"] == sft.LORA
    asked = {"real": dirty_data.PROMPTS, "lab": len(texts.plain_conversations("test"))}
    for which, (_, numbers) in dirty_data.BEST.items():
        assert list(known["best"][which]) == list(dirty_data.ARMS)
        for run in (run for runs in known["best"][which].values() for run in runs.values()):
            fits = {int(steps): fit for steps, fit in run["valid"].items()}
            assert tuple(fits) == numbers and fits[run["steps"]] == max(fits.values())
            assert len(run["on_brand"]) == len(run["right"]) == asked[which]
