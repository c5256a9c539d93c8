"""The rows of a table, CSV or Parquet."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab.data import lines
from ftlab.data.faults import Fault, Row, short

if TYPE_CHECKING:
    import pyarrow

Choose = Callable[[list[str]], list[str]]  # which of a table's columns are wanted, or a Fault
CSV_HELP = 'Put a text that holds a comma, a quote or a line end in quotes, and write a quote inside it as "".'
# A first line for Excel, which is no row of the table; saved again, it has spaces or more separators behind it.
SEPARATOR = re.compile(r'"?sep=(.)"?(?:\1|[ \t])*', re.IGNORECASE)


class Cell(str):
    """A text of a CSV file that may be a list, which has no other form there."""


def csv_rows(path: Path, choose: Choose | None) -> Iterator[Row]:
    """Yields the records below the header; each is numbered by its first line."""
    taken: list[tuple[int, str, Fault | None]] = []  # the lines of the record now being read
    old_limit = csv.field_size_limit(lines.ROW_LIMIT)  # Python's own, 131,072, is shorter than some conversations
    try:
        with lines.open_binary(path) as file:
            found, header = lines.numbered(file), None
            first = next((line for line in found if line[1].strip(lines.BLANK) or line[2]), None)
            separator, start = _separator(path, first)

            def texts() -> Iterator[str]:
                for number, text, fault in itertools.chain(start, found):
                    if header is None and not start:  # below a line such as sep=; the mark of the file may stand
                        text = text.removeprefix("\ufeff")
                    taken.append((number, text, fault))
                    yield text

            reader = csv.reader(texts(), strict=True, delimiter=separator)
            while True:
                taken.clear()
                try:
                    cells, fault = next(reader), None
                except StopIteration:
                    return
                except csv.Error as error:
                    cells, fault = [], Fault("cells with closed quotes", short(str(error)), CSV_HELP)
                source = "".join(text for _, text, _ in taken)
                fault = next((line_fault for _, _, line_fault in taken if line_fault), fault)
                if header is None and taken[0][2]:
                    raise taken[0][2]
                if not fault and not source.strip(lines.BLANK):
                    continue
                if header is None:
                    header = _header(cells, source, fault, choose, separator)
                    continue
                if not fault and len(cells) != len(header):
                    fault = Fault(f"{len(header)} cells as in the header", len(cells), CSV_HELP)
                values = None if fault else {name: Cell(cell) if cell.lstrip()[:1] in ("[", "{") else cell
                                             for name, cell in zip(header, cells, strict=True)}
                yield taken[0][0], values, fault, values or source
    finally:
        csv.field_size_limit(old_limit)


def _separator(path: Path, first: tuple[int, str, Fault | None] | None) -> tuple[str, list]:
    """What separates the cells, and the first line if it belongs to the table."""
    if first and (said := SEPARATOR.fullmatch(first[1].strip("\r\n"))) and said[1] not in '"\r\n':
        return said[1], []
    return ("\t" if path.name.lower().removesuffix(".gz").endswith(".tsv") else ","), [first] if first else []


def _header(cells: list[str], source: str, fault: Fault | None, choose: Choose | None, separator: str) -> list[str]:
    line = source.split("\n")[0].strip("\r\ufeff")
    mark = next((mark for mark in ";\t|," if mark != separator and (
        (len(cells) == 1 and mark in cells[0]) or (fault and (f'"{mark}' in line or f'{mark}"' in line)))), None)
    if mark:
        wanted = "commas" if separator == "," else repr(separator)
        other = "rename it to .tsv" if mark == "\t" else f"put a line above all others that says which: 'sep={mark}'"
        raise Fault(f"columns separated by {wanted}", short(line), f"Save it again with {wanted} instead of "
                    f"{mark!r}, or {other}.")
    if fault:
        raise fault
    _chosen(cells, choose)
    return cells


def _chosen(names: list[str], choose: Choose | None) -> list[str] | None:
    """The columns to read; unnamed columns, as spreadsheets leave them, may occur more than once."""
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise Fault("each column once", f"{short(twice)} more than once", "Rename or remove one of them.")
    return choose(names) if choose else None


def parquet_rows(path: Path, choose: Choose | None) -> Iterator[Row]:
    """Yields the rows with the chosen columns; those that nobody wants are not read from the disk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            batches = file.iter_batches(batch_size=256, columns=_chosen(file.schema_arrow.names, choose))
            found = itertools.chain.from_iterable(map(_batch_rows, batches))
            for number, (values, fault) in enumerate(found, start=1):
                yield number, values, fault, values
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise Fault("a whole Parquet file", short(str(error)), "Write the file again.") from error


def _batch_rows(batch: pyarrow.RecordBatch) -> Iterator[tuple[dict | None, Fault | None]]:
    """Yields a batch's rows; where a value cannot be read as Python, that row alone is at fault."""
    try:
        yield from ((values, None) for values in batch.to_pylist())
    except (ValueError, OverflowError, NotImplementedError) as error:  # Arrow's own errors are among these
        if batch.num_rows == 1:
            yield None, Fault("UTF-8 text", short(str(error)), "Store texts as UTF-8 strings.")
        else:
            for index in range(batch.num_rows):
                yield from _batch_rows(batch.slice(index, 1))
