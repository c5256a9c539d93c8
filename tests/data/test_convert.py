"""Rows of other names become conversations."""

from __future__ import annotations

from pathlib import Path

import pytest
from learner_files import CHAT, PAIR, lines, write

from ftlab import data, files
from ftlab.data import DataError

pytestmark = pytest.mark.usefixtures("home")


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
