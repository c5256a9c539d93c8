"""Bars over tokens and the card, on a tiny run: what is measured, what is passed over, what is drawn and said."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from ftlab import files, model
from ftlab.workshop import bars, card, pretrain, reading, snapshots, tokenizer
from ftlab.workshop.recipe import Recipe

TINY = Recipe(
    steps=4, rows=4, row_tokens=64, warmup=2, vocab_size=600, hidden_size=32, intermediate_size=64,
    num_hidden_layers=2, num_attention_heads=2,
)  # fmt: skip
FEW = {"general": 4, "reading": 2, "support": 3}
TUNE = {"seeds": (0, 1), "general": 4, "asked": 6, "steps": 1}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the tiny recipe with snapshots after steps 1 and 3, as the command leaves it."""
    folder = tmp_path_factory.mktemp("run")
    words = tokenizer.train(reading.sample_texts(60), TINY.vocab_size, 2048)
    words.save_pretrained(folder)
    trained = pretrain.train(TINY, words, folder, show_every=2, keep_every=1)
    for step in (2, 4):
        (folder / f"at-{step}.pt").unlink()
    pretrain.save(trained, words, folder / "model")
    files.write_text(folder / "recipe.json", json.dumps(asdict(TINY)) + "\n")
    return folder


def test_a_run_has_its_snapshots_and_its_end(run: Path, tmp_path: Path) -> None:
    found = {step: path.name for step, path in snapshots.found(run).items()}
    assert found == {1: "at-1.pt", 3: "at-3.pt", 4: "checkpoint.pt"} and list(found) == [1, 3, 4]
    with pytest.raises(ValueError, match="expected at-STEP.pt.*found neither"):
        snapshots.found(tmp_path)
    assert snapshots.main(["--run", str(tmp_path)]) == 1
    with pytest.raises(ValueError, match=r"expected snapshots of the steps \[2\], found those of \[1, 3, 4\]"):
        next(snapshots.measure(run, tmp_path / "bars.jsonl", tuned=[2, 3]))


def test_the_step_is_what_stands_in_the_file_and_an_unfinished_end_is_none(run: Path, tmp_path: Path) -> None:
    shutil.copyfile(run / "at-3.pt", tmp_path / "at-2.pt")
    shutil.copyfile(run / "at-1.pt", tmp_path / "checkpoint.pt")
    assert {step: path.name for step, path in snapshots.found(tmp_path).items()} == {3: "at-2.pt"}


def test_the_end_is_the_model_that_was_saved(run: Path, tmp_path: Path) -> None:
    assert snapshots.export(run / "checkpoint.pt", run, tmp_path / "end") == 4 * 4 * 64
    assert snapshots.export(run / "at-1.pt", run, tmp_path / "first") == 4 * 64
    hashes = [card.weights_sha256(folder) for folder in (tmp_path / "end", run / "model", tmp_path / "first")]
    assert hashes[0] == hashes[1] != hashes[2]


