"""The rows of a file in JSON Lines, JSON, CSV or Parquet, each with its number and what is wrong with it."""

from __future__ import annotations

import ast
import difflib
import gzip
import json
import re
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

from ftlab.data import lines, shapes, table_files
from ftlab.data.faults import DataError, Fault, Row, kind, short

SUFFIX_HELP = {".xlsx": "Save the sheet as 'CSV UTF-8'.", ".xls": "Save the sheet as 'CSV UTF-8'."}
ARRAY_HELP = "This looks like one JSON text over many lines, or an array: rename the file to .json, which may hold one."
JSON_HELP = "Check the quotes, commas and brackets there."
SPACE = re.compile(r"[ \t\r\n]*")


def scan(path: Path, choose: table_files.Choose | None = None) -> Iterator[Row]:
    """Yields every row of the file; a fault of the file as a whole is raised as ``DataError``.

    With ``choose``, a table without the wanted columns is refused at once, and not once for each of its rows.
    """
    suffix, place = suffix_of(path), ""
    try:
        check_file(path, known=suffix in (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"))
        place = "" if unit_of(path) == "row" else " line 1"
        if suffix in (".csv", ".tsv"):
            yield from table_files.csv_rows(path, choose)
        elif suffix == ".parquet":
            yield from table_files.parquet_rows(path, choose)
        else:
            yield from (_json if suffix == ".json" else _jsonl)(path)
    except Fault as fault:
        raise DataError(f"{path}{place}: {fault}") from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path}: expected a whole gzip file, found {short(str(error))}. Copy or pack it "
                        "again.") from error
    except OSError as error:
        raise DataError(f"{path}: expected a file that can be read, found {short(error.strerror or str(error))}. "
                        "Check that it is whole and that you may read it.") from error


def suffix_of(path: Path) -> str:
    """The suffix that names the format: ``.jsonl`` of ``mine.JSONL.gz``."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def unit_of(path: Path) -> str:
    """What is counted where a fault is placed: lines of a text, rows of what has no lines of its own."""
    return "row" if suffix_of(path) in (".parquet", ".json") else "line"


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
        raise Fault("a name ending in .jsonl, .json, .csv or .parquet", repr(path.suffix), SUFFIX_HELP.get(
            path.suffix.lower(), "Save the rows in one of these formats."))
    if path.stat().st_size == 0:
        raise Fault("at least one row", "an empty file (0 bytes)", "Was it saved or copied to the end?")


def _jsonl(path: Path) -> Iterator[Row]:
    first = True
    with lines.open_binary(path) as file:
        for number, line, fault in lines.numbered(file):
            line = line.strip(lines.BLANK)
            if not line and not fault:
                continue
            values = None
            try:
                values = None if fault else _row(line, first, path)
            except Fault as problem:
                if first and any(said in str(problem) for said in (ARRAY_HELP, shapes.TABLE, shapes.TALK)):
                    raise DataError(f"{path} line {number}: {problem}") from None  # and not once for each line
                fault = problem
            first = False
            yield number, values, fault, line


def _json(path: Path) -> Iterator[Row]:
    """The objects of a JSON array, or objects one after the other; the whole text is held in memory."""
    with lines.open_binary(path) as file:
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Fault("UTF-8 text", f"byte 0x{error.object[error.start]:02x} at offset {error.start} of the file",
                        "Save the file as UTF-8.") from None
    place, inside, number = _skip(text, 0), False, 0
    while place < len(text):
        if text[place] == "," and text[place + 1:_skip(text, place + 1) + 1].strip(lines.BLANK) == ",":
            raise Fault("valid JSON", f"two commas one after the other behind row {number}", JSON_HELP)
        if text[place] == "[" and not inside or text[place] in "]," and inside:
            inside, place = text[place] != "]", _skip(text, place + 1)
            continue
        if text[place] == "," and number:  # objects with commas between them, of which an array's brackets were lost
            place = _skip(text, place + 1)
            continue
        number, values, fault, start = number + 1, None, None, place
        try:
            values, place = DECODER.raw_decode(text, place)
        except Fault as problem:  # such as a key that stands twice: plain JSON says where the value ends
            fault, (_, place) = problem, json.JSONDecoder().raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise Fault("valid JSON", f"{short(text[start:start + 80])} in row {number} ({_said(error)} at line "
                        f"{error.lineno} column {error.colno})", JSON_HELP) from None
        except RecursionError:
            raise Fault("plain JSON objects", f"row {number} nested too deeply", "Remove the nested part.") from None
        if number == 1 and inside and not fault:
            shapes.refuse_talks(values, text, path)
        if not fault and not isinstance(values, dict):
            fault = Fault("a JSON object", kind(values), "Write each row as an object {...}.")
        source, place = text[start:place], _skip(text, place)
        if number == 1 and place == len(text) and not inside and not fault:
            shapes.refuse_columns(values, path)
            shapes.refuse_envelope(values, path)
        yield number, None if fault else values, fault, source
    if inside:
        raise Fault("a whole JSON array", f"no closing bracket after row {number}", "Was it copied to the end?")


def _skip(text: str, place: int) -> int:
    return SPACE.match(text, place).end()


def _row(line: str, first: bool, path: Path) -> dict:
    """The object of a line; the first line is looked at too for what the whole file may be instead of rows."""
    values = parse(line)
    shapes.refuse_talk_a_line(values, path, first)
    if not isinstance(values, dict):
        rows = isinstance(values, list) and values and (isinstance(values[0], dict) or shapes.is_talk(values[0]))
        raise Fault("a JSON object", kind(values), ARRAY_HELP if rows else
                    "Write each row as an object {...} on a line of its own.")
    if first and values:
        shapes.refuse_columns(values, path)
    return values


def parse(text: str) -> object:
    """JSON, strictly: NaN and repeated keys are faults, which Python's reader lets pass."""
    try:
        return DECODER.decode(text)
    except json.JSONDecodeError as error:
        bare = text.strip(lines.BLANK)
        unfinished = bare[:1] in ("{", "[") and bare[-1:] in ("{", "[", ",", ":") and "Unterminated" not in error.msg
        remedy = ARRAY_HELP if unfinished or re.match(r"\[\s*\{", bare) else JSON_HELP
        raise Fault("valid JSON", f"{short(text)} ({_said(error)} at character {error.pos + 1})", remedy) from None
    except RecursionError:
        raise Fault("a plain JSON object", "one nested too deeply", "Remove the nested part.") from None


def _said(error: json.JSONDecodeError) -> str:
    """Python's words, of which some end in "at" already."""
    return error.msg.removesuffix(" at")


def parse_list(text: str) -> object:
    """A list that stands in a cell as text: JSON, or as Python writes it, which is what pandas puts into a CSV."""
    try:
        return parse(text)
    except Fault:
        with warnings.catch_warnings(action="ignore"):
            try:
                return ast.literal_eval(text.strip())
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # TypeError: {{1}}, a set of sets
                pass
        raise


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
