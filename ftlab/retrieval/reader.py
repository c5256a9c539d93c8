"""The reader's side of an index: search, and a look at what is in it. It never sees a change half done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ftlab.retrieval import embedder, find
from ftlab.retrieval.chunks import Chunk
from ftlab.retrieval.documents import EVERYONE
from ftlab.retrieval.find import Hit, Snapshot
from ftlab.retrieval.rows import FIELDS, checksum, chunk_of

TABLE, PUBLISHED = "chunks", "published"
AGAIN = "Delete the folder and index the documents again."


def connect(folder: Path):
    """LanceDB's connection to the folder. Its log would tell of empty clusters and the like: errors are enough."""
    os.environ.setdefault("LANCE_LOG", "error")
    import lancedb

    return lancedb.connect(folder)


class Reader:
    """What ``Index`` is to those who only ask."""

    def __init__(self, folder: Path, model, size: int, overlap: int) -> None:
        self.folder, self.model, self.size, self.overlap = folder, model, size, overlap
        self._database = connect(folder)
        self._held: Snapshot | None = None  # swapped as one, so that threads may share an index

    def __len__(self) -> int:
        """How many chunks readers see."""
        return self._snapshot().count

    def version(self) -> int:
        """The number of the version that readers see."""
        return self._snapshot().version

    def chunks(self) -> list[Chunk]:
        """All chunks that readers see, in the order of their names."""
        rows = self._rows(FIELDS)
        return sorted((chunk_of(row) for row in rows), key=lambda chunk: chunk.id)

    def search(self, query: str, k: int = 5, way: str = "hybrid", readers: Sequence[str] = (EVERYONE,)) -> list[Hit]:
        """The k best chunks for a query, best first; fewer if fewer fit.

        Args:
            way: "words" (BM25: rare words in common), "meaning" (cosine of the vectors), or "hybrid" (both rankings,
                by reciprocal-rank fusion).
            readers: The groups that the reader belongs to. What they may not see is left out before anything is ranked.
        Raises:
            ValueError: If the query is empty, a dial is wrong, or the index is damaged.
        """
        return self.search_all([query], k, way, readers)[0]

    def search_all(
        self, queries: Sequence[str], k: int = 5, way: str = "hybrid", readers: Sequence[str] = (EVERYONE,)
    ) -> list[list[Hit]]:
        """``search`` for many queries, all on one version of the index; embedding them together is faster."""
        find.check(queries, k, way, readers)
        held = self._snapshot()
        vectors = embedder.encode(self.model, queries) if way != "words" and len(queries) else [None] * len(queries)
        try:
            return [find.search(held, query, vector, k, way, readers)
                    for query, vector in zip(queries, vectors, strict=True)]  # fmt: skip
        except (RuntimeError, OSError) as error:
            raise self._damaged(error) from error

    def verify(self) -> None:
        """Reads everything and compares it with the checksums that were written with it.

        Raises:
            ValueError: If a chunk or its vector is not what was written.
        """
        for row in self._rows((*FIELDS, "vector", "checksum")):
            if checksum(chunk_of(row), np.asarray(row["vector"], np.float32)) != row["checksum"]:
                raise ValueError(f"{self.folder}, chunk {row['id']}: its checksum does not fit its content. {AGAIN}")

    def bytes_on_disk(self) -> int:
        """Bytes of all files in the folder, old versions included."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def _rows(self, columns: Sequence[str]) -> list[dict]:
        held = self._snapshot()
        try:
            return held.table.search().select(list(columns)).to_list()
        except (RuntimeError, OSError, ValueError) as error:
            raise self._damaged(error) from error

    def _snapshot(self) -> Snapshot:
        """The published version."""
        try:
            tags = (self._held.table if self._held else self._writable()).tags
            version = tags.get_version(PUBLISHED)
            if self._held is None or self._held.version != version:
                table = self._writable()
                table.checkout(version)
                groups = table.search().select(["readers"]).to_arrow()["readers"]
                self._held = Snapshot(version, table, len(groups), frozenset(groups.unique().to_pylist()))
        except (RuntimeError, OSError, ValueError) as error:
            raise self._damaged(error) from error
        return self._held

    def _writable(self):
        return self._database.open_table(TABLE)

    def _damaged(self, error: Exception) -> ValueError:
        reason = str(error).split("\n")[0][:200]
        return ValueError(f"{self.folder}: expected a whole index, found a damaged one ({reason}). {AGAIN}")
