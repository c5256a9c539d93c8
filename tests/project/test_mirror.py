"""Tests mirror the rooms: each module has a file of its own, ``tests/ROOM/test_FILE.py``."""

from __future__ import annotations

from pathlib import Path

from ftlab import paths

TOGETHER = {"scores/metrics": "scores/test_metrics.py"}  # ten files of one form


def test_each_module_has_its_tests() -> None:
    package, tests = paths.root() / "ftlab", paths.root() / "tests"
    lacking = []
    for path in sorted(package.rglob("*.py")):
        room = path.relative_to(package).parent
        mirror = Path(TOGETHER.get(room.as_posix(), room / f"test_{path.name}"))
        if path.name != "__init__.py" and not (tests / mirror).is_file():
            lacking.append(f"ftlab/{room / path.name}: no tests/{mirror.as_posix()}")
    assert lacking == []
