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


SMALL = 25  # nodes of a syntax tree: what is smaller (return one call) may well be written twice
SHORT = [["ftlab.world.notices:_rows", "ftlab.world.shops:_rows"]]  # two lines that read a table


def functions(source: str) -> dict[str, str]:
    """Every function at the top of a source, and class with methods, by its name: its syntax tree, the name aside."""
    found = {}
    for node in ast.parse(source).body:
        methods = any(isinstance(part, ast.FunctionDef) for part in getattr(node, "body", ()))
        if (isinstance(node, ast.FunctionDef) or methods) and sum(1 for _ in ast.walk(node)) > SMALL:
            bare = _Bare().visit(node)
            name, bare.name = bare.name, "f"
            found[name] = ast.dump(bare)
    return found


def packaged() -> dict[str, list[str]]:
    """Of each syntax tree in the package, where it stands, as ``module:name``."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "ftlab").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name, shape in functions(path.read_text(encoding="utf-8")).items():
            found.setdefault(shape, []).append(f"{module}:{name}")
    return found


def test_nothing_stands_in_the_package_twice() -> None:
    twice = [places for places in packaged().values() if len(places) > 1 and places not in SHORT]
    assert not twice, f"{twice}: keep one of each, and import it"


def test_what_stands_in_a_notebook_and_in_the_package_is_tagged() -> None:
    known = packaged()
    for path in sorted((ROOT / "notebooks" / "source").glob("*.py")):
        for cell in course.from_source(path).cells:
            if cell.cell_type != "code":
                continue
            tags = {tag.removeprefix(PREFIX) for tag in cell.metadata.get("tags", [])}
            for name, shape in functions("".join(f"# {line}" if line[:1] in "%!" else line
                                                 for line in cell.source.splitlines(keepends=True))).items():
                places = known.get(shape, [])
                assert not places or tags & set(places), (
                    f"{path.name} shows {name}, which {places} has too: import it, or tag its cell {PREFIX}{places[0]}"
                )


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
