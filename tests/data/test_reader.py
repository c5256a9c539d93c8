"""Reading a learner's data: problems are told, bad rows can be set aside, and any bytes give rows or an error."""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from learner_files import CHAT, PAIR, encode, lines, refusal, rejects, write

from ftlab import data, files, paths
from ftlab.data import DataError

pytestmark = pytest.mark.usefixtures("home")
FUZZ = settings(max_examples=40, deadline=None, derandomize=True, database=None,
                suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def test_other_columns_are_left_out_and_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data.read(write(tmp_path, lines(PAIR | {"tools": [], "id": 3})))
    assert "columns left out, since training does not use them: ['id', 'tools']" in capsys.readouterr().out


def test_of_many_columns_left_out_the_number_and_ten_names_are_told(
        tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    first = {f"before_{number:02}": 1 for number in range(10)}
    second = {f"later_column_{number:02}": 1 for number in range(20)}
    data.read(write(tmp_path, lines(PAIR | first, PAIR | second)))
    names = ", ".join(f"'before_{number:02}'" for number in range(10))
    said = capsys.readouterr().out
    assert f"30 columns left out, since training does not use them: [{names}] and 20 more." in said


def test_the_first_ten_problems_at_once(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, lines(PAIR, *["x"] * 1234)))
    *problems, last = message.splitlines()
    assert [line.split(": ")[0] for line in problems] == [f"{tmp_path / 'mine.jsonl'} line {n}" for n in range(2, 12)]
    assert last == "... and 1,224 more rows with problems."


def test_arguments_are_checked(tmp_path: Path) -> None:
    path = write(tmp_path, lines(PAIR))
    with pytest.raises(ValueError, match="'raise' or 'quarantine', found 'skip'"):
        data.read(path, on_error="skip")
    with pytest.raises(ValueError, match="pass the model's tokenizer too"):
        data.read(path, max_length=512)


def test_quarantine_keeps_good_rows_and_writes_the_others(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    long_id = '{"prompt": "a", "completion": "", "id": 12345678901234567890123}'
    path = write(tmp_path, lines(PAIR, long_id, "nope", '{"prompt": "\\ud800é", "completion": "b"}'))
    assert data.read(path, on_error="quarantine").to_list() == [PAIR]
    said = capsys.readouterr().out.splitlines()[0]
    assert said == f"{path}: 1 of 4 rows kept; the others are in {path}.rejected.jsonl, with reasons."
    first, second, third = rejects(path)
    assert first == {"line": 2, "row": json.loads(long_id),
                     "reason": "expected text in 'completion', found an empty text. Fill it in, or leave the row out."}
    assert second["row"] == "nope"
    assert third["row"]["prompt"] == "\ud800é"


def test_quarantine_of_a_clean_file_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = write(tmp_path, lines(PAIR))
    data.read(path, on_error="quarantine")
    assert capsys.readouterr().out == f"{path}: 1 of 1 rows kept.\n"
    assert list(tmp_path.iterdir()) == [path]


def test_quarantine_with_no_good_row_left(tmp_path: Path) -> None:
    path = write(tmp_path, lines("x", "y"))
    message = refusal(path, on_error="quarantine")
    assert "line 1" in message
    assert f"No good row is left; the reasons are in {path}.rejected.jsonl." in message
    assert len(rejects(path)) == 2


def test_quarantine_in_an_unwritable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, lines(PAIR, "x"))
    write(tmp_path, "earlier\n", "mine.jsonl.rejected.jsonl")

    @contextmanager
    def refuse(target: Path):
        raise OSError(28, f"could not write {target}: No space left on device.")
        yield
    monkeypatch.setattr(files, "atomic_path", refuse)
    assert "No space left on device" in refusal(path, on_error="quarantine")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["mine.jsonl", "mine.jsonl.rejected.jsonl"]
    assert Path(f"{path}.rejected.jsonl").read_text() == "earlier\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="folder rights do not bind this user")
def test_quarantine_in_a_read_only_folder(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    path = write(folder, lines(PAIR, "x"))
    folder.chmod(0o500)
    try:
        assert "could not write" in refusal(path, on_error="quarantine")
    finally:
        folder.chmod(0o700)
    assert list(folder.iterdir()) == [path]


def test_rejected_rows_can_be_put_elsewhere(
        tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, lines(PAIR, "x"))
    (tmp_path / "mine.jsonl.rejected.jsonl").mkdir()  # nothing can be written there, by whatever user
    message = refusal(path, on_error="quarantine")
    assert f"could not write {path}.rejected.jsonl: " in message
    assert "A folder has this name: choose another name." in message
    (place,) = re.findall(r'The bad rows can go elsewhere: read\(\.\.\., rejected=(".*")\)\.', message)
    place = Path(json.loads(place))
    assert place == paths.runs_place() / "mine.jsonl.rejected.jsonl"
    monkeypatch.chdir(tmp_path)  # a bare name would be the same path again
    assert data.read("mine.jsonl", on_error="quarantine", rejected=place).to_list() == [PAIR]
    assert json.loads(place.read_text())["row"] == "x"
    capsys.readouterr()
    other = tmp_path / "new" / "bad.jsonl"
    assert data.read(path, on_error="quarantine", rejected=other).to_list() == [PAIR]
    assert json.loads(other.read_text())["row"] == "x"
    assert f"the others are in {other}, with reasons" in capsys.readouterr().out
    assert {item.name for item in tmp_path.iterdir()} == {"home", "mine.jsonl", "mine.jsonl.rejected.jsonl", "new"}


def test_the_place_of_rejected_rows_is_never_ignored_and_never_the_input(tmp_path: Path) -> None:
    path = write(tmp_path, lines(PAIR, "x"))
    with pytest.raises(ValueError, match="expected on_error='quarantine', found 'raise'"):
        data.read(path, rejected=tmp_path / "bad.jsonl")
    with pytest.raises(ValueError, match="expected another file for the rejected rows"):
        data.read(path, on_error="quarantine", rejected=f"{tmp_path}/./mine.jsonl")
    assert path.read_text() == lines(PAIR, "x")


CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
TEXT = st.tuples(st.text(CHARACTERS, max_size=29), st.sampled_from("x7!é字")).map("".join)  # something can be seen
SUFFIXES = st.sampled_from([".jsonl", ".csv", ".parquet"])
ALL_SUFFIXES = st.sampled_from([".jsonl", ".json", ".csv", ".tsv", ".parquet", ".jsonl.gz"])
MODES = st.sampled_from(["raise", "quarantine"])
FAULTS = st.dictionaries(st.integers(0, 6), st.sampled_from(["", "number", "space", "missing"]), min_size=1)
PAIRS = st.lists(st.fixed_dictionaries({"prompt": TEXT, "completion": TEXT}), min_size=1, max_size=6)


@st.composite
def chats(draw: st.DrawFn) -> list[dict]:
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        roles = ["system"] * draw(st.booleans()) + ["user", "assistant"] * draw(st.integers(1, 3))
        rows.append({"messages": [{"role": role, "content": draw(TEXT)} for role in roles]})
    return rows


PIECES = st.sampled_from([
    lines(PAIR).encode(), lines(CHAT).encode(), b"prompt,completion\n", b"a,b\n", b'"', b'"a\n', b"\xef\xbb\xbf",
    b"\xff\xfe", b"\0", b"\r", b"\n", b"NaN", b"{}", b"[[", b"\\ud800", b"messages\n", b"\xe2\x80\xa8", b"1e9"])
BYTES = st.binary(max_size=200) | st.lists(PIECES | st.binary(max_size=5), max_size=12).map(b"".join)


@FUZZ
@given(content=BYTES, suffix=ALL_SUFFIXES, on_error=MODES)
@example(b"\x1f\x8b" + b"\0" * 20, ".jsonl", "raise")
@example(b'[{"prompt": "a", "prompt": "b"}, {"prompt', ".json", "quarantine")
@example(b"sep=,\n", ".csv", "raise")
@example(b"prompt,completion\n\xff,b\n\"", ".csv", "quarantine")
@example(b"PAR1" + b"\0" * 20 + b"PAR1", ".parquet", "raise")
def test_any_bytes_give_rows_or_a_data_error(tmp_path: Path, content: bytes, suffix: str, on_error: str) -> None:
    path = write(tmp_path, content, "fuzz" + suffix)
    Path(f"{path}.rejected.jsonl").unlink(missing_ok=True)
    try:
        read = data.read(path, on_error=on_error)
    except DataError as error:
        str(error).encode()
        assert "expected" in str(error)
        assert "found" in str(error)
    else:
        assert len(read) > 0
    if Path(f"{path}.rejected.jsonl").exists():
        assert all(row["reason"] for row in rejects(path))


@FUZZ
@given(rows=PAIRS | chats(), place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_damaged_parquet_gives_rows_or_a_data_error(tmp_path: Path, rows: list[dict], place: int, byte: int) -> None:
    content = bytearray(encode(rows, ".parquet"))
    content[place % len(content)] = byte
    try:
        data.read(write(tmp_path, bytes(content), "fuzz.parquet"))
    except DataError as error:
        assert "expected" in str(error)


@FUZZ
@given(rows=PAIRS | chats(), suffix=SUFFIXES)
def test_good_rows_survive_every_format(tmp_path: Path, rows: list[dict], suffix: str) -> None:
    assert data.read(write(tmp_path, encode(rows, suffix), "fuzz" + suffix)).to_list() == rows


@FUZZ
@given(rows=PAIRS, faults=FAULTS, suffix=SUFFIXES)
def test_bad_rows_are_found_where_they_are(tmp_path: Path, rows: list[dict], faults: dict, suffix: str) -> None:
    content, expected, number = [], [], 1 + (suffix == ".csv")
    rows = [{name: text.replace("\r", "\n") for name, text in row.items()} for row in rows]
    for index, row in enumerate(rows):
        fault = faults.get(index)
        if fault is not None:
            expected.append(number)
            value = {"": "", "number": 7, "space": " \t", "missing": None}[fault]
            row = row | {"completion": value if suffix == ".jsonl" or isinstance(value, str) else ""}
            if suffix == ".jsonl" and fault == "missing":
                del row["completion"]
        content.append(row)
        # A CSV record takes as many lines as its texts have line ends.
        number += 1 + (suffix == ".csv") * sum(str(value).count("\n") for value in row.values())
    path = write(tmp_path, encode(content, suffix), "fuzz" + suffix)
    Path(f"{path}.rejected.jsonl").unlink(missing_ok=True)
    if len(expected) == len(rows):
        refusal(path, on_error="quarantine")
    else:
        kept = [row for index, row in enumerate(rows) if index not in faults]
        assert data.read(path, on_error="quarantine").to_list() == kept
    assert [row["line"] for row in rejects(path)] == expected if expected else True
