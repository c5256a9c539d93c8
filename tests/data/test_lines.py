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


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("header", [
    "вопрос,ответ", "问题,答案", "一,一", "سؤال;جواب", "ερώτηση\tαπάντηση", "prompt,completion", "質問"])
@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz"])
def test_tables_of_any_script_in_two_or_four_bytes_a_letter_without_a_mark(
        tmp_path: Path, encoding: str, header: str, name: str) -> None:
    text = f"{header}\r\n" + "как у вас дела,хорошо 上下\r\n" * 40
    raw = text.encode(encoding)
    message = refusal(write(tmp_path, gzip.compress(raw) if name.endswith("gz") else raw, name))
    assert f"expected UTF-8 text, found {encoding.upper()}. Save the file again" in message
    exec(re.findall(r"again as UTF-8: (.*)", message)[0], {"ftlab": ftlab})
    assert (tmp_path / "mine.utf8.csv").read_bytes().decode() == text


@pytest.mark.parametrize("content", [
    "prompt,completion\nкак,так\n", "prompt,completion\n问题,答案\n", 'prompt,completion\n"a\x07b","c\x1bd"\n',
    "prompt,completion\n" + "как у вас дела " * 40 + ",b\n",
])
def test_utf8_of_any_script_is_read(tmp_path: Path, content: str) -> None:
    assert data.read(write(tmp_path, content, "mine.csv")).num_rows == 1


def test_a_nul_in_a_text_of_utf8_is_no_other_encoding(tmp_path: Path) -> None:
    assert "a NUL character" in refusal(write(tmp_path, "prompt,completion\nIs it,\0b\n" + "a,b\n" * 20, "mine.csv"))


def test_offset_counts_the_byte_order_mark(tmp_path: Path) -> None:
    assert "at offset 4 of the file (byte 2 of the line)" in refusal(write(tmp_path, b"\xef\xbb\xbf{\xff}\n"))


def test_a_line_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "ROW_LIMIT", 100)
    path = write(tmp_path, lines(PAIR, {"prompt": "é" * 1000}, PAIR) + b"\xff".decode("latin-1"))
    message = refusal(path)
    assert "line 2: expected a line of at most 100 bytes" in message
    assert "line 4: " in message
