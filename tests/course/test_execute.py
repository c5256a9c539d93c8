"""Running a notebook's cells: in this very Python, in a fresh kernel, and what failed is said as a reader would."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ftlab.course.execute import execute, kernel_manager_class, plain
from ftlab.course.progress import Progress


def test_a_notebook_that_takes_too_long_is_stopped(home: Path) -> None:
    notebook = new_notebook(cells=[new_code_cell("import time; time.sleep(60)")])
    failure = execute(notebook, home, timeout_s=2)
    assert failure is not None and failure.cell == 1
    assert "longer than 2 seconds" in failure.error


def test_a_kernel_that_dies_is_reported(home: Path) -> None:
    notebook = new_notebook(cells=[new_code_cell("import os; os._exit(1)")])
    failure = execute(notebook, home)
    assert failure is not None and "the kernel died" in failure.error
    assert failure.error.endswith(f"Its last words: {home / 'runs' / 'kernel.log'}")


ABOUT = "import os, sys\nprint(sys.executable, os.getcwd(), os.environ['MINE'])\nos.write(2, b'from the kernel')"


def test_all_cells_run_afresh_where_they_should(home: Path, capsys: pytest.CaptureFixture) -> None:
    stale = new_code_cell("x = 6 * 7", outputs=[new_output("stream", text="from before")], execution_count=9)
    fails = new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
    cells = [new_markdown_cell("# Words"), stale, fails, new_code_cell(ABOUT), new_code_cell("x")]
    notebook = new_notebook(cells=cells)
    runs = home / "own"
    runs.mkdir()
    progress = Progress(["00_x"], [0.0])
    progress.begin(0, len(notebook.cells))
    assert execute(notebook, home / "notebooks", progress, more={"MINE": "yes", "FTLAB_RUNS": str(runs)}) is None
    _, first, second, third, fourth = notebook.cells
    assert first.outputs == [] and [cell.execution_count for cell in (first, second, third, fourth)] == [1, 2, 3, 4]
    assert second.outputs[0].ename == "ZeroDivisionError" and fourth.outputs[0].data["text/plain"] == "42"
    assert third.outputs[0].text.split() == [sys.executable, str(home / "notebooks"), "yes"]
    assert "from the kernel" in (runs / "kernel.log").read_text() and not (home / "runs").exists()
    assert progress.cell == 5 and "[1/1] 00_x  cell" in capsys.readouterr().out
    nbformat.validate(notebook)


def test_the_cell_that_failed_is_named_as_a_reader_counts(home: Path) -> None:
    deep = "def f(n):\n    if n == 0:\n        raise KeyError('<here>')\n    f(n - 1)\nf(40)"
    cells = [new_markdown_cell("# Words"), new_code_cell("print('so far')"), new_code_cell(deep), new_code_cell("3")]
    notebook = new_notebook(cells=cells)
    notebook.cells[3].outputs = [new_output("stream", text="from before")]
    failure = execute(notebook, home)
    assert failure is not None and (failure.cell, failure.source) == (3, deep)
    assert failure.error.splitlines()[-1] == "KeyError: '<here>'" and len(failure.error.splitlines()) <= 20
    assert "\x1b" not in failure.error
    assert notebook.cells[1].outputs[0].text == "so far\n" and notebook.cells[3].outputs == []
    assert notebook.cells[2].outputs[0].ename == "KeyError"


def test_the_kernel_is_this_python_whatever_is_registered() -> None:
    for name in ("python3", "no-such-kernel"):
        spec = kernel_manager_class()(kernel_name=name).kernel_spec
        assert spec.argv[:3] == [sys.executable, "-m", "ipykernel_launcher"] and "{connection_file}" in spec.argv


@pytest.mark.parametrize(("text", "expected"), [
    ("\x1b[0;31mKeyError\x1b[0m: 'x'", "KeyError: 'x'"), ("\x1b[1m\x1b[38;5;28mif\x1b[39m", "if"), ("[0m", "[0m"),
    ("", "")])
def test_colours_are_taken_off(text: str, expected: str) -> None:
    assert plain(text) == expected
