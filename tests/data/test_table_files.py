"""Tables: what of CSV and Parquet is accepted, and where their bad rows are said to be."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from learner_files import PAIR, encode, refusal, rejects, write

from ftlab import data

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize("content", [
    "\ufeffprompt,completion\r\nHow heavy is it?,850 g.\r\n",
    "prompt,completion\n\nHow heavy is it?,850 g.",
    'id,completion,prompt,,\n1,850 g.,"How heavy is it?",,\n',
])
def test_csv_quirks_that_are_fine(tmp_path: Path, content: str) -> None:
    assert data.read(write(tmp_path, content, "mine.CSV")).to_list() == [PAIR]


def test_a_csv_text_longer_than_pythons_own_limit(tmp_path: Path) -> None:
    row = {"prompt": "a" * 200_000, "completion": "b"}
    before = csv.field_size_limit()
    assert data.read(write(tmp_path, encode([row], ".csv"), "mine.csv")).to_list() == [row]
    assert csv.field_size_limit() == before


def test_duplicate_parquet_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table([["a"], ["b"], ["c"]], names=["prompt", "completion", "prompt"]), tmp_path / "mine.parquet")
    assert "each column once" in refusal(tmp_path / "mine.parquet")


@pytest.mark.parametrize(("body", "number", "part"), [
    ("a,b\nc\n", 3, "2 cells as in the header, found 1"),
    ('"a\nb",c\nd,e,f\n', 4, "found 3"),
    ('a,"b\nc,d\n', 2, "unexpected end of data"),
    ('a,b\n"c"d,e\n', 3, "closed quotes"),
    ("a,b\n,e\n", 3, "'prompt', found an empty text"),
    ("a,b\n\n\nd,\0\n", 5, "a NUL character"),
])
def test_bad_csv_rows_are_placed_by_their_first_line(tmp_path: Path, body: str, number: int, part: str) -> None:
    path = write(tmp_path, "prompt,completion\n" + body, "mine.csv")
    message = refusal(path)
    assert message.startswith(f"{path} line {number}: ")
    assert part in message


def test_parquet_rows_of_wrong_types(tmp_path: Path) -> None:
    for column, part in ((pa.array([b"a"]), "bytes"), (pa.array([1.5]), "a number"), (pa.array([None]), "null")):
        pq.write_table(pa.table({"prompt": column, "completion": ["b"]}), tmp_path / "mine.parquet")
        assert f"row 1: expected text in 'prompt', found {part}" in refusal(tmp_path / "mine.parquet")


def test_parquet_row_that_is_not_utf8_is_the_only_one_rejected(tmp_path: Path) -> None:
    broken = pa.array([b"good", b"\xff\xfe", b"fine"]).view(pa.string())
    path = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"prompt": broken, "completion": ["a", "b", "c"]}), path)
    assert data.read(path, on_error="quarantine")["completion"][:] == ["a", "c"]
    assert [row["line"] for row in rejects(path)] == [2]


@pytest.mark.parametrize("above", ["\n", "\r\n", " \n\n", "\ufeff\n"])
def test_blank_lines_above_the_line_that_names_the_separator(tmp_path: Path, above: str) -> None:
    path = write(tmp_path, f"{above}sep=;\nprompt;completion\nHow heavy, please?;850 g.\n;\n", "mine.csv")
    assert data.read(path, on_error="quarantine").to_list() == [
        {"prompt": "How heavy, please?", "completion": "850 g."}]
    number = above.count("\n") + 4
    assert f"line {number}: " in refusal(path)
