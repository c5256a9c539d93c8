"""What the lock asks for, and whether that is what is installed here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import paths

if TYPE_CHECKING:
    from packaging.requirements import Requirement


def read_lock(path: str | Path | None = None) -> list[Requirement]:
    """The lock's lines as requirements, markers included.

    Raises:
        ValueError: If a line is not one exact version; the message names the line.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    path = Path(path) if path else paths.root() / "requirements.lock"
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            requirement = Requirement(text)
            version = str(requirement.specifier)
            exact = version.startswith("==") and not {",", "*", "+"} & set(version) and version[2:3] != "="
        except InvalidRequirement:
            exact = False
        if not exact:
            raise ValueError(
                f"{path.name} line {number}: expected one exact version such as 'numpy==2.4.6', found "
                f"'{text}'. Write the file again with `make lock`."
            )
        found.append(requirement)
    return found


def locked_here(path: str | Path | None = None) -> dict[str, str]:
    """Package name (normalised) -> version, for the lines that apply to this Python on this system."""
    from packaging.utils import canonicalize_name

    here = [line for line in read_lock(path) if line.marker is None or line.marker.evaluate()]
    return {canonicalize_name(line.name): next(iter(line.specifier)).version for line in here}


def differences(path: str | Path | None = None) -> list[str]:
    """What is installed otherwise than the lock says, one sentence each; empty if all is as locked.

    A local build suffix counts as the same version: torch 2.13.0+cpu is 2.13.0.
    """
    from importlib import metadata

    problems = []
    for name, version in locked_here(path).items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            problems.append(f"{name} {version} is not installed")
            continue
        if installed.partition("+")[0] != version:
            problems.append(f"{name} is {installed}, the lock says {version}")
    return problems
