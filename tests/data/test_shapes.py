"""What a JSON file may hold in place of rows is told from rows, and said with what to write instead."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from learner_files import CHAT, PAIR, lines, refusal, write

from ftlab import data
from ftlab.data import DataError

pytestmark = pytest.mark.usefixtures("home")
TALK = CHAT["messages"]
AGAIN = [{"role": "user", "content": "And the rope?"}, {"role": "assistant", "content": "That one is wet."}]


@pytest.mark.parametrize("name", ["mine.json", "mine.jsonl"])
@pytest.mark.parametrize("orient", ["columns", "index", "split"])
def test_a_table_as_pandas_writes_it_is_written_again_as_rows(tmp_path: Path, name: str, orient: str) -> None:
    rows = [PAIR, PAIR | {"completion": "851 g."}]
    frame = pd.DataFrame(rows)
    frame.to_json(tmp_path / name, orient=orient)
    message = refusal(tmp_path / name)
    assert message.count("expected") == 1 and "a whole table in one, as pandas' to_json() writes it" in message
    (call,) = re.findall(r"Write it again with (.*?), under a name ending in \.jsonl\.", message)
    path = tmp_path / "again.jsonl"
    eval(call, {"frame": frame, "path": path})
    assert data.read(path).to_list() == rows


def test_an_object_with_numbered_keys_in_another_column_is_no_table(tmp_path: Path) -> None:
    assert data.read(write(tmp_path, lines(PAIR | {"scores": {"0": 1}}))).to_list() == [PAIR]


def test_lists_one_after_the_other_over_many_lines_are_for_the_learner_to_join(tmp_path: Path) -> None:
    write(tmp_path, "\n".join(json.dumps(talk, indent=1) for talk in (TALK, AGAIN)), "mine.json")
    with pytest.raises(DataError, match="Write '\\[' above the first list, ',' between the lists and '\\]' below"):
        data.read(tmp_path / "mine.json")
    with pytest.raises(DataError, match=r'line 2: expected a JSON object, .* Write {"messages": \[...\]} around it'):
        data.read(write(tmp_path, lines({"messages": TALK}, AGAIN)))
    (tmp_path / "mine.json").write_text(json.dumps([{"from": "anna@sea.org", "text": "Hi."}]), encoding="utf-8")
    with pytest.raises(DataError, match=r"found \['from', 'text'\]. Rename the columns"):  # rows, and no turns
        data.read(tmp_path / "mine.json")


def test_no_list_of_an_envelope_is_lost_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps({"train": [PAIR, PAIR], "test": [PAIR]}), encoding="utf-8")
    with pytest.raises(DataError, match=r"The same holds for \['test'\], each to a file of its own"):
        data.read(tmp_path / "mine.json")


def test_the_turns_of_one_row_are_no_envelope(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps({"messages": TALK}), encoding="utf-8")
    assert data.read(tmp_path / "mine.json").to_list() == [{"messages": TALK}]
