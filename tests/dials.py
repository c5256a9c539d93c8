"""The dials of a notebook, for the tests that compare them with something."""

from __future__ import annotations

import ast

from ftlab import paths


def dials(name: str) -> dict[str, object]:
    """The upper-case constants with literal values that a notebook's source assigns."""
    tree = ast.parse((paths.root() / "notebooks" / "source" / f"{name}.py").read_text(encoding="utf-8"))
    found = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        target = node.targets[0]
        names = [getattr(each, "id", "") for each in (target.elts if isinstance(target, ast.Tuple) else [target])]
        try:
            value = ast.literal_eval(node.value)
        except ValueError:
            continue  # computed, so no dial
        if all(each.isupper() for each in names):
            found |= dict(zip(names, value if len(names) > 1 else [value], strict=True))
    return found
