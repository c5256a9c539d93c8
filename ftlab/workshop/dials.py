"""Turning a notebook's dials: other values in the cell that assigns ``SEED``, as a learner would type them there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode


def turn(notebook: NotebookNode, values: Mapping[str, object], name: str) -> None:
    """Gives dials other values, in place. Comments and everything else in the cell stay as they are.

    Args:
        values: By the dial's name; values as they come from JSON. A list serves a dial that is a tuple, texts serve as
            keys where a dial's dict has numbers for keys, a whole number serves where a dial is a fraction.
        name: The notebook's name, for messages.
    Raises:
        ValueError: If there is no one dials cell, it lacks a dial, the dial is computed or assigned again later, or its
            value is of another type.
    """
    trees = {index: tree for index, cell in enumerate(notebook.cells)
             if cell.cell_type == "code" and (tree := _parsed(cell.source)) is not None}
    found = {index: _literals(tree) for index, tree in trees.items()}
    cells = [index for index, literals in found.items() if "SEED" in literals]
    if len(cells) != 1:
        raise ValueError(f"notebooks/source/{name}.py: expected one cell that assigns SEED, the dials cell, found "
                         f"{len(cells)}. Assign SEED a whole number there, once, beside the other dials.")
    cell, known = notebook.cells[cells[0]], found[cells[0]]
    assigned = [node.id for tree in trees.values() for node in ast.walk(tree)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    where, source = f"notebooks/source/{name}.py, dials cell", cell.source.encode()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    edits = []
    for key, value in values.items():
        if key not in known:
            raise ValueError(f"{where}: expected a dial {key} with a plain value, found {', '.join(known)}. Correct "
                             "the column dials in data/claims.csv, or add the dial to the cell.")
        if assigned.count(key) > 1:
            raise ValueError(f"{where}: expected {key} to be assigned once in the notebook, found "
                             f"{assigned.count(key)} times. Give the other variable another name.")
        node = known[key]
        text = repr(_fitting(value, ast.literal_eval(node), f"{where}, {key}")).encode()
        ends = [starts[line - 1] + column for line, column in (
            (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))]  # columns are bytes, too
        edits.append((*ends, text))
    for start, end, text in sorted(edits, reverse=True):  # from the back, so that the places before stay right
        source = source[:start] + text + source[end:]
    cell.source = source.decode()


def _parsed(source: str) -> ast.Module | None:
    """The syntax tree; None for a cell that is not plain Python, such as one with a magic or one that fails."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def _literals(tree: ast.Module) -> dict[str, ast.expr]:
    """The right-hand sides that are literals, by the name they are assigned to at the top level."""
    found = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        for target in [node.target] if isinstance(node, ast.AnnAssign) else node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=False)
            for left, right in pairs:
                if isinstance(left, ast.Name) and right is not None and _is_literal(right):
                    found[left.id] = right
    return found


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _fitting(value: object, present: object, where: str) -> object:
    """The value in the present one's type, where JSON has no word for it."""
    if isinstance(present, float) and type(value) is int:
        return float(value)
    if isinstance(present, tuple) and isinstance(value, list):
        return tuple(value)
    if isinstance(present, dict) and isinstance(value, dict) and not any(isinstance(key, str) for key in present):
        try:
            return {ast.literal_eval(key): each for key, each in value.items()}
        except (ValueError, SyntaxError):
            pass
    elif type(value) is type(present):
        return value
    raise ValueError(f"{where}: expected {_kind(present)} such as {present!r}, found {_kind(value)}, {value!r}. "
                     "Correct the column dials in data/claims.csv.")


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list",
             tuple: "a list", dict: "an object", type(None): "nothing"}
    return names.get(type(value), type(value).__name__)
