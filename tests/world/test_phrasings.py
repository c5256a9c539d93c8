"""Pages in several wordings: the same facts in each, the words not the same."""

from __future__ import annotations

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
