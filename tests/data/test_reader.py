"""Reading a learner's data: what is accepted, what is refused and how, and fuzzing of all three formats."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ftlab import data, files
from ftlab.data import DataError, store
from ftlab.data import lines as text_lines

ROOT = Path(__file__).resolve().parents[2]
PAIR = {"prompt": "How heavy is it?", "completion": "850 g."}
CHAT = {"messages": [{"role": "user", "content": "How heavy is it?"}, {"role": "assistant", "content": "850 g."}]}
FUZZ = settings(max_examples=40, deadline=None, derandomize=True, database=None,
                suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def write(folder: Path, content: bytes | str, name: str = "mine.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*rows: object) -> str:
    return "".join(row + "\n" if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)


def turns(*roles: str) -> dict:
    return {"messages": [{"role": role, "content": "Hello."} for role in roles]}


def refusal(path: Path | str, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        data.read(path, **options)
    return str(caught.value)


def rejects(path: Path) -> list[dict]:
    text = Path(f"{path}.rejected.jsonl").read_bytes().decode()
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def encode(rows: list[dict], suffix: str) -> bytes:
    """The rows as a file of the given format, written by other means than the module under test."""
    if suffix == ".jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    if suffix == ".parquet":
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        return sink.getvalue()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(rows[0])
    for row in rows:
        cells = [row[name] for name in rows[0]]
        writer.writerow(cell if isinstance(cell, str) else json.dumps(cell) for cell in cells)
    return text.getvalue().encode()


# --- accepted ---------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("content", [
    "\ufeffprompt,completion\r\nHow heavy is it?,850 g.\r\n",
    "prompt,completion\n\nHow heavy is it?,850 g.",
    'id,completion,prompt,,\n1,850 g.,"How heavy is it?",,\n',
])
def test_csv_quirks_that_are_fine(tmp_path: Path, content: str) -> None:
    assert data.read(write(tmp_path, content, "mine.CSV")).to_list() == [PAIR]


def test_line_separators_inside_a_text_stay(tmp_path: Path) -> None:
    row = {"prompt": "a\u2028b\u2029c\x85d\x0be", "completion": "x\ny\r\nz"}
    path = write(tmp_path, json.dumps(row, ensure_ascii=False).replace("\\u000b", "\\u000b") + "\n")
    assert data.read(path).to_list() == [row]
    assert data.read(write(tmp_path, encode([row], ".csv"), "mine.csv")).to_list() == [row]


def test_a_csv_text_longer_than_pythons_own_limit(tmp_path: Path) -> None:
    row = {"prompt": "a" * 200_000, "completion": "b"}
    before = csv.field_size_limit()
    assert data.read(write(tmp_path, encode([row], ".csv"), "mine.csv")).to_list() == [row]
    assert csv.field_size_limit() == before


def test_other_columns_are_left_out_and_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data.read(write(tmp_path, lines(PAIR | {"tools": [], "id": 3})))
    assert "columns left out, since training does not use them: ['id', 'tools']" in capsys.readouterr().out


# --- refused: the file as a whole -------------------------------------------------------------------------------------


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


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, lines(PAIR), "support.jsonl")
    assert "nothing of that name. Did you mean 'support.jsonl'?" in refusal(tmp_path / "suport.jsonl")
    assert "relative paths start at" in refusal(tmp_path / "no" / "such.csv")


def test_folder_instead_of_file(tmp_path: Path) -> None:
    write(tmp_path, lines(PAIR))
    assert "found a folder. Name one of its files: ['mine.jsonl']" in refusal(tmp_path)


def test_duplicate_parquet_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table([["a"], ["b"], ["c"]], names=["prompt", "completion", "prompt"]), tmp_path / "mine.parquet")
    assert "each column once" in refusal(tmp_path / "mine.parquet")


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, lines(PAIR))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(Path, "open", refuse)
    assert "found 'Permission denied'" in refusal(path)


# --- refused: single rows ---------------------------------------------------------------------------------------------

BAD_ROWS = [
    ("{'prompt': 1}", "expected valid JSON", "at character 2"),
    ("[", "expected valid JSON", "one JSON text over many lines"),
    ("[1]", "expected a JSON object, found a list", "an object {...} on a line"),
    ('{"a": ' + "[" * 100_000, "nested too deeply", "Remove"),
    ('{"prompt": NaN, "completion": "b"}', "found NaN", "Write null"),
    ('{"prompt": "a", "prompt": "b", "completion": "c"}', "found 'prompt' 2 times", "Remove or rename one"),
    ("\0\0\0", "expected valid JSON", ""),
    ({"question": "a", "answer": "b"}, "found ['question', 'answer']", 'user="question", assistant="answer"'),
    ({"instruction": "a", "output": "b"}, "found ['instruction', 'output']", 'user="instruction", assistant="output"'),
    ({"instruction": "a", "input": "", "output": "b"}, "found", 'user=("instruction", "input"), assistant="output"'),
    ({"conversations": []}, "found ['conversations']", 'turns="conversations"'),
    ({"Messages": []}, "found ['Messages']", "Rename 'Messages' to 'messages'"),
    ({"text": "a"}, "found ['text']", "Rename the columns"),
    ({}, "found []", ""),
    ({"prompt": "a"}, "found ['prompt']", ""),
    (PAIR | CHAT, "found both", "Leave one of them out"),
    ({"prompt": 5, "completion": "b"}, "text in 'prompt', found a number (5)", "Write a text"),
    ({"prompt": None, "completion": "b"}, "text in 'prompt', found null", ""),
    ({"prompt": True, "completion": "b"}, "found true or false", ""),
    ({"prompt": [], "completion": "b"}, "text in 'prompt', found a list", "into one list 'messages'"),
    ({"prompt": "a", "completion": ""}, "text in 'completion', found an empty text", "Fill it in"),
    ({"prompt": "a", "completion": " \n"}, "found only white space", ""),
    ({"prompt": "a\0b", "completion": "b"}, "found a NUL character at character 2", "Remove"),
    ('{"prompt": "\\ud83d", "completion": "b"}', "found half of a surrogate pair, '\\ud83d', at character 1", ""),
    ({"messages": []}, "found an empty list", "Write"),
    ({"messages": {"role": "user"}}, "found an object", ""),
    ({"messages": "Hello"}, "expected valid JSON", ""),
    ({"messages": ["Hello"]}, "in turn 1, found text ('Hello')", ""),
    ({"messages": [{"role": "user"}]}, "expected 'role' and 'content' in turn 1, found ['role']", ""),
    ({"messages": [{"role": "user", "content": []}, {"role": "assistant", "content": "b"}]}, "found a list", ""),
    ({"messages": [{"role": [], "content": "a"}]}, "in turn 1, found []", ""),
    (turns("human", "gpt"), "in turn 1, found 'human'", "Write 'user'"),
    (turns("user", "tool", "assistant"), "in turn 2, found 'tool'", "Rename it"),
    (turns("user"), "expected an assistant turn, found only ['user']", "Add the reply"),
    (turns("assistant"), "'user' in turn 1, found 'assistant'", "Begin with the user's words"),
    (turns("system", "assistant"), "'user' in turn 2, found 'assistant'", "Begin with the user's words"),
    (turns("user", "user", "assistant"), "'assistant' in turn 2, found 'user'", "Join the two turns"),
    (turns("user", "assistant", "system", "user", "assistant"), "in turn 3, found 'system'", "only come first"),
    (turns("user", "assistant", "user"), "expected the assistant's turn last, found 'user'", "remove the last turn"),
]


@pytest.mark.parametrize(("bad", "part", "remedy"), BAD_ROWS)
def test_bad_rows(tmp_path: Path, bad: object, part: str, remedy: str) -> None:
    path = write(tmp_path, lines("", bad))
    message = refusal(path)
    assert message.startswith(f"{path} line 2: expected ")
    assert part in message
    assert remedy in message
    message.encode()  # can be printed
    path = write(tmp_path, lines(CHAT, bad, CHAT))
    assert data.read(path, on_error="quarantine").to_list() == [CHAT, CHAT]
    assert [row["line"] for row in rejects(path)] == [2]


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    start = lines(PAIR).encode()
    message = refusal(write(tmp_path, start + b'{"prompt": "caf\xe9"}\n'))
    assert f"line 2: expected UTF-8 text, found byte 0xe9 at offset {len(start) + 15} of the file (byte 16" in message


def test_offset_counts_the_byte_order_mark(tmp_path: Path) -> None:
    assert "at offset 4 of the file (byte 2 of the line)" in refusal(write(tmp_path, b"\xef\xbb\xbf{\xff}\n"))


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


def test_bad_json_in_a_csv_cell(tmp_path: Path) -> None:
    assert "line 2: expected valid JSON" in refusal(write(tmp_path, "messages\n[{]\n", "mine.csv"))


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


def test_a_line_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "ROW_LIMIT", 100)
    path = write(tmp_path, lines(PAIR, {"prompt": "é" * 1000}, PAIR) + b"\xff".decode("latin-1"))
    message = refusal(path)
    assert "line 2: expected a line of at most 100 bytes" in message
    assert "line 4: " in message


def test_the_first_ten_problems_at_once(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, lines(PAIR, *["x"] * 1234)))
    *problems, last = message.splitlines()
    assert [line.split(": ")[0] for line in problems] == [f"{tmp_path / 'mine.jsonl'} line {n}" for n in range(2, 12)]
    assert last == "... and 1,224 more rows with problems."


def test_the_two_forms_do_not_mix(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, lines(PAIR, CHAT)))
    assert "line 2: expected keys ['prompt', 'completion'] as in the rows before" in message


def test_arguments_are_checked(tmp_path: Path) -> None:
    path = write(tmp_path, lines(PAIR))
    with pytest.raises(ValueError, match="'raise' or 'quarantine', found 'skip'"):
        data.read(path, on_error="skip")
    with pytest.raises(ValueError, match="pass the model's tokenizer too"):
        data.read(path, max_length=512)


# --- the model's context ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokenizer():
    """One token a word; the end token is a word of its own."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    words = Tokenizer(models.WordLevel({"<other>": 0, "<end>": 1}, unk_token="<other>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<other>", eos_token="<end>", model_max_length=10)
    made.chat_template = "{% for m in messages %}{{ m.role }} {{ m.content }} <end> {% endfor %}"
    return made


