"""The stored work of the desk: what is asked, how it is measured, and the table that notebook 00 reads."""

from __future__ import annotations

import families
import pytest
from dials import dials

from ftlab import files, model, paths, rivals, texts
from ftlab.evidence import intervals
from ftlab.tuning import sft
from ftlab.workshop.experiments import desk_work
from ftlab.world import house
from ftlab.world.pairs import KINDS

TEST = texts.conversations("test")


def test_the_lesson_is_notebook_00s_run() -> None:
    found = dials("00_start_here")
    for key in ("EXAMPLES", "STEPS", "BATCH_SIZE", "LR"):
        assert found[key] == getattr(desk_work, key), key


def test_the_examples_that_are_shown_are_of_the_asked_kind_in_house_words() -> None:
    few, train = desk_work.best_examples(0), {row["id"]: row for row in texts.conversations("train")}
    assert set(few) == set(KINDS)
    for kind, rows in few.items():
        assert len({row["id"] for row in rows}) == 3
        for row in rows:
            assert row["kind"] == kind and row["messages"][-1]["content"] == house.reply(train[row["id"]])


@pytest.mark.parametrize("family", ["smollm2", "gemma2"])  # one refuses a system turn
def test_every_way_can_be_asked_and_is_counted(family: str, tmp_path, monkeypatch) -> None:
    read = [message["content"] for row in texts.conversations("valid")[:40] for message in row["messages"]]
    choice = model.choose(str(families.build(family, tmp_path / "small", read)))
    monkeypatch.setattr(desk_work, "ASKED", 1)
    monkeypatch.setattr(desk_work, "REPLY_TOKENS", 2)
    found = desk_work.measure_rivals(choice)
    assert sorted(found["kinds"]) == sorted(KINDS) and set(found["shown"]) == set(KINDS)
    tokens = [found[way]["prompt_tokens"] for way in ("plain", "guide", "examples")]
    assert tokens[0] < tokens[1] and tokens[0] < tokens[2]
    assert all(len(found[way]["replies"]) == len(found[way]["both"]) == 9 for way in ("plain", "guide", "examples"))
    base, tokenizer = sft.load(choice)
    one = desk_work.answer(base, tokenizer, [rivals.plain(row) for row in desk_work.asked()], desk_work.asked())
    assert one["replies"] == found["plain"]["replies"]


def test_gather_keeps_every_seed_and_says_which_conversations_were_asked(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path))
    folder, asked = tmp_path / "desk-work", desk_work.asked()
    took = {"prompt_tokens": 7, "seconds_each": 0.5}
    ways = {way: {**took, "replies": ["?"] * len(asked)} for way in ("plain", "guide")}
    ways["examples"] = {**took, "replies": [house.reply(row) for row in asked]}  # all fit
    files.write_json(folder / "rivals.json", {"ids": [row["id"] for row in asked], **ways})
    for seed in (0, 1):  # seed 1 fails at the first conversation of all
        replies = [house.reply(row) for row in TEST]
        replies[0] = "?" if seed else replies[0]
        files.write_json(folder / f"seed-{seed}.json", {"model": "M", "dtype": "float32", "seed": seed, "examples": 5,
                                                        "train_s": 60, "replies": replies, **took})
    found = desk_work.gather()
    assert "lesson" not in found and found["seeds"] == [0, 1] and "(seeds 0, 1); 553" in found["note"]
    first = TEST[0]["kind"]
    assert [sum(map(len, found["tuned"][kind])) for kind in KINDS] == [
        2 * sum(row["kind"] == kind for row in TEST) for kind in KINDS]
    assert [run[0] for run in found["tuned"][first]] == [1, 0] and sum(found["plain"][first]) == 0
    for kind in KINDS:  # the places lead from the tuned model's marks to those of the very same conversations
        of_kind = [row["id"] for row in TEST if row["kind"] == kind]
        assert [of_kind[i] for i in found["asked"][kind]] == [row["id"] for row in asked if row["kind"] == kind]
        same = [[run[i] for i in found["asked"][kind]] for run in found["tuned"][kind]]
        gap = intervals.paired_difference(same, found["examples"][kind])
        assert gap.value <= 0 and len(same[0]) == len(found["examples"][kind]) == desk_work.ASKED
    assert found["cost"] == dict.fromkeys(("plain", "guide", "examples", "tuned"), took)
    files.write_json(folder / "lesson-0.json", {**took, "replies": ways["examples"]["replies"]})
    again = desk_work.gather()
    assert all(again["lesson"][kind] == [[1] * desk_work.ASKED] for kind in KINDS) and again["cost"]["lesson"] == took


def test_what_is_stored_fits_together() -> None:
    stored = files.read_json(paths.data() / "stored" / "desk-work.json")
    for kind in KINDS:
        many = sum(row["kind"] == kind for row in TEST)
        assert [len(run) for run in stored["tuned"][kind]] == [many] * len(stored["seeds"])
        assert len(stored["template"][kind]) == many
        assert len(stored["asked"][kind]) == len(stored["plain"][kind]) == len(stored["guide"][kind])
    assert {"plain", "guide", "examples", "tuned"} <= set(stored["cost"])
