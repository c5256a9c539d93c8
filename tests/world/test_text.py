"""Small tools for plain English: articles, counts, lists and slips of the finger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlab.seeded import rng
from ftlab.world import text

SOME = "we would gladly describe another kettle"


@pytest.mark.parametrize(("noun", "with_article"), [
    ("oven", "an oven"), ("kettle", "a kettle"), ("Iron", "an Iron"),
])  # fmt: skip
def test_the_article_goes_by_the_first_letter(noun: str, with_article: str) -> None:
    assert text.a(noun) == with_article


@pytest.mark.parametrize(("arguments", "said"), [
    ((1, "year"), "1 year"), ((2, "year"), "2 years"), ((0, "year"), "0 years"), ((1.5, "litre"), "1.5 litres"),
    ((1, "knife", "knives"), "1 knife"), ((3, "knife", "knives"), "3 knives"),
])  # fmt: skip
def test_counts_with_their_nouns(arguments: tuple, said: str) -> None:
    assert text.plural(*arguments) == said


def test_lists_in_words() -> None:
    assert text.listing(["a"]) == "a" and text.listing(["a", "b"]) == "a and b"
    assert text.listing(["a", "b", "c"]) == "a, b and c" and text.listing(["a", "b", "c"], "or") == "a, b or c"


def test_a_sentence_begins_large_and_stays_as_it_is_else() -> None:
    assert text.sentence("a mug of McCoy's") == "A mug of McCoy's"
    assert text.sentence("") == "" and text.sentence("7 mugs") == "7 mugs" and text.sentence("élan") == "Élan"


@given(st.integers(0, 10**6))
def test_a_slip_is_inside_one_longer_word(seed: int) -> None:
    found = text.typo(SOME, rng(seed)).split(" ")
    changed = [(old, new) for old, new in zip(SOME.split(" "), found, strict=True) if old != new]
    assert len(changed) <= 1
    for old, new in changed:
        assert len(old) >= 5 and abs(len(new) - len(old)) <= 1
        assert new[0] == old[0] and new[-1] == old[-1] and set(new) <= set(old)


@pytest.mark.parametrize("kind", [-1, 0, 1])
def test_slips_are_of_each_kind(kind: int) -> None:
    made = {text.typo("another", rng("kinds", i)) for i in range(100)}
    assert any(len(word) - len("another") == kind for word in made - {"another"})


@pytest.mark.parametrize("plain", ["", "a mug", "Kettle", "KETTLES", "kettle,", "12345", "Is it 1.7 L?"])
def test_short_words_names_and_figures_have_no_slip(plain: str) -> None:
    assert {text.typo(plain, rng(i)) for i in range(20)} == {plain}


def test_a_slip_makes_no_other_english_word() -> None:
    slips = {text.slip("pretty", rng(i)) for i in range(200)}
    assert "petty" in {text.typo("pretty", rng(i)) for i in range(200)}
    assert "petty" not in slips and len(slips) > 4
    assert not (slips - {"pretty"}) & text.english()


def test_english_has_usual_forms_in_small_letters() -> None:
    assert {"kettle", "kettles", "weighs"} <= text.english() and "ketlte" not in text.english()
    assert all(word == word.lower() for word in text.english())