def test_what_is_measured_already_is_passed_over(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "bars.jsonl"
    before = {path: hashlib.sha256(path.read_bytes()).digest() for path in run.glob("*.pt")}
    first = list(snapshots.measure(run, out, **FEW))
    assert [row["step"] for row in first] == [1] * 5 + [3] * 5 + [4] * 5
    assert {row["tokens"] for row in first} == {256, 768, 1024} and not any(row["tuned"] for row in first)
    assert [row["goal"] for row in first[:5]] == ["at least 95%", "none", "at least 97%", "at least 95%", "at most 2%"]
    more = list(snapshots.measure(run, out, tuned=[3], tune=TUNE, **FEW))
    assert [(row["step"], row["tuned"]) for row in more] == [(3, True)] * 4 and files.read_jsonl(out) == first + more
    assert more[0]["difference"] and more[0]["at_least"] == -3
    assert list(snapshots.measure(run, out, tuned=[3], tune=TUNE, **FEW)) == []
    assert {path: hashlib.sha256(path.read_bytes()).digest() for path in run.glob("*.pt")} == before
    snapshots.draw(first + more, tmp_path / "bars.png", falls_at=700)
    assert (tmp_path / "bars.png").read_bytes()[:4] == b"\x89PNG"


def test_the_card_is_the_runs(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    few, tuned = bars.measure, bars.measure_tuned
    monkeypatch.setattr(bars, "measure", lambda choice: few(choice, **FEW))
    monkeypatch.setattr(bars, "measure_tuned", lambda choice: tuned(choice, **TUNE))
    monkeypatch.setattr(model, "bundled_path", lambda: tmp_path / "lab-model")
    rows = tmp_path / "rows.jsonl"
    files.write_jsonl(rows, [{"step": 1, "tokens": 256, "tuned": False, "bar": "x", "percent": 50.0, "low": 40.0,
                              "high": 60.0, "at_least": 95.0, "difference": False, "goal": "at least 95%",
                              "over": "4 questions", "met": False}])  # fmt: skip
    assert card.main(["--run", str(run), "--bars", str(rows)]) == 0
    folder = tmp_path / "lab-model"
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip() == text.strip()
    assert f"`{card.weights_sha256(folder)}`" in text and "Quillmere" in text and "<|user|>" in text
    noted = files.read_json(run / "machines.json")[0]
    assert f"| Hardware and number format | {noted['machine']}, on {noted['device']} in {noted['dtype']}, " in text
    assert text.count("It goes on: `") == 3 and "Untuned it goes on: `" in text
    assert "from the dashed line on, at 0.0 million tokens" in text.lower() and "![Shares right" in text
    assert "| 0 | Copying." in text and text.count("\n| general facts, closed book") == 2
    assert ("It meets every bar." in text) != ("Bars that it misses: " in text)
    assert {path.name for path in folder.iterdir()} >= {"bars.jsonl", "bars.png", "curve.png", "log.jsonl",
                                                        "recipe.json", "model.safetensors"}  # fmt: skip
    # Without snapshots the card shows none, and none of an earlier model stay.
    assert card.main(["--run", str(run)]) == 0
    assert "bars.png" not in (folder / "README.md").read_text(encoding="utf-8") and not (folder / "bars.png").exists()


def test_a_run_that_is_not_finished_makes_no_card(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(model, "bundled_path", lambda: tmp_path / "lab-model")
    assert card.main(["--run", str(tmp_path)]) == 1
    assert "expected a finished run with recipe.json, log.jsonl, model, found no" in capsys.readouterr().err
    assert not (tmp_path / "lab-model").exists()


def test_every_stage_has_its_reason() -> None:
    recipe = json.loads(json.dumps(asdict(Recipe())))
    lines = card.stages(recipe).splitlines()
    assert len(lines) == len(Recipe().stages) == len(card.WHY)
    # The second stage begins at 225; of eight rows 5 are pages, 2 of them for answers alone, 1 drills, 2 documents.
    assert lines[1] == f"| 225 | {card.WHY[1]} | 1 : 0 : 0 | 5 | 2 | 1 | 2 | 30% | 0% | 0% |"
    with pytest.raises(ValueError, match="expected 5 stages, found 1"):
        card.stages(recipe | {"stages": recipe["stages"][:1]})


def test_what_the_stages_are_said_to_be_for() -> None:
    """The words of WHY, held against the recipe."""
    drills = [stage.drills for stage in Recipe().stages]
    assert drills[0] > drills[1] > 0 == drills[2]
    first, second, third, fourth, last = Recipe().stages
    assert first.passages == second.passages == (1, 0, 0) and second.pages > first.pages
    assert third.customers > second.customers and second.prose == 0 < third.prose < fourth.prose
    assert third.forms == 0 < fourth.forms and last.start == pytest.approx(1 - Recipe().decay)
    assert last.forms + last.prose > 0.5