def test_a_row_longer_than_the_context_is_refused_not_cut(tmp_path: Path, tokenizer) -> None:
    fits = {"prompt": "a " * 5, "completion": "b b b b "}       # 5 + 4 words + the end token = 10
    long = {"prompt": "a " * 5, "completion": "b b b b b "}     # 11
    path = write(tmp_path, lines(fits, long))
    message = refusal(path, tokenizer=tokenizer)
    assert "line 2: expected at most 10 tokens, the model's context, found 11. Shorten or split the row" in message
    assert data.read(path, tokenizer=tokenizer, max_length=11).to_list() == [fits, long]
    assert data.read(path, tokenizer=tokenizer, on_error="quarantine").to_list() == [fits]


def test_messages_are_counted_in_the_chat_template(tmp_path: Path, tokenizer) -> None:
    path = write(tmp_path, lines(CHAT))  # user, four words, <end>, assistant, two words, <end> = 10
    assert len(data.read(path, tokenizer=tokenizer)) == 1
    assert "found 10." in refusal(path, tokenizer=tokenizer, max_length=9)


def test_tokenizers_that_cannot_count(tmp_path: Path, tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, lines(CHAT))
    monkeypatch.setattr(tokenizer, "chat_template", "{{ raise_exception('no system turn') }}")
    assert "chat template takes, found 'no system turn'" in refusal(path, tokenizer=tokenizer)
    monkeypatch.setattr(tokenizer, "chat_template", None)
    with pytest.raises(ValueError, match="Set tokenizer.chat_template first"):
        data.read(path, tokenizer=tokenizer)
    monkeypatch.setattr(tokenizer, "model_max_length", 10**30)
    with pytest.raises(ValueError, match="max_position_embeddings"):
        data.read(path, tokenizer=tokenizer)


