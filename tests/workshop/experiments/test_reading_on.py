"""Reading on with the real model: its design is the notebook's, and its runs come to what the notebook reads."""

from __future__ import annotations

import json
from pathlib import Path

import families
import kept
import numpy as np
import pytest
from dials import dials

from ftlab import files, model, paths, texts
from ftlab.evidence.packed import unpack
from ftlab.workshop import stored as store
from ftlab.workshop.experiments import reading_on as experiment
from ftlab.workshop.experiments import reading_trial
from ftlab.world import phrasings, real

NOTEBOOK = "03_tasks_and_domains"


def test_the_design_is_the_notebooks() -> None:
    live = dials(NOTEBOOK)
    assert live["READ"] == experiment.READ and experiment.READ % max(experiment.WORDINGS.values()) == 0
    read = experiment.chosen()
    assert read[: live["PRODUCTS"]] == phrasings.products(live["PRODUCTS"], seed=0)
    others = experiment.chosen(trial=True)
    assert len(others) == len(read) == experiment.PRODUCTS and not {p.id for p in others} & {p.id for p in read}
    rows = experiment.questions(read)
    assert [row["target"] for row in rows[::13]] == sorted(product.id for product in read)  # 13 questions a product


def test_every_way_reads_of_each_product_equally_often() -> None:
    products = experiment.chosen()
    texts_of = {way: experiment.to_read(way, 0, products, ["a", "b"]) for way in experiment.WORDINGS}
    for way, wordings in experiment.WORDINGS.items():
        for product in products:
            of_it = [text for text in texts_of[way] if text.startswith(f"{product.name} by")]
            assert len(of_it) == experiment.READ and len(set(of_it)) == wordings
    own = [text for text in texts_of["replay"] if text in ("a", "b")]
    assert len(texts_of["eight"]) == 12 * 32 == 2 * len(own) and own.count("a") == own.count("b")
    assert len(texts_of["replay"]) == 12 * 32 + 6 * 32 and "a" not in texts_of["eight"]
    assert experiment.to_read("eight", 1, products, []) != texts_of["eight"]


@pytest.mark.parametrize(("reply", "right"), [
    ("It is red.", True),
    ("Red", True),
    ("The Emberline Kettle is red, and it weighs 1.2 kg. It is made in Dunmore.", True),
    ("It weighs 1.2 kg. It is red.", False),  # a recited page says everything in time
    ("Emberline Kettle by Quillmere\n\nIt is red.", False),
    ("It is red or blue.", False),
    ("It is green.", False),
    ("", False),
])
def test_the_first_sentence_has_to_answer(reply: str, right: bool) -> None:
    assert experiment.answers_it(reply, {"answers": ["red"]}) is right


def test_runs_come_to_what_the_notebook_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    small = {"PRODUCTS": 2, "READ": 8, "WRITTEN": 6, "KNOWN": 3, "SEEDS": (0, 1), "ASK_TOKENS": 3, "REPLY_TOKENS": 3,
             "FACT_TOKENS": 3, "WORLD_TOKENS": 2, "VALUE_TOKENS": 2}
    for name, value in small.items():
        monkeypatch.setattr(experiment, name, value)
    read = [turn["content"] for row in texts.conversations("valid")[:40] for turn in row["messages"]]
    monkeypatch.setenv("FTLAB_MODEL", str(families.build("smollm2", tmp_path / "model", read)))
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path / "runs"))
    folder = paths.runs() / experiment.FOLDER

    def made(*arguments: str) -> None:
        monkeypatch.setattr("sys.argv", ["reading_on", *arguments])
        experiment.main()

    with pytest.raises(ValueError, match=r"untuned\.json: expected a finished run of .* --way untuned$"):
        experiment.measure(model.choose(), "one", 1e-4, 0)
    made("--way", "untuned")
    before = files.read_json(folder / "untuned.json")
    assert len(before["knows"]) == len(before["answers"]) == len(real.questions())
    assert before["written"] and all(
        text.endswith("<|im_end|>") and "assistant\n" in text for text in before["written"])
    # A random model knows nothing; as if it had known the first, the third and the next two.
    files.write_json(folder / "untuned.json", before | {"knows": [1, 0, 1, 1, 1] + [0] * (len(before["knows"]) - 5)})
    with pytest.raises(ValueError, match=r"--way rate --lr 0\.0001$"):
        made("--way", "one")
    for lr, learnt in zip(experiment.RATES, ((0, 0), (1, 0), (0, 1)), strict=True):
        made("--way", "rate", "--lr", f"{lr:g}")
        run = files.read_json(folder / f"rate-{lr:g}.json")
        assert (run["way"], run["lr"], run["steps"], len(run["learnt"])) == ("eight", lr, 2, 26)
        files.write_json(folder / f"rate-{lr:g}.json", run | {"learnt": [*learnt] * 13})
    assert experiment.rate() == experiment.RATES[1]  # of two alike the lower
    for way in experiment.WORDINGS:
        for seed in experiment.seeds_of(way):
            made("--way", way, "--seed", str(seed))
    with pytest.raises(SystemExit):
        made("--way", "rate")
    capsys.readouterr()
    made("--way", "one")
    assert "is there already" in capsys.readouterr().out

    stored = json.loads(json.dumps(experiment.gather()))
    assert [(run["way"], run["seed"], run["steps"]) for run in stored["runs"]] == [
        ("one", 0, 2), ("one", 1, 2), ("two", 0, 2), ("four", 0, 2),
        ("eight", 0, 2), ("eight", 1, 2), ("replay", 0, 3), ("replay", 1, 3)]
    for run in stored["runs"]:
        assert [len(unpack(run[key])) for key in ("learnt", "recited", "kept")] == [26, 12, 3]
        assert run["lr"] == stored["settings"]["lr"] and len(run["replies"]) == len(stored["asked"]) == 26
        assert ("answers" in run) is (run["seed"] == 0)
    assert np.array([unpack(run["learnt"]) for run in stored["runs"][:2]]).reshape(2, 2, -1).shape == (2, 2, 13)
    assert [len(unpack(stored["untuned"][key])) for key in ("learnt", "recited")] == [26, 12]
    assert [run["lr"] for run in stored["rates"]] == list(experiment.RATES)
    assert stored["made_of"] == experiment.made_of(model.choose())

    monkeypatch.setattr(reading_trial.reading_on, "PRODUCTS", 2)
    trial = reading_trial.on_trial(1)  # all is there, so nothing is run
    assert [len(trial["phrasings-count-real"][arm]) for arm in ("by_prompt", "against")] == [2, 2]
    assert [len(trial["replay-keeps-real"][arm]) for arm in ("by_prompt", "against")] == [3, 3]

    monkeypatch.setattr(store, "stored_path", lambda name: tmp_path / "stored" / f"{name}.json")
    kept.write(experiment.FOLDER, stored)
    monkeypatch.setattr(experiment, "done", None)
    assert reading_trial.on_trial(1) == trial  # as stored
    with pytest.raises(TypeError):  # this seed would be trained
        reading_trial.on_trial(2)
