"""pyproject.toml, requirements.lock and environment.yml say the same, and nothing is imported that they do not name."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ftlab import __version__
from ftlab.course import installed
from ftlab.workshop import lock


def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_lock_holds_exact_versions_only(root: Path) -> None:
    lines = installed.read_lock(root / "requirements.lock")
    assert len(lines) > 100
    assert not [line for line in lines if line.url or line.extras]


def test_lock_names_each_package_once_on_every_system(root: Path) -> None:
    lines = installed.read_lock(root / "requirements.lock")
    for where in lock.environments():
        names = [canonicalize_name(line.name) for line in lines if line.marker is None or line.marker.evaluate(where)]
        assert len(names) == len(set(names)), where


def test_lock_serves_every_direct_dependency_on_every_system(root: Path) -> None:
    lines = installed.read_lock(root / "requirements.lock")
    for where in lock.environments():
        locked = {
            canonicalize_name(line.name): next(iter(line.specifier)).version
            for line in lines
            if line.marker is None or line.marker.evaluate(where)
        }
        for direct in map(Requirement, project(root)["dependencies"]):
            assert direct.specifier.contains(locked[canonicalize_name(direct.name)]), direct


def test_lock_is_complete_here(root: Path) -> None:
    """Whatever a locked package requires on this system is locked too, in a version it accepts."""
    locked = installed.locked_here(root / "requirements.lock")
    torch_cuda = ("nvidia-", "cuda-", "triton")  # pinned by torch's own Linux wheel; the lock's header says why
    for name in locked:
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate({"extra": ""}):
                continue
            if name == "torch" and needed.name.startswith(torch_cuda):
                continue
            version = locked.get(canonicalize_name(needed.name))
            assert version, f"{name} needs {text}, which the lock does not name"
            assert needed.specifier.contains(version, prereleases=True), f"{name} needs {text}, the lock says {version}"


def test_installed_is_as_locked(root: Path) -> None:
    assert installed.differences(root / "requirements.lock") == []


def test_lock_names_no_host(root: Path) -> None:
    text = (root / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--" not in "".join(line for line in text.splitlines() if not line.startswith("#"))


def test_conda_installs_the_same_lock_and_the_package(root: Path) -> None:
    environment = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    python, pip, by_pip = environment["dependencies"]
    assert environment["name"] == project(root)["name"]
    assert pip == "pip"
    assert by_pip == {"pip": ["-r requirements.lock", "-e ."]}
    version = python.removeprefix("python=")
    assert all(part.contains(version) for part in Requirement("x" + project(root)["requires-python"]).specifier)


def test_package_version_agrees(root: Path) -> None:
    assert project(root)["version"] == __version__


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


# Notebook 01 compares these with rensa where a learner has them, and shows stored figures where not.
COMPARED = {"01_data_curation.py": {"datasketch", "gaoya"}}


def test_every_import_is_locked(root: Path) -> None:
    owners = metadata.packages_distributions()
    locked = installed.locked_here(root / "requirements.lock")
    sources = [path for folder in ("ftlab", "tests", "notebooks/source") for path in (root / folder).rglob("*.py")]
    own = {"ftlab", *(path.stem for path in sources)}
    for path in sources:
        for module in set(imported(path)) - own - sys.stdlib_module_names - COMPARED.get(path.name, set()):
            names = {canonicalize_name(name) for name in owners.get(module, [])}
            assert names & set(locked), (
                f"{path.relative_to(root)} imports {module}, which requirements.lock does not name"
            )


def test_simplify_drops_what_no_served_system_needs() -> None:
    text = (
        "a==1 ; sys_platform != 'emscripten'\n    # via b\nb==2 ; sys_platform == 'emscripten'\n    # via c\n"
        "c==3 ; sys_platform == 'win32'\n"
    )
    assert lock.simplify(text) == "a==1\n    # via b\nc==3 ; sys_platform == 'win32'\n"
