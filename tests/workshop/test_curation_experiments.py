"""Notebook 01's experiments: dials, draws, filters and measures, all without training a model."""

from __future__ import annotations

import json

import pytest
from dials import dials
from dump_record import RECORD, REPLY, SCREEN
from hypothesis import given
from hypothesis import strategies as st

from ftlab import files, paths
from ftlab.curation import choose, personal, pipeline
from ftlab.workshop.experiments import curation, sft, synthetic
from ftlab.world import desk


def test_the_notebook_has_the_dials_of_its_experiments() -> None:
    found = dials("01_data_curation")
    for key in ("RECORDS", "RAW", "EXCELLENT", "STEPS", "LR", "HELD_OUT", "FAULT", "SHARE"):
        assert found[key] == getattr(curation, key), key
    for key in ("WRITTEN", "TEMPERATURE", "GENERATIONS"):
        assert found[key] == getattr(synthetic, key), key
    assert choose.FEWEST <= curation.SHARE <= choose.MOST
    assert synthetic.GENERATIONS <= synthetic.ALL_GENERATIONS


def test_every_fault_that_a_model_can_read_has_an_arm() -> None:
    faults = [fault for arm in curation.ARMS.values() for fault in arm]
    assert sorted(faults) == sorted(set(desk.FAULTS) - {"malformed"})  # a broken line is never trained on


def test_a_row_is_screen_customer_and_reply() -> None:
    row = curation.to_row(RECORD)
    assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
    assert [turn["content"] for turn in row["messages"]] == [SCREEN, RECORD["question"], REPLY]


def test_raw_records_are_the_first_that_can_be_read() -> None:
    lines = [(1, "{"), (2, json.dumps(RECORD)), (3, "[]"), (4, json.dumps(RECORD)), (5, json.dumps(RECORD))]
    assert list(curation.read_raw(lines, 2)) == [2, 4]
    assert list(curation.read_raw(lines, 9)) == [2, 4, 5]


def test_a_draw_leaves_out_what_it_should_and_shares_the_rest() -> None:
    # Of the lines 1..20 every fourth has the fault: 15 are free. Both draws go through one shuffled list.
    raw = {line: {"line": line} for line in range(1, 21)}
    truth = [{"faults": ["email"] if line % 4 == 0 else []} for line in range(1, 21)]
    everything, free = (curation.draw(raw, truth, faults, 20, seed=3) for faults in ((), ("email", "card")))
    assert len(everything) == 20 and len(free) == 15
    assert free == [row for row in everything if row["line"] % 4]
    assert curation.draw(raw, truth, (), 5, seed=3) == everything[:5]
    assert curation.draw(raw, truth, (), 20, seed=4) != everything


def test_the_excellent_come_from_the_training_side_in_turns() -> None:
    kept = [{**RECORD, "id": f"d-{i}", "intent": "price" if i < 8 else "colour", "quality": 1 - i / 100,
             "split": "test" if i == 0 else "train"} for i in range(10)]
    # Two intents take turns; the best of each side come first: 1 and 2 of price, 8 and 9 of colour. 0 is held out.
    assert [row["id"] for row in curation.pick_excellent(kept, 4)] == ["d-1", "d-2", "d-8", "d-9"]


def test_prompts_are_new_and_from_the_training_side() -> None:
    kept = [{"id": f"d-{i}", "split": "test" if i % 5 == 0 else "train"} for i in range(50)]
    taken = kept[1:4]
    found = synthetic.prompts_for(kept, taken, 30, seed=0)
    assert len(found) == 30 and len({row["id"] for row in found}) == 30
    assert not [row for row in found if row["split"] == "test" or row in taken]
    assert len(synthetic.prompts_for(kept, taken, 999, seed=0)) == 37  # 40 of the training side, less 3


@pytest.mark.parametrize(("reply", "step"), [
    (REPLY, None), ("", "empty_or_truncated"), (REPLY[:50], "empty_or_truncated"),
    (REPLY.replace("$49.00", "$94.00"), "contradictions"), (REPLY.replace("$49.00.", "$49.00!"), "quality"),
])
def test_written_replies_are_filtered_by_the_curations_own_steps(reply: str, step: str | None) -> None:
    written = synthetic.with_replies([RECORD], [reply])
    kept, dropped = synthetic.filter_replies(written)
    assert (len(kept), dict(dropped)) == ((1, {}) if step is None else (0, {step: 1}))
    assert [row["reply"] for row in kept] == [reply] * len(kept)
    assert RECORD["reply"] == REPLY


