"""The line that says how far the notebooks are."""

from __future__ import annotations

import pytest

from ftlab.course import progress


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (95, "1:35"), (59.9, "0:59"), (3600, "60:00")])
def test_a_clock_shows_minutes_and_whole_seconds(seconds: float, shown: str) -> None:
    assert progress.clock(seconds) == shown


def test_the_line_names_the_notebook_the_cell_and_what_is_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    two = progress.Progress(["00_a", "01_b"], [60.0, 125.0])
    now[0] += 60
    two.begin(1, 12)
    two.at(3)
    now[0] += 30
    assert two.line() == "[2/2] 01_b  cell 3/12  0:30 of about 2:05  (all: 1:30 of about 3:05)"
    # Where a notebook's minutes are unknown, neither its own nor the sum is guessed.
    unknown = progress.Progress(["00_a", "01_b"], [0.0, 125.0])
    unknown.begin(0, 12)
    assert unknown.line() == "[1/2] 00_a  cell 0/12  0:00  (all: 0:00)"


def test_without_a_terminal_a_line_comes_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    one = progress.Progress(["00_a"], [60.0])
    one.begin(0, 9)
    for cell in range(1, 9):  # 4 s each: more than 10 s after the last line is every third cell
        one.at(cell)
        now[0] += 4
    assert [line.split()[3] for line in capsys.readouterr().out.splitlines()] == ["1/9", "4/9", "7/9"]
