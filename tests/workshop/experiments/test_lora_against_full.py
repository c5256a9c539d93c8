"""The stored runs of LoRA against full tuning: which rate counts, and what the two claims are made of."""

from __future__ import annotations

import json
from pathlib import Path

import kept
import pytest

from ftlab import files, model, paths
from ftlab.evidence.best_rate import best_rate
from ftlab.evidence.packed import unpack
from ftlab.workshop import stored as store
from ftlab.workshop.experiments import bound, lora_against_full

MADE = {"base": "b", "rows": "r"}

# by way and rate: validation losses, replies that are fit, questions known
RUNS = {
    ("full", 3e-5): ([2.0, 2.0], [1, 0, 0, 0], [1, 1, 1, 0]),
    ("full", 1e-4): ([0.5, 0.7], [1, 1, 0, 0], [1, 1, 0, 0]),  # the best of its way by its validation loss
    ("full", 3e-4): ([0.9, 0.9], [1, 1, 1, 1], [0, 0, 0, 0]),  # better on the test, which must not choose
    ("full", 1e-3): ([0.95, 0.95], None, None),  # no better than the rate before it, so it was not judged
    ("lora", 3e-4): ([2.0, 2.0], [1, 0, 0, 0], [1, 1, 1, 0]),
    ("lora", 1e-3): ([1.0, 1.0], [1, 0, 0, 0], [1, 1, 1, 0]),
    ("lora", 3e-3): ([0.4, 0.4], [1, 1, 1, 0], [1, 1, 0, 0]),  # the best of its way
    ("lora", 1e-2): ([0.8, 0.8], None, None),
}


@pytest.fixture
def stored(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(model, "choose", lambda: None)
    monkeypatch.setattr(lora_against_full, "made_of", lambda choice: MADE)
    folder = paths.runs() / lora_against_full.FOLDER
    for (way, lr), (losses, fit, knows) in RUNS.items():
        run = {"way": way, "lr": lr, "seed": 0, "model": "toy", "dtype": "float32", "trained": 5, "seconds": 1.0,
               "peak_bytes": 7, "valid_losses": losses, "machine": "here", bound.KEY: MADE}  # fmt: skip
        if fit is not None:
            run |= {"kinds": ["fact"] * 4, "on_brand": [1] * 4, "right": fit, "both": fit, "knows": knows,
                    "leaks": [0] * 4, "replies": list("abcd")}  # fmt: skip
        kept.keep(folder / f"{way}-{lr:g}-seed-0.json", run)
    kept.keep(folder / "untuned.json", {
        bound.KEY: MADE, "valid_losses": [3.0, 3.0], "knows": [1, 1, 1, 1],
        **{key: [0, 0, 0, 0] for key in ("on_brand", "right", "both", "leaks")}})  # fmt: skip
    return folder


def test_each_way_counts_at_the_rate_that_validation_chose(stored: Path) -> None:
    found = lora_against_full.against_full(0)
    assert found["lora-reaches-full"] == {"effect": 25.0, "by_prompt": [1, 1, 1, 0], "against": [1, 1, 0, 0]}
    # Both have half of the replies fit: full at its best, LoRA halfway between its last two rates (1/4 and 3/4).
    assert found["lora-forgets-less-real"] == {"effect": 12.5, "by_prompt": [1, 1, 0.5, 0], "against": [1, 1, 0, 0]}


def test_what_is_gathered_is_small_and_can_be_read_back(stored: Path) -> None:
    read = json.loads(json.dumps(lora_against_full.gather()))
    assert {(run["way"], run["lr"]) for run in read["runs"]} == set(RUNS)
    assert all("answers" not in run for run in read["runs"]) and read[bound.KEY] == MADE
    assert [run["lr"] for run in read["runs"] if "both" not in run] == [1e-3, 1e-2]  # not judged
    assert unpack(read["untuned"]["knows"]).tolist() == [1, 1, 1, 1] and unpack(read["untuned"]["both"]).sum() == 0
    assert unpack(read["runs"][0]["valid_losses"]).mean() == pytest.approx(0.6)  # full, 1e-4


def test_the_claims_are_those_of_the_stored_runs_where_they_have_the_seed(
        stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = lora_against_full.against_full(0), lora_against_full.best_rates(0)
    kept.write(lora_against_full.STORED, lora_against_full.gather())
    monkeypatch.setattr(lora_against_full, "done", None)
    monkeypatch.setattr(lora_against_full, "done_untuned", None)
    assert (lora_against_full.against_full(0), lora_against_full.best_rates(0)) == trained
    with pytest.raises(TypeError):  # this seed would be trained
        lora_against_full.best_rates(1)
    kept.write(lora_against_full.STORED, lora_against_full.gather() | {bound.KEY: MADE | {"base": "another"}})
    with pytest.raises(TypeError):  # what is stored is of another base model
        lora_against_full.best_rates(0)


def test_runs_of_other_code_are_not_gathered(stored: Path) -> None:
    old = kept.MADE | {"inputs": {"ftlab/gone.py": "0"}}
    files.write_json(store.note_path(lora_against_full.kept("full", 3e-5, 0)), old)
    assert len(lora_against_full.gather()["runs"]) == len(RUNS) - 1
    assert not bound.is_there(lora_against_full.kept("full", 3e-5, 0), MADE)
    files.write_json(store.note_path(lora_against_full.kept_untuned()), old)
    with pytest.raises(ValueError, match="expected the untuned model's scores by the present code, found none"):
        lora_against_full.gather()


def test_the_best_rates_are_between_others_or_there_is_no_number(stored: Path) -> None:
    found = lora_against_full.best_rates(0)["lora-ten-times-rate-real"]["effect"]
    curves = {way: {lr: losses for (each, lr), (losses, *_) in RUNS.items() if each == way}
              for way in lora_against_full.RATES}
    assert found == pytest.approx(best_rate(curves["lora"]) / best_rate(curves["full"]))
    run = files.read_json(lora_against_full.kept("full", 1e-3, 0))
    files.write_json(lora_against_full.kept("full", 1e-3, 0), run | {"valid_losses": [0.1, 0.1]})
    with pytest.raises(ValueError, match="full, seed 0: expected a best rate between 3e-05 and 0.001, found"):
        lora_against_full.best_rates(0)


def test_the_highest_rate_is_judged_only_if_it_may_be_the_best(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    tuned = {"valid_losses": [1.0, 3.0], "seconds": 1.0, "peak_bytes": 1}
    run = lora_against_full.sft.Run(None, None, [], 1.0)
    monkeypatch.setattr(lora_against_full, "tune", lambda *_: tuned | {"run": run})
    monkeypatch.setattr(lora_against_full, "examine", lambda *_: {"both": [1]})
    assert lora_against_full.measure(None, "full", 1e-3, 0, beat=2.5)["both"] == [1]
    assert "both" not in lora_against_full.measure(None, "full", 1e-3, 0, beat=2.0)
    assert lora_against_full.measure(None, "full", 3e-4, 0)["both"] == [1]


def test_runs_of_other_rows_are_made_anew_and_never_gathered_together(stored: Path, capsys) -> None:
    path = lora_against_full.kept("full", 3e-5, 0)
    assert bound.is_there(path, MADE) and "is there already" in capsys.readouterr().out
    assert not bound.is_there(path, MADE | {"rows": "other"}) and "made anew" in capsys.readouterr().out
    files.write_json(path, files.read_json(path) | {bound.KEY: MADE | {"rows": "other"}})
    with pytest.raises(ValueError, match="expected finished runs of one base model and of the same rows"):
        lora_against_full.gather()
