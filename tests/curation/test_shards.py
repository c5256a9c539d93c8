"""Shards: every line is in one of them, and what a stage has written is what the next one reads."""

import json

import pytest
from dump_record import RECORD

from ftlab.curation import pipeline, records, shards, stream


def test_shards_together_hold_every_line_once(tmp_path):
    path = tmp_path / "raw.jsonl"
    path.write_bytes(b"\xef\xbb\xbfone\n\ntwo\r\nthree\xff\nfour")
    stream.make_plan(path, tmp_path / "out", {"shard_rows": 2})
    found = [row for number in range(3) for row in shards.shard_lines(path, tmp_path / "out", number)]
    assert found == list(records.read_lines(path))
    assert [number for number, _ in found] == [1, 3, 4, 5]


@pytest.fixture
def prepared(tmp_path):
    """Two shards of two lines: a record and its copy; another record with a mail address, and a line that is none."""
    raw, folder = tmp_path / "raw.jsonl", tmp_path / "out"
    other = {**RECORD, "id": "d-3", "question": "Is it red? I am at anna@post.example.", "intent": "colour"}
    lines = [json.dumps(RECORD), json.dumps({**RECORD, "id": "d-2"}), json.dumps(other), "nonsense"]
    raw.write_text("\n".join(lines), encoding="utf-8")
    stream.make_plan(raw, folder, {"shard_rows": 2})
    for number in range(2):
        assert not shards.is_done(folder, "prepared", number)
        shards.prepare_shard(number, folder, str(raw))
        assert shards.is_done(folder, "prepared", number) and not shards.is_done(folder, "judged", number)
    return folder


def test_what_is_prepared_is_read_back(prepared):
    (first, second), (third,) = (list(shards.read_items(prepared, number)) for number in range(2))
    assert first == pipeline.Item(1, RECORD) and (second.line, second.record["id"]) == (2, "d-2")
    assert (third.line, third.changed) == (3, ("personal",)) and "<EMAIL_1>" in third.record["question"]
    (reject,) = shards.read_rows(shards.path_of(prepared, "prepared", 1, "rejected"))
    assert (reject["line"], reject["step"], reject["row"]) == (4, "validate", "nonsense")
    (mask,) = shards.read_rows(shards.path_of(prepared, "prepared", 1, "personal"))
    assert (mask["id"], mask["line"], mask["value"]) == ("d-3", 3, "anna@post.example")
    assert [part.tolist() for part in shards.gather(prepared, "prepared", 2, "ids")] == [["d-1", "d-2"], ["d-3"]]
    assert [int(lines) for lines in shards.gather(prepared, "prepared", 2, "lines")] == [2, 2]
    assert shards.find_starts(prepared, 2).tolist() == [0, 2, 3]


def test_the_file_that_says_done_comes_last(prepared):
    times = {path.suffix: path.stat().st_mtime_ns for path in (prepared / "prepared").glob("00001.*")}
    assert set(times) == {".jsonl", ".rejected", ".personal", ".npz"} and max(times.values()) == times[".npz"]


def test_copies_are_left_out_of_what_is_judged(prepared):
    stream.compare(prepared, 2)
    stream.train_judges(prepared, 2)
    assert [shards.copies_of(prepared, number).tolist() for number in range(2)] == [[-1, 0], [-1]]
    for number, name in ((0, "d-1"), (1, "d-3")):
        shards.judge_shard(number, prepared)
        ((line, record, changed),) = shards.read_rows(shards.path_of(prepared, "judged", number, "jsonl"))
        assert record["id"] == name and record["quality"] > 0 and line == 2 * number + 1
        assert changed == ["personal"] * number
    arrays = {name: [part.tolist() for part in shards.gather(prepared, "judged", 2, name)]
              for name in ("given", "passed", "id", "intent")}
    assert arrays == {"given": [["price"], ["colour"]], "passed": [[True], [True]], "id": [["d-1"], ["d-3"]],
                      "intent": [["price"], ["colour"]]}


def test_rows_keep_every_letter(tmp_path):
    rows = [{"a": "東京\u2028\n"}, [1, None, "half \ud800"], "text"]
    shards.write_rows(tmp_path / "new" / "x.jsonl", rows)
    assert list(shards.read_rows(tmp_path / "new" / "x.jsonl")) == rows
    with pytest.raises(TypeError):
        shards.write_rows(tmp_path / "x.jsonl", [{"a": object()}])
    assert not (tmp_path / "x.jsonl").exists() and not list(tmp_path.glob("*.tmp"))  # whole or not at all
