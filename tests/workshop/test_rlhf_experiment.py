"""The stored RLHF runs are those of the experiment's own settings, and their parts fit together."""

from __future__ import annotations

import pytest

from ftlab import files, paths, texts
from ftlab.evidence.packed import unpack
from ftlab.scores import votes
from ftlab.workshop.experiments import rlhf


@pytest.fixture(scope="module")
def stored() -> dict:
    path = paths.data() / "stored" / "rlhf.json"
    if not path.exists():
        pytest.skip("no stored runs: python -m ftlab.workshop.experiments.rlhf --kl 1e-8 0.05 0.2, --judge, --gather")
    return files.read_json(path)


def test_no_conversation_has_two_jobs() -> None:
    parts = [{row["id"] for row in part} for part in rlhf.split(seed=1)]
    assert [len(part) for part in parts] == [rlhf.SFT_ROWS, rlhf.VOTED, 1574 - rlhf.SFT_ROWS - rlhf.VOTED]
    assert len(set.union(*parts)) == 1574
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


def test_the_reward_model_chose_among_replies_to_prompts_that_it_had_not_seen(stored: dict) -> None:
    seen = {pair["conversation"] for pair in votes.stored_pairs("train")}
    assert len(stored["real"]["choices"]) > 20
    for each in stored["real"]["choices"]:
        assert each["conversation"] not in seen
        assert len(each["replies"]) == len(each["rewards"]) == len(set(each["replies"])) >= 2


def test_the_effect_counts_the_full_worth_as_a_hundred() -> None:
    most = sum(votes.WEIGHTS.values())
    found = rlhf.apart([most, 0.0], [most / 2, most / 2])
    assert found == {"effect": 0.0, "by_prompt": [1.0, 0.0], "against": [0.5, 0.5]}
    assert rlhf.apart([most, most], [0.0, most])["effect"] == 50.0
