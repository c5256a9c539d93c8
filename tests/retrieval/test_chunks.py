"""Chunks, against cuts made by hand."""

import pytest

from ftlab.retrieval import chunks
from ftlab.retrieval.documents import Document

TEXT = "One two three. Four five six. Seven eight. Nine ten."  # sentences of 3, 3, 2 and 2 words


def texts(size, overlap=0, text=TEXT):
    return [chunk.text for chunk in chunks.cut(Document("d", "Title", text), size, overlap)]


def test_whole_sentences_up_to_the_size():
    assert texts(6) == ["One two three. Four five six.", "Seven eight. Nine ten."]
    assert texts(5) == ["One two three.", "Four five six. Seven eight.", "Nine ten."]
    assert texts(100) == [TEXT]


def test_a_long_sentence_is_cut_at_words():
    assert texts(2) == ["One two", "three.", "Four five", "six.", "Seven eight.", "Nine ten."]


def test_the_overlap_repeats_whole_sentences_that_leave_room():
    assert texts(6, 2) == ["One two three. Four five six.", "Seven eight. Nine ten."]  # "Four five six." is 3 words
    assert texts(8, 3) == ["One two three. Four five six. Seven eight.", "Seven eight. Nine ten."]
    assert texts(6, 3) == ["One two three. Four five six.", "Four five six. Seven eight.", "Seven eight. Nine ten."]


def test_every_word_is_in_some_chunk_in_order_and_none_is_longer_than_the_size():
    for size in range(1, 12):
        for overlap in range(size):
            cut = texts(size, overlap)
            assert all(len(text.split()) <= size for text in cut)
            assert set(" ".join(cut).split()) == set(TEXT.split())
        assert " ".join(texts(size)) == TEXT


def test_headings_part_the_text_and_stand_in_the_passage():
    text = "Intro here.\n\n# Care\nWipe it.\nDry it.\n\n## Price\nIt costs $4.50. Ask us."
    cut = chunks.cut(Document("d", "Pan", text, "product", "The Pan", "desk"))
    assert [(chunk.id, chunk.heading, chunk.text) for chunk in cut] == [
        ("d#0", "Pan", "Intro here."),
        ("d#1", "Pan / Care", "Wipe it. Dry it."),
        ("d#2", "Pan / Price", "It costs $4.50. Ask us."),
    ]
    assert cut[1].passage == "Pan / Care\nWipe it. Dry it."
    assert {(chunk.document, chunk.kind, chunk.about, chunk.readers) for chunk in cut} == {
        ("d", "product", "The Pan", "desk")
    }


def test_a_title_alone_can_still_be_found():
    assert [chunk.passage.strip() for chunk in chunks.cut(Document("d", "Title", " "))] == ["Title"]


def test_a_number_does_not_end_a_sentence():
    assert texts(4, text="It costs $4.50 now. It weighs 1.2 kg today.") == ["It costs $4.50 now.",
                                                                           "It weighs 1.2 kg", "today."]  # fmt: skip


def test_senseless_sizes_are_refused():
    for size in (0, -1, 2.5, "80"):
        with pytest.raises(ValueError, match="size: expected a whole number of words from 1 on"):
            texts(size)
    for overlap in (-1, 4, 5, 0.5):
        with pytest.raises(ValueError, match="overlap: expected 0 to 3 words"):
            texts(4, overlap)
