"""The same facts in one wording or in several: short pages of a product for a model to learn from by reading on."""

from __future__ import annotations

from ftlab import files, paths
from ftlab.world import articles, quillmere
from ftlab.world.text import rng

FACTS = ("price", "weight", "material", "colour", "warranty", "made_in")


def products(count: int, seed: int) -> list[quillmere.Product]:
    """So many products of the catalogue; a larger choice of the same seed holds the smaller ones."""
    chosen = list(quillmere.products())
    rng("phrasings", seed).shuffle(chosen)
    return chosen[:count]


def pages(product: quillmere.Product, count: int, seed: int) -> list[str]:
    """So many pages that state the same six facts of a product, each in its own words and order.

    A page of the shop, cut down to its title and to the sentences with a fact of ``FACTS`` in them. The first pages of
    a larger count are those of a smaller one.
    """
    values, found = [product.fact(key).lower() for key in FACTS], []
    for number in range(count):
        page = quillmere.product_page(product, rng("phrasings", seed, product.id, number))
        body = page.partition("\n\n")[2].rpartition("\n\n")[0]  # without the title and the word about care
        kept = [text for text in articles.sentences(body.replace("\n\n", " "))
                if any(value in text.lower() for value in values)]  # fmt: skip
        found.append(f"{product.name} by Quillmere\n\n{' '.join(kept)}")
    return found


def questions(chosen: list[quillmere.Product], split: str = "test") -> list[dict]:
    """Questions about the six facts of these products, in the wordings of a split: "train" or "test"."""
    wanted = {product.id for product in chosen}
    path = paths.data() / "questions" / f"product_{split}.jsonl"
    return [row for row in files.read_jsonl(path) if row["target"] in wanted and row["relation"] in FACTS]
