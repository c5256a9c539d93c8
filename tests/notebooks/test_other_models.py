"""The notebooks in which the real model is at work run as they stand with models of other families, on a fast path.

One kernel runs a notebook once for each family, as the libraries take longest to load. What comes after the real
model's part (sweeps of the lab model, exercises) is the same for every family, so it is left out here.
"""

from __future__ import annotations

import copy
from pathlib import Path

import families
import nbformat
import pytest
from cells import FIRST, SOURCES, fast_errors, go_on

from ftlab.course import course
from ftlab.course.execute import execute

# A template that refuses a system turn; none, and Conv1D layers; two end tokens; none, and no longest context stated.
NAMES = ("gemma2", "gpt2", "qwen2.5", "bloom")
UNTIL = {"00_start_here": "## Exercise", "01_data_curation": "## 9.", "02_supervised_finetuning": "## 8.",
         "08_evaluation": "## 8."}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("small")
    return folder, families.build_course(folder, *NAMES)


def real_part(notebook: str) -> list:
    """The cells before the first whose heading begins as ``UNTIL`` says."""
    cells = course.from_source(SOURCES / f"{notebook}.py").cells
    ends = [i for i, cell in enumerate(cells) if cell.cell_type == "markdown"
            and any(line.startswith(UNTIL[notebook]) for line in cell.source.splitlines())]
    assert ends, f"{notebook}: expected a heading {UNTIL[notebook]}, found none"
    return cells[: ends[0]]


@pytest.mark.parametrize("notebook", UNTIL)
def test_every_family_runs(notebook: str, small: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    folder, environment = small
    part = real_part(notebook)
    whole = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FIRST)])
    for name in NAMES:
        choose = f"%reset -f\nimport os; os.environ['FTLAB_MODEL'] = {str(folder / name)!r}"
        whole.cells += [nbformat.v4.new_code_cell(choose), *copy.deepcopy(part)]
    go_on(whole.cells[1:])
    failure = execute(whole, SOURCES.parent, timeout_s=600, more=environment | {"FTLAB_RUNS": str(tmp_path)})
    assert failure is None, failure
    errors, each = {}, len(part) + 1
    for i, name in enumerate(NAMES):
        cells = whole.cells[1 + i * each :][:each]
        assert cells[0].source.endswith(f"{str(folder / name)!r}")
        errors[name] = fast_errors(cells[1:], part)
        said = "".join(out.get("text", "") for cell in cells for out in cell.get("outputs", []))
        assert f"{name} on " in said, "the setup cell names the model"
    assert not any(errors.values()), "\n".join(f"{name}: {error}" for name, found in errors.items() for error in found)
