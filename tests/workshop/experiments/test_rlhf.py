"""The stored RLHF runs are those of the experiment's own settings, and their parts fit together."""

from __future__ import annotations

import json
from pathlib import Path

import kept
import pytest

from ftlab import files, paths, texts
from ftlab.evidence.packed import unpack
from ftlab.scores import votes
from ftlab.workshop import stored as store
from ftlab.workshop.experiments import rlhf, rlhf_judges


@pytest.fixture(scope="module")
def stored() -> dict:
    path = paths.data() / "stored" / "rlhf.json"
    if not path.exists():
        pytest.skip("no stored runs: python -m ftlab.workshop.experiments.rlhf --kl 1e-8 0.05 0.2, --judge, --gather")
    return files.read_json(path)


def test_no_conversation_has_two_jobs() -> None:
    parts = [{row["id"] for row in part} for part in rlhf.split(seed=1)]
    whole = len(texts.plain_conversations("train"))
    assert [len(part) for part in parts] == [rlhf.SFT_ROWS, rlhf.VOTED, whole - rlhf.SFT_ROWS - rlhf.VOTED]
    assert len(set.union(*parts)) == whole
    assert {row["split"] for part in rlhf.split(seed=1) for row in part} == {"train"}


def test_every_weight_was_run_with_every_seed_and_by_these_settings(stored: dict) -> None:
    seeds = {run["seed"] for run in stored["runs"]}
    assert {(run["kl"], run["seed"]) for run in stored["runs"]} == {(kl, seed) for kl in rlhf.KLS for seed in seeds}
    assert stored["settings"] == rlhf.settings()


def test_a_seed_has_one_start(stored: dict) -> None:
    for run in stored["runs"]:
        first = next(other for other in stored["runs"] if other["seed"] == run["seed"])
        assert run["before"] == first["before"]


def test_the_stored_worth_is_that_of_the_stored_replies(stored: dict) -> None:
    rows = texts.plain_conversations("test")
    for run in stored["runs"]:
        for when in ("before", "after"):
            worths = unpack(run[when]["worth"])
            assert len(worths) == rlhf.HELD_OUT and len(unpack(run[when]["known"])) == rlhf.FACTS
            found = [votes.worth(reply, row) for reply, row in zip(run[when]["replies"], rows, strict=False)]
            assert found == pytest.approx(worths[: len(found)], abs=1e-4)


def test_every_judge_was_tried_on_other_votes(stored: dict) -> None:
    for run in stored["runs"]:
        known = run["judge"]
        assert known["low"] <= known["agrees"] <= known["high"]
        assert known["pairs"] >= known["conversations"] > 20


def test_each_conversation_of_the_real_model_is_judged_once_by_a_model_that_has_not_seen_it(stored: dict) -> None:
    real = stored["real"]
    names = [pair["conversation"] for split in ("train", "test") for pair in votes.stored_pairs(split)]
    parts = rlhf_judges.folds(names, real["seed"])
    judged = {each["conversation"]: each for each in real["choices"]}
    assert len(judged) == len(real["choices"]) and set(judged) == set(names)
    for number, part in enumerate(parts):
        assert {name for name, each in judged.items() if each["fold"] == number} == set(part)
    for each in real["choices"]:
        assert len(each["replies"]) == len(each["rewards"]) == len(set(each["replies"])) >= 2


def test_what_is_gathered_holds_what_each_judge_knew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path))
    with pytest.raises(ValueError, match=r"found the seeds \[\], and all folds of the seeds \[\]"):
        rlhf.gather()
    scores = {key: [0.0, 1.0] for key in (*votes.WEIGHTS, "worth", "reward", "known")}
    side = {**scores, "replies": ["It is is dry.", "It is dry."]}
    for kl, seed in [*((kl, 0) for kl in rlhf.KLS), (rlhf.KLS[0], 1)]:
        kept.keep(rlhf.home() / f"kl-{kl:g}-seed-{seed}.json", {
            "kl": kl, "seed": seed, "seconds": 1, "dtype": "float32", "judge": {"agrees": 60.0}, "log": {},
            "before": side, "after": side | {"worth": [0.25, 1.0 if kl == rlhf.KLS[-1] else 0.0]}})  # fmt: skip
    rows = texts.conversations("train")[: rlhf.FOLDS]
    for number, (place, row) in enumerate(zip(rlhf_judges.places(rlhf_judges.real_home(), 0), rows, strict=True)):
        choice = {"conversation": row["id"], "fold": number, "rewards": [0.5, -0.5],
                  "replies": [row["messages"][-1]["content"], "Blue."]}
        kept.keep(place, {"pairs": 7, "seconds": 2, "dtype": "float32", "choices": [choice]})
    found = json.loads(json.dumps(rlhf.gather()))
    assert [(run["kl"], run["seed"]) for run in found["runs"]] == [(kl, 0) for kl in rlhf.KLS]  # seed 1 is not whole
    assert found["runs"][0]["judge"] == {"agrees": 60.0}
    assert unpack(found["runs"][0]["after"]["stutters"]).tolist() == [1, 0]
    assert found["real"]["pairs"] == [7] * rlhf.FOLDS and found["real"]["writer"] == votes.writer()
    assert [each["conversation"] for each in found["real"]["choices"]] == [row["id"] for row in rows]

    monkeypatch.setattr(store, "stored_path", lambda name: tmp_path / "stored" / f"{name}.json")
    kept.write("rlhf", found)
    monkeypatch.setattr(rlhf, "found", None)  # nothing is trained
    monkeypatch.setattr(rlhf, "judge_the_real", None)
    best = rlhf.best_of_n(0)["best-of-n"]
    assert best == found["best_of_n"]["0"] and best["effect"] > 0 and len(best["by_prompt"]) == rlhf.FOLDS
    kept.write("rlhf", found, inputs={"data/no-such-table.csv": "0" * 16})
    with pytest.raises(TypeError):  # it would be trained, as what was read has changed
        rlhf.best_of_n(0)


def test_the_effect_counts_the_full_worth_as_a_hundred() -> None:
    most = sum(votes.WEIGHTS.values())
    found = rlhf.apart([most, 0.0], [most / 2, most / 2])
    assert found == {"effect": 0.0, "by_prompt": [1.0, 0.0], "against": [0.5, 0.5]}
    assert rlhf.apart([most, most], [0.0, most])["effect"] == 50.0
