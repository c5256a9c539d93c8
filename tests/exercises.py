"""The exercises of the notebooks, as the tests of their answers and checkers need them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ftlab.course import course
from ftlab.exercise import check, passed

ROOT = Path(__file__).resolve().parents[1]
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


def names() -> dict:
    """What a checker finds in its notebook: the two functions of ``ftlab.exercise``."""
    return {"check": check, "passed": passed, "__name__": "__main__"}


def run(exercise: Exercise, answer: str, imports: str = "") -> None:
    """The exercise's cells with an answer after the stub: raises ``NotYet`` if the checker does not take it.

    Args:
        imports: What the notebook has imported by then, as code.
    """
    scope = names()
    for source in (imports, exercise.stub, answer, exercise.checker):
        exec(source, scope)
