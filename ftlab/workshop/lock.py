"""The lock: one exact version of every package the course needs, direct or not, on every system it serves."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ftlab import files, paths
from ftlab.course.installed import read_lock

HEADER = """\
# One exact version of every package, direct or not. Written by `make lock` from pyproject.toml; do not edit by hand.
#
# Install it, then the package itself:
#     pip install -r requirements.lock
#     pip install --no-deps --no-build-isolation -e .
#
# Torch's usual wheel for Linux brings CUDA packages of several gigabytes. Their versions are pinned by that wheel's own
# metadata, and they are left out of this file on purpose: if they stood here, nobody could choose the CPU build.
# README.md says how to choose it.
"""

SYSTEMS = (("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows"))
MACHINES = ("x86_64", "AMD64", "arm64", "aarch64")
PYTHONS = ("3.11.0", "3.11.9", "3.12.0", "3.12.9", "3.13.0", "3.13.9")


def environments() -> Iterator[dict[str, str]]:
    """Every system the course serves, in the words of dependency markers."""
    for sys_platform, os_name, platform_system in SYSTEMS:
        for machine in MACHINES:
            for version in PYTHONS:
                yield {
                    "sys_platform": sys_platform,
                    "os_name": os_name,
                    "platform_system": platform_system,
                    "platform_machine": machine,
                    "python_full_version": version,
                    "python_version": version.rpartition(".")[0],
                    "implementation_name": "cpython",
                    "platform_python_implementation": "CPython",
                    "extra": "",
                }


def simplify(text: str) -> str:
    """Drops lines that apply to no system served, and markers that are true on all of them."""
    from packaging.requirements import Requirement

    kept, keep = [], True
    for line in text.splitlines():
        if line.startswith((" ", "#")):  # the "via" comments belong to the line above them
            if keep:
                kept.append(line)
            continue
        requirement = Requirement(line)
        truths = {requirement.marker is None or requirement.marker.evaluate(where) for where in environments()}
        keep = True in truths
        if keep:
            kept.append(line if False in truths else line.partition(";")[0].rstrip())
    return "\n".join(kept) + "\n"


def write(upgrade: Sequence[str] = ()) -> None:
    """Resolves pyproject.toml into requirements.lock with uv, keeping every version that can stay.

    Args:
        upgrade: Packages to take in their newest version; ``["all"]`` for all of them.
    """
    root = paths.root()
    lock = root / "requirements.lock"
    flags = ["--upgrade"] if "all" in upgrade else [part for name in upgrade for part in ("--upgrade-package", name)]
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "requirements.txt"
        if lock.exists():
            draft.write_bytes(lock.read_bytes())  # uv keeps the versions it finds in its output file
        command = [
            "uv",
            "pip",
            "compile",
            "pyproject.toml",
            "--universal",
            "--python-version",
            "3.11",
            "--quiet",
            "--fork-strategy",
            "fewest",
            "--no-header",
            "--output-file",
            str(draft),
            *flags,
        ]
        subprocess.run([sys.executable, "-m", *command], cwd=root, check=True, stdout=subprocess.DEVNULL)
        files.write_text(lock, HEADER + simplify(draft.read_text(encoding="utf-8")))
    print(f"{lock.name}: {len(read_lock(lock))} lines")


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m ftlab.workshop.lock``: writes requirements.lock."""
    parser = argparse.ArgumentParser(
        prog="python -m ftlab.workshop.lock",
        description="Write requirements.lock from pyproject.toml. Needs the network and uv (`make lock` installs it).",
    )
    parser.add_argument(
        "--upgrade",
        nargs="+",
        default=[],
        metavar="PACKAGE",
        help="packages to take in their newest version, or 'all' (default: keep every version)",
    )
    try:
        write(parser.parse_args(argv).upgrade)
    except subprocess.CalledProcessError as error:
        print(
            f"uv could not resolve pyproject.toml (exit code {error.returncode}); its message is above. "
            "requirements.lock is as it was.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
