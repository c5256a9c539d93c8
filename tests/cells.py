"""Single cells of a notebook, run in a test with the names that they would find there; whole ones on a fast path."""

from __future__ import annotations

import ast
from pathlib import Path

from ftlab.course import course

SOURCES = Path(__file__).resolve().parents[1] / "notebooks" / "source"
FIRST = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import fast_path"  # of a kernel


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


def go_on(cells: list) -> None:
    """Lets a notebook's cells be executed to the last, whatever one of them raises."""
    for cell in cells:
        if cell.cell_type == "code":
            cell.metadata.setdefault("tags", []).append("raises-exception")


def fast_errors(executed: list, before: list) -> list[str]:
    """What executed cells raised on the fast path, where outcomes mean nothing: an assert about one may fail.

    Args:
        before: The same cells as they stand in the notebook: some are meant to fail.
    """
    found = [
        f"cell {number}: {output.ename}: {output.evalue}"
        for number, (cell, as_written) in enumerate(zip(executed, before, strict=True), 1)
        if cell.cell_type == "code" and "raises-exception" not in as_written.metadata.get("tags", [])
        for output in cell.outputs if output.output_type == "error"
    ]
    print(*found, sep="\n")  # the asserts too, to be read beside a failure
    return [error for error in found if ": AssertionError" not in error]
