"""The ways of answering: what their results are kept as, and where."""

from __future__ import annotations

import pytest

from ftlab import model, shelf
from ftlab.retrieval import unscreened
from ftlab.workshop import stored as store
from ftlab.workshop.experiments import rag, rag_rows, rag_ways


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """An empty place for results."""
    monkeypatch.setattr(rag_ways, "folder", lambda: tmp_path)
    return tmp_path


def test_what_is_stored_is_small() -> None:
    scores = {"facts": [1, None, 0], "seconds": [1.234, 2], "new": {"stale": [0, 1]}}
    small = rag_ways.small(scores | {"reply": ["a"], "log": [1]})
    assert small == {"facts": "1-0", "seconds": [1.23, 2], "reply": ["a"], "new": {"stale": "01"}}


def test_what_was_found_is_kept_by_question_and_the_passages_are_not() -> None:
    rows = [row for row in rag_rows.asked() if row["kind"] == "fact"][:1] + rag_rows.asked()[-1:]
    store.watch()
    gold = unscreened.gold(rows[0], rag_ways.chunks())
    for ids, found in (([gold[0].id], 1), ([], 0)):
        result = rag_ways.with_found({"facts": [1, None], "passages": [ids, []]}, rows)
        assert result == {"facts": [1, None], "found": [found, None]}


def test_what_no_seed_changes_is_written_once(runs) -> None:
    same = [rag_ways.Writer("assistant", seed).path for seed in (0, 1)]
    assert same[0] == same[1] and rag_ways.Writer(rag.READER, 0).path != rag_ways.Writer(rag.READER, 1).path
    assert len({rag.path_of(part, 0) for part in rag.PARTS}) == len(rag.PARTS)


def test_other_weights_on_the_shelf_are_another_folder(monkeypatch, tmp_path) -> None:
    place = tmp_path / "assistant-x"
    monkeypatch.setattr(shelf, "place", lambda *_, **__: place)
    monkeypatch.setattr(shelf, "shipped", lambda place: iter(()))
    monkeypatch.setattr(model, "choose", lambda: model.Choice("m", "m", "cpu", "float32", ""))
    marks = [rag_ways.mark.__wrapped__()]
    for weights in (b"one", b"other"):
        (place / shelf.MODEL).mkdir(parents=True, exist_ok=True)
        (place / shelf.MODEL / "adapter_model.safetensors").write_bytes(weights)
        marks.append(rag_ways.mark.__wrapped__())
    assert len(set(marks)) == 3
