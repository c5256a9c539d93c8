"""What a notebook suggests beside a dial can be turned to: every value of every ``try`` runs, on a fast path.

Very small models of their families take the places of the real ones, trainers stop after one step, replies after a few
tokens. So outcomes mean nothing here: an ``assert`` about them may fail, and nothing else may.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import families
import pytest
from cells import FIRST, fast_errors, go_on

from ftlab.course import course
from ftlab.course.execute import execute
from ftlab.workshop import dials

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py"))
VALUE = re.compile(r"""(?<![\w.-])(?:"[^"]*"|\d[\d.]*(?:e-?\d+)?)(?![\w])""")


def suggested(cell: str) -> dict[str, list]:
    """By dial: the values that its comment says to try. A line of two dials names its values in their order."""
    found: dict[str, list] = {}
    for line in cell.splitlines():
        code, _, comment = line.partition("#")
        if "; try " not in comment:
            continue
        names = [name.strip() for name in code.partition("=")[0].split(",")]
        words = re.sub(r"\([^)]*\)", "", comment.rpartition("; try ")[2]).partition(":")[0]
        values = [ast.literal_eval(value.rstrip(".")) for value in VALUE.findall(words)]
        assert values and len(values) % len(names) == 0, f"which values of {names} does this suggest? {line}"
        for place, name in enumerate(names):
            found[name] = values[place :: len(names)]
    return found


def turns(cell: str) -> list[dict]:
    """Settings that together try every suggested value, as few as there can be; a tuple is tried value by value."""
    choices = suggested(cell)
    for node in ast.parse(cell).body:  # RANKS = (1, 64): one suggested rank takes the place of all
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and node.targets[0].__class__ is ast.Name:
            name = node.targets[0].id
            choices |= {name: [[value] for value in choices[name]]} if name in choices else {}
    return [{name: values[min(k, len(values) - 1)] for name, values in choices.items()}
            for k in range(max(map(len, choices.values()), default=0))]


def dials_cell(source: Path) -> str:
    return next(cell.source for cell in course.from_source(source).cells
                if cell.cell_type == "code" and re.search(r"^SEED = ", cell.source, re.M))


def test_suggestions_are_read_from_comments() -> None:
    cell = """SEED = 0  # whole number; try 1, 2
LR, STEPS = 1e-3, 40  # no unit; steps; try 2e-3, 80
ASKED = 10  # of each; try 5, or 159: all 553 there are (four minutes more)
FAULT = "a b"  # the fault; try "c d"
FACTS = 100  # try nothing
RANKS = (1, 64)  # ranks beside 16; try 4, 128"""
    assert suggested(cell) == {"SEED": [1, 2], "LR": [2e-3], "STEPS": [80], "ASKED": [5, 159], "FAULT": ["c d"],
                               "RANKS": [4, 128]}
    assert turns(cell) == [
        {"SEED": 1, "LR": 2e-3, "STEPS": 80, "ASKED": 5, "FAULT": "c d", "RANKS": [4]},
        {"SEED": 2, "LR": 2e-3, "STEPS": 80, "ASKED": 159, "FAULT": "c d", "RANKS": [128]},
    ]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Random models of few layers in place of the real and the lab model and the embedder, named in an environment."""
    return families.build_course(tmp_path_factory.mktemp("small"))


@pytest.mark.parametrize(("source", "values"), [
    pytest.param(source, values, id=f"{source.stem[:2]}-{number}")
    for source in SOURCES for number, values in enumerate(turns(dials_cell(source)), 1)
])
def test_every_suggested_value_runs(source: Path, values: dict, small: dict[str, str], tmp_path: Path) -> None:
    import nbformat

    notebook = course.from_source(source)
    dials.turn(notebook, values, source.stem)
    go_on(notebook.cells)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FIRST))
    failure = execute(notebook, ROOT / "notebooks", timeout_s=600,
                      more=small | {"FTLAB_RUNS": str(tmp_path)})
    assert failure is None, failure
    errors = fast_errors(notebook.cells[1:], course.from_source(source).cells)
    assert not errors, f"with {values}\n" + "\n".join(errors)
