"""Exercises of every notebook: the folded answer passes its checker, the unanswered stub does not.

An exercise is a stub cell, its checker in the next code cell (tagged ``raises-exception``, ending in ``passed(...)``)
and below it a text cell with a folded ``Answer`` that holds a python block. An answer needs no more than the stub's
imports.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from ftlab.course import course
from ftlab.exercise import NotYet, check, passed

ROOT = Path(__file__).resolve().parents[2]
ANSWER = re.compile(r"<details>\s*<summary>\s*Answer\b.*?</summary>(.*?)</details>", re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Exercise(NamedTuple):
    """One exercise as the notebook has it; ``answer`` is None if no folded answer with code was found."""

    notebook: str
    number: int
    stub: str
    checker: str
    answer: str | None


def is_checker(cell) -> bool:
    """Whether the cell checks an exercise, unlike one that fails for the lesson's sake."""
    return "raises-exception" in cell.metadata.get("tags", []) and re.search(r"^passed\(", cell.source, re.MULTILINE)


def exercises(path: Path) -> list[Exercise]:
    """All exercises of a notebook's source, in order."""
    cells, found = course.from_source(path).cells, []
    for index, cell in enumerate(cells):
        if cell.cell_type != "code" or not is_checker(cell):
            continue
        stub = next(c.source for c in reversed(cells[:index]) if c.cell_type == "code")
        text = ""
        for later in cells[index + 1 :]:
            if later.cell_type == "code":
                break
            text += later.source + "\n"
        # The text below also holds what comes after, such as the next exercise's words: take the first answer.
        folded = ANSWER.search(text)
        code = PYTHON.search(folded[1]) if folded else None
        found.append(Exercise(path.stem, len(found) + 1, stub, cell.source, code[1] if code else None))
    return found


SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))
EVERY = [exercise for path in SOURCES for exercise in exercises(path)]
every_exercise = pytest.mark.parametrize("exercise", EVERY, ids=lambda e: f"{e.notebook[:2]}-{e.number}")


def names() -> dict:
    """What a checker finds in its notebook: the two functions of ``ftlab.exercise``."""
    return {"check": check, "passed": passed, "__name__": "__main__"}


def imports(source: str) -> str:
    """The import statements of a cell."""
    lines = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(node) for node in lines)


def test_there_are_exercises() -> None:
    assert EVERY
    assert len({exercise.checker for exercise in EVERY}) == len(EVERY)


@every_exercise
def test_the_answer_passes(exercise: Exercise, capsys: pytest.CaptureFixture) -> None:
    assert exercise.answer, "expected a folded answer with a python block below the checker"
    scope = names()
    exec(imports(exercise.stub), scope)
    exec(exercise.answer, scope)
    exec(exercise.checker, scope)
    assert capsys.readouterr().out.splitlines()[-1].startswith("Passed.")


@every_exercise
def test_the_unanswered_stub_does_not(exercise: Exercise, capsys: pytest.CaptureFixture) -> None:
    scope = names()
    exec(exercise.stub, scope)
    with pytest.raises((NotYet, NotImplementedError)) as caught:
        exec(exercise.checker, scope)
    assert str(caught.value), "a checker says in a sentence what is missing"
    assert "Passed." not in capsys.readouterr().out