def test_a_leaked_reply_is_filtered_too() -> None:
    row = sft.conversations("test")[0]
    record, question, reply = (turn["content"] for turn in row["messages"])
    leaked = {**RECORD, "product": row["product"], "record": record, "question": question, "reply": reply}
    assert synthetic.filter_replies([leaked])[1] == {"decontaminate": 1}


def test_wording_leaves_out_what_the_prompt_gave() -> None:
    reply = "The Emberline Kettle costs $1,049.00 and holds 1.7 L."
    assert synthetic.wording({**RECORD, "reply": reply}) == "The NAME costs $0 and holds 0 L."
    assert synthetic.wording({**RECORD, "product": None, "reply": "It takes 2 weeks."}) == "It takes 0 weeks."


def test_diversity_by_hand() -> None:
    # Twice "a b. c d": 6 word pairs, of which "a b.", "b. c", "c d" are distinct; one opening, so 0 bits.
    assert synthetic.diversity(["a b. c d"] * 2) == {"distinct_pairs": 50, "unique_replies": 50, "opening_bits": 0}
    # Four different openings with a chance of 1/4 each: 2 bits.
    assert synthetic.diversity(["a b", "c d", "e f", "g h"]) == {
        "distinct_pairs": 100, "unique_replies": 100, "opening_bits": 2}
    assert synthetic.diversity(["", ""])["distinct_pairs"] == 0  # a model that falls silent


def test_narrowing_by_hand() -> None:
    # Before: 8 pairs, all distinct. After: the same two pairs four times, 2 of 8. From 100 to 25 is a change of -75 %.
    before, after = ["a b c", "d e f", "g h i", "j k l"], ["a b c"] * 4
    change = synthetic.narrowing(before, after)
    assert change.value == -75 and change.low <= -75 <= change.high < 0
    assert synthetic.narrowing(before, before) == (0, 0, 0)
    # Before: "a b" twice and "c d", 2 of 3 pairs; after: all three distinct, so +50 %. Left out one by one: before 1,
    # 1 and 1/2, after 1 each: 0, 0, +100 %; mean 33.33, squares 6666.7, times 2/3, root 66.667; t(2) = 4.3027.
    change = synthetic.narrowing(["a b", "a b", "c d"], ["e f", "g h", "i j"])
    assert change == pytest.approx((50, max(-100, 50 - 4.3027 * 66.667), 50 + 4.3027 * 66.667), abs=0.01)


def replies(random, count: int, words: int = 120) -> list[str]:
    """Replies of about 14 words, the k-th word with a chance of 1 / k, as in real texts a few words are common."""
    import numpy as np

    chances = 1 / np.arange(1, words + 1)
    return [" ".join(f"w{i}" for i in random.choice(words, random.integers(10, 19), p=chances / chances.sum()))
            for _ in range(count)]


def test_texts_of_one_source_do_not_narrow() -> None:
    import numpy as np

    random, held, effects = np.random.default_rng(0), 0, []
    for _ in range(200):
        change = synthetic.narrowing(replies(random, 60), replies(random, 60))
        held += change.low <= 0 <= change.high
        effects.append(change.value)
    # 0.95 with a standard error of 1.5 points over 200 trials, two below; the jackknife is rather too wide.
    assert 0.92 <= held / 200 <= 0.995
    # No bias: the mean effect is within three standard errors of 0, and the interval is not moved from the effect.
    assert abs(np.mean(effects)) < 3 * np.std(effects) / 200**0.5
    assert change.high - change.value == pytest.approx(change.value - change.low)


def test_fewer_words_to_choose_from_are_seen_as_narrowing() -> None:
    import numpy as np

    random = np.random.default_rng(1)
    assert synthetic.narrowing(replies(random, 150), replies(random, 150, words=40)).high < -10


