"""Reading the desk's export: one line becomes one record, or a ``Reject`` that says what is wrong with it.

Every step of the curation has one form: a record goes in, and a record comes out, or ``Reject`` is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ftlab.data.faults import DataError, Fault, kind, short
from ftlab.data.formats import check_file, parse
from ftlab.data.turns import is_visible

TEXTS = ("id", "created", "channel", "customer", "agent", "intent", "license", "record", "question", "reply")
TEXTS_OR_NULL = ("product", "policy")
FIELDS = ("id", "created", "channel", "customer", "agent", "product", "policy", "intent", "license", "rating",
          "record", "question", "reply")
FILLED = ("id", "customer", "intent", "record", "question")  # an empty reply has a step of its own
ALLOWED = ("owned", "consented")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Reject(Exception):
    """A record that a step drops, with the reason in words."""


def check_export(path: str | Path) -> None:
    """Raises ``DataError`` if the export is not there, is a folder, or is empty."""
    try:
        check_file(Path(path))
    except Fault as fault:
        raise DataError(f"{path}: {fault}") from None


def read_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yields the lines of a file with their numbers, from 1; blank lines are skipped.

    Only ``\\n`` ends a line. Bytes that are not UTF-8 come as backslash escapes, so that ``validate`` can name them.

    Raises:
        DataError: If there is no such file, or nothing in it.
    """
    check_export(path)
    with Path(path).open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if line := decode(raw):
                yield number, line


def decode(raw: bytes) -> str:
    """A line of the file as text, without its line end; a byte-order mark is left out."""
    return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="surrogateescape").strip(" \t\r\n")


def validate(line: str) -> dict:
    """The record in a line of JSON, with every field of ``FIELDS`` and nothing else.

    Raises:
        Reject: If the line is not one JSON object, a field is missing, or a value is of another kind than expected.
    """
    try:
        if any("\udc80" <= letter <= "\udcff" for letter in line) if not line.isascii() else False:
            raise Fault("UTF-8 text", "bytes that are not", "Export the desk's records as UTF-8.")
        values = parse(line)
        if not isinstance(values, dict):
            raise Fault("a JSON object", kind(values), "Export one record a line.")
        _check(values)
    except Fault as fault:
        raise Reject(str(fault)) from None
    return {name: values[name] for name in FIELDS}


def _check(values: dict) -> None:
    if missing := [name for name in FIELDS if name not in values]:
        raise Fault(f"the fields {', '.join(FIELDS)}", f"none named {', '.join(missing)}", "Export the whole record.")
    for name in TEXTS:
        if not isinstance(values[name], str):
            raise Fault(f"text in '{name}'", kind(values[name]), "Export it as text.")
    for name in TEXTS_OR_NULL:
        if not isinstance(values[name], str | None):
            raise Fault(f"text or null in '{name}'", kind(values[name]), "Export it as text.")
    for name in FILLED:
        if not is_visible(values[name]):
            raise Fault(f"text in '{name}'", "an empty text", "Fill it in, or leave the record out.")
    rating = values["rating"]
    if rating is not None and (type(rating) is not int or not 1 <= rating <= 5):
        raise Fault("a whole number from 1 to 5, or null, in 'rating'", short(rating), "Export the customer's stars.")
    if not DAY.match(values["created"]):
        raise Fault("a time such as 2025-03-01T09:30:00 in 'created'", short(values["created"]), "Use ISO 8601.")


def check_license(record: dict) -> dict:
    """The record, if its license lets us train on it; an unknown license does not.

    Raises:
        Reject: If the license is not one of ``ALLOWED``.
    """
    if record["license"] not in ALLOWED:
        raise Reject(f"expected the license {' or '.join(ALLOWED)}, found {short(record['license'])}. Ask for consent.")
    return record


def about(record: dict) -> str:
    """What the record is about: its product, else its policy, else its intent."""
    return record["product"] or record["policy"] or record["intent"]
