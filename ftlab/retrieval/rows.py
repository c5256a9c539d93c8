"""How a chunk stands in the table: its columns, its checksum, and texts within a condition."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from ftlab.retrieval.chunks import Chunk

FIELDS = tuple(Chunk.__dataclass_fields__)


def schema(width: int):
    """The table's columns: a chunk's own, what is searched, and what tells that nothing changed."""
    import pyarrow as pa

    texts = [pa.field(name, pa.string()) for name in (*FIELDS, "passage", "mark")]
    return pa.schema([*texts, pa.field("checksum", pa.uint32()), pa.field("vector", pa.list_(pa.float32(), width))])


def chunk_of(row: dict) -> Chunk:
    """The chunk of a row."""
    return Chunk(**{name: row[name] for name in FIELDS})


def checksum(chunk: Chunk, vector: np.ndarray) -> int:
    """A number that changes with any letter of the chunk and any bit of its vector."""
    return zlib.crc32(vector.tobytes(), zlib.crc32(repr(chunk).encode()))


def quoted(texts: Sequence[str]) -> str:
    """Texts for a condition in SQL."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
