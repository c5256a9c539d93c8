"""Running the notebooks: a failing cell is named and stops nothing else, and the report says what came out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from ftlab import files
from ftlab.course import course

CLAIM = """
from ftlab import files, paths
files.write_json(paths.runs() / "claims" / "demo.json", {
    "id": "demo", "statement": "Tuned < base & more", "verdict": "holds", "effect": 0.4, "low": 0.3, "high": 0.5,
    "unit": "share", "seed": 3, "where": "01_good", "reference_low": 0.2, "reference_high": 0.45})
"""


def write(home: Path, name: str, *cells: str, **about: object) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["ftlab"] = about
    path = home / "notebooks" / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_course_with_a_failing_cell(python: Callable, home: Path) -> None:
    good = write(home, "01_good", CLAIM, "1 / 0", "6 * 7", minutes=0.5, claims=["demo", "cut_off"])
    notebook = nbformat.read(good, as_version=4)
    notebook.cells[1].metadata["tags"] = ["raises-exception"]
    nbformat.write(notebook, good)
    bad = write(home, "02_bad", "print('so far')", "x = 'a <cell>'\nraise KeyError(x)", "print('never')")
    files.write_text(home / "data" / "claims.csv", "id,at_least\n")
    stale = home / "runs" / "claims" / "old.json"
    stale.parent.mkdir(parents=True)
    stale.write_text('{"id": "stale", "statement": "an earlier run", "verdict": "holds"}', encoding="utf-8")
    before = good.read_bytes(), bad.read_bytes()

    done = python("-m", "ftlab.cli", "run")

    assert done.returncode == 1, done.stdout + done.stderr
    for text in ("02_bad, cell 2:", "raise KeyError(x)", "KeyError: 'a <cell>'", "1 of 2 notebooks ran to their end"):
        assert text in done.stdout
    assert "of about 0:30" in done.stdout
    assert (good.read_bytes(), bad.read_bytes()) == before

    kept = nbformat.read(home / "runs" / "course" / "02_bad.ipynb", as_version=4)
    assert kept.cells[0].outputs[0].text == "so far\n"
    assert kept.cells[1].outputs[0].ename == "KeyError" and not kept.cells[2].outputs
    ran = nbformat.read(home / "runs" / "course" / "01_good.ipynb", as_version=4)
    assert [cell.execution_count for cell in ran.cells] == [1, 2, 3]

    report = (home / "runs" / "course" / "report.html").read_text(encoding="utf-8")
    for text in (
        "Failed: 02_bad, cell 2",
        "KeyError: &#x27;a &lt;cell&gt;&#x27;",
        "Tuned &lt; base &amp; more",
        "+0.4 (0.3 to 0.5) share",
        "<svg",
        "not run",
        "cut_off",
        "Python 3.",
    ):
        assert text in report
    assert "stale" not in report and "an earlier run" not in report
    assert "http" not in report and "<script" not in report, "the report is one page that fetches nothing"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has another Ctrl-C")
def test_ctrl_c_ends_the_kernel_and_the_report_covers_what_ran(python: Callable, home: Path) -> None:
    files.write_text(home / "data" / "claims.csv", "id,at_least\n")
    write(home, "01_good", "1")
    write(home, "02_long", "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)")
    command = [sys.executable, "-m", "ftlab.cli", "run"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    pid = home / "notebooks" / "pid"
    while not (pid.exists() and pid.read_text()):
        assert running.poll() is None
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    shown = running.communicate(timeout=60)[0]
    assert running.returncode == 130 and "Traceback" not in shown, shown
    assert "Stopped. The report covers what ran." in shown and "1 of 2 notebooks ran to their end" in shown
    assert "01_good" in (home / "runs" / "course" / "report.html").read_text(encoding="utf-8")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_notebooks_are_found_by_number_name_and_path(home: Path) -> None:
    first, second = write(home, "00_start"), write(home, "02_sft")
    assert course.find() == [first, second]
    assert course.find(["02"]) == course.find(["02_sft"]) == course.find(["02_sft.ipynb"]) == [second]
    assert course.find([str(second), "00"]) == [second, first]
    with pytest.raises(ValueError, match="'07': expected the name of one notebook.*found 00_start, 02_sft"):
        course.find(["07"])
    with pytest.raises(ValueError, match="'0': expected the name of one notebook"):
        course.find(["0"])


def test_no_notebooks_is_an_error_that_says_where(home: Path) -> None:
    with pytest.raises(ValueError, match="expected notebooks"):
        course.find()


def test_notebooks_are_made_from_their_sources(python: Callable, home: Path) -> None:
    source = (
        "# ---\n# jupyter:\n#   ftlab:\n#     minutes: 2\n# ---\n\n"
        "# %% [markdown]\n# # A question?\n\n# %%\nprint(6 * 7)\n\n"
        '# %% tags=["raises-exception"]\n1 / 0\n'
    )
    (home / "notebooks" / "source" / "05_made.py").write_text(source, encoding="utf-8")
    done = python("-m", "ftlab.cli", "notebooks")
    assert done.returncode == 0, done.stderr
    made = nbformat.read(home / "notebooks" / "05_made.ipynb", as_version=4)
    nbformat.validate(made)
    assert made.metadata["ftlab"]["minutes"] == 2
    assert made.cells[1].outputs[0].text == "42\n"
    assert (
        made.cells[2].metadata["tags"] == ["raises-exception"] and made.cells[2].outputs[0].ename == "ZeroDivisionError"
    )


def test_a_source_that_fails_leaves_the_old_notebook(home: Path, capsys: pytest.CaptureFixture) -> None:
    old = write(home, "05_made", "1").read_bytes()
    (home / "notebooks" / "source" / "05_made.py").write_text("# %%\nraise ValueError('no')\n", encoding="utf-8")
    assert course.build() == 1
    assert "05_made, cell 1:" in capsys.readouterr().out
    assert (home / "notebooks" / "05_made.ipynb").read_bytes() == old
