"""How a chunk stands in the table: its columns, itself as one text, its checksum, and texts within a condition."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

import numpy as np

from ftlab.retrieval.chunks import Chunk

FIELDS = tuple(Chunk.__dataclass_fields__)
WHOLE = "chunk"  # the column that holds all of a chunk: each column is a read of its own for every hit
TEXTS = ("id", "document", "readers", "passage", WHOLE)  # beside it what is searched, filtered and replaced by


def schema(width: int):
    """The table's columns: the chunk's, and what tells that nothing changed."""
    import pyarrow as pa

    texts = [pa.field(name, pa.string()) for name in (*TEXTS, "mark")]
    return pa.schema([*texts, pa.field("checksum", pa.uint32()), pa.field("vector", pa.list_(pa.float32(), width))])


def packed(chunk: Chunk) -> str:
    """A chunk as one text."""
    return json.dumps([getattr(chunk, name) for name in FIELDS], ensure_ascii=False)


def unpacked(text: str) -> Chunk:
    """The chunk of such a text."""
    return Chunk(**dict(zip(FIELDS, json.loads(text), strict=True)))


def columns(cut: Sequence[Chunk]) -> dict[str, list[str]]:
    """The columns of ``TEXTS``."""
    return {name: [packed(chunk) if name == WHOLE else getattr(chunk, name) for chunk in cut] for name in TEXTS}


def checksum(texts: Sequence[str], vector: np.ndarray) -> int:
    """A number that changes with any letter of a row's texts and any bit of its vector."""
    return zlib.crc32(vector.tobytes(), zlib.crc32(repr(tuple(texts)).encode()))


def quoted(texts: Sequence[str]) -> str:
    """Texts for a condition in SQL."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
