"""Faults are told in one form: expected, found, what to do; of many the first ten, and how many more."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ftlab.data import DataError
from ftlab.data.faults import Fault, Report, kind, short


def report(count: int) -> Report:
    found = Report(Path("talks.jsonl"), "line")
    for number in range(1, count + 1):
        found.add(number, Fault("a text", "null", "Fill it in."))
    return found


def test_a_fault_says_what_was_expected_what_was_found_and_what_to_do() -> None:
    assert str(Fault("a text in 'prompt'", kind(5), "Write it out.")) == (
        "expected a text in 'prompt', found a number (5). Write it out.")


def test_a_report_names_each_row_and_ends_as_it_is_told() -> None:
    error = report(2).error("\nNothing was read.")
    assert isinstance(error, DataError) and isinstance(error, ValueError)
    assert str(error).splitlines() == ["talks.jsonl line 1: expected a text, found null. Fill it in.",
                                       "talks.jsonl line 2: expected a text, found null. Fill it in.",
                                       "Nothing was read."]


@pytest.mark.parametrize(("count", "more"), [(10, None), (11, "... and 1 more rows with problems."),
                                             (12_345, "... and 12,335 more rows with problems.")])
def test_a_report_shows_ten_rows_and_counts_the_rest(count: int, more: str | None) -> None:
    found = report(count)
    lines = str(found.error()).splitlines()
    assert found.count == count and lines[9].startswith("talks.jsonl line 10: ")
    assert lines[10:] == ([more] if more else [])


@pytest.mark.parametrize(("value", "said"), [
    ("5", "text ('5')"), (5, "a number (5)"), (0.5, "a number (0.5)"), (float("nan"), "a number (nan)"),
    (True, "true or false"), (None, "null"), ([1, 2], "a list"), ({"a": 1}, "an object"), ("", "text ('')"),
    (date(2026, 11, 27), "date (datetime.date(2026, 11, 27))"),  # which JSON has no word for
])
def test_a_kind_is_in_the_words_of_json(value: object, said: str) -> None:
    assert kind(value) == said


def test_a_long_value_is_cut_and_its_length_told() -> None:
    assert short("a" * 78) == f"'{'a' * 78}'"  # with its quotes 80 characters: whole
    assert short("a" * 79) == f"'{'a' * 59}... (81 characters)"
    assert short("a" * 9998) == f"'{'a' * 59}... (10,000 characters)"
    assert kind("a" * 79) == f"text ('{'a' * 59}... (81 characters))"


def test_what_cannot_be_printed_is_escaped() -> None:
    assert short("a\nb\x00\ud83d") == r"'a\nb\x00\ud83d'"
    assert str(Fault("a text", short("\x1b[2J"), "Fill it in.")).isprintable()
