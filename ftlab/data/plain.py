"""Values as JSON can hold them, whatever Parquet or a frame gave: what is converted can be written and read again."""

from __future__ import annotations

import datetime
import decimal
import math
import re

from ftlab.data.faults import Fault, kind

HALF = re.compile("[\ud800-\udfff]")


def plain(value: object, where: str) -> object:
    """A date as ISO text, a decimal as a number (as text where that would round it), NaN as null, bytes as text.

    Raises:
        Fault: If a text holds half of a surrogate pair, which no file can; ``where`` names it.
    """
    if isinstance(value, str):
        if half := HALF.search(value):
            raise Fault(f"text in {where}", f"half of a surrogate pair, {half[0]!r}, at character {half.start() + 1}",
                        "Remove it, or write the character that was meant.")
        return str(value)
    if is_missing(value):
        return None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(name): plain(part, where) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, where) for part in value]
    if isinstance(value, decimal.Decimal):
        if not value.is_finite():
            return None if value.is_nan() else str(value)
        number = int(value) if value == value.to_integral_value() else float(value)
        return number if decimal.Decimal(repr(number)) == value else str(value)
    if isinstance(value, datetime.date | datetime.time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    if hasattr(value, "tolist"):  # of NumPy
        return plain(value.tolist(), where)
    return str(value)


def is_missing(value: object) -> bool:
    """Whether it is null, or NaN, or what pandas has for them in columns of dates and of texts."""
    if isinstance(value, float):
        return value != value
    return value is None or type(value).__name__ in ("NaTType", "NAType")


def plain_turn(turn: dict, place: int) -> dict:
    """A turn with such values; its words may be of any kind that JSON has, for ``read`` to judge."""
    for name in ("role", "content"):
        if not isinstance(turn[name], str | bool | int | float | list | dict | None):
            raise Fault(f"text in {name!r} of turn {place}", kind(turn[name]), "Write a text, or leave the row out.")
    return {name: plain(value, f"{name!r} of turn {place}") for name, value in turn.items()}
