"""What Parquet holds and JSON does not can be converted, written and read; what no file can hold has its row named."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ftlab import data, files
from ftlab.data import DataError
from ftlab.data.faults import Fault
from ftlab.data.plain import plain

WHEN = datetime.datetime(2024, 5, 1, 12, 30)
NAN = float("nan")

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize(("value", "expected"), [
    (WHEN, "2024-05-01T12:30:00"), (WHEN.date(), "2024-05-01"), (WHEN.time(), "12:30:00"),
    (datetime.timedelta(minutes=2), "0:02:00"), (decimal.Decimal("1.5"), 1.5), (decimal.Decimal("7.00"), 7),
    (decimal.Decimal("0.12345678901234567890"), "0.12345678901234567890"), (decimal.Decimal("NaN"), None),
    (NAN, None), (float("inf"), "inf"), (b"caf\xc3\xa9 \xff", "café \\xff"), ({"at": [WHEN, NAN]},
                                                                        {"at": ["2024-05-01T12:30:00", None]}),
    (pd.NaT, None), (pd.NA, None), (np.datetime64("NaT"), None),
    (np.float32(0.5), 0.5), (np.array([1, 2]), [1, 2]), ((1, "a"), [1, "a"]), (True, True), (None, None)])
def test_values_as_json_holds_them(value: object, expected: object) -> None:
    found = plain(value, "'x'")
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize("extra", [
    {"timestamp": WHEN}, {"cost": decimal.Decimal("1.5")}, {"sound": b"x"}, {"score": NAN}, {"weight": NAN}])
def test_the_advised_conversion_takes_what_parquet_holds(tmp_path: Path, extra: dict) -> None:
    (name,) = extra
    talk = [{"content": "Hi", "role": "user", name: None}, {"content": "Yo", "role": "assistant", **extra}]
    pq.write_table(pa.Table.from_pylist([{"conversation": talk, "timestamp": WHEN}]), tmp_path / "mine.parquet")
    rows = data.to_messages(data.rows(tmp_path / "mine.parquet"), turns="conversation")
    files.write_jsonl(tmp_path / "new.jsonl", rows)
    (row,) = data.read(tmp_path / "new.jsonl")
    assert row["messages"] == [{"role": turn["role"], "content": turn["content"]} for turn in talk]
    files.write_jsonl(tmp_path / "again.jsonl", data.learnt_turns([{"messages": talk, "at": WHEN}]))
    assert data.read(tmp_path / "again.jsonl").num_rows == 1


def test_a_verdict_that_is_a_date_and_words_that_are_none(tmp_path: Path) -> None:
    (row,) = data.to_messages([{"question": "a", "answer": "b", "label": WHEN}])
    assert row["label"] == "2024-05-01T12:30:00"
    (row,) = data.to_messages([{"question": "a", "note": NAN, "answer": "b"}], user=("question", "note"))
    assert row["messages"][0]["content"] == "a"
    (row,) = data.to_messages([{"question": "a", "note": pd.NA, "at": pd.NaT, "answer": "b", "label": pd.NA}],
                              user=("question", "note", "at"))
    assert row == {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "label": None}
    with pytest.raises(DataError, match="row 1: expected text in 'content' of turn 2, found datetime"):
        list(data.to_messages([{"question": "a", "answer": WHEN}]))


def test_votes_keep_the_verdict_beside_them() -> None:
    (row,) = data.to_votes([{"question": "a", "chosen": "b", "rejected": "c", "label": False}], user="question")
    assert row["label"] is False


def test_half_a_letter_is_told_with_its_row() -> None:
    rows = [{"question": "Hi", "answer": "b"}, {"question": "Hi \ud83d", "answer": "b"}]
    with pytest.raises(DataError, match="row 2: expected text in 'content' of turn 1, found half of a surrogate pair"):
        list(data.to_messages(rows))
    with pytest.raises(DataError, match="row 1: .* half of a surrogate pair, .* at character 1") as caught:
        list(data.learnt_turns([{"messages": [{"role": "user", "content": "\ud83d"}]}]))
    str(caught.value).encode()
    with pytest.raises(Fault):
        plain({"deep": ["\udc00"]}, "'x'")
