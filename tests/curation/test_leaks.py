"""Test questions are kept out of what is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftlab import files
from ftlab.curation import leaks
from ftlab.curation.records import Reject

QUESTION = "Can I put the hazel kettle on an induction plate if I take off its wooden handle first?"
REPLY = "Thank you for writing. The kettle is made for gas and for induction, and its handle stays cool."
OTHER = "How many nights does the brass lantern burn on one filling of oil when the wick is cut short?"


def row(question: str, reply: str) -> dict:
    return {"messages": [{"role": "system", "content": "The screen, which is no test text."},
                         {"role": "user", "content": question}, {"role": "assistant", "content": reply}]}


@pytest.fixture(autouse=True)
def tests_of_their_own(home: Path) -> Iterator[None]:
    files.write_jsonl(home / "data" / "quillmere" / "talk_test.jsonl", [row(QUESTION, REPLY)])
    files.write_jsonl(home / "data" / "quillmere" / "talk_train.jsonl", [row(OTHER, REPLY)])
    files.write_jsonl(home / "data" / "questions" / "mixed.jsonl", [
        {"split": "train", "question": OTHER}, {"split": "test", "question": "Where does the Rill rise?"}])
    for cached in (leaks.test_texts, leaks._index):
        cached.cache_clear()
    yield
    for cached in (leaks.test_texts, leaks._index):
        cached.cache_clear()


def test_what_a_model_is_tested_on_is_read_from_test_files_and_test_rows_alone() -> None:
    assert leaks.test_texts() == (
        (QUESTION, "talk_test.jsonl line 1"), (REPLY, "talk_test.jsonl line 1"),
        ("Where does the Rill rise?", "mixed.jsonl line 2"))


def test_a_copy_is_rejected_with_its_place_and_the_share_of_it() -> None:
    fresh = {"question": OTHER, "reply": "It burns for nine nights."}
    assert leaks.check_leak(fresh) is fresh
    with pytest.raises(Reject, match=r"'question' that is in no test set, found 100% of a text of talk_test.jsonl lin"):
        leaks.check_leak(fresh | {"question": f"Hello! {QUESTION.upper()} Thanks"})
    with pytest.raises(Reject, match="expected a 'reply'"):
        leaks.check_leak(fresh | {"reply": REPLY})


def test_most_of_a_text_is_a_copy_only_where_most_of_its_rows_other_text_is_there_too() -> None:
    # 13 of the question's 18 words are 72 %: under the 90 % of one text, over the 70 % where both are of one row.
    # 15 of the reply's 18 words are 83 %: under 95 %.
    asked, said = (" ".join(text.split()[:most]) for text, most in ((QUESTION, 13), (REPLY, 15)))
    for part in ({"question": asked, "reply": "It burns."}, {"question": OTHER, "reply": said}):
        assert leaks.check_leak(part) is part
    with pytest.raises(Reject, match="expected a 'reply'"):
        leaks.check_leak({"question": asked, "reply": said})
