"""A search for each of two products that a question names."""

from __future__ import annotations

import pytest

from ftlab.retrieval import documents, embedder, index, several


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    pages = [documents.Document(f"{i}", name, f"The {name} weighs {i + 1} kg. It is a fine thing.", "product", name)
             for i, name in enumerate(("Moss Kettle", "Fern Kettle", "Reed Lamp", "Clay Lamp"))]  # fmt: skip
    made = index.create(tmp_path_factory.mktemp("several") / "index", embedder.load())
    made.add(pages)
    return made


NAMES = ["Moss Kettle", "Fern Kettle", "Reed Lamp", "Clay Lamp"]


def test_two_products_share_the_places(store) -> None:
    found = several.search_each(store, "Which is heavier, the Fern Kettle or the Clay Lamp?", NAMES, 2)
    assert {chunk.about for chunk in found} == {"Fern Kettle", "Clay Lamp"}


def test_one_product_is_searched_for_as_ever(store) -> None:
    question = "How heavy is the Reed Lamp?"
    assert several.search_each(store, question, NAMES, 3) == [hit.chunk for hit in store.search(question, 3)]


def test_no_passage_stands_twice_and_all_places_are_filled(store) -> None:
    found = several.search_each(store, "Moss Kettle or Fern Kettle?", NAMES, 4)
    assert len(found) == len({chunk.id for chunk in found}) == 4
