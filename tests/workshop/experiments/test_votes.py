"""The stored votes follow from the stored pairs and the seed; the pairs are what the card says."""

from __future__ import annotations

from collections import Counter

import pytest

from ftlab import files, paths, texts
from ftlab.evidence.intervals import rate_interval
from ftlab.scores import votes
from ftlab.workshop.experiments import votes as experiment

pytestmark = pytest.mark.skipif(not (paths.data() / "votes" / "votes.jsonl").exists(), reason="no votes are stored yet")


@pytest.fixture(scope="module")
def pairs() -> list[dict]:
    return [pair for split in ("train", "test") for pair in votes.stored_pairs(split)]


@pytest.fixture(scope="module")
def cast(pairs: list[dict]) -> tuple[list[dict], list[dict]]:
    return votes.cast(pairs, seed=experiment.SEED)


def test_a_reply_is_of_the_way_that_drew_it_first():
    drawn = ["a", "b", "a", "c", "d", "b", "d", "e", "f"]  # four of the first way, five of the second
    assert [count for *_, count in experiment.WAYS] == [4, 5]
    assert experiment.ways_of(drawn) == {"a": 0, "b": 0, "c": 0, "d": 1, "e": 1, "f": 1}
    with pytest.raises(ValueError):
        experiment.ways_of(drawn[:-1])


def test_the_folder_of_the_parts_is_another_one_for_other_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path))
    first = experiment.home()
    monkeypatch.setattr(experiment, "PER_KIND", 3)
    assert experiment.home() != first


def test_votes_and_truth_follow_from_pairs_and_seed(cast, tmp_path):
    for name, rows in zip(("votes", "truth"), cast, strict=True):
        files.write_jsonl(tmp_path / name, rows)
        assert (tmp_path / name).read_bytes() == (paths.data() / "votes" / f"{name}.jsonl").read_bytes(), name


def test_the_pairs(pairs):
    assert len(pairs) >= 2000 and len({pair["id"] for pair in pairs}) == len(pairs)
    train = {row["id"]: row for row in texts.conversations("train")}
    for pair in pairs:
        assert pair["a"] != pair["b"] and pair["a"].strip() and pair["b"].strip()
        assert train[pair["conversation"]]["kind"] == pair["kind"]
    assert set(Counter(pair["kind"] for pair in pairs)) == {row["kind"] for row in train.values()}
    truth = votes.stored_truth()
    left = sum(truth[pair["id"]]["better"] == "a" for pair in pairs)
    right = sum(truth[pair["id"]]["better"] == "b" for pair in pairs)
    share = rate_interval(left, left + right, level=0.999)
    assert share.low < 0.5 < share.high


def test_the_held_out_conversations_are_others():
    train, test = ({pair["conversation"] for pair in votes.stored_pairs(split)} for split in ("train", "test"))
    assert not train & test
    assert 0.1 < len(test) / len(train | test) < 0.3


def test_raters_slip_as_often_as_stated(cast):
    _, truth = cast
    for rater in votes.RATERS:
        slips = sum(rater.name in row["slipped"] for row in truth)
        share = rate_interval(slips, len(truth), level=0.999)
        assert share.low < rater.error < share.high, rater.name


def test_every_stored_pair_makes_a_row_or_is_undecided():
    for split in ("train", "test"):
        pairs, cast = votes.stored(split)
        rows, decided = votes.preferences(pairs, cast), votes.decided(cast)
        assert [row["pair"] for row in rows] == [pair["id"] for pair in pairs if pair["id"] in decided]
        assert {vote["pair"] for vote in cast} == {pair["id"] for pair in pairs}
        assert not any("worth" in key or "meant" in key for vote in cast for key in vote)
