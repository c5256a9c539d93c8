"""What every stored notebook keeps to, so that it reads well where it is hosted and runs anywhere."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import nbformat
import pytest

from ftlab.course import course

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))
MAX_BYTES = 1_500_000
FORBIDDEN = {
    "installs a package": re.compile(r"^\s*[!%]\s*(pip|conda|uv)\b|\bpip install\b", re.MULTILINE),
    "logs in": re.compile(r"\b(notebook_login|huggingface_hub\.login|hf_login|wandb\.login)\b"),
    "changes sys.path": re.compile(r"\bsys\.path\b"),
    "runs a shell": re.compile(r"^\s*(!|%%(bash|sh|script)\b)", re.MULTILINE),
}
HOST_PATH = re.compile(r"(?<![\w.:/])/(home|Users|root|tmp|private|opt|mnt|workspace)/[\w.]|\b[A-Z]:\\\\?Users\\")
# Of this notebook, not of another one nor of a paper.
NAMED_SECTIONS = re.compile(r"(?<!notebook \d\d, )\b[Ss]ections? (\d+)\b(?!\.\d)(?: (?:and|to|or) (\d+)\b)?")
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    return sorted(cell.metadata.get("tags", []))


def test_every_notebook_has_its_source_and_the_other_way_round() -> None:
    assert [path.stem for path in NOTEBOOKS] == [path.stem for path in SOURCES], "run `make notebooks`"


@every_notebook
def test_executed_from_top_to_bottom(path: Path) -> None:
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), f"run `ftlab notebooks {path.stem}`"


@every_notebook
def test_no_stored_error(path: Path) -> None:
    for cell in code_cells(path):
        if "raises-exception" not in tags(cell):
            assert not [output for output in cell.outputs if output.output_type == "error"], cell.source


def named_at_the_top(path: Path) -> list[set[str]]:
    """By cell, the names that its code binds outside of functions and comprehensions."""
    found = []
    for cell in code_cells(path):
        todo, names = list(ast.parse(cell.source).body), set()
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp,
                                     ast.GeneratorExp)):
                todo += ast.iter_child_nodes(node)
        found.append(names)
    return found


@every_notebook
def test_the_models_keep_their_names(path: Path) -> None:
    """A loop that takes the name of the model's choice breaks a later cell, maybe one that only some learners run."""
    for name in ("choice", "lab"):
        assert sum(name in names for names in named_at_the_top(path)) <= 1, name


@every_notebook
def test_small_and_valid(path: Path) -> None:
    assert path.stat().st_size < MAX_BYTES
    nbformat.validate(nbformat.read(path, as_version=4))


@every_notebook
def test_in_step_with_its_source(path: Path) -> None:
    stored, source = (
        nbformat.read(path, as_version=4),
        course.from_source(ROOT / "notebooks" / "source" / f"{path.stem}.py"),
    )
    assert stored.metadata.get("ftlab") == source.metadata.get("ftlab")
    assert float(stored.metadata["ftlab"]["minutes"]) > 0
    for number, (a, b) in enumerate(zip(stored.cells, source.cells, strict=False), start=1):
        assert (a.cell_type, a.source.rstrip(), tags(a)) == (b.cell_type, b.source.rstrip(), tags(b)), f"cell {number}"
    assert len(stored.cells) == len(source.cells)


@every_notebook
def test_no_install_no_login_no_shell(path: Path) -> None:
    for cell in code_cells(path):
        for what, pattern in FORBIDDEN.items():
            assert not pattern.search(cell.source), f"a cell {what}:\n{cell.source}"


@every_notebook
def test_nothing_of_the_authors_computer(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for own in {str(ROOT), str(Path.home()), sys.prefix} - {"/"}:
        assert not re.search(re.escape(own) + r"(?![\w-])", text), f"{own} is in the notebook"
    found = HOST_PATH.search(text)
    assert not found, f"a path of the author's computer: {text[found.start() : found.start() + 60]!r}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_sections_are_numbered_in_order_and_every_section_that_is_named_is_there(path: Path) -> None:
    cells = course.from_source(path).cells
    numbers = [int(number) for cell in cells if cell.cell_type == "markdown"
               for number in re.findall(r"^## (\d+)\. ", cell.source, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    text = " ".join(" ".join(line.lstrip("# ") for cell in cells for line in cell.source.splitlines()).split())
    named = {int(number) for found in NAMED_SECTIONS.findall(text) for number in found if number}
    assert named <= set(numbers), f"sections {sorted(named - set(numbers))} are named, and there are {numbers}"


@pytest.mark.parametrize(("text", "found"), [
    ("see section 5 and Section 2.", [("5", ""), ("2", "")]), ("sections 4 and 8", [("4", "8")]),
    ("notebook 00, section 7", []), ("arXiv:1, section 4.1", [])])
def test_named_sections_are_recognised(text: str, found: list) -> None:
    assert NAMED_SECTIONS.findall(text) == found


@every_notebook
def test_nothing_left_to_do(path: Path) -> None:
    # Sources alone: a picture stored as text may hold any three letters.
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)


@pytest.mark.parametrize("text", ["/home/ann/x.py", "see /Users/ann", r"C:\\Users\\ann", "File /tmp/ipykernel_1/2.py"])
def test_host_paths_are_recognised(text: str) -> None:
    assert HOST_PATH.search(text)


@pytest.mark.parametrize("text", ["https://site.org/home/x", "and/or", "notebooks/tmp/x", "runs/root/y"])
def test_other_paths_are_not(text: str) -> None:
    assert not HOST_PATH.search(text)
