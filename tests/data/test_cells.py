"""A list that a CSV holds as text is what it is in JSON Lines, and a text that begins with a bracket stays a text."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ftlab import data, files
from ftlab.data import DataError

ASKED, YES = {"role": "user", "content": "Is it dry?"}, {"role": "assistant", "content": "Yes."}
NO = {"role": "assistant", "content": "No."}

pytestmark = pytest.mark.usefixtures("home")


def table(folder: Path, **cells: object) -> Path:
    """A CSV of one row, as pandas writes it."""
    pd.DataFrame([cells]).to_csv(folder / "mine.csv", index=False)
    return folder / "mine.csv"


def converted(path: Path, **options: object) -> list[dict]:
    files.write_jsonl(path.with_name("new.jsonl"), data.to_messages(data.rows(path), **options))
    return data.read(path.with_name("new.jsonl")).to_list()


@pytest.mark.parametrize("passages", [["p1", "p2"], json.dumps(["p1", "p2"]), ["p1", None, "p2"], ("[ 'p1', \"p2\",]")])
def test_passages_are_joined_as_those_of_json_lines(tmp_path: Path, passages: object) -> None:
    path = table(tmp_path, question="Q", contexts=passages, answer="A")
    (row,) = converted(path, user=("question", "contexts"), assistant="answer")
    assert row["messages"][0]["content"] == "Q\n\np1\n\np2"


def test_a_passage_alone_is_read_as_an_object_and_a_reply_as_its_text(tmp_path: Path) -> None:
    path = table(tmp_path, question="Q", context={"title": "t", "text": "p"}, answer='{"a": 1}')
    assert converted(path, user=("question", "context"), assistant="answer") == [
        {"messages": [{"role": "user", "content": "Q\n\nt\np"}, {"role": "assistant", "content": '{"a": 1}'}]}]


def test_an_empty_list_of_passages_says_nothing(tmp_path: Path) -> None:
    (row,) = converted(table(tmp_path, question="Q", contexts=[], answer="A"), user=("question", "contexts"),
                       assistant="answer")
    assert row["messages"][0]["content"] == "Q"


@pytest.mark.parametrize("answer", [["a1", "a2"], '["a1", "a2"]', ["a1"], []])
def test_a_list_of_answers_is_refused_and_can_be_kept_as_a_text(tmp_path: Path, answer: object) -> None:
    path = table(tmp_path, question="Q", answer=answer)
    with pytest.raises(DataError, match="row 1: expected one reply in 'answer', found a list of .* keep it as it is"):
        list(data.to_messages(data.rows(path)))
    path = table(tmp_path, prompt="Q", completion=answer)
    with pytest.raises(DataError, match="line 2: expected text in 'completion', found a list as text") as caught:
        data.read(path)
    assert 'ftlab.files.write_jsonl("mine.new.jsonl", rows)' in str(caught.value)
    files.write_jsonl(tmp_path / "mine.new.jsonl", data.rows(path))
    assert data.read(tmp_path / "mine.new.jsonl").to_list() == [{"prompt": "Q", "completion": str(answer)}]
    with pytest.raises(DataError, match="expected a text or turns in 'chosen', found a list of|found an empty list"):
        data.read_preferences(table(tmp_path, prompt="Q", chosen=answer, rejected="b"))


@pytest.mark.parametrize("shape", [
    lambda turn: [{"id": 1, **turn}], lambda turn: [{"name": None, **turn}], lambda turn: turn,
    lambda turn: [{"from": turn["role"], "value": turn["content"]}], lambda turn: json.dumps([{"id": 1, **turn}]),
    lambda turn: [{"content": turn["content"], "role": turn["role"]}],
    lambda turn: {"from": "gpt" if turn["role"] == "assistant" else "human", "value": turn["content"]}])
def test_turns_are_turns_whatever_key_comes_first(tmp_path: Path, shape) -> None:
    path = table(tmp_path, prompt=shape(ASKED), completion=shape(YES))
    with pytest.raises(DataError, match=r'found a list as text .*to_messages\(rows, user="prompt", assistant='):
        data.read(path)
    assert converted(path, user="prompt", assistant="completion") == [{"messages": [ASKED, YES]}]
    votes = data.read_preferences(table(tmp_path, prompt="Is it dry?", chosen=shape(YES), rejected=shape(NO)))
    assert votes.to_list() == [{"prompt": [ASKED], "chosen": [YES], "rejected": [NO]}]


@pytest.mark.parametrize("text", [
    "[urgent] where is my tent", "[urgent]", "{name}, where is it?", "[1, 2, 3]", '{"unit": "kg", "value": 3}',
    '{"from": "EUR", "value": 3}', '[{"value": 3, "unit": "kg"}]', "[see 'a' and 'b']", "['a'] is a list", "[", "{}",
    '[{"city": "Ulm"}]', "['a' or 'b']", "[" * 3000, "{'city': 'Ulm'}", '[{"id": 1, "from": "EUR", "value": 3}]',
    "{{1}, {2}}", "{{}}", "{{1}}", "{{'name'}}", "{[1, 2]}", "[{[1]: 2}]"])
def test_texts_that_begin_with_a_bracket_stay_texts(tmp_path: Path, text: str) -> None:
    with (tmp_path / "mine.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["prompt", "completion"], [text, text]])
    assert data.read(tmp_path / "mine.csv").to_list() == [{"prompt": text, "completion": text}]
    assert converted(tmp_path / "mine.csv", user="prompt", assistant="completion")[0]["messages"][1]["content"] == text


def test_a_list_of_texts_in_json_lines_is_what_the_model_is_to_write(tmp_path: Path) -> None:
    row = {"prompt": "Which colours, as a list?", "completion": "['red', 'blue']"}
    files.write_jsonl(tmp_path / "mine.jsonl", [row])
    assert data.read(tmp_path / "mine.jsonl").to_list() == [row]


@pytest.mark.parametrize("text", [
    '{"speaker": "customer", "text": "W"}', '[{"speaker": "Anna", "text": "Hi."}]', '{"from": "agent", "text": "Hi"}',
    '[{"id": 1, "from": "EUR", "value": 3}]', '[{"from": "EUR", "value": 3}]', '{"role": "assistant", "content": "Hi"}',
    "{'from': 'gpt', 'value': 'Hi'}", '[{"id": 1, "role": "assistant", "content": "Hi"}]',
    '[{"speaker": "agent", "text": "Hi"}]'])
def test_json_that_the_model_is_to_write_stays_as_it_is(tmp_path: Path, text: str) -> None:
    row = {"prompt": "Who said it? As JSON.", "completion": text}
    files.write_jsonl(tmp_path / "mine.jsonl", [row])
    assert data.read(tmp_path / "mine.jsonl").to_list() == [row]
    (made,) = data.to_messages([{"question": "Who said it?", "answer": text}])
    assert made["messages"][1] == {"role": "assistant", "content": text}
    for other in (text.replace("Hi", "Ho").replace("3", "4").replace("W", "V"), "Dunno."):
        vote = {"prompt": "Who said it?", "chosen": text, "rejected": other}
        files.write_jsonl(tmp_path / "votes.jsonl", [vote])
        assert data.read_preferences(tmp_path / "votes.jsonl").to_list() == [vote]


@pytest.mark.parametrize("text", ['[{"role": "assistant", "content": "Hi"}]', '[{"role": "user" begins a turn.'])
def test_a_text_that_looks_like_turns_can_be_kept_as_a_text(tmp_path: Path, text: str) -> None:
    path, new = tmp_path / "mine.jsonl", tmp_path / "new.jsonl"
    rows = [{"prompt": "How?", "completion": text}]
    files.write_jsonl(path, rows)
    with pytest.raises(DataError, match="content is taken as it is") as caught:
        data.read(path)
    assert "rename the file" not in str(caught.value)
    kept = {"messages": [{"role": "user", "content": "How?"}, {"role": "assistant", "content": text}]}
    if "ftlab.files.write_jsonl" in str(caught.value):
        call = str(caught.value).partition("ftlab.files.write_jsonl(")[2].removesuffix(".").replace(
            '"mine.new.jsonl"', "new")
        eval(f"files.write_jsonl({call}", {"files": files, "new": new, "rows": rows})
        assert data.read(new).to_list() == [kept]
    files.write_jsonl(path, [{"prompt": "How?", "chosen": text, "rejected": "Dunno."}])
    with pytest.raises(DataError, match=r"content is taken as it is: {\"role\": ..., \"content\": row\[\"chosen\"\]}"):
        data.read_preferences(path)
    vote = {"prompt": kept["messages"][:1], "chosen": kept["messages"][1:],
            "rejected": [{"role": "assistant", "content": "Dunno."}]}
    files.write_jsonl(path, [vote])
    assert data.read_preferences(path).to_list() == [vote]


@pytest.mark.parametrize(("value", "column"), [
    (np.array(["p1", "it's p2"], dtype=object), "contexts"), (np.array([{"id": 1, **ASKED}, NO, ASKED]), "question"),
    (np.array(["p\n1"] * 1200, dtype=object), "contexts")])
def test_what_numpy_printed_is_named_and_written_again(tmp_path: Path, value: np.ndarray, column: str) -> None:
    cells = {"question": "Q", "contexts": "C", "answer": "Yes."} | {column: value}
    frame = pd.DataFrame([cells])
    frame.to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(DataError, match=f"expected a list as JSON in {column!r}, found an array as NumPy") as caught:
        converted(tmp_path / "mine.csv", user=column, assistant="answer")
    exec(str(caught.value).partition("Write the file again: ")[2].partition(" comes before")[0],
         {"frame": frame, "json": json})
    frame.to_csv(tmp_path / "mine.csv", index=False)
    assert len(converted(tmp_path / "mine.csv", user=column, assistant="answer")) == 1