# --- quarantine -------------------------------------------------------------------------------------------------------


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


def test_rejected_rows_can_be_put_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = write(tmp_path, lines(PAIR, "x"))
    (tmp_path / "mine.jsonl.rejected.jsonl").mkdir()  # nothing can be written there, by whatever user
    message = refusal(path, on_error="quarantine")
    assert f"could not write {path}.rejected.jsonl: " in message
    assert "A folder has this name: choose another name." in message
    assert 'The bad rows can go elsewhere: read(..., rejected="mine.jsonl.rejected.jsonl").' in message
    other = tmp_path / "new" / "bad.jsonl"
    assert data.read(path, on_error="quarantine", rejected=other).to_list() == [PAIR]
    assert json.loads(other.read_text())["row"] == "x"
    assert f"the others are in {other}, with reasons" in capsys.readouterr().out
    assert sorted(item.name for item in tmp_path.iterdir()) == ["mine.jsonl", "mine.jsonl.rejected.jsonl", "new"]


def test_the_place_of_rejected_rows_is_never_ignored_and_never_the_input(tmp_path: Path) -> None:
    path = write(tmp_path, lines(PAIR, "x"))
    with pytest.raises(ValueError, match="expected on_error='quarantine', found 'raise'"):
        data.read(path, rejected=tmp_path / "bad.jsonl")
    with pytest.raises(ValueError, match="expected another file for the rejected rows"):
        data.read(path, on_error="quarantine", rejected=f"{tmp_path}/./mine.jsonl")
    assert path.read_text() == lines(PAIR, "x")


# --- size and place ---------------------------------------------------------------------------------------------------


