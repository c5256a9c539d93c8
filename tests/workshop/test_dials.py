"""Turning dials: the value changes, nothing else does, and what cannot be turned is named."""

from __future__ import annotations

import nbformat
import pytest

from ftlab.workshop.dials import turn

CELL = """# the dials
SEED = 0  # "ö": whole number; try 1, 2
LR, STEPS = 1e-3, 50  # no unit; steps
SIZES = {10: 24,  # examples: steps
         30: 40}
NAMES = ("a", "b"); FAST: bool = False
HALF = STEPS / 2  # computed"""


def made(*cells: str):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def test_values_change_and_comments_stay() -> None:
    notebook = made("%matplotlib inline", "print('SEED = 7')", CELL, "x = SEED", "del x")
    turn(notebook, {"SEED": 12, "LR": 1, "STEPS": 100, "SIZES": {"5": 9}, "NAMES": ["c"], "FAST": True}, "01")
    assert [cell.source for cell in notebook.cells] == ["%matplotlib inline", "print('SEED = 7')", """# the dials
SEED = 12  # "ö": whole number; try 1, 2
LR, STEPS = 1.0, 100  # no unit; steps
SIZES = {5: 9}
NAMES = ('c',); FAST: bool = True
HALF = STEPS / 2  # computed""", "x = SEED", "del x"]


@pytest.mark.parametrize(("values", "message"), [
    ({"RATE": 1}, "01.py, dials cell: expected a dial RATE with a plain value, found SEED, LR, STEPS"),
    ({"HALF": 1.0}, "expected a dial HALF with a plain value"),
    ({"STEPS": 2.5}, "STEPS: expected a whole number such as 50, found a number, 2.5"),
    ({"STEPS": True}, "STEPS: expected a whole number such as 50, found true or false, True"),
    ({"FAST": 1}, "FAST: expected true or false such as False, found a whole number, 1"),
    ({"LR": "high"}, "LR: expected a number such as 0.001, found a text"),
    ({"SIZES": {"ten": 1}}, "SIZES: expected an object"),
    ({"NAMES": "c"}, "NAMES: expected a list"),
])
def test_what_cannot_be_turned_is_refused(values: dict, message: str) -> None:
    notebook = made(CELL)
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        turn(notebook, {"SEED": 1, **values}, "01")
    assert notebook.cells[0].source == CELL


@pytest.mark.parametrize(("cells", "message"), [
    (["x = 1"], "expected one cell that assigns SEED, the dials cell, found 0"),
    (["SEED = 0", "SEED = 1"], "found 2"),
    (["SEED = 0", "for SEED in range(3): print(SEED)"], "SEED to be assigned once in the notebook, found 2 times"),
])
def test_a_seed_that_means_nothing_is_refused(cells: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        turn(made(*cells), {"SEED": 1}, "01")
