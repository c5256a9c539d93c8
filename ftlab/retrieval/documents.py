"""What is searched: documents, among them your own text files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EVERYONE = "everyone"
TEXT_ENDS = (".txt", ".md")


@dataclass(frozen=True)
class Document:
    """One text that can be found.

    Attributes:
        id: Its name in the index, such as "q001-0"; adding another text under it replaces this one.
        title: Its heading.
        text: All of it, without the title.
        kind: "product", "policy", "article", "notice", or a word of your own.
        about: What it is about: a product's name, a policy's title, or nothing.
        readers: The one group that may see it; ``EVERYONE`` by default.
    """

    id: str
    title: str
    text: str
    kind: str = ""
    about: str = ""
    readers: str = EVERYONE

    def __post_init__(self) -> None:
        for name in ("id", "title", "text", "kind", "about", "readers"):
            if not isinstance(value := getattr(self, name), str):
                raise ValueError(
                    f"document {self.id!r}: expected a text as its {name}, found {type(value).__name__}. "
                    "Read the file first, for instance with documents.read."
                )
        for name in ("id", "readers"):
            if not getattr(self, name).strip():
                raise ValueError(f"document {self.id!r}: expected its {name} to name something, found an empty text.")
        if not (self.title.strip() or self.text.strip()):
            raise ValueError(f"document {self.id!r}: expected a text, found none. Leave empty documents out.")


def read(path: str | Path, readers: str = EVERYONE) -> Document:
    """A text file as a document: its name is the id; its first line, if it is a heading, is the title.

    Raises:
        ValueError: If it is no text: not UTF-8, with zero bytes in it, empty, or not one of ``TEXT_ENDS``.
    """
    path = Path(path)
    if path.suffix.lower() not in TEXT_ENDS:
        raise ValueError(
            f"{path}: expected a text file ({', '.join(TEXT_ENDS)}), found the ending {path.suffix!r}. "
            "Save it as plain text first."
        )
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected text in UTF-8, found the byte {data[error.start]:#04x} at place {error.start} that "
            "cannot stand there. Save it as UTF-8, or leave it out if it is a picture, a PDF or a program."
        ) from error
    if "\0" in text:
        raise ValueError(f"{path}: expected text, found a zero byte. It is some other kind of file; leave it out.")
    return titled(path.name, text, "file", "", readers)


def titled(id: str, text: str, kind: str, about: str, readers: str = EVERYONE) -> Document:
    """The document whose first line is its title, if it looks like one."""
    first, _, rest = text.strip().partition("\n")
    if is_heading(first) and rest.strip():
        return Document(id, first.lstrip("# ").strip(), rest.strip(), kind, about, readers)
    return Document(id, about, text.strip(), kind, about, readers)


def is_heading(line: str) -> bool:
    """True for a line that is marked as a heading ("# Care") or is short and ends like no sentence does."""
    line = line.strip()
    return line.startswith("#") or (0 < len(line.split()) <= 12 and line[-1] not in ".?!:;,\"'")


def named(found: Sequence[Document]) -> dict[str, Document]:
    """The documents by id.

    Raises:
        ValueError: If two have one id.
    """
    by_id = {}
    for document in found:
        if by_id.setdefault(document.id, document) is not document:
            raise ValueError(f"document {document.id!r}: expected each id once, found it twice. Rename one of them.")
    return by_id
