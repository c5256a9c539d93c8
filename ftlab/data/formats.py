"""The rows of a file in JSON Lines, CSV or Parquet, each with its number and what is wrong with it."""

from __future__ import annotations

import csv
import difflib
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ftlab.data.faults import DataError, Fault, kind, short

if TYPE_CHECKING:
    import pyarrow

SUFFIX_HELP = {".json": "Rename it to .jsonl if each line is one object; else write it with ftlab.files.write_jsonl.",
               ".xlsx": "Save the sheet as 'CSV UTF-8'.", ".tsv": "Save it with commas as .csv."}
CSV_HELP = 'Put a text that holds a comma, a quote or a line end in quotes, and write a quote inside it as "".'
ROW_LIMIT = 16 * 2**20  # bytes of a line, characters of a text: beyond it a file is broken, not long
BLANK = " \t\r\n"

Row = tuple[int, "dict | None", "Fault | None", object]  # number, values, what is wrong, the row as it was found
Choose = Callable[[list[str]], tuple[str, ...]]  # which of a table's columns are wanted, or a Fault


def scan(path: Path, choose: Choose | None = None) -> Iterator[Row]:
    """Yields every row of the file; a fault of the file as a whole is raised as ``DataError``.

    With ``choose``, a table without the wanted columns is refused at once, and not once for each of its rows.
    """
    reader = {".jsonl": _jsonl, ".ndjson": _jsonl, ".csv": _csv, ".parquet": _parquet}.get(path.suffix.lower())
    place = ""
    try:
        check_file(path, known=reader is not None)
        place = "" if reader is _parquet else " line 1"
        yield from reader(path, choose)
    except Fault as fault:
        raise DataError(f"{path}{place}: {fault}") from None
    except OSError as error:
        raise DataError(f"{path}: expected a file that can be read, found {short(error.strerror or str(error))}. "
                        "Check that it is whole and that you may read it.") from error


def check_file(path: Path, known: bool = True) -> None:
    """Raises a ``Fault`` unless the path is a file with something in it; ``known`` says whether its suffix will do."""
    if path.is_dir():
        inside = sorted(item.name for item in path.iterdir() if item.is_file())[:5]
        raise Fault("a file", "a folder", f"Name one of its files: {inside}." if inside else "It is empty.")
    if not path.exists():
        beside = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, beside, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Check the name; relative paths start at {Path.cwd()}."
        raise Fault("a file", "nothing of that name", hint)
    if not known:
        raise Fault("a name ending in .jsonl, .csv or .parquet", repr(path.suffix), SUFFIX_HELP.get(
            path.suffix.lower(), "Save the rows in one of these formats."))
    if path.stat().st_size == 0:
        raise Fault("at least one row", "an empty file (0 bytes)", "Was it saved or copied to the end?")


def _lines(file: BinaryIO) -> Iterator[tuple[int, str, Fault | None]]:
    """Yields the file's lines with their numbers; only ``\\n`` ends a line, since U+2028 may stand inside a text."""
    offset = 0
    for number in itertools.count(1):
        raw, start, fault = file.readline(ROW_LIMIT + 1), offset, None
        if not raw:
            return
        offset += len(raw)
        if number == 1 and raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise Fault("UTF-8 text", "UTF-16", "Save the file again as UTF-8.")
        if number == 1 and raw.startswith(b"\xef\xbb\xbf"):
            raw, start = raw[3:], 3
        if len(raw) > ROW_LIMIT:
            while not raw.endswith(b"\n") and (raw := file.readline(ROW_LIMIT)):
                offset += len(raw)
            fault = Fault(f"a line of at most {ROW_LIMIT:,} bytes", "a longer one", "Write one row a line.")
            raw = b"(too long to repeat here)"
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            text = raw.decode("utf-8", errors="backslashreplace")
            fault = Fault("UTF-8 text", f"byte 0x{raw[error.start]:02x} at offset {start + error.start} of the file "
                          f"(byte {error.start + 1} of the line)", "Save the file as UTF-8.")
        yield number, text, fault


def _jsonl(path: Path, choose: Choose | None) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line, fault in _lines(file):
            line = line.strip(BLANK)
            if not line and not fault:
                continue
            values = None
            try:
                values = None if fault else _row(line)
            except Fault as problem:
                fault = problem
            yield number, values, fault, line


def _row(line: str) -> dict:
    values = parse(line)
    if not isinstance(values, dict):
        raise Fault("a JSON object", kind(values), "Write each row as an object {...} on a line of its own.")
    return values


def parse(text: str) -> object:
    """JSON, strictly: NaN and repeated keys are faults, which Python's reader lets pass."""
    try:
        return DECODER.decode(text)
    except json.JSONDecodeError as error:
        spread = text.strip(BLANK) in ("[", "{", "[{")
        remedy = ("This looks like one JSON text over many lines: write one row a line with ftlab.files.write_jsonl."
                  if spread else "Check the quotes, commas and brackets there.")
        raise Fault("valid JSON", f"{short(text)} ({error.msg} at character {error.pos + 1})", remedy) from None
    except RecursionError:
        raise Fault("a plain JSON object", "one nested too deeply", "Remove the nested part.") from None


def _unique(pairs: list[tuple[str, object]]) -> dict:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Fault("each key once", f"{short(twice)} {keys.count(twice)} times", "Remove or rename one.")
    return values


def _whole(digits: str) -> int | float:
    """Python refuses numbers of over 4,300 digits; in a column that nobody reads they are no fault."""
    return int(digits) if len(digits) < 4000 else float(digits)


def _no_constant(name: str) -> None:
    raise Fault("valid JSON", name, "Write null or a text instead, or leave the row out.")


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole)


def _csv(path: Path, choose: Choose | None) -> Iterator[Row]:
    taken: list[tuple[int, str, Fault | None]] = []  # the lines of the record now being read

    def texts(file: BinaryIO) -> Iterator[str]:
        for line in _lines(file):
            taken.append(line)
            yield line[1]

    old_limit = csv.field_size_limit(ROW_LIMIT)  # Python's own, 131,072 characters, is shorter than some conversations
    try:
        with path.open("rb") as file:
            reader, header = csv.reader(texts(file), strict=True), None
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
                if not fault and not source.strip(BLANK):
                    continue
                if header is None:
                    header = _header(cells, fault, choose)
                    continue
                if not fault and len(cells) != len(header):
                    fault = Fault(f"{len(header)} cells as in the header", len(cells), CSV_HELP)
                values = None if fault else dict(zip(header, cells, strict=True))
                yield taken[0][0], values, fault, values or source
    finally:
        csv.field_size_limit(old_limit)


def _header(cells: list[str], fault: Fault | None, choose: Choose | None) -> list[str]:
    if fault:
        raise fault
    if len(cells) == 1 and (mark := next((mark for mark in ";\t|" if mark in cells[0]), None)):
        raise Fault("columns separated by commas", short(cells[0]), f"Save it again with commas instead of {mark!r}.")
    _chosen(cells, choose)
    return cells


def _chosen(names: list[str], choose: Choose | None) -> list[str] | None:
    """The columns to read; unnamed columns, as spreadsheets leave them, may occur more than once."""
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise Fault("each column once", f"{short(twice)} more than once", "Rename or remove one of them.")
    return [*choose(names)] if choose else None


def _parquet(path: Path, choose: Choose | None) -> Iterator[Row]:
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