def test_half_width_by_hand() -> None:
    # p = 0.5, n = 100: the standard error is 0.05, times 1.96 is 9.8 points; four times the prompts halve it.
    assert curation.half_width(0.5, 100) == pytest.approx(9.8)
    assert curation.half_width(0.5, 400) == pytest.approx(4.9)
    assert curation.half_width(1.0, 100) == 0


@given(st.lists(st.booleans(), min_size=2, max_size=80), st.integers(1, 2000))
def test_the_interval_of_a_width_holds_it(right: list[bool], prompts: int) -> None:
    width = curation.width_interval(right, prompts)
    assert 0 <= width.low <= width.value <= width.high <= curation.half_width(0.5, prompts) + 1e-9


def test_the_experiments_hand_over_what_the_claims_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of ``synthetic`` and ``curation`` but the model: replies are the agents' own, cut for every third record."""
    kept = [{**RECORD, "id": f"d-{i}", "quality": 1.0, "split": "train",
             "reply": REPLY if i % 3 else REPLY[:40]} for i in range(30)]
    scores = {"both": [True, False], "on_brand": [True, True], "right": [True, False]}
    for module in (curation, synthetic):
        monkeypatch.setattr(module, "curated", lambda seed: ([(1, json.dumps(RECORD))], [{"faults": []}], kept))
        monkeypatch.setattr(module, "tune", lambda rows, seed, steps=1: (len(rows), None))
        monkeypatch.setattr(module, "judge", lambda model, tokenizer: scores)
        monkeypatch.setattr(module, "excellent_run", lambda seed: (None, None, scores))
    monkeypatch.setattr(curation, "raw_run", lambda seed: scores)
    monkeypatch.setattr(sft, "judge", lambda model, tokenizer, rows: scores)
    monkeypatch.setattr(synthetic, "EXCELLENT", 10)
    monkeypatch.setattr(synthetic, "write_replies",
                        lambda model, tokenizer, rows, seed: [row["messages"][-1]["content"] for row in rows])
    synthetic.first_generation.cache_clear()
    synthetic.own_output_run.cache_clear()
    try:
        found = {}
        for experiment in (curation.excellent_against_raw, curation.fault_arms, curation.held_out_share,
                           curation.one_pass, synthetic.synthetic, synthetic.generations):
            found |= experiment(0)
    finally:
        synthetic.first_generation.cache_clear()
        synthetic.own_output_run.cache_clear()
    assert found["hundred-beats-raw"]["effect"] == found["synthetic-near-gold"]["effect"] == 0
    assert set(found["off-brand-costs"]["by_arm"]) == {"raw", *curation.ARMS, "every_fault"}
    assert found["fifteen-percent-held-out"]["effect"] == pytest.approx(curation.half_width(0.5, 0.15 * 30))
    assert found["filtering-helps"]["kept"] + found["filtering-helps"]["dropped"]["empty_or_truncated"] == 20
    assert set(found["own-output-narrows"]["by_generation"]) == {"people", "0", "1", "2", "3", "4", "5"}
    assert found["own-output-narrows"]["effect"] == 0  # every generation says the same
    shares = {each["on_brand"] for each in found["own-output-narrows"]["by_generation"].values()}
    assert shares == {100 * found["filtering-helps"]["kept"] / 20}  # the whole replies are on-brand, the cut ones not
    assert "hundred-beats-one-pass" in found
    json.dumps(found)


def test_too_few_replies_that_pass_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "first_generation", lambda seed: ([RECORD] * 9, [{**RECORD, "reply": ""}] * 9))
    with pytest.raises(ValueError, match="at least a batch of 8 replies .* found 0 of 9"):
        synthetic.synthetic(0)


def test_the_stored_measurements_are_complete() -> None:
    stored = files.read_json(paths.data() / "curation" / "measured.json")
    assert [row["library"] for row in stored["near_duplicates"]["rows"]] == ["rensa", "datasketch", "gaoya"]
    for row in stored["near_duplicates"]["rows"]:
        assert 0 <= row["recall"] <= 1 and 0 <= row["precision"] <= 1 and row["seconds"] > 0
    assert 0 < stored["injection"]["recall"] < 1
    assert personal.find(stored["near_duplicates"]["note"]) == []
    assert [line.split()[0] for line in stored["scale"]["table"][1:1 + len(pipeline.STEPS)]] == list(pipeline.STEPS)
