"""The stored run of the real model: its batches, the claim, and what the notebook is given."""

from __future__ import annotations

import json
from pathlib import Path

import kept
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from ftlab import files, texts
from ftlab.evidence.packed import unpack
from ftlab.tuning.pairs import cut
from ftlab.workshop import stored as store
from ftlab.workshop.experiments import dpo_real

WORDS = {"?": 0, "ask": 1, "a": 2, "b": 3, "c": 4, "END": 5}


def words(template: str) -> PreTrainedTokenizerFast:
    """A tokenizer of words between spaces, whose chat template puts all turns in a line."""
    whole = Tokenizer(models.WordLevel(WORDS, unk_token="?"))
    whole.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=whole, eos_token="END", chat_template=template)


APART = "{% for m in messages %}{{ m['content'] }} {% endfor %}"
JOINED = "{% for m in messages %}{{ m['content'] }}{% endfor %}"


def row(chosen: str, rejected: str) -> dict:
    return {"prompt": [{"role": "user", "content": "ask"}], "pair": "p-0",
            "chosen": [{"role": "assistant", "content": chosen}],
            "rejected": [{"role": "assistant", "content": rejected}]}  # fmt: skip


def test_a_pair_is_cut_at_the_end_of_its_prompt() -> None:
    assert cut(words(APART), row("a b", "c")) == ([1], [2, 3], [4])


def test_a_pair_is_refused_where_a_token_reaches_across() -> None:
    # "ask" and "a b" are written as "aska b", whose first word is no longer the prompt's
    with pytest.raises(ValueError, match="pair p-0, chosen: expected the prompt's own tokens"):
        cut(words(JOINED), row("a b", "c"))


