"""Keeping the good rows: in memory while they are few, else in a file under ``runs/data/``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ftlab import files, paths
from ftlab.data.faults import DataError

if TYPE_CHECKING:
    import datasets
    import pyarrow

CHUNK_ROWS, CHUNK_CHARACTERS = 1000, 4 * 2**20
MEMORY_BYTES = 64 * 2**20  # larger data sets are kept in a file and mapped into memory


class Store:
    """Takes rows one by one and gives them back as a data set, whose name is a hash of its content."""

    def __init__(self) -> None:
        self.count = self.characters = self.size_bytes = 0
        self.rows, self.batches, self.writer, self.sink, self.temporary = [], [], None, None, None
        self.digest = hashlib.sha256()

    def add(self, row: dict) -> None:
        """Keeps one row; all rows have the same columns."""
        self.count += 1
        self.rows.append(row)
        for value in row.values():
            self.characters += len(value) if isinstance(value, str) else sum(len(turn["content"]) for turn in value)
        if len(self.rows) >= CHUNK_ROWS or self.characters >= CHUNK_CHARACTERS:
            self._flush()

    def dataset(self, stem: str) -> datasets.Dataset:
        """The rows as a data set; a file of them is named after ``stem`` and its content."""
        import datasets
        import pyarrow as pa

        self._flush()
        name = self.digest.hexdigest()[:16]
        if self.writer is None:
            return datasets.Dataset(pa.Table.from_batches(self.batches), fingerprint=name)
        with _on_disk():
            self._close_file()
            kept = self.temporary.with_name(f"{stem}-{name}.arrow")
            if not kept.exists():  # the same rows were kept before; that file may be in use
                os.replace(self.temporary, kept)
        return datasets.Dataset.from_file(str(kept))

    def close(self) -> None:
        """Removes the file if it has not become a data set."""
        if self.temporary is not None:
            with suppress(OSError):  # on a full disk, closing fails once more
                self._close_file()
            self.temporary.unlink(missing_ok=True)

    def _flush(self) -> None:
        import pyarrow as pa

        if not self.rows:
            return
        turn = pa.struct([("role", pa.string()), ("content", pa.string())])
        schema = pa.schema([(name, pa.string() if isinstance(value, str) else pa.list_(turn))
                            for name, value in self.rows[0].items()])
        self.batches.append(pa.RecordBatch.from_pylist(self.rows, schema=schema))
        self.rows, self.characters = [], 0
        self.digest.update(self.batches[-1].serialize())
        self.size_bytes += self.batches[-1].nbytes
        if self.size_bytes > MEMORY_BYTES:
            self._spill(schema)

    def _spill(self, schema: pyarrow.Schema) -> None:
        import pyarrow as pa

        with _on_disk():
            if self.writer is None:
                folder = paths.runs() / "data"
                folder.mkdir(exist_ok=True)
                self.temporary = folder / f".{os.getpid()}-{id(self)}.tmp"
                self.sink = self.temporary.open("wb")
                self.writer = pa.ipc.new_stream(self.sink, schema)
            for batch in self.batches:
                self.writer.write_batch(batch)
        self.batches = []

    def _close_file(self) -> None:
        if self.writer is not None and not self.sink.closed:
            self.writer.close()
            self.sink.close()


@contextmanager
def _on_disk() -> Iterator[None]:
    """An error of the disk under ``runs/`` as a ``DataError`` with its remedy."""
    try:
        yield
    except OSError as error:
        raise DataError(f"could not keep the rows in {paths.runs_place()}: {error.strerror or error}. "
                        f"{files.remedy(error)} {paths.ELSEWHERE}") from error
