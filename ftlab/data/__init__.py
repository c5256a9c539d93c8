"""Reading a learner's own file: every row is checked before a model is loaded, and every fault says where it is.

The file is read row by row, so a million rows need little memory. Rows are kept as they are: no text is trimmed, cut or
repaired. What cannot be trained on is reported (``on_error="raise"``) or set aside (``on_error="quarantine"``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import files
from ftlab.data.checks import check_length, columns_of, normal, token_limit
from ftlab.data.convert import to_messages
from ftlab.data.faults import SHOWN, DataError, Fault, Report, short
from ftlab.data.formats import scan
from ftlab.data.store import Store

if TYPE_CHECKING:
    import datasets
    from transformers import PreTrainedTokenizerBase

__all__ = ["DataError", "read", "rows", "to_messages"]


def read(path: str | Path, *, on_error: str = "raise", tokenizer: PreTrainedTokenizerBase | None = None,
         max_length: int | None = None) -> datasets.Dataset:
    """Reads examples for supervised fine-tuning from JSON Lines, CSV or Parquet, and checks every row.

    A row holds either ``messages`` (a list of ``{"role", "content"}``: an optional system turn, then user and assistant
    in turn, the assistant last; in a CSV cell, that list as JSON) or the two texts ``prompt`` and ``completion``. The
    data set has just these columns; other columns are left out and named in a printed line, because trainers give a
    meaning to some names. Blank lines are skipped; a byte-order mark and Windows line ends are accepted.

    Up to 64 MiB stay in memory; more goes to a file in ``runs/data/``, named by its content, so a changed input is
    never mistaken for the old one. These files may be deleted when no notebook uses them.

    Args:
        path: A file ending in .jsonl, .ndjson, .csv or .parquet.
        on_error: "raise" refuses a file with any bad row. "quarantine" leaves bad rows out and writes them, each with
            its reason, to ``<path>.rejected.jsonl``, replacing that of an earlier read.
        tokenizer: If given, a row with more tokens than ``max_length`` is a bad row: no row is ever cut short.
        max_length: The model's context in tokens; the tokenizer's ``model_max_length`` if left out.
    Raises:
        DataError: If the file cannot be read, a row is bad (with "raise"), no good row is left, or the rejected rows
            cannot be written.
        ValueError: If the arguments contradict each other.
    """
    path = Path(path).expanduser()
    if on_error not in ("raise", "quarantine"):
        raise ValueError(f"expected on_error 'raise' or 'quarantine', found {on_error!r}.")
    quarantine, limit = on_error == "quarantine", token_limit(tokenizer, max_length)
    rejected = path.with_name(path.name + ".rejected.jsonl")
    report, columns, left_out, rejects = Report(path), None, set(), None
    try:
        with closing(Store()) as store:
            with ExitStack() as stack:  # opened at the first bad row, and in place when the block ends
                for number, values, fault, source in scan(path, columns_of):
                    try:
                        if fault:
                            raise fault
                        columns = columns_of(values, columns)
                        row = normal(values, columns)
                        if limit:
                            check_length(row, tokenizer, limit)
                    except Fault as problem:
                        report.add(number, problem)
                        if quarantine:
                            rejects = rejects or stack.enter_context(
                                stack.enter_context(files.atomic_path(rejected)).open("wb"))
                            rejects.write(_rejected_line(number, problem, source, verbatim=values is not None))
                        continue
                    if len(left_out) < SHOWN:
                        left_out.update(name for name in values if name not in columns)
                    if quarantine or not report.count:
                        store.add(row)
            if report.count and not (quarantine and store.count):
                raise report.error(f" No good row is left; the reasons are in {rejected}." if rejects else "")
            if not store.count:
                raise DataError(f"{path}: expected at least one row, found none. Is this the right file?")
            _say(path, store.count, report.count, rejected if quarantine else None, left_out)
            return store.dataset(path.stem)
    except OSError as error:
        raise DataError(f"{path} was not read: {error.strerror or error}") from error


def rows(path: str | Path) -> Iterator[dict]:
    """Yields the rows of a file with all their columns, whatever they are called: what ``to_messages`` converts."""
    path = Path(path).expanduser()
    report = Report(path)
    for number, values, fault, _ in scan(path):
        if fault:
            report.add(number, fault)
            raise report.error(" Reading stopped there.")
        yield values


def _rejected_line(number: int, problem: Fault, source: object, verbatim: bool) -> bytes:
    """One JSON object: where, why, and the row as it was found (as text if it could not be parsed)."""
    row = source if isinstance(source, str) and verbatim else json.dumps(source, ensure_ascii=False, default=repr)
    line = f'{{"line": {number}, "reason": {json.dumps(str(problem), ensure_ascii=False)}, "row": {row}}}\n'
    return line.encode("utf-8", errors="backslashreplace")  # half a surrogate pair becomes its JSON escape


def _say(path: Path, kept: int, bad: int, rejected: Path | None, left_out: set[str]) -> None:
    if rejected and bad:
        print(f"{path}: {kept:,} of {kept + bad:,} rows kept; the others are in {rejected}, with reasons.")
    elif rejected:
        old = f" ({rejected.name} is from an earlier read)" if rejected.exists() else ""
        print(f"{path}: {kept:,} of {kept:,} rows kept{old}.")
    if left_out:
        print(f"{path}: columns left out, since training does not use them: {short(sorted(left_out))}.")
