"""Lineage: a hash of what can be learnt, rows that say what became of a record, and a card that adds them up."""

import hashlib
import json

import pytest
from dump_record import RECORD

from ftlab.curation import lineage, records


def test_a_surrogate_half_is_written_as_its_escape():
    assert json.loads(lineage.to_line({"text": "a\ud800b"}))["text"] == "a\ud800b"


@pytest.mark.parametrize("name", records.FIELDS)
def test_the_hash_tells_examples_apart_and_nothing_else(name):
    other = lineage.content_hash({**RECORD, name: "something else"})
    assert (other != lineage.content_hash(RECORD)) == (name in lineage.CONTENT)


def test_a_text_that_utf8_cannot_hold_has_a_hash_of_its_own():
    hashes = {lineage.content_hash({**RECORD, "reply": text}) for text in ("a\ud800", "a\ud801", "a")}
    assert len(hashes) == 3


def test_a_kept_row_says_where_it_is_from_and_what_was_cut_and_the_record_stays():
    record = {**RECORD, "split": "test", "cut": [{"in": "reply", "kind": "signature", "text": "Anna"}]}
    before = json.dumps(record)
    row = lineage.kept_row(record, 7, ("normalize", "personal"))
    assert row.pop("lineage") == {"id": "d-1", "line": 7, "steps": ["normalize", "personal"],
                                  "sha256": lineage.content_hash(RECORD), "cut": record["cut"]}
    assert row == {**RECORD, "split": "test"} and json.dumps(record) == before


@pytest.mark.parametrize(("row", "name"), [(RECORD, "d-1"), ({"reply": ""}, None), ("half a li", None), ([1], None)])
def test_a_reject_row_holds_what_was_there(row, name):
    assert lineage.reject_row(3, "validate", "why", row) == {
        "line": 3, "id": name, "step": "validate", "reason": "why", "row": row}


def test_a_line_is_one_line_and_stays_legible():
    text = 'ein\nZeilenumbruch, ein "Zitat", 東京'
    line = lineage.to_line({"text": text})
    assert line.count("\n") == 1 and line.endswith("\n") and "東京" in line
    assert json.loads(line) == {"text": text}


def test_the_funnel_by_hand():
    table = lineage.funnel(10, ("read", "clean", "split"), {"read": 3, "split": 2}, {"clean": 5})
    assert table == [{"step": "read", "in": 10, "changed": 0, "dropped": 3, "out": 7},
                     {"step": "clean", "in": 7, "changed": 5, "dropped": 0, "out": 7},
                     {"step": "split", "in": 7, "changed": 0, "dropped": 2, "out": 5}]
    assert lineage.funnel(4, (), {}, {}) == []


def test_the_card_by_hand():
    def kept(split, **other):
        return lineage.kept_row({**RECORD, "split": split, **other}, 1, [])

    rows = [kept("train"), kept("train", customer="c-2", intent="size"),
            kept("train", product=None, policy="returns", intent="policy"), kept("test", product="Pan", customer="c-3")]
    card = lineage.data_card("/somewhere/raw.jsonl", "abc", rows, [{"step": "x"}], {"size": None})
    assert (card["source"], card["source_sha256"], card["settings"]) == ("raw.jsonl", "abc", {"size": None})
    assert card["records"] == {"test": 1, "train": 3} and card["intents"] == {"policy": 1, "price": 2, "size": 1}
    assert (card["customers"], card["products_and_policies"]) == (3, 3) and card["funnel"] == [{"step": "x"}]
    shown = [row["lineage"]["sha256"] for row in rows[:3]]
    assert card["content_sha256"]["train"] == hashlib.sha256("".join(shown).encode()).hexdigest()
    assert json.loads(json.dumps(card)) == card  # it goes into a file as it is
    other = lineage.data_card("raw.jsonl", "abc", rows[:3][::-1], [], {})
    assert other["content_sha256"]["train"] != card["content_sha256"]["train"]  # the order is part of a training set
    assert other["content_sha256"]["test"] == hashlib.sha256().hexdigest()