def test_batches_hold_every_pair_once_and_sort_by_length_only_among_neighbours(monkeypatch) -> None:
    monkeypatch.setattr(dpo_real, "BATCH_SIZE", 2)
    monkeypatch.setattr(dpo_real, "WINDOW", 2)
    lengths = [3, 1, 2, 1, 5, 4, 4, 5]
    rows = [row(" ".join("a" * n), "c") | {"pair": str(i)} for i, n in enumerate(lengths)]
    found = [[int(each["pair"]) for each in batch] for batch in dpo_real.batches(rows, words(APART), seed=0)]
    assert sorted(map(sorted, found[:2])) == [[0, 2], [1, 3]]  # of lengths 3 and 2, 1 and 1
    assert sorted(map(sorted, found[2:])) == [[4, 7], [5, 6]]  # of lengths 5 and 5, 4 and 4


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two looks: nonsense before, and afterwards a gold reply to the first of the nine conversations."""
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path))
    monkeypatch.setattr(store, "stored_path", lambda name: tmp_path / "stored" / f"{name}.json")
    for name, value in (("PER_KIND", 1), ("FACTS", 2), ("PAIRS", 8), ("LOOKS", (0, 8))):
        monkeypatch.setattr(dpo_real, name, value)
    monkeypatch.setattr(dpo_real, "ARMS", {name: arm._replace(pairs=8) for name, arm in dpo_real.ARMS.items()})
    rows = texts.balanced(texts.conversations("test"), 1, seed=0)
    places = dpo_real.places(dpo_real.home(), "mixed", 0)
    for seen, first in ((0, "Blue."), (8, rows[0]["messages"][-1]["content"])):
        kept.keep(places[seen], {
            "votes": seen, "replies": [first] + ["Blue."] * 8, "answers": ["Thank you for asking.", "No."],
            "write_s": 1.4, "train_s": 2.6, "log": [{"pair": "p-0", "chosen": 0.12345, "rejected": -1.0, "loss": 0.5}],
        })  # fmt: skip
    return tmp_path


def test_the_claim_counts_conversations_won_and_lost(looked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = [row["question_phrasing"] for row in texts.balanced(texts.conversations("test"), 1, seed=0)]
    claim = {"dpo-beats-sft": {"effect": pytest.approx(100 / 9), "by_prompt": [1] + [0] * 8, "against": [0] * 9,
                               "about": about}}
    monkeypatch.setattr(dpo_real, "train", None)
    assert dpo_real.on_trial(0) == claim  # by the looks that are there
    kept.write("dpo-real", dpo_real.gather(0))
    monkeypatch.setattr(dpo_real, "tried", None)
    assert dpo_real.on_trial(0) == claim  # as stored
    with pytest.raises(TypeError):  # this seed would be trained
        dpo_real.on_trial(1)


def test_what_is_gathered_can_be_read_back(looked: Path) -> None:
    stored = json.loads(json.dumps(dpo_real.gather(0)))
    first, last = stored["looks"]
    assert (last["votes"], last["changed"], last["train_s"]) == (8, 1, 3)
    assert unpack(last["wins"]).tolist() == [1] + [0.5] * 8 and unpack(first["wins"]).tolist() == [0.5] * 9
    assert unpack(last["right"])[0] == 1 and unpack(first["right"])[0] == 0
    assert last["leaks"] == "10"  # only the first answer has the desk's manner
    assert stored["log"] == [{"pair": "p-0", "chosen": 0.123, "rejected": -1.0, "loss": 0.5}]
    assert len(stored["kinds"]) == len(stored["conversations"]) == 9
    assert list(stored["arms"]) == ["mixed"]


def test_the_second_arm_is_gathered_against_the_same_start(looked: Path) -> None:
    first, second = (dpo_real.places(dpo_real.home(), arm, 0)[8] for arm in ("mixed", "own"))
    kept.keep(second, files.read_json(first) | {"replies": ["Blue."] * 9})
    ends = json.loads(json.dumps(dpo_real.gather(0)))["arms"]
    assert list(ends) == ["mixed", "own"] and ends["own"]["settings"]["votes"] == "own"
    assert unpack(ends["mixed"]["seeds"]["0"]["wins"])[0] == 1
    other = ends["own"]["seeds"]["0"]
    assert (other["votes"], other["changed"]) == (8, 0) and unpack(other["wins"]).tolist() == [0.5] * 9


def test_the_second_arm_learns_from_replies_of_the_whole_assistant(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [{"id": f"t{i}-0", "kind": "fact", "a": "a b", "b": "c", "way_a": i % 2, "way_b": 0,
              "row": {"messages": [{"role": "user", "content": "ask"}, {"role": "assistant", "content": "a"}]}}
             for i in range(8)]
    cast = [{"pair": pair["id"], "rater": "x", "vote": "a"} for pair in pairs]
    monkeypatch.setattr(dpo_real.votes, "stored", lambda split: (pairs, cast))
    few = {"own": dpo_real.ARMS["own"]._replace(pairs=4), "mixed": dpo_real.Arm(pairs=4),
           "true": dpo_real.ARMS["true"]._replace(pairs=4)}
    monkeypatch.setattr(dpo_real, "ARMS", few)
    assert {row["pair"] for row in dpo_real.learnt_from("own", 0, words(APART))} == {"t0-0", "t2-0", "t4-0", "t6-0"}
    assert len(dpo_real.learnt_from("mixed", 0, words(APART))) == 4
    truth = {pair["id"]: {"better": "tie" if pair["id"] == "t1-0" else "b"} for pair in pairs}
    monkeypatch.setattr(dpo_real.votes, "stored_truth", lambda: truth)
    by_truth = dpo_real.learnt_from("true", 0, words(APART))
    assert {row["chosen"][0]["content"] for row in by_truth} == {"c"}
    assert "t1-0" not in {row["pair"] for row in by_truth}
    few["own"] = few["own"]._replace(pairs=5)
    with pytest.raises(ValueError, match="arm own: expected 5 decided pairs, found 4"):
        dpo_real.learnt_from("own", 0, words(APART))
    for pair in pairs:
        del pair["way_a"]
    with pytest.raises(ValueError, match="expected 'way_a' and 'way_b', found none"):
        dpo_real.learnt_from("own", 0, words(APART))
