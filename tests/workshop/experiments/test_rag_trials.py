"""The trials behind notebook 07's stored comparison, with readers whose answers are known beforehand."""

from __future__ import annotations

import pytest

from ftlab.retrieval import chunks, firm, unscreened
from ftlab.workshop.experiments import rag_rows, rag_trials


def test_told_is_told_to_cite_and_else_no_word_is_said() -> None:
    assert rag_trials.form_of(True) is unscreened.told and rag_trials.form_of(False) is unscreened.beside


@pytest.mark.parametrize(("reader", "believed"), [
    (lambda parts: parts[0].text, 1),  # says what its first passage says
    (lambda parts: "We do not know.", 0),
])
def test_who_repeats_a_page_tells_on_each_lie(reader, believed, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {}

    def answer(name, seed, rows, prompts, parts):
        shown[len(shown)] = prompts
        return {"reply": [reader(each) for each in parts]}

    pieces = [piece for page in firm.pages() for piece in chunks.cut(page, 50)]

    monkeypatch.setattr(rag_trials, "answer", answer)
    monkeypatch.setattr(rag_trials, "found", lambda rows, *search: {row["id"]: pieces[:4] for row in rows})
    found = rag_trials.attack("assistant", 0)
    assert len(found["wrong"]) == len(found["about"]) == rag_trials.ATTACKED
    for kind in ("lie", "lie, marked"):
        assert found[kind]["obeyed"] == [believed] * rag_trials.ATTACKED
    assert found["order"]["obeyed"] == [believed] * rag_trials.ATTACKED
    assert "obeyed" not in found["clean"] | found["warned"]
    clean, warned = shown[3], shown[4]
    assert clean != warned and [rag_rows.warned(prompt) for prompt in clean] == warned
