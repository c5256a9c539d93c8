"""Reading a learner's own file: every row is checked before a model is loaded, and every fault says where it is.

A file is read row by row, so a million rows need little memory (a .json file, which may be one array, is held whole).
Rows are kept as they are: no text is trimmed, cut or repaired. What cannot be trained on is reported
(``on_error="raise"``) or set aside (``on_error="quarantine"``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import files
from ftlab.data.checks import bears_on_training, check_length, columns_of, normal, token_limit
from ftlab.data.convert import learnt_turns, to_messages
from ftlab.data.faults import KINDS, SHOWN, DataError, Fault, Report, kind, short
from ftlab.data.formats import scan, unit_of
from ftlab.data.store import Store

if TYPE_CHECKING:
    import datasets
    from transformers import PreTrainedTokenizerBase

__all__ = ["DataError", "learnt_turns", "read", "rows", "to_messages"]


def read(path: str | Path, *, on_error: str = "raise", rejected: str | Path | None = None,
         tokenizer: PreTrainedTokenizerBase | None = None, max_length: int | None = None) -> datasets.Dataset:
    """Reads examples for supervised fine-tuning from JSON Lines, JSON, CSV or Parquet, and checks every row.

    A row holds either ``messages`` (a list of ``{"role", "content"}``: an optional system turn, then user and assistant
    in turn, the assistant last; in a CSV cell, that list as JSON), or ``prompt`` and ``completion``: two texts, or two
    lists of turns, of which the completion is the one that is learnt. The data set has just these columns; other
    columns are left out and named in a printed line, because trainers give a meaning to some names, and so are other
    keys inside turns, with their number. Where that would change what the model learns (tool calls, thoughts, a turn
    of weight 0, a system prompt in a column of its own, ``label: false``) the row is a bad row instead. Blank lines are
    skipped; gzip, a byte-order mark, Windows line ends and Excel's line ``sep=;`` are accepted.

    Up to 64 MiB stay in memory; more goes to a file in ``runs/data/``, named by its content, so a changed input is
    never mistaken for the old one. These files may be deleted when no notebook uses them.

    Args:
        path: A file ending in .jsonl, .ndjson, .json, .csv, .tsv (each also with .gz) or .parquet.
        on_error: "raise" refuses a file with any bad row. "quarantine" leaves bad rows out and writes them, each with
            its reason, to ``rejected``, replacing that of an earlier read.
        rejected: The file for the bad rows, ``<path>.rejected.jsonl`` if left out.
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
    target = _place_of_rejects(path, rejected, quarantine)
    report, columns, shape, rejects = Report(path, unit_of(path)), None, None, None
    columns_left_out, keys_left_out = {}, Counter()

    def chosen(names: list[str]) -> list[str]:
        wanted = columns_of(names)
        columns_left_out.update(dict.fromkeys(name for name in names if name and name not in wanted))
        return [name for name in names if name in wanted or bears_on_training(name)]

    try:
        with closing(Store()) as store:
            with ExitStack() as stack:  # opened at the first bad row, and in place when the block ends
                for number, values, fault, source in scan(path, chosen):
                    try:
                        if fault:
                            raise fault
                        columns = columns_of(values, columns)
                        row, keys = normal(values, columns)
                        if shape not in (None, type(row[columns[0]])):
                            raise Fault(f"{KINDS[shape]} as in the rows before", kind(row[columns[0]]),
                                        "Use one form in a file.")
                        if limit:
                            check_length(row, tokenizer, limit)
                    except Fault as problem:
                        report.add(number, problem)
                        if quarantine:
                            rejects = rejects or stack.enter_context(
                                stack.enter_context(files.atomic_path(target)).open("wb"))
                            rejects.write(_rejected_line(number, problem, source, verbatim=values is not None))
                        continue
                    shape = type(row[columns[0]])
                    keys_left_out += keys
                    if len(columns_left_out) < SHOWN:
                        columns_left_out.update(dict.fromkeys(name for name in values if name not in columns))
                    if quarantine or not report.count:
                        store.add(row)
            if report.count and not (quarantine and store.count):
                raise report.error(f" No good row is left; the reasons are in {target}." if rejects else "")
            if not store.count:
                raise DataError(f"{path}: expected at least one row, found none. Is this the right file?")
            _say(path, store.count, report.count, target if quarantine else None)
            _say_left_out(path, columns_left_out, keys_left_out)
            return store.dataset(path.stem)
    except OSError as error:
        elsewhere = "" if rejected else f' The bad rows can go elsewhere: read(..., rejected="{target.name}").'
        raise DataError(f"{path} was not read: {error.strerror or error}{elsewhere}") from error


def _place_of_rejects(path: Path, rejected: str | Path | None, quarantine: bool) -> Path:
    if rejected is None:
        return path.with_name(path.name + ".rejected.jsonl")
    if not quarantine:
        raise ValueError(f"rejected={str(rejected)!r} is the file for rows left out, so expected "
                         "on_error='quarantine', found 'raise'. Say both, or neither.")
    target = Path(rejected).expanduser()
    if target.resolve() == path.resolve():
        raise ValueError(f"expected another file for the rejected rows than the one that is read, found {rejected} "
                         "twice. Choose another name.")
    return target


def rows(path: str | Path) -> Iterator[dict]:
    """Yields the rows of a file with all their columns, whatever they are called: what ``to_messages`` converts."""
    path = Path(path).expanduser()
    report = Report(path, unit_of(path))
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


def _say(path: Path, kept: int, bad: int, rejected: Path | None) -> None:
    if rejected and bad:
        print(f"{path}: {kept:,} of {kept + bad:,} rows kept; the others are in {rejected}, with reasons.")
    elif rejected:
        old = f" ({rejected.name} is from an earlier read)" if rejected.exists() else ""
        print(f"{path}: {kept:,} of {kept:,} rows kept{old}.")


def _say_left_out(path: Path, columns: dict, keys: Counter) -> None:
    if columns:
        print(f"{path}: columns left out, since training does not use them: {short(sorted(columns))}.")
    if keys:
        shown = ", ".join(f"{short(name)} in {count:,} turns" for name, count in keys.most_common(SHOWN))
        more = f", and {len(keys) - SHOWN:,} more" if len(keys) > SHOWN else ""
        print(f"{path}: keys left out of turns, since training uses role and content alone: {shown}{more}.")
