"""Files of every format: what is accepted, and which files are refused as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from learner_files import CHAT, PAIR, encode, lines, refusal, turns, write

from ftlab import data

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
@pytest.mark.parametrize("row", [PAIR, CHAT, turns("system", "user", "assistant", "user", "assistant")])
def test_both_forms_in_all_formats(tmp_path: Path, suffix: str, row: dict) -> None:
    path = write(tmp_path, encode([row, row], suffix), "mine" + suffix)
    read = data.read(path)
    assert read.column_names == list(row)
    assert read[:]["messages" if "messages" in row else "prompt"] == [next(iter(row.values()))] * 2
    assert read[1] == row


@pytest.mark.parametrize("content", [
    b"\xef\xbb\xbf" + lines(PAIR).encode(),                                    # byte-order mark
    lines(PAIR).replace("\n", "\r\n").encode(),                                # Windows line ends
    lines(PAIR).strip().encode(),                                              # last line without an end
    ("\n \r\n" + lines(PAIR) + "\n\n").encode(),                               # blank lines
    lines({"completion": "850 g.", "id": 7, "prompt": PAIR["prompt"]}).encode(),  # order, more columns
    lines(PAIR)[:-2].encode() + b', "n": ' + b"9" * 5000 + b"}\n",             # a number longer than Python converts
    lines(PAIR)[:-2].encode() + b', "n": {"a": [null, 1e999]}}\n',
])
def test_json_lines_quirks_that_are_fine(tmp_path: Path, content: bytes) -> None:
    assert data.read(write(tmp_path, content)).to_list() == [PAIR]


@pytest.mark.parametrize(("name", "content", "parts"), [
    ("mine.jsonl", b"", ["expected at least one row", "empty file (0 bytes)"]),
    ("mine.jsonl", b"\xef\xbb\xbf\n \n", ["expected at least one row, found none"]),
    ("mine.csv", b"prompt,completion\n", ["expected at least one row, found none"]),
    ("mine.json", b"[]", ["expected at least one row, found none"]),
    ("mine.yaml", b"x", [".jsonl, .json, .csv or .parquet, found '.yaml'"]),
    ("mine", b"x", ["found ''"]),
    ("mine.jsonl", lines(PAIR).encode("utf-16"), ["line 1", "expected UTF-8 text, found UTF-16"]),
    ("mine.csv", b"prompt,completion,prompt\na,b,c\n", ["line 1", "each column once, found ['prompt'] more than once"]),
    ("mine.csv", b"prompt;completion\na;b\n", ["separated by commas", "commas instead of ';'"]),
    ("mine.csv", b"pr\xe9,b\n", ["line 1: expected UTF-8 text, found byte 0xe9 at offset 2 of the file"]),
    ("mine.csv", b"Question,Answer\na,b\n", ["line 1", 'to_messages(rows, user="Question", assistant="Answer")']),
    ("mine.csv", b"prompt,completion,messages\na,b,c\n", ["found both"]),
    ("mine.parquet", b"PAR1 not really PAR1", ["expected a whole Parquet file"]),
    ("mine.parquet", encode([{"question": "a", "answer": "b"}], ".parquet"), ['user="question", assistant="answer"']),
])
def test_file_faults(tmp_path: Path, name: str, content: bytes, parts: list[str]) -> None:
    path = write(tmp_path, content, name)
    for on_error in ("raise", "quarantine"):
        message = refusal(path, on_error=on_error)
        assert message.startswith(str(path))
        assert all(part in message for part in parts), message


@pytest.mark.parametrize(("name", "place"), [("mine.jsonl", "at character 12"), ("mine.json", "at line 1 column 12")])
def test_no_word_is_said_twice(tmp_path: Path, name: str, place: str) -> None:
    """Python's own message ends in "at" already."""
    message = refusal(write(tmp_path, '{"prompt": "never closed', name))
    assert f"(Unterminated string starting {place})" in message


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, lines(PAIR), "support.jsonl")
    assert "nothing of that name. Did you mean 'support.jsonl'?" in refusal(tmp_path / "suport.jsonl")
    assert "relative paths start at" in refusal(tmp_path / "no" / "such.csv")


def test_folder_instead_of_file(tmp_path: Path) -> None:
    write(tmp_path, lines(PAIR))
    assert "found a folder. Name one of its files: ['mine.jsonl']" in refusal(tmp_path)


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, lines(PAIR))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(Path, "open", refuse)
    assert "found 'Permission denied'" in refusal(path)
