"""The stored runs on votes: what the claims are made of, and what the notebook is given."""

from __future__ import annotations

import json
from pathlib import Path

import kept
import pytest

from ftlab import files, paths, texts
from ftlab.evidence.packed import unpack
from ftlab.workshop import stored as store
from ftlab.workshop.experiments import dpo


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs on four test conversations, as if they had been trained: right in the first so many, else nonsense.

    Nothing is stored of them yet.
    """
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path))
    monkeypatch.setattr(store, "stored_path", lambda name: tmp_path / "stored" / f"{name}.json")
    monkeypatch.setattr(dpo, "HELD_OUT", 4)
    rows = texts.sample(texts.plain_conversations("test"), 4, seed=0)
    gold = [row["messages"][-1]["content"] for row in rows]

    def replies(right: int) -> list[str]:
        return [*gold[:right], *["Blue."] * (4 - right)]

    right = {"dpo": 3, "rloo": 2, "noise-0": 4, "noise-0.2": 3}
    for name in dpo.RUNS:
        many = right.get(name, 1)
        kept.keep(dpo.place(name, 0), {
            "name": name, "seed": 0, "given": {"way": "dpo", "lr": 1.0}, "pairs": 8, "steps": 1, "seconds": 2.0,
            "peak_bytes": 7, "log": {"loss": [0.69, 0.5]}, "wins": [1.0, 0.5, 0.5, 0.0],
            "right": [1] * many + [0] * (4 - many), "on_brand": [True] * 4, "words": [20] * 4, "replies": replies(many),
            "sorry": [False] * 4, "moved": {"chosen": [-0.514], "rejected": [-2.0]},
            "sft": {"right": [0] * 4, "on_brand": [True] * 4, "words": [30] * 4, "replies": replies(0),
                    "sorry": [False] * 4},
        })  # fmt: skip
    return tmp_path


def test_the_claim_counts_conversations_won_and_lost(made: Path) -> None:
    found = dpo.on_trial(0)
    # With wrong votes the reply to the fourth conversation is nonsense; all other replies are the same.
    about = [row["question_phrasing"] for row in texts.sample(texts.plain_conversations("test"), 4, seed=0)]
    assert found["dpo-bears-noise"] == {"effect": -25.0, "by_prompt": [0, 0, 0, 0], "against": [0, 0, 0, 1],
                                        "about": about}  # fmt: skip


def test_what_is_gathered_is_small_and_can_be_read_back(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [{"pair": "a", "better": "a"}, {"pair": "b", "better": "b"}, {"pair": "c", "better": "tie"}]
    cast = [{"pair": pair, "rater": "x", "vote": "a"} for pair in "abc"]
    monkeypatch.setattr(dpo, "sampled", lambda seed: ([], cast, pairs))
    for name in dpo.RUNS:  # another seed, with other wins; and a third that lacks a run
        run = files.read_json(dpo.place(name, 0))
        kept.keep(dpo.place(name, 2), run | {"wins": [1.0, 1.0, 1.0, 0.0]})
    kept.keep(dpo.place("beta-1", 3), run)
    stored = json.loads(json.dumps(dpo.gather()))
    assert stored["seeds"] == [0, 2] and stored["settings"] == dpo.settings() and stored["voted"] == 3
    assert all(run["seeds"]["wins"] == [0.5, 0.75] for run in stored["runs"])
    assert [run["name"] for run in stored["runs"]] == list(dpo.RUNS)
    assert stored["wrong_votes"] == 0.5 and stored["decided"] == 2  # of a and b one is voted wrongly; c is a tie
    runs = {run["name"]: run for run in stored["runs"]}
    assert unpack(runs["rloo"]["dpo_wins"]).tolist() == [0.5, 0.5, 1, 0.5]
    assert unpack(runs["noise-0.2"]["wins_over_clean"]).tolist() == [0.5, 0.5, 0.5, 0]
    assert all(len(run["first_replies"]) == 3 and "replies" not in run for run in stored["runs"])
    assert runs["kto"]["moved"] == {"chosen": [-0.51], "rejected": [-2.0]}
    assert stored["sft"]["right"] == 0 and runs["noise-0"]["right"] == 1

    kept.write("dpo", stored)
    monkeypatch.setattr(dpo, "found", None)  # nothing is trained
    for seed in (0, 2):
        found = dpo.on_trial(seed)["dpo-bears-noise"]
        assert len(set(found.pop("about"))) == 4  # what each prompt is about
        assert found == {"effect": -25.0, "by_prompt": [0] * 4, "against": [0, 0, 0, 1]}
    with pytest.raises(TypeError):  # this one would be trained
        dpo.on_trial(3)


def test_a_seed_with_a_missing_run_is_not_gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path))
    with pytest.raises(ValueError, match="expected every one of .* runs of a seed, found no such seed"):
        dpo.gather()


@pytest.fixture(scope="module")
def stored() -> dict:
    path = paths.data() / "stored" / "dpo.json"
    if not path.exists():
        pytest.skip("no stored runs: python -m ftlab.workshop.experiments.dpo --all, then --gather")
    return files.read_json(path)


def test_every_run_is_stored_and_by_these_settings(stored: dict) -> None:
    assert [run["name"] for run in stored["runs"]] == list(dpo.RUNS)
    assert stored["settings"] == dpo.settings() and stored["seed"] in stored["seeds"]


def test_every_run_had_as_many_votes_as_it_was_to_have(stored: dict) -> None:
    for run in stored["runs"]:
        assert run["pairs"] == dpo.RUNS[run["name"]].get("pairs", dpo.PAIRS), run["name"]
        assert len(run["seeds"]["wins"]) == len(stored["seeds"])
        assert len(unpack(run["wins"])) == dpo.HELD_OUT
