"""Pages in several wordings: the same facts in each, the words not the same."""

from __future__ import annotations

import pytest

from ftlab.world import phrasings


def test_each_page_states_all_six_facts_and_no_two_are_alike() -> None:
    for product in phrasings.products(70, seed=0):
        pages = phrasings.pages(product, 4, seed=0)
        assert len(set(pages)) == 4
        for page in pages:
            assert page.startswith(f"{product.name} by Quillmere\n\n")
            assert all(product.fact(key).lower() in page.lower() for key in phrasings.FACTS)


def test_fewer_products_and_pages_are_the_first_of_more() -> None:
    assert phrasings.products(5, seed=1) == phrasings.products(9, seed=1)[:5]
    product = phrasings.products(1, seed=1)[0]
    assert phrasings.pages(product, 2, seed=1) == phrasings.pages(product, 8, seed=1)[:2]
    assert phrasings.pages(product, 1, seed=1) != phrasings.pages(product, 1, seed=2)


def test_thirteen_test_questions_a_product() -> None:
    # price has three test wordings, the other five facts two each
    chosen = phrasings.products(3, seed=0)
    rows = phrasings.questions(chosen)
    assert len(rows) == 3 * 13 and {row["entity"] for row in rows} == {product.name for product in chosen}
    assert not {row["question"] for row in rows} & {row["question"] for row in phrasings.questions(chosen, "train")}


def test_a_page_is_cut_before_each_of_its_six_values() -> None:
    product = phrasings.products(1, seed=0)[0]
    values = [product.fact(key) for key in phrasings.FACTS]
    page = (f"{product.name} by Quillmere\n\nIt is {values[3]}, of {values[2]}, and {values[1]}. "
            f"It costs {values[0]}. Warranty: {values[4]}. Made in {values[5]}.")
    cut = phrasings.beginnings(product, page)
    assert [value for _, value in cut] == values
    assert cut[3][0] == f"{product.name} by Quillmere\n\nIt is" and cut[0][0].endswith(". It costs")
    for product in phrasings.products(70, seed=0):
        for page in phrasings.pages(product, 2, seed=1):
            for beginning, value in phrasings.beginnings(product, page):
                rest = page.removeprefix(beginning)
                assert rest != page and rest.lstrip().lower().startswith(value.lower())
    with pytest.raises(ValueError, match="expected its price"):
        phrasings.beginnings(product, f"{product.name} by Quillmere\n\nA fine thing.")
