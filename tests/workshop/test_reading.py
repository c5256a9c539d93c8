"""What the lab model reads: batches that depend on seed and step alone, in the shares and forms of their stage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ftlab.seeded import rng
from ftlab.workshop import reading, tokenizer
from ftlab.workshop.recipe import Recipe, Stage

PLAIN = Stage(0.0, (1, 0, 0), pages=5, in_full=0, drills=0, customers=0.0)
TINY = Recipe(steps=6, rows=4, row_tokens=64, vocab_size=600)
BATCHES = """
import hashlib, sys
from ftlab.workshop import reading, tokenizer
from ftlab.workshop.recipe import Recipe, Stage
tensors = reading.batch(tokenizer.load(sys.argv[1]), {recipe!r}, 4)
print(hashlib.sha256(b"".join(t.numpy().tobytes() for t in tensors)).hexdigest())
"""


@pytest.fixture(scope="module")
def small():
    return tokenizer.train(reading.sample_texts(60), TINY.vocab_size, 2048)


def digest(batch: tuple[torch.Tensor, ...]) -> str:
    return hashlib.sha256(b"".join(tensor.numpy().tobytes() for tensor in batch)).hexdigest()


def test_a_batch_depends_on_its_seed_and_step_alone(small, python: Callable, tmp_path: Path, monkeypatch) -> None:
    first = digest(reading.batch(small, TINY, 4))
    reading.batch(small, TINY, 1)
    rng("something else").random()
    assert digest(reading.batch(small, TINY, 4)) == first
    assert digest(reading.batch(small, TINY, 5)) != first
    assert digest(reading.batch(small, replace(TINY, seed=1), 4)) != first
    assert digest(reading.batch(small, replace(TINY, lr=1.0, hidden_size=8), 4)) == first
    # Nor does it depend on the process: hash() differs there.
    small.save_pretrained(tmp_path)
    monkeypatch.setenv("PYTHONHASHSEED", "12345")
    other = python("-c", BATCHES.format(recipe=TINY), str(tmp_path))
    assert other.stdout.strip() == first, other.stderr


def test_shapes_and_shares(small) -> None:
    # In eight rows: 3 of pages, none in full, and 2 of drills; then 7 of pages, 2 in full. Of sixteen, twice that.
    stages = (Stage(0.0, (1, 0, 0), 3, 0, 2, 0.0), Stage(0.5, (4, 3, 3), 7, 2, 0, 0.0))
    for rows, step, full, pages, drill in ((8, 0, 0, 3, 2), (8, 49, 0, 3, 2), (8, 50, 2, 7, 0), (16, 99, 4, 14, 0)):
        recipe = replace(TINY, rows=rows, steps=100, stages=stages, row_tokens=400)
        input_ids, answers, in_full = reading.batch(small, recipe, step)
        assert input_ids.shape == answers.shape == (rows, 400) and in_full.shape == (rows,)
        assert answers.dtype == in_full.dtype == torch.bool
        assert in_full.tolist() == [i < full or i >= pages for i in range(rows)]
        assert not answers[pages + drill :].any() and not answers[: pages + drill].all()
        assert not drill or answers[pages : pages + drill].any()


def test_pages_hold_as_many_passages_as_their_weights_say(monkeypatch: pytest.MonkeyPatch) -> None:
    from ftlab.world import forms, shops

    asked = []
    monkeypatch.setattr(shops, "page", lambda random, count=None, customers=False: asked.append(count) or [])
    monkeypatch.setattr(forms, "page", lambda random, count=None: asked.append(count) or [])
    for weights, expected in (((1, 0, 0), {1}), ((0, 1, 0), {2}), ((4, 3, 3), {1, 2, 3})):
        asked.clear()
        random = rng("weights", weights)
        for _ in range(100):
            reading.question_page(random, replace(PLAIN, passages=weights, forms=0.5))
        assert set(asked) == expected


def test_pages_in_a_form_of_their_own_are_as_many_as_their_share_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from ftlab.world import forms, shops

    made = []
    monkeypatch.setattr(shops, "page", lambda random, count=None, customers=False: made.append("sheet") or [])
    monkeypatch.setattr(forms, "page", lambda random, count=None: made.append("form") or [])
    for share, low, high in ((0.0, 0, 0), (0.65, 0.55, 0.75), (1.0, 1, 1)):
        made.clear()
        random = rng("forms", share)
        for _ in range(500):
            reading.question_page(random, replace(PLAIN, forms=share))
        assert low <= made.count("form") / len(made) <= high


def test_the_answers_of_a_page_are_marked(small) -> None:
    """Decoded, the marked tokens of a page are the answers that the same stream of chance gives."""
    length, seen = 300, 0
    for key in range(12):
        ids, marks = reading.row(small, rng("flags", key), length, "pages", PLAIN)
        assert len(ids) == len(marks) == length
        spans = reading.question_page(rng("flags", key), PLAIN)  # the row's first page
        end = min(sum(len(small(text)["input_ids"]) for text, _ in spans), length)
        marked = small.decode([token for token, mark in zip(ids[:end], marks, strict=False) if mark])
        expected = "".join(text for text, is_answer in spans if is_answer)
        assert expected.startswith(marked.rstrip("\ufffd"))
        if end < length:
            seen += 1
            assert marked == expected
            assert ids[end] == small.eos_token_id and not marks[end]
    assert seen >= 4


def test_a_row_of_plain_documents_has_no_answers(small) -> None:
    assert not any(any(reading.row(small, rng("plain", key), 200, "documents", PLAIN)[1]) for key in range(10))


def test_nothing_of_quillmere_nor_of_the_chat_format() -> None:
    text = "\n".join(reading.sample_texts(150, seed=7))
    assert "quillmere" not in text.lower()
    assert not [token for token in (*tokenizer.ROLES, tokenizer.END, tokenizer.PAD) if token in text]


@pytest.mark.parametrize("kind", ["pages", "drills", "documents"])
def test_a_row_has_the_length_that_was_asked_for(small, kind: str) -> None:
    for length in (1, 50, 333):
        ids, marks = reading.row(small, rng("row", kind), length, kind, PLAIN)
        assert len(ids) == len(marks) == length and set(map(type, marks)) == {bool}
    longer, _ = reading.row(small, rng("row", kind), 400, kind, PLAIN)
    assert small.eos_token_id in longer  # between two documents
    assert not any(mark for token, mark in zip(ids, marks, strict=True) if token == small.eos_token_id)


@pytest.mark.parametrize("sheet", [reading.general_sheet, reading.market_sheet])
def test_a_sheet_is_questions_with_their_answers(sheet: Callable) -> None:
    for key in range(20):
        spans = sheet(rng("sheet", key))
        asked, answers = [text for text, marked in spans if not marked], [text for text, marked in spans if marked]
        assert 4 <= len(asked) == len(answers) and [marked for _, marked in spans] == [False, True] * len(asked)
        assert all(text.startswith(("Question: ", "Q: ")) and text.endswith(("\nAnswer:", "\nA:")) for text in asked)
        assert all(text.startswith(" ") and text.strip() and text.endswith("\n") for text in answers)


def test_tokens_are_marked_with_their_span(small) -> None:
    ids, marks = reading.encode(small, [("Question: how heavy?", False), (" 850 g\n", True), ("", True), ("x", False)])
    assert small.decode(ids) == "Question: how heavy? 850 g\nx"
    assert small.decode([token for token, mark in zip(ids, marks, strict=True) if mark]) == " 850 g\n"
    assert reading.encode(small, [("", True)]) == ([], [])


def test_more_texts_for_the_tokenizer_begin_with_the_fewer() -> None:
    texts = reading.sample_texts(8)
    assert texts == reading.sample_texts(8) and texts[:3] == reading.sample_texts(3) and reading.sample_texts(0) == []
    assert not set(texts) & set(reading.sample_texts(8, seed=1)) and all(text.strip() for text in texts)
