"""ROUGE-L by hand, also beyond a-z."""

from __future__ import annotations

import pytest

from ftlab.scores.overlap import rouge_l


@pytest.mark.parametrize(("reply", "reference", "f1"), [
    ("水壶 Hazel 很重", "价格 Hazel 不变", 1 / 5),  # 2 + 1 + 2 words each, one of them shared: P = R = 1/5
    ("这个水壶很重", "这个水壶很轻", 5 / 6),  # five of six signs
    ("यह केतली नई है", "यह केतली नयी है", 3 / 4),
    ("दिन", "दीन", 0),  # day and poor differ in a vowel sign alone, and cut at it they would share two letters
    ("un café noir", "un cafe noir", 2 / 3),
    ("Чайник весит 2 кг", "чайник весит 3 кг", 3 / 4),
    ("สีแดง", "สีดง", 2 * (3 / 4) * 1 / (3 / 4 + 1)),  # 4 letters and 3: all 3 are shared
])
def test_rouge_l_in_other_scripts_by_hand(reply, reference, f1):
    assert rouge_l([reply], [reference]) == [pytest.approx(f1)]


def test_a_reference_of_signs_alone_is_refused_and_stems_are_english():
    with pytest.raises(ValueError, match=r"entry 1: expected a text with a word .* found '\?!'"):
        rouge_l(["水"], ["?!"])
    # "lasting" and "lasts" share a stem; "пожары" has none in Porter's rules and stays as it is.
    assert rouge_l(["it lasts пожары"], ["it lasting пожары"], stemmer=True) == [1.0]


@pytest.mark.parametrize(("reply", "reference", "stemmer", "f1"), [
    ("the cat sat", "the cat sat", False, 1),
    # Longest common run "the cat mat" with 3 words; P 3/4, R 3/6: 2 * 0.75 * 0.5 / 1.25 = 0.6
    ("the cat the mat", "the cat sat on the mat", False, 2 * 4 / 10),
    ("mat the", "the mat", False, 0.5),  # order counts: one word of two
    ("It lasts", "it lasting", False, 0.5),
    ("It lasts", "it lasting", True, 1),
    ("", "the cat", False, 0),
    (" \n", "the cat", False, 0),
])
def test_rouge_l_by_hand(reply, reference, stemmer, f1):
    assert rouge_l([reply], [reference], stemmer) == [pytest.approx(f1)]


def test_rouge_l_refuses_references_without_words():
    with pytest.raises(ValueError, match="entry 2"):
        rouge_l(["a", "b"], ["a", " "])
    with pytest.raises(ValueError, match="1 replies and 2"):
        rouge_l(["a"], ["a", "b"])
