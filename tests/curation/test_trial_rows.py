"""The rows of a trial: what can be read, raw rows with a dose of a fault, and the excellent ones."""

from __future__ import annotations

import json

import pytest
from dump_record import RECORD, REPLY, SCREEN
from hypothesis import given
from hypothesis import strategies as st

from ftlab.curation import trial_rows

LINES = range(1, 41)
RAW = {line: {"line": line} for line in LINES}
# Of the lines 1..40 every second is off-brand, every fifth wrong, and the last two are leaked test questions.
TRUTH = [{"faults": (["off_brand"] if line % 2 == 0 else []) + (["contradicting_fact"] if line % 5 == 0 else [])
          + (["leaked_test"] if line > 38 else [])} for line in LINES]


def test_a_row_is_screen_customer_and_reply() -> None:
    row = trial_rows.to_row(RECORD)
    assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
    assert [turn["content"] for turn in row["messages"]] == [SCREEN, RECORD["question"], REPLY]


def test_what_can_be_read_is_kept_by_its_line() -> None:
    lines = [(1, "{"), (2, json.dumps(RECORD)), (3, "[]"), (4, json.dumps(RECORD))]
    assert list(trial_rows.readable(lines)) == [2, 4]


@given(st.sampled_from([0, 20, 50, 95, 100]), st.integers(1, 19), st.integers(0, 5))
def test_a_dose_is_kept_to_the_row(dose: int, count: int, seed: int) -> None:
    rows = trial_rows.with_dose(RAW, TRUTH, "off_brand", dose, count, seed)
    assert len({row["line"] for row in rows}) == len(rows) == count
    assert sum(row["line"] % 2 == 0 for row in rows) == round(count * dose / 100)
    assert all(row["line"] <= 38 for row in rows)  # never a leaked test question


def test_doses_of_one_seed_nest() -> None:
    low, high = ({row["line"] for row in trial_rows.with_dose(RAW, TRUTH, "off_brand", dose, 15, 3)}
                 for dose in (20, 80))
    assert {line for line in low if line % 2 == 0} < {line for line in high if line % 2 == 0}
    assert {line for line in high if line % 2} < {line for line in low if line % 2}
    rows = trial_rows.with_dose(RAW, TRUTH, "off_brand", 20, 15, 3)
    assert rows == trial_rows.with_dose(RAW, TRUTH, "off_brand", 20, 15, 3)
    assert rows != trial_rows.with_dose(RAW, TRUTH, "off_brand", 20, 15, 4)


@pytest.mark.parametrize(("fault", "dose"), [("contradicting_fact", 60), ("off_brand", 0), ("injection", 5)])
def test_a_dose_that_the_export_has_not_is_refused(fault: str, dose: int) -> None:
    with pytest.raises(ValueError, match="expected .* without, found .* larger export"):
        trial_rows.with_dose(RAW, TRUTH, fault, dose, 20, 0)


def test_the_excellent_come_from_the_training_side_in_turns() -> None:
    kept = [{**RECORD, "id": f"d-{i}", "intent": "price" if i < 8 else "colour", "quality": 1 - i / 100,
             "split": "test" if i == 0 else "train"} for i in range(10)]
    # Two intents take turns; the best of each side come first: 1 and 2 of price, 8 and 9 of colour. 0 is held out.
    assert [row["id"] for row in trial_rows.pick_excellent(kept, 4)] == ["d-1", "d-2", "d-8", "d-9"]
