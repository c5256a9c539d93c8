"""An index in a folder: chunks with their words and vectors in LanceDB, changed in steps that no reader sees half done.

Every write makes a new version of the table. Readers read the version that carries the tag ``PUBLISHED``, which moves
in one step when a whole change is in. One process writes at a time; any number read.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ftlab import files
from ftlab.retrieval import chunks, documents, embedder
from ftlab.retrieval.documents import Document
from ftlab.retrieval.find import WAYS, Hit
from ftlab.retrieval.index_reader import AGAIN, PUBLISHED, TABLE, Reader, library
from ftlab.retrieval.rows import checksum, columns, quoted, schema

__all__ = ["WAYS", "Hit", "Index", "Written", "create", "open"]
SETTINGS, UNFINISHED, CLUSTERED = "settings.json", "unfinished.json", "clustered.json"
FORMAT = 2
BATCH, COMMITS = 256, 64  # at least so many documents between two commits, and about so many commits at most
KEEP = timedelta(hours=1)  # how long a version that a reader may hold stays on the disk
EXACT_UP_TO = 20_000  # chunks; beyond that vectors are searched by coarse copies in clusters (IVF_RQ)
# Measured at 100,000 chunks, a thousand of a kind, 20 clusters looked into: with 5 bits and the full vectors of the 50
# places, all of the 10 nearest in 3 ms; with 1 bit and those of 250, which LanceDB must fetch one by one, 95 % in 7 ms.
ANEW = 4  # times as many chunks as the clusters were made for: they are made anew
BITS, CLUSTER = 5, 4096  # of each number in a coarse copy; chunks in a cluster: each looked into has a price of its own


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
    chunks.check(size, overlap)
    folder = _local(folder)
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
    with files.writing(folder):
        table = library().connect(folder).create_table(TABLE, schema=schema(width))
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
    folder = _local(folder)
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
    index.snapshot()  # reads the published version, so that damage shows now
    return index


def _local(folder: str | Path) -> Path:
    """The folder, unless it is an address: beside LanceDB's table an index has a lock and settings, which are files."""
    if re.match(r"[a-z0-9+]{2,}:/", str(folder)):
        raise ValueError(f"{folder}: expected a folder on a disk, found an address. LanceDB's own tables may lie "
                         "there; this index keeps its settings and its writer's lock in files. Name a folder.")
    return Path(folder)


class Index(Reader):
    """What readers see, and the ways to change it. Use ``create`` or ``open``."""

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
        known = set(self._marks())
        if unknown := sorted(set(ids) - known):
            raise ValueError(f"{self.folder}: expected ids of documents in the index, found {unknown[:5]}. Look at "
                             "index.chunks().")  # fmt: skip
        return self._write({}, ids)

    def sync(self, found: Sequence[Document]) -> Written:
        """Makes the index hold exactly these documents: adds, replaces and retires in one step."""
        wanted = documents.named(found)
        known = set(self._marks())
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
            known = self._marks()
            table = self._resumed(job)
            there = self._marks(table)
            todo = [document for id, document in wanted.items() if there.get(id) != marks[id]]
            count, step = 0, max(BATCH, len(todo) // COMMITS)
            for i in range(0, len(todo), step):
                count += self._put(table, todo[i : i + step], marks, there)
            if gone := [id for id in retired if id in there]:
                table.delete(f"document IN ({quoted(gone)})")
            if table.version != table.tags.get_version(PUBLISHED):
                self._publish(table)
            (self.folder / UNFINISHED).unlink(missing_ok=True)
        unchanged = sum(known.get(id) == mark for id, mark in marks.items())
        changed = sum(id in known and known[id] != mark for id, mark in marks.items())
        gone = sum(id in known for id in retired)
        return Written(len(marks) - changed - unchanged, changed, unchanged, gone, count, time.perf_counter() - start)

    def _marks(self, table=None) -> dict[str, str]:
        """What each document was made from: of those that readers see, or of those in a table that is written to."""
        if table is None:
            found = self._read(["document", "mark"])
        else:
            try:
                found = table.search().select(["document", "mark"]).to_arrow()
            except (RuntimeError, OSError, ValueError) as error:
                raise self._damaged(error) from error
        return dict(zip(found["document"].to_pylist(), found["mark"].to_pylist(), strict=True))

    def _mark(self, document: Document) -> str:
        """A document's content in 16 letters: with the same mark it need not be embedded again."""
        return hashlib.sha256(repr(document).encode()).hexdigest()[:16]

    def _resumed(self, job: str):
        """The table to write to: as a killed run of the same job left it, else as published."""
        table, note = self._writable(), self.folder / UNFINISHED
        try:
            same = files.read_json(note) == job
        except (OSError, ValueError):  # none, or half a one
            same = False
        if not same:
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
        found = columns(cut)
        found["checksum"] = [checksum(row, vector) for *row, vector in zip(*found.values(), vectors, strict=True)]
        found["mark"] = [marks[chunk.document] for chunk in cut]
        found["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
        rows = pa.table(found, schema=schema(vectors.shape[1]))
        if old := [document.id for document in batch if document.id in there]:
            change = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            change.when_not_matched_by_source_delete(f"document IN ({quoted(old)})").execute(rows)
        else:
            table.add(rows)
        return len(cut)

    def _publish(self, table, anew: bool = False) -> None:
        """Brings the search structures up to date, then moves the tag."""
        from lancedb.index import FTS, Bitmap, IvfRq

        count, built = table.count_rows(), {entry.name for entry in table.list_indices()}
        note = self.folder / CLUSTERED
        clustered = files.read_json(note) if note.exists() else 0  # for how many chunks the clusters were made
        # Beyond an exact search for the first time, or with so many more that the clusters have become too large.
        grown = count > EXACT_UP_TO and ("vector_idx" not in built or count > ANEW * max(clustered, EXACT_UP_TO))
        if grown:  # many files into one first: rows that move later must be told to all that was built on them
            table.optimize(cleanup_older_than=KEEP)
        if count:
            # A small full-text index is built afresh, so that its scores do not depend on how it came about.
            if count <= EXACT_UP_TO or "passage_idx" not in built:
                table.create_index("passage", config=FTS(), replace=True)
            if grown:
                clusters = max(1, count // CLUSTER)
                form = IvfRq(distance_type="cosine", num_partitions=clusters, num_bits=BITS)
                table.create_index("vector", config=form, replace=True)
                table.create_index("readers", config=Bitmap(), replace=True)
                files.write_json(note, count)
            table.optimize(cleanup_older_than=None if anew else KEEP)
        table.tags.update(PUBLISHED, table.version)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds the writer's lock, which ends with the process however it ends."""
        from filelock import FileLock

        after = "Readers see what they saw before; the same call again goes on."
        with files.writing(self.folder, after), FileLock(self.folder / "writer.lock"):
            yield
