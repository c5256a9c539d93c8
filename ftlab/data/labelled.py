"""Rows with a label each, checked before anything is trained on them: misspelt labels, and labels without examples."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from ftlab.data import lines
from ftlab.data.faults import short

MOST_SHOWN = 10


def read_labelled(path: str | Path, labels: Sequence[str], key: str = "label", fewest: int = 1) -> list[dict]:
    """The rows of a JSON Lines file, once every one has one of the labels and every label has examples.

    Args:
        key, fewest: As ``check_labels`` takes them. Empty lines are left out, and counted in the places of faults.
    Raises:
        OSError: If there is no such file.
        ValueError: If a line is no JSON object, or as ``check_labels`` raises, with the lines' true numbers.
    """
    rows, places = [], []
    with lines.open_binary(Path(path)) as file:
        for number, text, fault in lines.numbered(file):
            if fault:
                raise ValueError(f"{path} line {number}: {fault}")
            if not text.strip(lines.BLANK):
                continue
            try:
                row = json.loads(text)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise ValueError(f"{path} line {number}: expected a JSON object, found {short(text.strip())}. "
                                 "Write one row a line, in braces.")
            rows.append(row)
            places.append(number)
    check_labels(rows, labels, key, str(path), fewest, places)
    return rows


def check_labels(
    rows: Sequence[dict], labels: Sequence[str], key: str = "label", where: str = "rows", fewest: int = 1,
    places: Sequence[int] | None = None
) -> None:
    """Raises unless every row has one of the labels, spelt so, and every label has examples.

    A misspelt label would be taught as one more label; one without examples is never answered, and nothing says so
    until somebody misses it.

    Args:
        key: Where a row has its label.
        where: What the rows came from, such as a file's name: the place of a fault is told as ``where`` and line.
        fewest: Examples that every label needs.
        places: The line of each row; by default they are counted.
    Raises:
        ValueError: With the first ten faults, each with its place, what was expected and found, and what to do.
    """
    if isinstance(labels, str) or len(set(labels)) < len(labels) or not labels:
        raise ValueError(f'labels: expected a list of different texts such as ["refund", "praise"], found {labels!r}.')
    faults, counts = [], Counter()
    for line, row in zip(places or range(1, len(rows) + 1), rows, strict=True):
        found = row.get(key)
        if found in labels:
            counts[found] += 1
            continue
        near = get_close_matches(str(found).strip().lower(), labels, n=1) if found is not None else []
        remedy = f"Did you mean {near[0]!r}?" if near else f"Use one of {', '.join(labels)}, or add the label."
        what = f"found {found!r}" if key in row else f"found no {key!r} among {sorted(row)}"
        faults.append(f"{where} line {line}: expected a label, {what}. {remedy}")
    for label in labels:
        if counts[label] < fewest:
            faults.append(f"{where}: expected at least {fewest} example{'s' * (fewest > 1)} of {label!r}, found "
                          f"{counts[label]}. Add some, or leave the label out.")
    if faults:
        more = [f"... and {len(faults) - MOST_SHOWN} more."] if len(faults) > MOST_SHOWN else []
        raise ValueError("\n".join(faults[:MOST_SHOWN] + more))
