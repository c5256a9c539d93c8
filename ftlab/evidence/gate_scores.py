"""The scores of a regression gate: read from files and checked (see ``ftlab.evidence.gate``)."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Set, Sized
from pathlib import Path

from ftlab.data import formats
from ftlab.evidence.gate_rules import Rule

COUNTS = "Write one figure, a list of scores, or an object with a score for each item."


def check(rule: Rule, raw: object, name: str) -> float | list[float] | dict[str, float]:
    """The scores as floats of one of the three kinds, each finite and, in points, from 0 to 1.

    A pandas Series names its items by its index.
    """
    if is_series(raw):
        raw = _of_series(rule, raw, name)
    many = list(raw.values()) if isinstance(raw, Mapping) else raw
    ordered = isinstance(many, Sized) and not isinstance(many, str | bytes | Set) and getattr(many, "ndim", 1) > 0
    rows = list(many) if ordered else [many]
    for value in rows:
        number = _number(value)
        if not math.isfinite(number) or (rule.unit == "points" and not 0 <= number <= 1):
            share = ' from 0 to 1 (or a "unit" in its rule)' if rule.unit == "points" else ""
            raise ValueError(f"{name}, {rule.metric}: expected finite numbers{share}, found {value!r:.60}. {COUNTS}")
    if not ordered:
        return float(many)
    if len(rows) < 2:
        raise ValueError(f"{name}, {rule.metric}: expected at least 2 items, found {len(rows)}. {COUNTS}")
    return dict(zip(raw, map(float, rows), strict=True)) if isinstance(raw, Mapping) else [float(row) for row in rows]


def is_series(raw: object) -> bool:
    """Whether it is a row of a pandas table, with an index."""
    return hasattr(raw, "index") and hasattr(raw, "items") and getattr(raw, "ndim", 0) == 1


def _of_series(rule: Rule, raw: object, name: str) -> dict:
    twice = [item for item, times in Counter(raw.index).items() if times > 1]
    if twice:
        raise ValueError(f"{name}, {rule.metric}: expected each item once, found {len(twice)} more than once, such as "
                         f"{twice[0]!r}. Keep one score for each item.")
    return dict(raw.items())


def _number(value: object) -> float:
    """The value as a float; nan if it is no one number."""
    numeric = getattr(getattr(value, "dtype", None), "kind", "") in tuple("biuf") and getattr(value, "ndim", 0) == 0
    try:
        return float(value) if isinstance(value, int | float) or numeric else math.nan
    except OverflowError:  # 10**400, which JSON can hold
        return math.inf


def kind(scores: object) -> str:
    return "one figure" if isinstance(scores, float) else f"{len(scores)} scores as {type(scores).__name__}"


def read(path: str) -> object:
    """A JSON or CSV file; what is wrong with it is said with its name and line."""
    where = Path(path)
    if formats.suffix_of(where) == ".csv":
        return _rows(where)
    try:
        return json.loads(where.read_text(encoding="utf-8-sig"), object_pairs_hook=lambda pairs: _object(path, pairs))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} line {error.lineno}: expected JSON, found {error.msg}. Correct that line.") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8 text, found another encoding. Save it as UTF-8.") from error
    except OSError as error:
        raise ValueError(f"{path}: expected a file to read, found: {error.strerror}. Check its name.") from error


def _rows(path: Path) -> list[dict]:
    rows = []
    for line, values, fault, _ in formats.scan(path):
        if fault:
            raise ValueError(f"{path} line {line}: {fault}")
        rows.append(values)
    return rows


def _object(path: str, pairs: list[tuple[str, object]]) -> dict:
    """A JSON object; a name that stands in it twice would silently count once."""
    twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    if twice:
        raise ValueError(f"{path}: expected each item once, found {len(twice)} more than once, such as {twice[0]!r}. "
                         "Keep one score for each item.")
    return dict(pairs)
