"""The same facts in one wording or in several: short pages of a product for a model to learn from by reading on."""

from __future__ import annotations

import re

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import articles, quillmere

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


def beginnings(product: quillmere.Product, page: str) -> list[tuple[str, str]]:
    """For each of the six facts on a page: the page up to the value, and the value, to see whether a model goes on so.

    Raises:
        ValueError: If the page does not state one of the facts.
    """
    title, _, body = page.partition("\n\n")
    told = body.replace(product.name, "_" * len(product.name))  # a colour in the name is given away by the title
    found = []
    for key in FACTS:
        value = product.fact(key)
        place = re.search(rf"(?<![\w$.]){re.escape(value)}(?!\w)", told, re.IGNORECASE)
        if place is None:
            raise ValueError(f"{title}: expected its {key}, {value!r}, on the page, found {body[:80]!r}. Take a page "
                             "of phrasings.pages for the same product.")
        found.append((f"{title}\n\n{body[: place.start()]}".rstrip(), value))
    return found


def questions(chosen: list[quillmere.Product], split: str = "test") -> list[dict]:
    """Questions about the six facts of these products, in the wordings of a split: "train" or "test"."""
    wanted = {product.id for product in chosen}
    path = paths.data() / "questions" / f"product_{split}.jsonl"
    return [row for row in files.read_jsonl(path) if row["target"] in wanted and row["relation"] in FACTS]
