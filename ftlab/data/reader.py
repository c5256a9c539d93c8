"""Reads a file row by row by the rules of one form of rows: the good ones are kept, the bad ones told or set aside."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ftlab import files, paths
from ftlab.data import column_advice
from ftlab.data.checks import bears_on_training, token_limit, weighs
from ftlab.data.faults import KINDS, SHOWN, DataError, Fault, Report, kind, short
from ftlab.data.formats import scan, unit_of
from ftlab.data.store import Store

if TYPE_CHECKING:
    import datasets
    from transformers import PreTrainedTokenizerBase


class Rules(NamedTuple):
    """What a row has to be.

    Attributes:
        columns_of: From a row's keys and the columns of the rows before, the columns that are read; or a fault.
        normal: From a row and these columns, the row that is kept, and the keys inside its turns that are left out.
        check_length: Counts a kept row's tokens, and is a fault if they are too many.
        met: If given, looks at each good row with its number, and is a fault if one before it speaks against it.
    """

    columns_of: Callable[[Iterable[str], tuple[str, ...] | None], tuple[str, ...]]
    normal: Callable[[dict, tuple[str, ...]], tuple[dict, Counter]]
    check_length: Callable[[dict, PreTrainedTokenizerBase, int], None]
    met: Callable[[int, dict], None] | None = None


def read_by(rules: Rules, path: str | Path, *, on_error: str, rejected: str | Path | None,
            tokenizer: PreTrainedTokenizerBase | None, max_length: int | None) -> datasets.Dataset:
    """The file's good rows; the arguments, and what is raised, are those of ``ftlab.data.read``."""
    path = Path(path).expanduser()
    if on_error not in ("raise", "quarantine"):
        raise ValueError(f"expected on_error 'raise' or 'quarantine', found {on_error!r}.")
    quarantine, limit = on_error == "quarantine", token_limit(tokenizer, max_length)
    target = _place_of_rejects(path, rejected, quarantine)
    report, columns, shape, rejects = Report(path, unit_of(path)), None, None, None
    columns_left_out, keys_left_out = {}, Counter()

    def chosen(names: list[str]) -> list[str]:
        wanted = rules.columns_of(names, None)
        columns_left_out.update(dict.fromkeys(name for name in names if name and name not in wanted))
        return [name for name in names if name in wanted or bears_on_training(name) or column_advice.is_row([name])]

    try:
        with closing(Store()) as store:
            with ExitStack() as stack:  # opened at the first bad row, and in place when the block ends
                for number, values, fault, source in scan(path, chosen):
                    try:
                        if fault:
                            raise fault
                        columns = rules.columns_of(values, columns)
                        row, keys = rules.normal(values, columns)
                        first = next(iter(row.values()))
                        if shape not in (None, type(first)):
                            raise Fault(f"{KINDS[shape]} as in the rows before", kind(first),
                                        "Use one form in a file.")
                        if limit:
                            rules.check_length(row, tokenizer, limit)
                        if rules.met:
                            rules.met(number, row)
                    except Fault as problem:
                        report.add(number, problem)
                        if quarantine:
                            rejects = rejects or stack.enter_context(
                                stack.enter_context(files.atomic_path(target)).open("wb"))
                            rejects.write(_rejected_line(number, problem, source, verbatim=values is not None))
                        continue
                    shape = type(first)
                    keys_left_out += keys
                    for name in values.keys() - set(columns):
                        columns_left_out[name] = columns_left_out.get(name) or weighs(name, values[name])
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
        place = json.dumps(str(paths.runs_place() / target.name), ensure_ascii=False)
        elsewhere = "" if rejected else f" The bad rows can go elsewhere: read(..., rejected={place})."
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
        names = ", ".join(map(short, sorted(columns)[:SHOWN]))
        many = len(columns) > SHOWN
        print(f"{path}: {f'{len(columns):,} ' * many}columns left out, since training does not use them: [{names}]"
              f"{f' and {len(columns) - SHOWN:,} more' * many}.")
    if weights := [name for name, is_part in columns.items() if is_part]:
        print(f"{path}: {short(weights[0])} has parts of 1. If they weigh rows, that is lost: all are learnt alike.")
    if keys:
        shown = ", ".join(f"{short(name)} in {count:,} turns" for name, count in keys.most_common(SHOWN))
        more = f", and {len(keys) - SHOWN:,} more" if len(keys) > SHOWN else ""
        print(f"{path}: keys left out of turns, since training uses role and content alone: {shown}{more}.")
