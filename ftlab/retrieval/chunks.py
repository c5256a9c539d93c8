"""Cuts documents into chunks: by heading first, then whole sentences up to a size, with an overlap if wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ftlab.retrieval.documents import Document, is_heading

SENTENCE = re.compile(r"(?<=[.?!])[\"')]*\s+(?=[\"'(A-Z0-9$])")
SIZE = 80  # words, the heading not counted


@dataclass(frozen=True)
class Chunk:
    """A piece of a document, as it is indexed and found.

    Attributes:
        id: The document's id and the chunk's number in it: "q001-0#2".
        document, kind, about, readers: As in the document.
        heading: The document's title, and the heading of its section if it has one of its own.
        text: The words themselves.
    """

    id: str
    document: str
    heading: str
    text: str
    kind: str
    about: str
    readers: str

    @property
    def passage(self) -> str:
        """What is embedded, searched and shown to a model: the heading, then the text."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


def cut(document: Document, size: int = SIZE, overlap: int = 0) -> list[Chunk]:
    """The document's chunks, in its order.

    Args:
        size: Most words in a chunk. A sentence is cut only if it is longer than that.
        overlap: Most words that a chunk repeats from the end of the one before it, in whole sentences.
    Raises:
        ValueError: If ``size`` is no positive number of words, or ``overlap`` is not below it.
    """
    check(size, overlap)
    found = []
    for heading, sentences in _sections(document):
        for text in _packed(sentences, size, overlap):
            found.append((heading, text))
    if not found:  # a title and nothing else can still be found
        found.append((document.title.strip(), ""))
    return [
        Chunk(f"{document.id}#{i}", document.id, heading, text, document.kind, document.about, document.readers)
        for i, (heading, text) in enumerate(found)
    ]


def check(size: int, overlap: int) -> None:
    """Refuses sizes that cannot be cut."""
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"size: expected a whole number of words from 1 on, found {size!r}. Try {SIZE}.")
    if not isinstance(overlap, int) or not 0 <= overlap < size:
        raise ValueError(f"overlap: expected 0 to {size - 1} words (below the size), found {overlap!r}.")


def _sections(document: Document) -> Iterator[tuple[str, list[str]]]:
    """Each heading with the sentences under it."""
    title, heading, sentences = document.title.strip(), "", []
    for line in document.text.splitlines():
        if not line.strip():
            continue
        if is_heading(line) and line.strip().startswith("#"):
            if sentences:
                yield _joined(title, heading), sentences
            heading, sentences = line.lstrip("# ").strip(), []
        else:
            sentences += [part.strip() for part in SENTENCE.split(line) if part.strip()]
    if sentences:
        yield _joined(title, heading), sentences


def _joined(title: str, heading: str) -> str:
    return " / ".join(part for part in (title, heading) if part)


def _packed(sentences: list[str], size: int, overlap: int) -> Iterator[str]:
    """Texts of whole sentences, each at most ``size`` words long."""
    parts = []
    for sentence in sentences:
        words = sentence.split()
        parts += [words[i : i + size] for i in range(0, len(words), size)]
    now: list[list[str]] = []
    for part in parts:
        if now and sum(map(len, now)) + len(part) > size:
            yield " ".join(word for words in now for word in words)
            now = _kept(now, overlap, size - len(part))
        now.append(part)
    if now:
        yield " ".join(word for words in now for word in words)


def _kept(parts: list[list[str]], overlap: int, room: int) -> list[list[str]]:
    """The last sentences that fit into the overlap and leave room for the next one."""
    kept: list[list[str]] = []
    for part in reversed(parts):
        if sum(map(len, kept)) + len(part) > min(overlap, room):
            break
        kept.insert(0, part)
    return kept
