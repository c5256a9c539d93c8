"""The report's page: counts that are right, what failed first and legible, minutes beside those that were stated."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from ftlab import files
from ftlab.course import doctor
from ftlab.course.execute import Failure
from ftlab.course.report import NotebookRun, failure_section, notebook_table, page

CLAIM = {"id": "demo", "statement": "Tuned < base", "verdict": "mixed"}


@pytest.fixture
def home(home: Path) -> Path:
    files.write_text(home / "data" / "claims.csv", "id,at_least\n")
    return home


def lead(outcomes: list[NotebookRun], started: float = 0.0) -> str:
    return re.search(r"<p>(.*)</p>", page(outcomes, started))[1]


@pytest.mark.parametrize(("outcomes", "expected"), [
    ([], "0 of 0 notebooks ran to their end in .*; 0 claims put on trial"),
    ([NotebookRun("00_a"), NotebookRun("01_b", claims=[CLAIM])], "2 of 2 .*; 1 claim put on trial"),
    ([NotebookRun("00_a", claims=[CLAIM]), NotebookRun("01_b", claims=[CLAIM])], "2 of 2 .*; 1 claim put"),  # the same
    ([NotebookRun("00_a", claims=[CLAIM, {**CLAIM, "id": "other"}]), NotebookRun("01_b", failure=Failure(1, "", ""))],
     "1 of 2 .*; 2 claims put on trial"),
])
def test_the_first_sentence_counts_notebooks_and_claims(home: Path, outcomes: list, expected: str) -> None:
    assert re.match(expected, lead(outcomes))


def test_the_time_is_that_since_the_start(home: Path) -> None:
    minutes = int(re.search(r"in (\d+):\d\d minutes", lead([], time.monotonic() - 3600))[1])
    assert 60 <= minutes < 70


def test_the_page_is_whole_and_fetches_nothing(home: Path) -> None:
    text = page([NotebookRun("00_a", 61.9, 30)], 0.0)
    assert text.startswith("<!doctype html>") and text.endswith("</body></html>\n")
    assert doctor.machine().split(",")[0] in text
    assert "<script" not in text and "src=" not in text and "href=" not in text and "Failed" not in text


def test_what_failed_stands_before_the_table(home: Path) -> None:
    bad = NotebookRun("02_bad", failure=Failure(4, "x < y & z", "KeyError: '<b>'"))
    text = page([NotebookRun("01_good"), bad], 0.0)
    assert text.index("Failed: 02_bad, cell 4") < text.index("<h2>Notebooks</h2>")
    assert failure_section(bad) in text and "Failed: 01_good" not in text
    assert "<pre>x &lt; y &amp; z</pre><pre>KeyError: &#x27;&lt;b&gt;&#x27;</pre>" in failure_section(bad)


def test_a_row_for_each_notebook_with_its_minutes() -> None:
    rows = notebook_table([NotebookRun("00_<a>", 61.9, 150), NotebookRun("01_b", 5, failure=Failure(1, "", "")),
                           NotebookRun("02_c")]).split("<tr>")[2:]
    assert [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows] == [
        ["00_&lt;a&gt;", "ran to its end", "1:01", "2:30"],
        ["01_b", '<span class="failed">failed</span>', "0:05", ""],  # nothing was stated
        ["02_c", "ran to its end", "0:00", ""]]
