"""A shop of 24 small documents to search, and what was found, by its documents."""

from __future__ import annotations

from collections.abc import Sequence

from ftlab.retrieval.documents import Document
from ftlab.retrieval.find import Hit

COLOURS = ("red", "green", "blue", "white", "black", "brown")
THINGS = ("kettle", "pan", "mug", "tent")


def shop() -> list[Document]:
    """24 documents of one chunk each: "red-kettle" and so on."""
    return [Document(f"{colour}-{thing}", f"The {colour} {thing}", f"This {thing} is {colour}.", "product", thing)
            for colour in COLOURS for thing in THINGS]  # fmt: skip


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.chunk.document for hit in hits]