def test_many_rows_are_streamed_through_a_file(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MEMORY_BYTES", 2**20)
    path = tmp_path / "mine.jsonl"
    with path.open("w") as file:
        for number in range(10_000):
            file.write(json.dumps({"prompt": f"{number} " + "a" * 600, "completion": str(number)}) + "\n")
    data.read(write(tmp_path, lines(PAIR), "warm.jsonl"))  # imports apart
    tracemalloc.start()
    read = data.read(path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 5 * 2**20  # the rows as Python objects would take over 9 MiB
    assert read["completion"][:] == [str(number) for number in range(10_000)]
    (kept,) = (home / "runs" / "data").iterdir()
    assert read.cache_files == [{"filename": str(kept)}]
    again = data.read(path)
    assert again.cache_files == read.cache_files
    path.write_text(path.read_text().replace('"9999"', '"changed"'))
    assert data.read(path)["completion"][-1] == "changed"
    assert again["completion"][-1] == "9999"


def test_full_disk_while_keeping_rows(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MEMORY_BYTES", 0)
    home.mkdir()
    write(home, "a file where the folder should be", "runs")
    path = write(tmp_path, lines(PAIR, "x"))
    message = refusal(path, on_error="quarantine")
    assert "could not keep the rows" in message
    assert "FTLAB_HOME names the folder that holds runs/" in message


def test_a_failed_read_leaves_no_file(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MEMORY_BYTES", 0)
    monkeypatch.setattr(store, "CHUNK_ROWS", 1)
    refusal(write(tmp_path, lines(PAIR, PAIR, "x", PAIR)))
    assert list((home / "runs" / "data").iterdir()) == []


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, lines(PAIR))
    before = data.read(path)
    stamp = path.stat()
    write(tmp_path, lines(PAIR | {"completion": "851 g."}))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # same size, same time
    assert data.read(path)[0]["completion"] == "851 g."
    assert before[0]["completion"] == "850 g."
    assert data.read(path)._fingerprint != before._fingerprint


def test_no_files_in_surprising_places(tmp_path: Path) -> None:
    write(tmp_path, lines(PAIR))
    code = ("from ftlab import data; d = data.read('mine.jsonl'); d = d.map(lambda row: {'n': len(row['prompt'])}); "
            "data.store.MEMORY_BYTES = 0; data.read('mine.jsonl').map(lambda row: {'n': 1})")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "FTLAB_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1",
                                "HF_HOME": str(tmp_path / "hf"), "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    subprocess.run([sys.executable, "-B", "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True)
    found = {item.relative_to(tmp_path).parts[:3] for item in tmp_path.rglob("*") if item.is_file()}
    assert {parts[:2] for parts in found} == {("mine.jsonl",), ("home", "runs")}


# --- other names ------------------------------------------------------------------------------------------------------


def test_the_remedy_for_question_and_answer_works(tmp_path: Path) -> None:
    path = write(tmp_path, "id,question,answer\n1,How heavy is it?,850 g.\n", "mine.csv")
    converted = list(data.to_messages(data.rows(path), user="question", assistant="answer"))
    assert converted == [CHAT]
    files.write_jsonl(tmp_path / "new.jsonl", converted)
    assert data.read(tmp_path / "new.jsonl").to_list() == [CHAT]


def test_to_messages_joins_columns_and_adds_the_system_turn() -> None:
    rows = [{"instruction": "Add.", "input": "1 and 2", "output": "3", "desk": "Be brief."},
            {"instruction": "Greet.", "input": "", "output": "Hello.", "desk": None}]
    first, second = data.to_messages(rows, user=("instruction", "input"), assistant="output", system="desk")
    assert [turn["content"] for turn in first["messages"]] == ["Be brief.", "Add.\n\n1 and 2", "3"]
    assert [turn["content"] for turn in second["messages"]] == ["Greet.", "Hello."]


def test_to_messages_takes_conversations() -> None:
    rows = [{"conversations": [{"from": "human", "value": "How heavy is it?"}, {"from": "gpt", "value": "850 g."}]}]
    assert list(data.to_messages(rows, turns="conversations")) == [CHAT]
    for broken in ([{"conversations": None}], [{"conversations": [{"from": "human"}]}]):
        with pytest.raises(DataError, match="row 1: expected turns with 'from' and 'value', or 'role' and"):
            list(data.to_messages(broken, turns="conversations"))


def test_to_messages_and_rows_refuse(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 2: expected keys \['question', 'answer'\], found \['question'\]"):
        list(data.to_messages([{"question": "a", "answer": "b"}, {"question": "a"}]))
    with pytest.raises(DataError, match="line 2: expected valid JSON"):
        list(data.rows(write(tmp_path, lines(PAIR, "x"))))


# --- fuzz -------------------------------------------------------------------------------------------------------------

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
