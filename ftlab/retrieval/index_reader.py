"""The reader's side of an index: search, and a look at what is in it. It never sees a change half done."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

import numpy as np

from ftlab import files
from ftlab.retrieval import embedder, find
from ftlab.retrieval.chunks import Chunk
from ftlab.retrieval.documents import EVERYONE
from ftlab.retrieval.find import Hit, Snapshot
from ftlab.retrieval.rows import TEXTS, WHOLE, checksum, unpacked

TABLE, PUBLISHED = "chunks", "published"
DAMAGE = (errno.ENOTDIR, errno.EISDIR)  # a file where a folder was, or the reverse: no trouble of the disk's
AGAIN = "Delete the folder and index the documents again."


def library():
    """LanceDB. Its log would tell of empty clusters and the like: errors are enough."""
    os.environ.setdefault("LANCEDB_LOG", "error")
    import lancedb

    return lancedb


def run(asked: Coroutine):
    """What a coroutine gives, from ordinary code, and in a notebook, where another loop is running already."""
    from lancedb.background_loop import LOOP

    return LOOP.run(asked)


class Reader:
    """What ``Index`` is to those who only ask."""

    def __init__(self, folder: Path, model, size: int, overlap: int) -> None:
        self.folder, self.model, self.size, self.overlap = folder, model, size, overlap
        self._session = library().Session()  # one memory of what was read for writing and for reading
        self._database = library().connect(folder, session=self._session)
        self._reading = None
        self._held: Snapshot | None = None  # swapped as one, so that threads may share an index

    def __len__(self) -> int:
        """How many chunks readers see."""
        return self.snapshot().count

    def version(self) -> int:
        """The number of the version that readers see."""
        return self.snapshot().version

    def chunks(self) -> list[Chunk]:
        """All chunks that readers see, in the order of their names."""
        texts = self._read([WHOLE])[WHOLE].to_pylist()
        return sorted(map(unpacked, texts), key=lambda chunk: chunk.id)

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
        vectors = [None] * len(queries)
        if way != "words" and len(queries):
            vectors = embedder.encode(self.model, queries, asked=True)

        async def found() -> list[list[Hit]]:
            return await find.search_all(await self._published(), queries, vectors, k, way, readers)

        return self._tried(found)

    def warm(self) -> None:
        """Loads the search structures into memory, so that the first questions wait no longer than later ones."""

        async def warmed() -> None:
            await _warm((await self._published()).table)

        self._tried(warmed)

    def verify(self) -> None:
        """Reads everything and compares it with the checksums that were written with it.

        Raises:
            ValueError: If a chunk or its vector is not what was written.
        """
        for row in self._read([*TEXTS, "vector", "checksum"]).to_pylist():
            if checksum([row[name] for name in TEXTS], np.asarray(row["vector"], np.float32)) != row["checksum"]:
                raise ValueError(f"{self.folder}, chunk {row['id']}: its checksum does not fit its content. {AGAIN}")

    def bytes_on_disk(self) -> int:
        """Bytes of all files in the folder, old versions included."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def snapshot(self) -> Snapshot:
        """The published version, as searches see it."""
        return self._tried(self._published)

    async def _published(self) -> Snapshot:
        held = self._held
        table = held.table if held else await self._opened()
        version = await table.tags.get_version(PUBLISHED)
        if held is None or held.version != version:
            table = await self._opened()
            await table.checkout(version)
            groups = (await table.query().select(["readers"]).to_arrow())["readers"]
            coarse = "vector_idx" in {entry.name for entry in await table.list_indices()}
            held = Snapshot(version, table, len(groups), frozenset(groups.unique().to_pylist()), coarse)
            self._held = held
        return held

    async def _opened(self):
        if self._reading is None:
            self._reading = await library().connect_async(self.folder, session=self._session)
        return await self._reading.open_table(TABLE)

    def _read(self, columns: Sequence[str]):
        """Some columns of all that readers see, as a table of Arrow's."""

        async def found():
            return await (await self._published()).table.query().select(list(columns)).to_arrow()

        return self._tried(found)

    def _writable(self):
        return self._database.open_table(TABLE)

    def _tried(self, asked: Callable[[], Coroutine]):
        """What a coroutine gives; it is asked once more, of an index opened anew, before anything is called damaged.

        Another process may have purged the version that this one held.
        """
        try:
            return run(asked())
        except (RuntimeError, OSError, ValueError):
            self._held = self._reading = None
        try:
            return run(asked())
        except (RuntimeError, OSError, ValueError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> Exception:
        """What to raise: of the machine's own troubles, which leave an index as it is, their remedy."""
        reason, trouble = str(error).split("\n")[0][:200], files.disk_fault(error)
        if trouble is not None and trouble not in DAMAGE:
            return OSError(trouble, f"{self.folder}: could not be read or written ({reason}). "
                                    f"{files.remedy(OSError(trouble, reason))} The index itself is as it was.")
        return ValueError(f"{self.folder}: expected a whole index, found a damaged one ({reason}). {AGAIN}")


async def _warm(table) -> None:
    for entry in await table.list_indices():
        await table.prewarm_index(entry.name)
