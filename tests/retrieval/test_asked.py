"""Questions whose passage is known."""

import re

import pytest

from ftlab.retrieval import asked, chunks, firm
from ftlab.retrieval.asked import Asked
from ftlab.retrieval.chunks import Chunk
from ftlab.world import quillmere

SMALL = set(re.findall(r"\w+", "a an and at by for from has in into it its of on one or that the to up with which"))
SMALL |= {"you", "your"}


@pytest.fixture(scope="module")
def cut():
    return [chunk for page in firm.pages() for chunk in chunks.cut(page)]


def stems(text: str) -> set[str]:
    return {re.sub(r"(ing|es|s|ed)$", "", word) for word in re.findall(r"[a-z]+", text.lower())} - SMALL


def test_a_chunk_is_gold_if_it_is_about_the_thing_and_states_the_value():
    question = Asked("How much?", ("$9.00", "9 dollars"), "Pan", "price", "plain")

    def chunk(about, text):
        return Chunk("d#0", "d", "", text, "", about, "everyone")

    assert asked.is_gold(question, chunk("Pan", "It costs $9.00."))
    assert not asked.is_gold(question, chunk("Pan", "It costs $49.00."))
    assert not asked.is_gold(question, chunk("Pot", "It costs $9.00."))
    dishes = Asked("Dishwasher?", ("no",), "Pan", "dishwasher_safe", "plain")
    assert asked.is_gold(dishes, chunk("Pan", "It does not belong in the dishwasher."))
    assert not asked.is_gold(dishes, chunk("Pan", "There is no lid."))


@pytest.mark.parametrize("wording", asked.WORDINGS)
@pytest.mark.parametrize("split", [*quillmere.SPLITS, None])
def test_every_question_has_a_gold_passage(wording, split, cut):
    found = asked.questions(wording, split)
    assert found and all(asked.gold(question, cut) for question in found)


def test_a_split_asks_about_its_own_products_only():
    splits = asked._split_of()
    for wording in asked.WORDINGS:
        for split in quillmere.SPLITS:
            assert {splits[question.about] for question in asked.questions(wording, split)} == {split}


def test_no_test_question_is_among_the_training_pairs(cut):
    anchors = {pair["anchor"] for pair in asked.pairs(cut)}
    for wording in asked.WORDINGS:
        for split in ("valid", "test"):
            assert anchors.isdisjoint(question.question for question in asked.questions(wording, split))


def test_a_fact_has_one_passage_for_all_its_questions(cut):
    by_passage = {}
    for pair in asked.pairs(cut, wordings=["plain"]):
        by_passage.setdefault(pair["anchor"], set()).add(pair["positive"])
    assert all(len(passages) == 1 for passages in by_passage.values())


def test_a_riddle_has_no_word_of_the_name_or_the_feature():
    riddles = {row["product"]: row["riddle"] for row in asked._table()}
    assert set(riddles) == {product.id for product in quillmere.products(2026)}
    assert len(set(riddles.values())) == len(riddles)
    for product in quillmere.products(2026):
        page = stems(f"{product.name} {product.noun} {product.feature}")
        assert not stems(riddles[product.id]) & page, (product.name, riddles[product.id])


def test_riddles_ask_what_the_plain_questions_ask():
    plain = asked.questions("plain")
    riddles = asked.questions("riddles")
    names = {product.name for product in quillmere.products()}
    assert [(q.answers, q.about, q.relation) for q in riddles] == [
        (q.answers, q.about, q.relation) for q in plain if q.about in names
    ]
    assert not any(question.about in question.question for question in riddles)


def test_after_the_update_questions_have_the_new_answers_and_skip_what_is_gone():
    for wording in ("plain", "riddles"):
        now = asked.questions(wording, None, 2026)
        prices = {question.about: question.answers[0] for question in now if question.relation == "price"}
        assert prices["Emberline Kettle"] == "$54.00" and "Tidewell Kettle" in prices
        assert "Halewood Steak Knife" not in prices
    pages = [chunk for page in firm.pages(2026) for chunk in chunks.cut(page)]
    assert all(asked.gold(question, pages) for question in asked.questions("plain", None, 2026))


def test_scores_by_subject():
    questions = [Asked("", ("x",), about, "price", "plain") for about in ("b", "a", "b", "b", "a")]
    assert asked.by_subject(questions, [1, 0, 0, 1, 0.5]) == [2 / 3, 0.25]
    with pytest.raises(ValueError):
        asked.by_subject(questions, [1, 0])


def test_unknown_wordings_and_splits_are_refused():
    with pytest.raises(ValueError, match="wording: expected one of plain, customers, riddles, found 'odd'"):
        asked.questions("odd")
    with pytest.raises(ValueError, match="split: expected one of train, valid, test or None, found 'odd'"):
        asked.questions("plain", "odd")
