"""What a run read: a hash of every module, table and weight behind its numbers, so that a change is seen later.

Python files are hashed by their syntax tree without docstrings: a better comment does not make hours of runs stale.
"""

from __future__ import annotations

import ast
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import ftlab
from ftlab import claims, paths

PACKAGE = Path(ftlab.__file__).resolve().parent
UNREAD = ("claims.csv", "reference/")  # limits and earlier results: they change verdicts, not runs
_opened: set[str] = set()


def watch() -> None:
    """From now on, remember every file below ``data/`` that this process opens."""
    if not getattr(watch, "on", False):
        watch.on = True  # a hook cannot be taken away, so there is one
        sys.addaudithook(_note)


def snapshot(module: str, notebook: str) -> dict[str, str]:
    """Hashes by file of what a run of ``module`` depends on.

    That is: the notebook's source; the module and all of ``ftlab`` that it imports, also within functions; every file
    below ``data/`` that this process has opened since ``watch``; the lab model's weights, tokenizer and settings.
    """
    files = {paths.root() / "notebooks" / "source" / f"{notebook}.py", *_modules(module)}
    files |= {path for path in claims.lab_folder().glob("*") if path.suffix in (".json", ".safetensors")}
    data = paths.data().resolve()
    for name in _opened:
        path = Path(name)
        if path.is_relative_to(data) and not path.relative_to(data).as_posix().startswith(UNREAD):
            files.add(path)
    return {_name(path): digest(path) for path in sorted(files) if path.is_file()}


def changed(inputs: dict[str, str]) -> list[str]:
    """The files of a snapshot that are gone or have another hash now."""
    return [name for name, known in inputs.items() if not _path(name).is_file() or digest(_path(name)) != known]


def digest(path: Path) -> str:
    """Sixteen hexadecimal digits: of a Python file's syntax tree, of another file's bytes with Unix line ends."""
    content = path.read_bytes()
    if path.suffix == ".py":
        content = "".join(_dump(ast.parse(content))).encode()
    elif path.suffix != ".safetensors":
        content = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()[:16]


def _dump(node: ast.AST) -> Iterator[str]:
    """The tree in words: what ``ast.dump`` writes differs between versions of Python, this does not."""
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
                yield f" {name}={part!r}"
    yield ")"


def _modules(start: str) -> set[Path]:
    """The files of a module and of all that it imports, and they import, from ``ftlab`` or the project's folder."""
    found, todo = set(), [start]
    while todo:
        path = _module_file(todo.pop())
        if path is None or path in found:
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
    return path.relative_to(PACKAGE.parent if path.is_relative_to(PACKAGE) else paths.root()).as_posix()


def _path(name: str) -> Path:
    return (PACKAGE.parent if name.startswith("ftlab/") else paths.root()) / name


def _note(event: str, arguments: tuple) -> None:
    if event == "open" and isinstance(arguments[0], str | os.PathLike) and "data" in str(arguments[0]):
        _opened.add(os.path.abspath(arguments[0]))
