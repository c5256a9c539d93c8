"""The lines of a text: where they end, which bytes they may hold, and how long they may be."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from learner_files import PAIR, encode, lines, refusal, write

import ftlab.files
from ftlab import data
from ftlab.data import lines as text_lines

pytestmark = pytest.mark.usefixtures("home")


def test_line_separators_inside_a_text_stay(tmp_path: Path) -> None:
    row = {"prompt": "a\u2028b\u2029c\x85d\x0be", "completion": "x\ny\r\nz"}
    path = write(tmp_path, json.dumps(row, ensure_ascii=False).replace("\\u000b", "\\u000b") + "\n")
    assert data.read(path).to_list() == [row]
    assert data.read(write(tmp_path, encode([row], ".csv"), "mine.csv")).to_list() == [row]


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    start = lines(PAIR).encode()
    message = refusal(write(tmp_path, start + b'{"prompt": "caf\xe9"}\n'))
    assert f"line 2: expected UTF-8 text, found byte 0xe9 at offset {len(start) + 15} of the file (byte 16" in message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("name", ["mine.jsonl.gz", "mine.jsonl"])
def test_packed_text_of_two_bytes_a_letter_is_saved_again_by_the_call_that_is_named(
        tmp_path: Path, encoding: str, name: str) -> None:
    row = PAIR | {"completion": "850 g, né?"}
    text = json.dumps(row, ensure_ascii=False) + "\n"
    message = refusal(write(tmp_path, gzip.compress(text.encode(encoding)), name))
    if encoding != "utf-32":
        assert f"expected UTF-8 text, found {encoding.upper()}" in message
    (call,) = re.findall(r"Save the file again as UTF-8: (.*)", message)
    exec(call, {"ftlab": ftlab})
    assert data.read(tmp_path / "mine.utf8.jsonl").to_list() == [row]


def test_offset_counts_the_byte_order_mark(tmp_path: Path) -> None:
    assert "at offset 4 of the file (byte 2 of the line)" in refusal(write(tmp_path, b"\xef\xbb\xbf{\xff}\n"))


def test_a_line_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "ROW_LIMIT", 100)
    path = write(tmp_path, lines(PAIR, {"prompt": "é" * 1000}, PAIR) + b"\xff".decode("latin-1"))
    message = refusal(path)
    assert "line 2: expected a line of at most 100 bytes" in message
    assert "line 4: " in message
