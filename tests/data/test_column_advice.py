"""What the reader advises is done, on the very file that provoked it, until the file is read: nothing may be lost."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
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
    result = eval(call, {"ftlab": ftlab, "rows": data.rows(path), "gzip": gzip})  # the learner pastes it
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


def named(who: str, said: str) -> list[dict]:
    """The conversation with other names for its keys."""
    return [{who: turn["role"], said: turn["content"]} for turn in TALK]


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
    "two system columns": ({"system": DESK["content"], "system_prompt": "Be short.", "question": "Is the tent dry?",
                            "answer": "Yes, since Monday."},
                           [{"role": "system", "content": f"{DESK['content']}\n\nBe short."}, *TALK]),
    "two system columns that say the same": (
        {"conversations": FROM_VALUE, "system": DESK["content"], "system_message": DESK["content"]}, [DESK, *TALK]),
    "prompt and input": ({"prompt": "Is the tent", "input": "dry?", "output": "Yes, since Monday."},
                         [{"role": "user", "content": "Is the tent\n\ndry?"}, TALK[1]]),
    "query and input": ({"input": "dry?", "query": "Is the tent", "output": "Yes, since Monday."},
                        [{"role": "user", "content": "Is the tent\n\ndry?"}, TALK[1]]),
    "instructions and request": ({"instructions": "Is the tent", "request": "dry?", "response": "Yes, since Monday."},
                                 [{"role": "user", "content": "Is the tent\n\ndry?"}, TALK[1]]),
    "documents and knowledge": (
        {"documents": "Log.", "knowledge": "It rained.", "question": "Is the tent dry?",
         "answer": "Yes, since Monday."},
        [{"role": "user", "content": "Is the tent dry?\n\nLog.\n\nIt rained."}, TALK[1]]),
    "system instruction": ({"system_instruction": DESK["content"], "question": "Is the tent dry?",
                            "answer": "Yes, since Monday."}, [DESK, *TALK]),
    "system prompt in other letters": ({"systemPrompt": DESK["content"], "prompt": "Is the tent dry?",
                                        "completion": "Yes, since Monday."}, [DESK, *TALK]),
    "prompt of turns, completion of words": ({"prompt": TALK[:1], "completion": "Yes, since Monday."}, TALK),
    "prompt and completion of one turn each": ({"prompt": TALK[0], "completion": TALK[1]}, TALK),
    "prompt and completion with context": (
        {"prompt": "Is the tent dry?", "completion": "Yes, since Monday.", "context": "Log: it is dry."},
        [{"role": "user", "content": "Is the tent dry?\n\nLog: it is dry."}, TALK[1]]),
    "prompt and completion with input": ({"prompt": "Is the tent", "completion": "Yes, since Monday.", "input": "dry?"},
                                         [{"role": "user", "content": "Is the tent\n\ndry?"}, TALK[1]]),
    "messages with context": ({"messages": TALK, "context": "Log: it is dry."},
                              [{"role": "system", "content": "Log: it is dry."}, *TALK]),
    "messages with passages and a system": (
        {"messages": TALK, "contexts": ["Log: dry.", "It rained."], "system": DESK["content"]},
        [{"role": "system", "content": f"{DESK['content']}\n\nLog: dry.\n\nIt rained."}, *TALK]),
    "passages of a title and a text": (
        {"question": "Is the tent dry?", "contexts": [{"title": "Log", "text": "It is."}, {"title": "", "text": "Hm."}],
         "answer": "Yes, since Monday."},
        [{"role": "user", "content": "Is the tent dry?\n\nLog\nIt is.\n\nHm."}, TALK[1]]),
    "passages with an id and an address": (
        {"question": "Is the tent dry?", "contexts": [{"id": "d1", "url": "sea.org", "score": 0.5, "text": "It is."}],
         "answer": "Yes, since Monday."},
        [{"role": "user", "content": "Is the tent dry?\n\nIt is."}, TALK[1]]),
    "role and value": ({"conversations": named("role", "value")}, TALK),
    "from and content": ({"conversations": named("from", "content")}, TALK),
    "speaker and text": ({"conversations": named("speaker", "text")}, TALK),
    "role and text under messages": ({"messages": named("role", "text")}, TALK),
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


@pytest.mark.parametrize("write", [jsonl, lambda folder, *rows: pq.write_table(
    pa.Table.from_pylist(list(rows)), folder / "mine.parquet") or folder / "mine.parquet"])
def test_passages_in_a_list_are_joined_behind_the_question(tmp_path: Path, write: Callable) -> None:
    row = {"question": "Is the tent dry?", "context": ["Log: dry.", "", "It rained."], "answer": "Yes, since Monday."}
    asked = {"role": "user", "content": "Is the tent dry?\n\nLog: dry.\n\nIt rained."}
    assert follow(write(tmp_path, row, {**row, "context": []})) == [
        {"messages": [asked, TALK[1]]}, {"messages": TALK}]


@pytest.mark.parametrize("write", [jsonl, lambda folder, *rows: pd.DataFrame(rows).to_csv(
    folder / "mine.csv", index=False) or folder / "mine.csv"])
def test_empty_lists_beside_the_turns_say_nothing(tmp_path: Path, write: Callable) -> None:
    rows = [{"messages": TALK, "contexts": parts, "history": before} for parts, before in (
        (["Log: it is dry."], []), ([], []), (["", None], []), ([], [["And the rope?", "That one is wet."]]))]
    assert follow(write(tmp_path, *rows)) == [{"messages": talk} for talk in (
        [{"role": "system", "content": "Log: it is dry."}, *TALK], TALK, TALK, [*AGAIN, *TALK])]
    assert data.read(write(tmp_path, rows[1] | {"messages": json.dumps(TALK)})).to_list() == [{"messages": TALK}]
    made = data.to_messages([{"messages": [DESK, *TALK], "history": "[]"}], turns="messages", history="history")
    assert list(made) == [{"messages": [DESK, *TALK]}]


def test_what_would_be_told_twice_or_is_no_words_is_left_out_by_name(tmp_path: Path) -> None:
    """The whole of an Alpaca row in one column, with its answer; who asked; a query that is the answer."""
    for row, said in (({"instruction": "a", "input": "b", "output": "c", "prompt": "a b c"}, "['prompt']"),
                      ({"user": "u17", "question": "a", "answer": "b"}, "['user']"),
                      ({"question": "a", "query": "SELECT", "answer": "b"}, "['query']")):
        with pytest.raises(DataError, match=re.escape(f"It leaves out {said}.")):
            data.read(jsonl(tmp_path, row))
    with pytest.raises(DataError, match=r'to_messages\(rows, user="customer", assistant="reply"\)'):
        data.read(jsonl(tmp_path, {"customer": "Is it?", "reply": "Yes."}))


@pytest.mark.parametrize("talk", [[DESK, *TALK], [{"from": "system", "value": DESK["content"]}, *FROM_VALUE]])
@pytest.mark.parametrize("write", [jsonl, lambda folder, *rows: pd.DataFrame(rows).to_csv(
    folder / "mine.csv", index=False) or folder / "mine.csv"])
def test_two_systems_that_differ_are_for_the_learner_to_join(tmp_path: Path, talk: list, write: Callable) -> None:
    with pytest.raises(DataError, match=re.escape(
            f"The system turn in 'messages' says otherwise, {DESK['content']!r}: join them there, or keep one, and "
            "take out ['system'].")):
        data.read(write(tmp_path, {"messages": talk, "system": "Be short."}))
    assert follow(write(tmp_path, {"messages": talk, "system": DESK["content"]})) == [{"messages": [DESK, *TALK]}]


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


VOTES = {
    "orca": {"system": DESK["content"], "question": "Is the tent dry?", "chosen": "Yes, since Monday.",
             "rejected": "Dunno."},
    "question": {"question": "Is the tent dry?", "chosen": "Yes, since Monday.", "rejected": "Dunno."},
    "alpaca": {"instruction": "Is the tent", "input": "dry?", "chosen": "Yes, since Monday.", "rejected": "Dunno."},
    "alpaca without input": {"instruction": "Is the tent dry?", "input": "", "chosen": "Yes, since Monday.",
                             "rejected": "Dunno."},
    "a prompt and a system": {"prompt": "Is the tent dry?", "system": DESK["content"], "chosen": "Yes, since Monday.",
                              "rejected": "Dunno."},
    "whole and a system": {"system": DESK["content"], "chosen": TALK,
                           "rejected": [TALK[0], {"role": "assistant", "content": "Dunno."}]},
    "a history": {"prompt": "And the rope?", "history": [["Is the tent dry?", "Yes, since Monday."]],
                  "chosen": "That one is wet.", "rejected": "Dunno."},
    "plain": {"prompt": "Is the tent dry?", "chosen": "Yes, since Monday.", "rejected": "Dunno."},
    "turns before, a turn each": {"conversations": FROM_VALUE[:1], "chosen": {"from": "gpt", "value": "Yes, sure."},
                                  "rejected": {"from": "gpt", "value": "Dunno."}},
    "the same with a system": {"conversations": FROM_VALUE[:1], "chosen": {"from": "gpt", "value": "Yes, sure."},
                               "rejected": {"from": "gpt", "value": "Dunno."}, "system": DESK["content"]},
    "a prompt and an input": {"prompt": "Is the tent", "input": "dry?", "chosen": "Yes, sure.", "rejected": "Dunno."},
    "a prompt and a context": {"prompt": "Is the tent dry?", "context": "Log: it is dry.", "chosen": "Yes, sure.",
                               "rejected": "Dunno."},
    "whole, a prompt and a context": {"prompt": "Is the tent dry?", "context": "Log: it is dry.", "chosen": TALK,
                                      "rejected": [TALK[0], {"role": "assistant", "content": "Dunno."}]},
    "whole and a context": {"context": "Log: it is dry.", "chosen": TALK,
                            "rejected": [TALK[0], {"role": "assistant", "content": "Dunno."}]},
    "a prompt of turns and a context": {"prompt": TALK[:1], "context": "Log: it is dry.", "chosen": TALK[1:],
                                        "rejected": [{"role": "assistant", "content": "Dunno."}]},
}


@pytest.mark.parametrize("name", VOTES)
@pytest.mark.parametrize("write", [
    jsonl, lambda folder, *rows: pd.DataFrame(rows).to_csv(folder / "mine.csv", index=False) or folder / "mine.csv"])
def test_votes_arrive_whole_as_the_advice_says(tmp_path: Path, name: str, write: Callable) -> None:
    row = VOTES[name]
    other = json.loads(json.dumps(row).replace("Dunno.", "No idea."))  # the same vote twice would be a fault of its own
    path = write(tmp_path, row, other)
    with pytest.raises(DataError, match="These are votes") as caught:
        data.read(path)
    if "context" in row and name != "a prompt and a context":  # names alone do not tell, so the reader of votes does
        with pytest.raises(DataError) as caught:
            data.read_preferences(path)
    check_votes(tmp_path, row, path, str(caught.value))


@pytest.mark.parametrize("name", VOTES)
@pytest.mark.parametrize("write", [jsonl, lambda folder, *rows: pq.write_table(
    pa.Table.from_pylist(list(rows)), folder / "mine.parquet") or folder / "mine.parquet"])
def test_the_reader_of_votes_advises_the_same(tmp_path: Path, name: str, write: Callable) -> None:
    row = VOTES[name]
    path = write(tmp_path, row, json.loads(json.dumps(row).replace("Dunno.", "No idea.")))
    message = ""
    try:
        data.read_preferences(path)
    except DataError as error:
        message = str(error)
        assert "ftlab.data.to_votes(" in message
    check_votes(tmp_path, row, path, message)


def check_votes(folder: Path, row: dict, path: Path, message: str) -> None:
    """Does what the message advises, if it does; the votes are read then, and nothing that they say is lost."""
    if call := re.search(r"ftlab\.data\.to_votes\(.*?\)(?= and read)", message):
        made = eval(call[0], {"ftlab": ftlab, "rows": data.rows(path)})
        path = folder / "votes.jsonl"
        ftlab.files.write_jsonl(path, made)
    found = data.read_preferences(path).to_list()
    assert len(found) == 2
    text = json.dumps(found[0])
    for part in (*filter(None, re.findall(r"[\w ]+[.?]", json.dumps(row))),):
        assert part.strip() in text
    beside_turns = "context" in row and isinstance(row["chosen"], list)  # to which nothing can be joined
    assert ("system" in row or beside_turns) == ('"system"' in text)  # a turn of its own, not words of the customer's


def check_repair(folder: Path, frame: pd.DataFrame, said: str) -> None:
    """A table with the conversation is refused with these words, and the call that they come with repairs it."""
    frame.to_csv(folder / "mine.csv", index=False)
    with pytest.raises(DataError, match=said) as caught:
        data.read(folder / "mine.csv")
    (repair,) = re.findall(r"again: (.*?) comes before", str(caught.value))
    exec(repair, {"frame": frame, "json": json})
    frame.to_csv(folder / "mine.csv", index=False)
    assert follow(folder / "mine.csv") == [{"messages": TALK}]


def test_a_list_as_numpy_prints_it_is_not_guessed_at(tmp_path: Path) -> None:
    frame = pd.DataFrame({"messages": [TALK]})
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "mine.parquet")
    frame = pd.read_parquet(tmp_path / "mine.parquet")  # arrays in place of lists
    check_repair(tmp_path, frame, "an array as NumPy prints it")


def test_a_list_with_nan_is_named_and_repaired(tmp_path: Path) -> None:
    talk = [TALK[0] | {"weight": float("nan")}, *(turn | {"weight": 1.0} for turn in TALK[1:])]
    frame = pd.DataFrame({"messages": [talk]})
    check_repair(tmp_path, frame, "a list as Python writes it, with nan for what is missing")


def test_an_array_with_nan_is_repaired_too(tmp_path: Path) -> None:
    frame = pd.DataFrame({"messages": [np.array([turn | {"score": float("nan")} for turn in TALK])]})
    check_repair(tmp_path, frame, "an array as NumPy prints it")


# --- whole files ------------------------------------------------------------------------------------------------------

ROWS = [{"prompt": "Is the tent dry?", "completion": "Yes – since Monday."},
        {"prompt": "And the rope?", "completion": "That one, no."}]
ARRAY = json.dumps(ROWS)
TEXT = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
CSV = 'prompt,completion\r\nIs the tent dry?,Yes – since Monday.\r\nAnd the rope?,"That one, no."\r\n'
COLUMNS = json.dumps({name: [row[name] for row in ROWS] for name in ROWS[0]})
QUOTED = ('"prompt";"completion"\n"Is the tent dry?";"Yes – since Monday."\n"And the rope?";"That one, no."\n')
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
    ("mine.csv", QUOTED), ("mine.csv", QUOTED.replace(";", "\t")), ("mine.csv", "\ufeff" + QUOTED),
    ("mine.csv", QUOTED.replace(";", "|")), ("mine.csv", "sep=;\n" + QUOTED), ("mine.csv", "\ufeff" + SEMICOLONS),
    ("mine.tsv", QUOTED.replace(";", "\t")), ("mine.csv", QUOTED.replace("\n", "\r\n")),
    ("mine.json", json.dumps({"train": ROWS, "test": ROWS[:1]})), ("mine.json", "\ufeff" + json.dumps({"data": ROWS})),
    ("mine.json.gz", gzip.compress(json.dumps({"data": ROWS}).encode())),
    ("mine.json", json.dumps({"conversations": ROWS})), ("mine.json", json.dumps({"rows": ROWS, "übrige": ROWS[:1]})),
    ("mine.jsonl", "[ " + ARRAY[1:].replace("}, {", "},\n{")), ("mine.jsonl", ARRAY.replace("}, {", "},\n{")),
    ("mine.jsonl", "\n".join(json.dumps(row, indent=1).replace("{\n", "{ ", 1) for row in ROWS)),
    ("mine.jsonl", json.dumps(ROWS, indent=4).replace("[\n    {\n", "[ { ", 1)),
    ("mine.json", COLUMNS), ("mine.json.gz", gzip.compress(COLUMNS.encode())), ("mine.jsonl", COLUMNS),
    ("mine.jsonl.gz", gzip.compress(COLUMNS.encode())),
    ("mine.jsonl", ",\n".join(map(json.dumps, ROWS)) + ",\n"), ("mine.json", ",\n".join(map(json.dumps, ROWS)) + ",\n"),
    ("mine.csv", "sep=; \n" + SEMICOLONS), ("mine.csv", "sep=;;;\r\n" + SEMICOLONS), ("mine.csv", "sep=,,\n" + CSV),
    ("mine.csv", "\ufeffSEP=;;\n" + SEMICOLONS),
    ("mine.csv", CSV.replace("\r\n", "\r")), ("mine.csv", "\ufeff" + QUOTED.replace("\n", "\r")),
    ("mine.csv.gz", gzip.compress(CSV.replace("\r\n", "\r").encode())), ("mine.jsonl", TEXT.replace("\n", "\r")),
    ("mine.csv", SEMICOLONS), ("mine.csv", SEMICOLONS.replace(";", "\t")), ("mine.tsv", SEMICOLONS.replace(";", "\t")),
])
def test_files_in_other_clothes_arrive_whole(tmp_path: Path, name: str, content: str | bytes) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert follow(tmp_path / name) == ROWS


BARE = [TALK, AGAIN]


@pytest.mark.parametrize(("name", "content", "number"), [
    ("mine.jsonl", "\n".join(map(json.dumps, BARE)), 2), ("mine.json", "\n".join(map(json.dumps, BARE)), 2),
    ("mine.json", json.dumps(BARE, indent=1), 2), ("mine.jsonl", json.dumps(BARE[0]), 1),
    ("mine.json", json.dumps(FROM_VALUE), 1), ("mine.jsonl", json.dumps(BARE[0], indent=1), 1),
    ("mine.jsonl.gz", gzip.compress("\n".join(map(json.dumps, BARE)).encode()), 2),
    ("mine.jsonl", gzip.compress("\n".join(map(json.dumps, BARE)).encode()), 2),
    ("mine.jsonl", "\ufeff" + "\n".join(map(json.dumps, BARE)), 2),
    ("mine.jsonl", " \r\n" + "\r\n\r\n".join(map(json.dumps, BARE)) + "\r\n", 2),
    ("mine.jsonl", json.dumps(BARE), 2), ("mine.jsonl.gz", gzip.compress(json.dumps(BARE).encode()), 2),
])
def test_conversations_without_a_column_become_rows(
        tmp_path: Path, name: str, content: str | bytes, number: int) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert follow(tmp_path / name) == [{"messages": talk} for talk in BARE[:number]]


def test_columns_of_turns_are_a_table_and_lists_of_one_row_are_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"messages": [TALK, AGAIN], "id": [1, 2]}), encoding="utf-8")
    assert follow(path) == [{"messages": TALK}, {"messages": AGAIN}]
    for row in ({"prompt": TALK[:1], "completion": TALK[1:]}, {"messages": TALK, "tags": ["a", "b"]}):
        path.write_text(json.dumps(row), encoding="utf-8")
        assert list(data.read(path)[0].values())[0] == list(row.values())[0]


@pytest.mark.parametrize(("name", "value"), [
    ("train", 0), ("loss", 0), ("label", "0"), ("label", "no"), ("weight", 0.0), ("trainable", "off"), ("Label", False),
    ("label", 0), ("training", " No ")])
def test_a_row_that_is_switched_off_is_not_learnt(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(DataError, match="line 2: expected a row to learn from"):
        data.read(jsonl(tmp_path, ROWS[0], {**ROWS[1], name: value}))


def test_a_label_inside_a_turn_is_a_switch(tmp_path: Path) -> None:
    off = [TALK[0], {**TALK[1], "label": False}, *AGAIN]
    with pytest.raises(DataError, match="all to be learnt, found label false in turn 2"):
        data.read(jsonl(tmp_path, {"messages": off}))
    (row,) = data.learnt_turns([{"messages": off}])
    assert row["completion"] == AGAIN[1:]


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
    ("mine.json", ARRAY.replace("}, {", "}, , {"), "two commas one after the other behind row 1. Check the quotes"),
    ("mine.json", ARRAY[1:-1].replace("}, {", "},,{"), "two commas one after the other behind row 1"),
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
    with pytest.raises(DataError, match=r"found \{'who': 'a', 'what': 'b'\}. Rename these keys of the turns: \['who'"):
        list(data.to_messages([{"c": [{"who": "a", "what": "b"}]}], turns="c"))
    with pytest.raises(DataError, match="to be joined, found a list"):
        list(data.to_messages([{"q": "Which?", "c": [["a", 1]], "answer": "b"}], user=("q", "c")))
    with pytest.raises(DataError, match="one reply in 'answer', found a list of 2. Choose one"):
        list(data.to_messages([{"question": "Which?", "answer": ["a", "b"]}]))
    with pytest.raises(DataError, match="a list of pairs in 'h', found a number"):
        list(data.to_messages([{"question": "a", "answer": "b", "h": 7}], history="h"))


def test_a_zero_among_joined_columns_stays() -> None:
    (made,) = data.to_messages([{"question": "How many boats?", "count": 0, "answer": "None."}],
                               user=("question", "count"))
    assert made["messages"][0]["content"] == "How many boats?\n\n0"
