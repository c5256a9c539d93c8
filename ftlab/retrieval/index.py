"""An index in a folder: chunks with their words and vectors in LanceDB, changed in steps that no reader sees half done.

Every write makes a new version of the table. Readers read the version that carries the tag ``PUBLISHED``, which moves
in one step when a whole change is in. One process writes at a time; any number read.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from ftlab import files
from ftlab.retrieval import chunks, documents, embedder, fusion
from ftlab.retrieval.chunks import Chunk
from ftlab.retrieval.documents import EVERYONE, Document

TABLE, PUBLISHED = "chunks", "published"
SETTINGS, UNFINISHED = "settings.json", "unfinished.json"
FORMAT = 1
WAYS = ("words", "meaning", "hybrid")
DEPTH = 50  # places of each ranking that fusion looks at
BATCH, COMMITS = 256, 64  # at least so many documents between two commits, and about so many commits at most
KEEP = timedelta(hours=1)  # how long a version that a reader may hold stays on the disk
EXACT_UP_TO = 20_000  # chunks; beyond that vectors are searched by coarse copies (IVF_RQ, one bit a number) in clusters
PROBES, REFINE = 20, 2  # clusters looked into; and of how many times the wanted number the full vectors are compared
FIELDS = tuple(Chunk.__dataclass_fields__)


@dataclass(frozen=True)
class Hit:
    """A chunk that was found, its place from 1 on, and its score: BM25, cosine or fused, each on its own scale."""

    chunk: Chunk
    rank: int
    score: float


@dataclass(frozen=True)
class Snapshot:
    """One version of the table, which no later write changes; how many chunks it has, and for which groups."""

    version: int
    table: object
    count: int
    groups: frozenset[str]


@dataclass(frozen=True)
class Written:
    """What a change did: documents added, changed, left alone and retired, chunks embedded, and the seconds it took."""

    added: int
    changed: int
    unchanged: int
    retired: int
    chunks: int
    seconds: float


def create(folder: str | Path, model, size: int = chunks.SIZE, overlap: int = 0, replace: bool = False) -> Index:
    """A new, empty index.

    Args:
        model: A ``SentenceTransformer``; the index can be searched with this one only.
        size, overlap: Of the chunks, in words.
        replace: Whether an index that stands in the folder may go.
    Raises:
        ValueError: If the folder holds an index, or anything else.
    """
    import lancedb

    chunks.check(size, overlap)
    folder = Path(folder)
    if (folder / SETTINGS).exists():
        if not replace:
            raise ValueError(
                f"{folder}: expected an empty folder, found an index. Open it with index.open, or replace it with "
                "replace=True."
            )
        shutil.rmtree(folder)
    elif folder.exists() and any(path.name != f"{TABLE}.lance" for path in folder.iterdir()):
        raise ValueError(f"{folder}: expected an empty folder, found other files. Name another.")
    else:
        shutil.rmtree(folder, ignore_errors=True)  # what a killed create left
    width = embedder.encode(model, ["width"]).shape[1]
    table = lancedb.connect(folder).create_table(TABLE, schema=_schema(width))
    table.tags.create(PUBLISHED, table.version)
    settings = {"format": FORMAT, "embedder": embedder.fingerprint(model), "width": width, "size": size,
                "overlap": overlap}  # fmt: skip
    files.write_json(folder / SETTINGS, settings)  # last: with it the index is whole
    return open(folder, model)


def open(folder: str | Path, model) -> Index:
    """The index in the folder.

    Raises:
        ValueError: If there is none, it is damaged, or another embedder made its vectors.
    """
    folder = Path(folder)
    try:
        settings = files.read_json(folder / SETTINGS)
        form, made_by = settings["format"], settings["embedder"]
        width, size, overlap = (int(settings[name]) for name in ("width", "size", "overlap"))
    except FileNotFoundError as error:
        raise ValueError(f"{folder}: expected an index, found no {SETTINGS}. Make one with index.create.") from error
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{folder / SETTINGS}: expected the settings of an index, found {error!r}. {AGAIN}") from error
    if form != FORMAT:
        raise ValueError(f"{folder}: expected an index of format {FORMAT}, found {form}. {AGAIN}")
    if made_by != (found := embedder.fingerprint(model)):
        raise ValueError(
            f"{folder}: expected the embedder whose vectors are in it ({made_by}, {width} numbers a text), found "
            f"another ({found}). Open it with that one, or index the documents again with this one: vectors of two "
            "embedders cannot be compared."
        )
    index = Index(folder, model, size, overlap)
    index._snapshot()  # reads the published version, so that damage shows now
    return index


AGAIN = "Delete the folder and index the documents again."


class Index:
    """Use ``create`` or ``open``."""

    def __init__(self, folder: Path, model, size: int, overlap: int) -> None:
        import lancedb

        self.folder, self.model, self.size, self.overlap = folder, model, size, overlap
        self._database = lancedb.connect(folder)
        self._held: Snapshot | None = None  # swapped as one, so that threads may share an index

    # Reading

    def __len__(self) -> int:
        """How many chunks readers see."""
        return self._snapshot().count

    def version(self) -> int:
        """The number of the version that readers see."""
        return self._snapshot().version

    def chunks(self) -> list[Chunk]:
        """All chunks that readers see, in the order of their names."""
        rows = self._rows(FIELDS)
        return sorted((_chunk(row) for row in rows), key=lambda chunk: chunk.id)

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
        _check_search(queries, k, way, readers)
        held = self._snapshot()
        vectors = embedder.encode(self.model, queries) if way != "words" and len(queries) else [None] * len(queries)
        try:
            return [_search(held, query, vector, k, way, readers)
                    for query, vector in zip(queries, vectors, strict=True)]  # fmt: skip
        except (RuntimeError, OSError) as error:
            raise self._damaged(error) from error

    def verify(self) -> None:
        """Reads everything and compares it with the checksums that were written with it.

        Raises:
            ValueError: If a chunk or its vector is not what was written.
        """
        for row in self._rows((*FIELDS, "vector", "checksum")):
            if _checksum(_chunk(row), np.asarray(row["vector"], np.float32)) != row["checksum"]:
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

    # Writing

    def add(self, found: Sequence[Document]) -> Written:
        """Adds documents, or replaces those whose ids are known; readers see all of the change at once.

        What stands in the index unchanged is not embedded again. A run that was killed goes on where it stopped when
        it is called with the same documents; otherwise what it left is dropped.
        """
        return self._write(documents.named(found), ())

    def retire(self, ids: Sequence[str]) -> Written:
        """Takes documents out. They stay on the disk until ``purge``.

        Raises:
            ValueError: If an id is not in the index.
        """
        known = set(self._marks(self._snapshot().table))
        if unknown := sorted(set(ids) - known):
            raise ValueError(f"{self.folder}: expected ids of documents in the index, found {unknown[:5]}. Look at "
                             "index.chunks().")  # fmt: skip
        return self._write({}, ids)

    def sync(self, found: Sequence[Document]) -> Written:
        """Makes the index hold exactly these documents: adds, replaces and retires in one step."""
        wanted = documents.named(found)
        known = set(self._marks(self._snapshot().table))
        return self._write(wanted, sorted(known - set(wanted)))

    def purge(self) -> None:
        """Removes old versions and what was retired from the disk, for good. Let no other process read meanwhile."""
        with self._alone():
            table = self._writable()
            table.checkout(table.tags.get_version(PUBLISHED))
            rows = table.to_arrow()
            table = self._database.create_table(TABLE, data=rows, mode="overwrite")
            self._publish(table, anew=True)
            with warnings.catch_warnings():  # it warns of the readers whom we ask to wait
                warnings.simplefilter("ignore", UserWarning)
                table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
            self._held = None

    def _write(self, wanted: dict[str, Document], retired: Sequence[str]) -> Written:
        start = time.perf_counter()
        marks = {id: self._mark(document) for id, document in wanted.items()}
        job = hashlib.sha256(json.dumps([sorted(marks.items()), sorted(retired)]).encode()).hexdigest()
        with self._alone():
            known = self._marks(self._snapshot().table)
            table = self._resumed(job)
            there = self._marks(table)
            todo = [document for id, document in wanted.items() if there.get(id) != marks[id]]
            count, step = 0, max(BATCH, len(todo) // COMMITS)
            for i in range(0, len(todo), step):
                count += self._put(table, todo[i : i + step], marks, there)
            if gone := [id for id in retired if id in there]:
                table.delete(f"document IN ({_quoted(gone)})")
            if table.version != table.tags.get_version(PUBLISHED):
                self._publish(table)
            (self.folder / UNFINISHED).unlink(missing_ok=True)
        unchanged = sum(known.get(id) == mark for id, mark in marks.items())
        changed = sum(id in known and known[id] != mark for id, mark in marks.items())
        gone = sum(id in known for id in retired)
        return Written(len(marks) - changed - unchanged, changed, unchanged, gone, count, time.perf_counter() - start)

    def _marks(self, table) -> dict[str, str]:
        """What each document in the table was made from."""
        try:
            columns = table.search().select(["document", "mark"]).to_arrow()
        except (RuntimeError, OSError, ValueError) as error:
            raise self._damaged(error) from error
        return dict(zip(columns["document"].to_pylist(), columns["mark"].to_pylist(), strict=True))

    def _mark(self, document: Document) -> str:
        """A document's content in 16 letters: with the same mark it need not be embedded again."""
        return hashlib.sha256(repr(document).encode()).hexdigest()[:16]

    def _resumed(self, job: str):
        """The table to write to: as a killed run of the same job left it, else as published."""
        table, note = self._writable(), self.folder / UNFINISHED
        if not (note.exists() and files.read_json(note) == job):
            if table.version != (published := table.tags.get_version(PUBLISHED)):
                table.restore(published)
                table.tags.update(PUBLISHED, table.version)
            files.write_json(note, job)
        return table

    def _put(self, table, batch: list[Document], marks: dict[str, str], there: dict[str, str]) -> int:
        """Commits one batch of documents in one step; returns its chunks."""
        import pyarrow as pa

        cut = [chunk for document in batch for chunk in chunks.cut(document, self.size, self.overlap)]
        vectors = embedder.encode(self.model, [chunk.passage for chunk in cut])
        columns = {name: [getattr(chunk, name) for chunk in cut] for name in FIELDS}
        columns["passage"] = [chunk.passage for chunk in cut]
        columns["mark"] = [marks[chunk.document] for chunk in cut]
        columns["checksum"] = [_checksum(chunk, vector) for chunk, vector in zip(cut, vectors, strict=True)]
        columns["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
        rows = pa.table(columns, schema=_schema(vectors.shape[1]))
        if old := [document.id for document in batch if document.id in there]:
            change = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            change.when_not_matched_by_source_delete(f"document IN ({_quoted(old)})").execute(rows)
        else:
            table.add(rows)
        return len(cut)

    def _publish(self, table, anew: bool = False) -> None:
        """Brings the search structures up to date, then moves the tag."""
        from lancedb.index import FTS, Bitmap, IvfRq

        count, built = table.count_rows(), {entry.name for entry in table.list_indices()}
        if count:
            # A small full-text index is built afresh, so that its scores do not depend on how it came about.
            if count <= EXACT_UP_TO or "passage_idx" not in built:
                table.create_index("passage", config=FTS(), replace=True)
            if count > EXACT_UP_TO and "vector_idx" not in built:
                clusters = math.isqrt(count) // 2
                table.create_index("vector", config=IvfRq(distance_type="cosine", num_partitions=clusters))
                table.create_index("readers", config=Bitmap())
            table.optimize(cleanup_older_than=None if anew else KEEP)
        table.tags.update(PUBLISHED, table.version)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds the writer's lock, which ends with the process however it ends."""
        from filelock import FileLock

        with FileLock(self.folder / "writer.lock"):
            yield


def _search(held: Snapshot, query: str, vector, k: int, way: str, readers: Sequence[str]) -> list[Hit]:
    """One query on one version: places first, then the chunks of the k best places."""
    if held.count == 0:
        return []
    allowed = None if held.groups <= set(readers) else f"readers IN ({_quoted(readers)})"
    depth = max(2 * k, DEPTH)
    rankings, rows = [], {}
    if way != "meaning":
        found = _places(held.table.search(query, query_type="fts"), "_score", allowed, depth)
        rows |= {id: row for id, _, row in found}
        rankings.append(sorted(((id, score) for id, score, _ in found), key=_best_first))
    if way != "words":
        nearest = held.table.search(vector).distance_type("cosine").nprobes(PROBES).refine_factor(REFINE)
        found = _places(nearest, "_distance", allowed, depth)
        rows |= {id: row for id, _, row in found}
        rankings.append(sorted(((id, 1 - distance) for id, distance, _ in found), key=_best_first))
    if way == "hybrid":
        scored = fusion.reciprocal_rank([[id for id, _ in ranking] for ranking in rankings])
    else:
        (scored,) = rankings
    taken = held.table.take_row_ids([rows[id] for id, _ in scored[:k]]).select(list(FIELDS)).to_list() if scored else []
    by_id = {row["id"]: _chunk(row) for row in taken}
    return [Hit(by_id[id], rank, score) for rank, (id, score) in enumerate(scored[:k], 1)]


def _places(query, score: str, allowed: str | None, depth: int) -> list[tuple[str, float, int]]:
    """Names, scores and row numbers of what a query finds."""
    if allowed:
        query = query.where(allowed, prefilter=True)
    found = query.limit(depth).with_row_id(True).select(["id", score]).to_arrow()
    return list(zip(*(found[name].to_pylist() for name in ("id", score, "_rowid")), strict=True))


def _best_first(place: tuple[str, float]) -> tuple[float, str]:
    """Equals by their names, so that a query has one answer."""
    return -place[1], place[0]


def _check_search(queries: Sequence[str], k: int, way: str, readers: Sequence[str]) -> None:
    if isinstance(queries, str) or not all(isinstance(query, str) and query.strip() for query in queries):
        raise ValueError(f"query: expected a question in words, found {queries!r:.80}. An empty one finds nothing.")
    if way not in WAYS:
        raise ValueError(f"way: expected one of {', '.join(WAYS)}, found {way!r}.")
    if not isinstance(k, int) or k < 1:
        raise ValueError(f"k: expected a whole number of chunks from 1 on, found {k!r}.")
    if isinstance(readers, str) or not readers:
        raise ValueError(f"readers: expected a list with at least one group, found {readers!r}. Write ({EVERYONE!r},).")


def _schema(width: int):
    import pyarrow as pa

    texts = [pa.field(name, pa.string()) for name in (*FIELDS, "passage", "mark")]
    return pa.schema([*texts, pa.field("checksum", pa.uint32()), pa.field("vector", pa.list_(pa.float32(), width))])


def _chunk(row: dict) -> Chunk:
    return Chunk(**{name: row[name] for name in FIELDS})


def _checksum(chunk: Chunk, vector: np.ndarray) -> int:
    return zlib.crc32(vector.tobytes(), zlib.crc32(repr(chunk).encode()))


def _quoted(texts: Sequence[str]) -> str:
    """Texts for a condition in SQL."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
