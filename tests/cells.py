"""Single cells of a notebook, run in a test with the names that they would find there."""

from __future__ import annotations

import ast
from pathlib import Path

from ftlab.course import course

SOURCES = Path(__file__).resolve().parents[1] / "notebooks" / "source"


def sources(notebook: str) -> list[str]:
    """The notebook's code cells, in order."""
    return [cell.source for cell in course.from_source(SOURCES / f"{notebook}.py").cells if cell.cell_type == "code"]


def holding(notebook: str, text: str) -> str:
    """The one code cell that holds the text."""
    found = [source for source in sources(notebook) if text in source]
    assert len(found) == 1, f"{notebook}: expected one code cell with {text!r}, found {len(found)}"
    return found[0]


def functions(notebook: str, *names: str) -> str:
    """The definitions of functions that the notebook makes, without the rest of their cells."""
    found = {}
    for source in sources(notebook):
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = ast.unparse(node)
    return "\n".join(found[name] for name in names)


def run(*codes: str, **names: object) -> dict:
    """Executes cells after one another in one scope, and returns it."""
    scope = dict(names)
    for code in codes:
        exec(code, scope)
    return scope
