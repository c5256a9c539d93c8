"""What can be wrong with a file or a row, and how it is told: expected, found, what to do."""

from __future__ import annotations

from pathlib import Path

SHOWN = 10
KINDS = {str: "text", dict: "an object", list: "a list", bool: "true or false", float: "a number", int: "a number",
         type(None): "null"}


class DataError(ValueError):
    """A file that cannot be trained on; the message lists the first ten problems, each with its place and remedy."""


class Fault(Exception):
    """What is wrong with one row, or with a whole file."""

    def __init__(self, expected: str, found: object, remedy: str) -> None:
        super().__init__(f"expected {expected}, found {found}. {remedy}")


Row = tuple[int, dict | None, Fault | None, object]  # number, values, what is wrong, the row as it was found


class Report:
    """Counts the problems of a file and keeps the first ten."""

    def __init__(self, path: Path, unit: str) -> None:
        self.path, self.unit, self.count, self.problems = path, unit, 0, []

    def add(self, number: int, problem: Fault) -> None:
        """Notes the fault of one row."""
        self.count += 1
        if self.count <= SHOWN:
            self.problems.append(f"{self.path} {self.unit} {number}: {problem}")

    def error(self, end: str = "") -> DataError:
        """The error that lists what was noted."""
        more = f"\n... and {self.count - SHOWN:,} more rows with problems." if self.count > SHOWN else ""
        return DataError("\n".join(self.problems) + more + end)


def kind(value: object) -> str:
    """What sort of value it is, in the words of JSON: ``a number (5)``."""
    if isinstance(value, bool | None | list | dict):
        return KINDS[type(value)]
    sort = str if isinstance(value, str) else type(value)
    return f"{KINDS.get(sort, sort.__name__)} ({short(value)})"


def short(value: object) -> str:
    """The value's repr, which also makes every character printable, cut to fit a message."""
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:60]}... ({len(shown):,} characters)"
