"""What a notebook shows in the open is what the package keeps: cells tagged ``twin:module:name``."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ftlab.course import course

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "twin:"


def twins() -> list[tuple[str, str, str, str]]:
    """Notebook, module, name and source of every tagged cell."""
    found = []
    for path in sorted((ROOT / "notebooks" / "source").glob("*.py")):
        for cell in course.from_source(path).cells:
            for tag in cell.metadata.get("tags", []):
                if tag.startswith(PREFIX):
                    module, _, name = tag.removeprefix(PREFIX).partition(":")
                    found.append((path.stem, module, name, cell.source))
    return found


def tree(source: str, name: str, where: str) -> str:
    """The syntax tree of the function, class or constant ``name``, docstrings and annotations aside."""
    for node in ast.parse(source).body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        if name in [getattr(node, "name", None), *(getattr(target, "id", None) for target in targets)]:
            return ast.dump(_Bare().visit(node), indent=1)
    raise AssertionError(f"{where}: expected a definition of {name!r} at the top level, found none. Correct the tag.")


class _Bare(ast.NodeTransformer):
    """Takes out docstrings and annotations, which may differ between a lesson and a package."""

    def _body(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:] or [ast.Pass()]
        return node

    visit_ClassDef = _body

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._body(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        return ast.Assign(targets=[node.target], value=node.value) if node.value else ast.Pass()


def test_there_are_twins() -> None:
    assert twins(), "no cell has a tag such as twin:ftlab.tuning.chat:TEMPLATE"


@pytest.mark.parametrize(("notebook", "module", "name", "source"), twins(), ids=lambda value: value.split("\n")[0][:50])
def test_shown_and_packaged_are_the_same(notebook: str, module: str, name: str, source: str) -> None:
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    assert path.is_file() and name, f"{notebook}: expected a tag twin:module:name, found twin:{module}:{name}"
    shown, packaged = tree(source, name, notebook), tree(path.read_text(encoding="utf-8"), name, module)
    assert shown == packaged, f"{notebook} shows another {name} than {module} has: copy it over, one way or the other"


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ('def f(x: int) -> int:\n    """Another docstring."""\n    y: int = x\n    return y', True),
        ("def f(x):\n    y = x\n    return y", True),
        ("def f(x):\n    # a comment\n    y = x\n    return (y)", True),
        ("def f(x):\n    y = x + 0\n    return y", False),
        ("def f(x, z=1):\n    y = x\n    return y", False),
    ],
)
def test_docstrings_annotations_and_comments_do_not_matter(shown: str, same: bool) -> None:
    packaged = 'def f(x: float) -> float:\n    """Doc."""\n    y = x\n    return y'
    assert (tree(shown, "f", "notebook") == tree(packaged, "f", "package")) is same


def test_a_tag_with_a_wrong_name_is_named() -> None:
    with pytest.raises(AssertionError, match="definition of 'g'"):
        tree("def f(): pass", "g", "02")
