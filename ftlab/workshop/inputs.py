"""What a run read: a hash of every module, table and weight behind its numbers, so that a change is seen later.

Python files are hashed by their syntax tree without docstrings: a better comment does not make hours of runs stale.
Weights are read by libraries that no hook sees, so the folder of a model, or of an adapter on the course's own shelf,
counts as a whole once one of its files was opened.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import ftlab
from ftlab import claims, paths
from ftlab.model import MARK
from ftlab.shelf import SETTINGS

PACKAGE = Path(ftlab.__file__).resolve().parent
UNREAD = ("claims.csv", "designs.csv", "reference/")  # limits, plans, earlier results: no run reads
WEIGHTS = (".safetensors", ".json", ".jinja")
RECORDER = "ftlab.workshop.stored"  # it writes down what was found, and moves no number; nor does what it imports
_opened: set[str] = set()


def watch() -> None:
    """From now on, remember every file that this process opens to read."""
    if not getattr(watch, "on", False):
        watch.on = True  # a hook cannot be taken away, so there is one
        sys.addaudithook(_note)


def environment(log: Path) -> dict[str, str]:
    """What to add to a kernel's environment so that it, and each Python that it starts, notes in ``log`` what it reads.

    Looked at are this package, ``data/`` and ``models/``.
    """
    watching = str(Path(__file__).resolve().parent / "watching")
    return {
        "FTLAB_WATCH_LOG": str(log),
        "FTLAB_WATCH_ROOTS": os.pathsep.join(f"{root}{os.sep}" for root in (PACKAGE, paths.data(), paths.models())),
        "PYTHONPATH": os.pathsep.join(filter(None, [watching, os.environ.get("PYTHONPATH")])),
        "PYTHONPYCACHEPREFIX": "",  # a compiled module lies beside its source, where it is recognised
    }


def of_function(module: str, notebook: str = "", log: Path | None = None) -> dict[str, str]:
    """Hashes by file of what a run of ``module`` in this process depends on.

    That is: the notebook's source, if one is named; the module and all of ``ftlab`` that it imports, also within
    functions; every file below ``data/`` that this process has opened since ``watch``, for an earlier run as well, as
    it may be kept in memory since; each model of which a file was opened.

    Args:
        log: Of ``environment``, where the run started processes of its own, for what they opened below ``data/``.
    """
    theirs = log.read_text(encoding="utf-8").splitlines() if log else []
    return _hashes([_source(notebook), *_modules(module), *_read([*_opened, *theirs])])


def of_kernel(log: Path, notebook: str) -> dict[str, str]:
    """Hashes by file of what a notebook's run read, by the log of ``environment``.

    That is: the notebook's source; every module of ``ftlab`` that was imported; every file below ``data/``; the models
    of which a file was opened.
    """
    opened = dict.fromkeys(log.read_text(encoding="utf-8").splitlines())
    modules = [Path(importlib.util.source_from_cache(name) if name.endswith(".pyc") else name) for name in opened
               if Path(name).is_relative_to(PACKAGE)]
    return _hashes([_source(notebook), *modules, *_read(opened)])


def changed(inputs: dict[str, str]) -> list[str]:
    """The files of a snapshot that are gone or have another hash now.

    A model that this computer has not fetched cannot be compared, and is passed over.
    """
    return [name for name, known in inputs.items() if not _is_elsewhere(name) and now(name) != known]


def now(name: str) -> str:
    """The hash that a file of a snapshot has now; empty if it is gone."""
    return digest(_path(name)) if _path(name).is_file() else ""


def _source(notebook: str) -> Path:
    return paths.root() / "notebooks" / "source" / f"{notebook}.py"


def _read(opened: Iterable[str]) -> Iterator[Path]:
    """The files below ``data/`` among those opened that can move a number, and all of each model that was opened."""
    lab, shelf, models = claims.lab_folder(), paths.data() / "shelf", set()
    for path in map(Path, opened):
        if path.is_relative_to(paths.models()) and path.name != MARK:  # who reads the mark asks whether it is there
            models.add(paths.models() / path.relative_to(paths.models()).parts[0])
        elif path.is_relative_to(lab):
            models.add(lab)
        elif path.is_relative_to(shelf):
            if path.name != SETTINGS:  # likewise, who reads the settings asks whether it is the one
                models.add(shelf / path.relative_to(shelf).parts[0])
        elif path.is_relative_to(paths.data()) and not path.relative_to(paths.data()).as_posix().startswith(UNREAD):
            yield path
    for folder in models:
        yield from _model_files(folder)


def _model_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in WEIGHTS and path.name != MARK]


def _hashes(found: Iterable[Path]) -> dict[str, str]:
    return {_name(path): digest(path) for path in sorted(set(found)) if path.is_file()}


def _is_elsewhere(name: str) -> bool:
    top, *rest = name.split("/")
    return top == "models" and not (paths.models() / rest[0]).is_dir()


def digest(path: Path) -> str:
    """Sixteen hexadecimal digits: of a Python file's syntax tree, of another file's bytes with Unix line ends."""
    about = path.stat()
    return _digest(path, about.st_mtime_ns, about.st_size, about.st_ino)


@cache  # the weights of a model stand behind every reference
def _digest(path: Path, *_: int) -> str:
    content = path.read_bytes()
    if path.suffix == ".py":
        content = "".join(_dump(ast.parse(content))).encode()
    elif path.suffix != ".safetensors":
        content = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()[:16]


def _dump(node: ast.AST) -> Iterator[str]:
    """The tree in words, the same in every version of Python.

    What ``ast.dump`` writes is not; nor is ``repr`` of a letter that a newer Unicode calls printable.
    """
    yield f"({type(node).__name__}"
    for name, value in ast.iter_fields(node):
        parts = value if isinstance(value, list) else [value]
        if name == "body" and parts and isinstance(parts[0], ast.Expr) and isinstance(parts[0].value, ast.Constant):
            parts = parts[1:] if isinstance(parts[0].value.value, str) else parts  # a docstring
        for part in parts:
            if isinstance(part, ast.AST):
                yield name
                yield from _dump(part)
            elif part is not None:
                yield f" {name}={part!a}"
    yield ")"


def _modules(start: str) -> set[Path]:
    """The files of a module and of all that it imports, and they import, from ``ftlab`` or the project's folder."""
    found, todo = set(), [start]
    while todo:
        path = _module_file(name := todo.pop())
        if path is None or path in found or name == RECORDER:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                todo += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                todo += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def _module_file(name: str) -> Path | None:
    top, *rest = name.split(".")
    base = (PACKAGE if top == "ftlab" else paths.root() / top).joinpath(*rest)
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _name(path: Path) -> str:
    if path.is_relative_to(paths.models()):
        return f"models/{path.relative_to(paths.models()).as_posix()}"
    return path.relative_to(PACKAGE.parent if path.is_relative_to(PACKAGE) else paths.root()).as_posix()


def _path(name: str) -> Path:
    if name.startswith("models/"):
        return paths.models() / name.removeprefix("models/")
    return (PACKAGE.parent if name.startswith("ftlab/") else paths.root()) / name


def _note(event: str, arguments: tuple) -> None:
    if event == "open" and isinstance(arguments[0], str | os.PathLike) and str(arguments[1])[:1] not in "wxa":
        _opened.add(os.path.abspath(arguments[0]))
