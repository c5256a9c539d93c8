"""Keeping test questions out of the training examples."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ftlab import files, paths
from ftlab.curation.records import Reject

if TYPE_CHECKING:
    from ftlab.evidence.contamination import Index

FOLDERS = ("quillmere", "questions")
WORDS = 8  # length of the word runs by which test texts are looked for
COPY = {"question": 0.9, "reply": 0.95}  # the share of a test text that makes a text its copy; replies share phrases
LOOSE_COPY = 0.7  # the share that is enough where question and reply both come from one row of a test set


class TestText(NamedTuple):
    """A text that a model is tested on, and the file and row that it is from."""

    text: str
    row: str


@cache
def test_texts() -> tuple[TestText, ...]:
    """Every question and reply that a model of this course is tested on, from the files under ``data``.

    A file whose name ends in ``_test.jsonl`` is a test set as a whole; of the others, the rows with the split "test".
    """
    found = []
    for folder in FOLDERS:
        for path in sorted((paths.data() / folder).glob("*.jsonl")):
            for number, row in enumerate(files.read_jsonl(path), start=1):
                if path.stem.endswith("_test") or row.get("split") == "test":
                    found += [TestText(text, f"{path.name} line {number}") for text in _texts_of(row)]
    return tuple(found)


def _texts_of(row: dict) -> list[str]:
    turns = [turn["content"] for turn in row.get("messages", ()) if turn["role"] != "system"]
    return [*turns, *(row[name] for name in ("question", "text", "post") if row.get(name))]


@cache
def _index() -> Index:
    from ftlab.evidence.contamination import Index

    return Index([test.text for test in test_texts()], WORDS)


def check_leak(record: dict) -> dict:
    """The record, if neither its question nor its reply is a copy of a text that a model is tested on.

    Raises:
        Reject: With the share of the test text that was found, and where that text is.
    """
    seen = set()
    for name in ("question", "reply"):
        for overlap in _index().overlap(record[name], LOOSE_COPY):
            test = test_texts()[overlap.test_index]
            both = any(row == test.row and text != test.text for text, row in seen)
            if overlap.share >= COPY[name] or both:
                raise Reject(f"expected a '{name}' that is in no test set, found {overlap.share:.0%} of a text of "
                             f"{test.row}.")
            if name == "question":
                seen.add(test)
    return record
