"""What the reader advises is done, on the very file that provoked it, until the file is read: nothing may be lost."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ftlab.data
import ftlab.files
from ftlab import data
from ftlab.data import DataError

CALL = re.compile(r"ftlab\.(data|files)\.\w+\(")
TALK = [{"role": "user", "content": "Is the tent dry?"}, {"role": "assistant", "content": "Yes, since Monday."}]
AGAIN = [{"role": "user", "content": "And the rope?"}, {"role": "assistant", "content": "That one is wet."}]
DESK = {"role": "system", "content": "You work at the boat hire."}
FROM_VALUE = [{"from": "human", "value": "Is the tent dry?"}, {"from": "gpt", "value": "Yes, since Monday."}]


def said(message: str) -> str | None:
    """The first call that the message advises, to its closing bracket."""
    if (found := CALL.search(message)) is None:
        return None
    depth = 0
    for place in range(found.end() - 1, len(message)):
        depth += {"(": 1, ")": -1}.get(message[place], 0)
        if depth == 0:
            return message[found.start():place + 1]
    raise AssertionError(f"a call without its closing bracket: {message}")


def obey(path: Path, message: str) -> Path:
    """Does what the message advises; returns the file to read next."""
    if renamed := re.search(r"[Rr]ename (?:it|the file) to (\.\w+)", message):
        return path.rename(path.with_suffix(renamed[1]))
    if line := re.search(r"put a line above all others that says which: '(.*?)'", message):
        path.write_bytes(line[1].encode() + b"\n" + path.read_bytes())
        return path
    call = said(message)
    assert call is not None, message
    before = set(path.parent.iterdir())
    result = eval(call, {"ftlab": ftlab, "rows": data.rows(path), "open": open})  # the learner pastes it
    if call.startswith("ftlab.data."):
        ftlab.files.write_jsonl(path.with_name("converted.jsonl"), result)
    (new,) = set(path.parent.iterdir()) - before
    return new


def follow(path: Path) -> list[dict]:
    """Reads; does what the first line of the refusal says; reads again. Advice must lead somewhere in three steps."""
    for _ in range(3):
        try:
            return data.read(path).to_list()
        except DataError as error:
            path = obey(path, str(error).splitlines()[0])
    return data.read(path).to_list()


def jsonl(folder: Path, *rows: dict) -> Path:
    path = folder / "mine.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


NAMED = {
    "share_gpt": ({"conversations": FROM_VALUE}, [*TALK]),
    "share_gpt with a system column": ({"conversations": FROM_VALUE, "system": DESK["content"]}, [DESK, *TALK]),
    "share_gpt with an empty system column": ({"conversations": FROM_VALUE, "system": "", "tools": ""}, TALK),
    "conversations of role and content": ({"conversations": TALK}, TALK),
    "from and value under messages": ({"messages": FROM_VALUE}, TALK),
    "messages in capitals": ({"Messages": TALK}, TALK),
    "messages with a system column": ({"messages": TALK, "system": DESK["content"]}, [DESK, *TALK]),
    "alpaca": ({"instruction": "Is the tent", "input": "dry?", "output": "Yes, since Monday."},
               [{"role": "user", "content": "Is the tent\n\ndry?"}, TALK[1]]),
    "alpaca with system and history": (
        {"instruction": "And the rope?", "input": "", "output": "That one is wet.", "system": DESK["content"],
         "history": [["Is the tent dry?", "Yes, since Monday."]]}, [DESK, *TALK, *AGAIN]),
    "prompt and completion with history": (
        {"prompt": "And the rope?", "completion": "That one is wet.", "history": [["Is the tent dry?",
         "Yes, since Monday."]]}, [*TALK, *AGAIN]),
    "prompt and completion with system and history": (
        {"prompt": "And the rope?", "completion": "That one is wet.", "history": [["Is the tent dry?",
         "Yes, since Monday."]], "system": DESK["content"]}, [DESK, *TALK, *AGAIN]),
    "turns with a history": ({"conversations": AGAIN, "history": TALK, "system": DESK["content"]},
                             [DESK, *TALK, *AGAIN]),
    "question with context": (
        {"context": "Log: tent dry since Monday.", "question": "Is the tent dry?", "answer": "Yes, since Monday."},
        [{"role": "user", "content": "Is the tent dry?\n\nLog: tent dry since Monday."}, TALK[1]]),
    "instruction with context": ({"instruction": "Is the tent dry?", "context": "", "response": "Yes, since Monday."},
                                 TALK),
    "system prompt, question, response": ({"system_prompt": DESK["content"], "question": "Is the tent dry?",
                                           "response": "Yes, since Monday."}, [DESK, *TALK]),
    "votes as texts": ({"prompt": "Is the tent dry?", "chosen": "Yes, since Monday.", "rejected": "Dunno."}, TALK),
    "votes as whole conversations": ({"prompt": "Is the tent dry?", "chosen": TALK,
                                      "rejected": [TALK[0], {"role": "assistant", "content": "Dunno."}]}, TALK),
    "votes on the last turn": ({"prompt": TALK[:1], "chosen": TALK[1:], "rejected": AGAIN[1:]}, TALK),
    "votes without a prompt": ({"chosen": [DESK, *TALK], "rejected": AGAIN}, [DESK, *TALK]),
    "votes as one text": ({"chosen": "\n\nHuman: Is the tent dry?\n\nAssistant: Yes, since Monday.",
                           "rejected": "\n\nHuman: Is the tent dry?\n\nAssistant: Dunno."}, TALK),
    "prompt of turns, completion of words": ({"prompt": TALK[:1], "completion": "Yes, since Monday."}, TALK),
}


@pytest.mark.parametrize("name", NAMED)
def test_rows_of_other_names_arrive_whole(tmp_path: Path, name: str) -> None:
    row, messages = NAMED[name]
    assert follow(jsonl(tmp_path, row, row)) == [{"messages": messages}] * 2


@pytest.mark.parametrize("name", NAMED)
def test_the_same_rows_as_pandas_writes_them(tmp_path: Path, name: str) -> None:
    """``to_csv`` writes a list as Python prints it, and leaves the cell of an empty text empty."""
    row, messages = NAMED[name]
    pd.DataFrame([row, row]).to_csv(tmp_path / "mine.csv", index=False)
    assert follow(tmp_path / "mine.csv") == [{"messages": messages}] * 2


@pytest.mark.parametrize("name", NAMED)
def test_the_same_rows_in_parquet(tmp_path: Path, name: str) -> None:
    row, messages = NAMED[name]
    pq.write_table(pa.Table.from_pylist([row, row]), tmp_path / "mine.parquet")
    assert follow(tmp_path / "mine.parquet") == [{"messages": messages}] * 2


def test_what_only_some_rows_have_is_neither_lost_nor_asked_of_the_others(tmp_path: Path) -> None:
    with_system = {"conversations": FROM_VALUE, "system": DESK["content"]}
    bare = {"conversations": FROM_VALUE}
    assert follow(jsonl(tmp_path, with_system, bare)) == [{"messages": [DESK, *TALK]}, {"messages": TALK}]
    rows = data.rows(jsonl(tmp_path, bare, with_system))
    with pytest.raises(DataError, match="row 2: expected every part .* found 'system', filled and not named. Add sys"):
        list(data.to_messages(rows, turns="conversations"))


def test_what_conversion_leaves_out_is_named_with_its_number(
        tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """The advice says so before, the conversion after."""
    path = jsonl(tmp_path, {"id": 1, "question": "Is the tent dry?", "answer": "Yes, since Monday.", "note": ""},
                 {"id": 2, "question": "Is the tent dry?", "answer": "Yes, since Monday.", "source": "log"})
    with pytest.raises(DataError, match=r"assistant=\"answer\"\)\. It leaves out \['id', 'note'\]\."):
        data.read(path)
    assert follow(path) == [{"messages": TALK}] * 2
    assert capsys.readouterr().out == "Columns left out: 'id' (2 rows), 'source' (1 rows).\n"


def test_votes_are_told_where_they_belong(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="These are votes: read them with ftlab.data.read_preferences"):
        data.read(jsonl(tmp_path, NAMED["votes as texts"][0]))


def test_a_list_as_numpy_prints_it_is_not_guessed_at(tmp_path: Path) -> None:
    frame = pd.DataFrame({"messages": [TALK]})
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "mine.parquet")
    frame = pd.read_parquet(tmp_path / "mine.parquet")  # arrays in place of lists
    frame.to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(DataError, match="an array as NumPy prints it") as caught:
        data.read(tmp_path / "mine.csv")
    (repair,) = re.findall(r"again: (.*?) comes before", str(caught.value))
    exec(repair, {"frame": frame, "json": json})
    frame.to_csv(tmp_path / "mine.csv", index=False)
    assert follow(tmp_path / "mine.csv") == [{"messages": TALK}]


# --- whole files ------------------------------------------------------------------------------------------------------

ROWS = [{"prompt": "Is the tent dry?", "completion": "Yes – since Monday."},
        {"prompt": "And the rope?", "completion": "That one, no."}]
ARRAY = json.dumps(ROWS)
TEXT = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
CSV = 'prompt,completion\r\nIs the tent dry?,Yes – since Monday.\r\nAnd the rope?,"That one, no."\r\n'
SEMICOLONS = "prompt;completion\nIs the tent dry?;Yes – since Monday.\nAnd the rope?;That one, no.\n"


@pytest.mark.parametrize(("name", "content"), [
    ("mine.json", ARRAY), ("mine.json", json.dumps(ROWS, indent=2)), ("mine.json", "\ufeff" + ARRAY),
    ("mine.json", TEXT), ("mine.json", json.dumps({"version": 2, "data": ROWS})),
    ("mine.json", "\n".join(json.dumps(row, indent=1) for row in ROWS)),
    ("mine.jsonl", ARRAY), ("mine.jsonl", json.dumps(ROWS, indent=2)),
    ("mine.jsonl", "[\n" + ",\n".join(map(json.dumps, ROWS)) + "\n]\n"),
    ("mine.jsonl", "\n".join(json.dumps(row, indent=1) for row in ROWS)),
    ("mine.jsonl", gzip.compress(TEXT.encode())), ("mine.jsonl.gz", gzip.compress(TEXT.encode())),
    ("mine.csv", gzip.compress(CSV.encode())), ("mine.json.gz", gzip.compress(ARRAY.encode())),
    ("mine.jsonl", TEXT.encode("utf-16")), ("mine.jsonl", TEXT.encode("utf-16-le")),
    ("mine.jsonl", TEXT.encode("utf-16-be")), ("mine.csv", CSV.encode("utf-16-le")),
    ("mine.json", ARRAY.encode("utf-16-le")), ("mine.jsonl", TEXT.encode("utf-32")),
    ("mine.csv", "sep=,\r\n" + CSV), ("mine.csv", "\ufeffsep=,\r\n" + CSV), ("mine.csv", "sep=;\n" + SEMICOLONS),
    ("mine.csv", SEMICOLONS), ("mine.csv", SEMICOLONS.replace(";", "\t")), ("mine.tsv", SEMICOLONS.replace(";", "\t")),
])
def test_files_in_other_clothes_arrive_whole(tmp_path: Path, name: str, content: str | bytes) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert follow(tmp_path / name) == ROWS


def test_a_parquet_file_under_another_name(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "mine.jsonl")
    assert follow(tmp_path / "mine.jsonl") == ROWS


@pytest.mark.parametrize(("name", "content", "part"), [
    ("mine.jsonl", gzip.compress(TEXT.encode())[:-9], "expected a whole gzip file"),
    ("mine.csv", b"PK\3\4rest of a sheet", "found an Excel sheet or a zip archive"),
    ("mine.json", ARRAY[:-1], "no closing bracket after row 2. Was it copied to the end?"),
    ("mine.json", ARRAY[:-9], "expected valid JSON, found"),
    ("mine.json", ARRAY.encode("cp1252", "replace").replace(b"?", b"\xff"), "byte 0xff at offset"),
    ("mine.json", "[" * 100_000, "nested too deeply"),
    ("mine.json", '{"prompt":' * 100_000, "nested too deeply"),
    ("mine.json", '[{"prompt": "a", "prompt": "b", "completion": "c"}]', "row 1: expected each key once"),
    ("mine.json", '[{"prompt": "a", "completion": "c"}, 7]', "row 2: expected a JSON object, found a number (7)"),
])
def test_broken_files_are_refused_in_words(tmp_path: Path, name: str, content: str | bytes, part: str) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        data.read(tmp_path / name)
    assert part in str(caught.value)


def test_a_bad_row_of_an_array_is_set_aside_as_it_stands(tmp_path: Path) -> None:
    bad = '{"prompt": "a", "prompt": "b", "completion": "c", "id": 12345678901234567890123}'
    (tmp_path / "mine.json").write_text(f"[{json.dumps(ROWS[0])}, {bad}, 7, {json.dumps(ROWS[1])}]", encoding="utf-8")
    assert data.read(tmp_path / "mine.json", on_error="quarantine").to_list() == ROWS
    first, second = (tmp_path / "mine.json.rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(first)["line"] == 2
    assert json.loads(first)["row"] == bad
    assert json.loads(second)["row"] == "7"


# --- arguments --------------------------------------------------------------------------------------------------------


def test_an_argument_that_is_given_is_never_ignored() -> None:
    rows = [{"question": "a", "answer": "b", "turns": TALK}]
    for options in ({"user": "question"}, {"assistant": "answer"}, {"user": "question", "assistant": "answer"}):
        with pytest.raises(ValueError, match="turns='turns' holds the user's words and the replies"):
            data.to_messages(rows, turns="turns", **options)
    with pytest.raises(ValueError, match=r"user=\(\). Name at least one"):
        data.to_messages(rows, user=())
    for options in ({"system": "sytem"}, {"history": "hist"}, {"user": ("question", "contxt")}):
        with pytest.raises(DataError, match="found none named .* in any of 1 rows. Check the names"):
            list(data.to_messages(rows, **options))


def test_parts_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(DataError, match="expected one system turn, found two that differ"):
        list(data.to_messages([{"c": [DESK, *TALK], "system": "You are a pirate."}], turns="c", system="system"))
    (same,) = data.to_messages([{"c": [DESK, *TALK], "system": DESK["content"]}], turns="c", system="system")
    assert same == {"messages": [DESK, *TALK]}
    with pytest.raises(DataError, match=r"conversation in 'chosen' that begins with \['prompt'\]"):
        list(data.to_messages([{"prompt": "Another?", "chosen": TALK}], user="prompt", assistant="chosen"))
    with pytest.raises(DataError, match="to be joined, found a list"):
        list(data.to_messages([{"q": "Which?", "c": [["a", 1]], "answer": "b"}], user=("q", "c")))
    with pytest.raises(DataError, match="a list of pairs in 'h', found a number"):
        list(data.to_messages([{"question": "a", "answer": "b", "h": 7}], history="h"))


def test_a_zero_among_joined_columns_stays() -> None:
    (made,) = data.to_messages([{"question": "How many boats?", "count": 0, "answer": "None."}],
                               user=("question", "count"))
    assert made["messages"][0]["content"] == "How many boats?\n\n0"
