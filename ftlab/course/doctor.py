"""Says whether this computer will do for the course, and what to change if not."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ftlab import paths
from ftlab.course import installed

GIB = 1024**3
MIN_MEMORY_BYTES, GOOD_MEMORY_BYTES = int(2.5 * GIB), int(5.5 * GIB)  # "4 GB" and "8 GB" machines report a little less
NOT_YET = ("note", "`make lab`, `make course`, `ftlab lab` and `ftlab run` do so by themselves.")
BY_DIAL = ("real model", "embedder")  # what FTLAB_MODEL and FTLAB_EMBEDDER name; the lab model does without them
MIN_DISK_BYTES, GOOD_DISK_BYTES = GIB // 2, 2 * GIB


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report. ``level`` is ``ok``, ``note`` (the course runs, read on) or ``problem``."""

    level: str
    subject: str
    text: str
    remedy: str = ""


def cores() -> int:
    """Cores this process may use, which on a shared machine can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_name() -> str:
    """The processor's name where the system tells it, else its architecture."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # only Linux has this file
    return platform.processor() or platform.machine()


def machine() -> str:
    """One line that names this computer, for reports and for measured minutes."""
    from importlib import metadata

    import psutil

    memory = psutil.virtual_memory().total / GIB
    return (
        f"{cpu_name()}, {cores()} cores, {memory:.0f} GiB memory, {platform.system()} ({platform.machine()}), "
        f"Python {platform.python_version()}, torch {metadata.version('torch')}"
    )


def check_python() -> Finding:
    """Python 3.11 to 3.13, in an environment of its own."""
    version, text = sys.version_info[:2], f"{platform.python_version()} ({sys.executable})"
    if not (3, 11) <= version <= (3, 13):
        return Finding("problem", "Python", text, "Use Python 3.11, 3.12 or 3.13: make lab PYTHON=/path/to/python3.12")
    return Finding("ok", "Python", text)


def check_packages() -> Finding:
    """Every package as the lock says."""
    try:
        wrong = installed.differences()
        count = len(installed.locked_here())
    except (OSError, ValueError) as error:
        text = f"cannot read {error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
        return Finding("problem", "packages", text, "Take requirements.lock from the project again.")
    if not wrong:
        return Finding("ok", "packages", f"all {count} as in requirements.lock")
    shown = "; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else "")
    missing = any(text.endswith("not installed") for text in wrong)
    remedy = "Install what the lock says: python -m pip install -r requirements.lock"
    return Finding("problem" if missing else "note", "packages", shown, remedy)


def check_cores() -> Finding:
    """Two cores or more: the stated minutes are for two."""
    count = cores()
    if count < 2:
        return Finding(
            "note", "cores", f"{count} ({cpu_name()})", "The course runs, in about twice the stated minutes."
        )
    return Finding("ok", "cores", f"{count} ({cpu_name()})")


def check_memory() -> Finding:
    """Memory in total, and what is free of it now."""
    import psutil

    memory = psutil.virtual_memory()
    text = f"{memory.total / GIB:.1f} GiB, {memory.available / GIB:.1f} GiB of it free"
    if memory.total < MIN_MEMORY_BYTES:
        return Finding("problem", "memory", text, "Use a machine with at least 4 GB of memory.")
    if memory.total < GOOD_MEMORY_BYTES or memory.available < MIN_MEMORY_BYTES:
        return Finding("note", "memory", text, "Close other programs; shut one notebook's kernel down before the next.")
    return Finding("ok", "memory", text)


def check_disk() -> Finding:
    """Room for what the learner's runs write, in a folder that can be written."""
    folder = paths.runs_place()
    try:
        probe = paths.runs() / f".doctor.{os.getpid()}.tmp"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            "problem",
            "disk",
            f"cannot write in {folder}: {error.strerror}",
            "Move the project to a folder of yours, make this one writable, or name another with FTLAB_RUNS.",
        )
    text = f"{free / GIB:.1f} GiB free"
    if free < MIN_DISK_BYTES:
        return Finding("problem", "disk", text, "Free at least 1 GB, for example by emptying the folder runs/.")
    if free < GOOD_DISK_BYTES:
        return Finding("note", "disk", text, "Enough for the course; empty runs/ if it gets tight.")
    return Finding("ok", "disk", text)


def check_model() -> Iterator[Finding]:
    """The real model and the embedder (or what stands in their places), the lab model, device and precision."""
    try:
        from ftlab import model
        from ftlab.retrieval import embedder

        device, dtype, reason = model.precision()
    except ImportError as error:
        yield Finding(
            "problem", "model", str(error), "Install what the lock says: python -m pip install -r requirements.lock"
        )
        return
    if named := model.unquoted(os.environ.get("FTLAB_MODEL", "")):
        missing = ("problem", "Unset FTLAB_MODEL to use the course's own choice.")
        whose = f"{named}, by FTLAB_MODEL"
    else:
        missing = NOT_YET
        whose = "SmolLM2-135M-Instruct"
    if other := model.unquoted(os.environ.get("FTLAB_EMBEDDER", "")):
        no_vectors = ("problem", "Unset FTLAB_EMBEDDER to use all-MiniLM-L6-v2.")
        other = f"{other}, by FTLAB_EMBEDDER"
    else:
        no_vectors = NOT_YET
        other = "all-MiniLM-L6-v2, for the search of notebook 07"
    broken = ("problem", "Take the folder data/lab-model from the project again.")
    for subject, name, where, remedy in (("real model", whose, lambda: model.choose().path, missing),
                                         ("lab model", "the course's own", lambda: model.lab().path, broken),
                                         ("embedder", other, embedder.folder, no_vectors)):
        try:
            yield Finding("ok", subject, f"{name} ({where()})")
        except (ValueError, OSError) as error:
            yield Finding(remedy[0], subject, str(error), remedy[1])
    yield Finding("ok", "precision", f"{dtype} on {device}: {reason}")


def examine() -> Iterator[Finding]:
    """All findings, the quick ones first. The models are looked at only if the packages are there."""
    checks: list[Callable[[], Finding]] = [check_python, check_packages, check_cores, check_memory, check_disk]
    broken = False
    for check in checks:
        try:
            finding = check()
        except ImportError as error:
            finding = Finding(
                "problem",
                check.__name__.removeprefix("check_"),
                f"{error.name} is not installed",
                "Install what the lock says: python -m pip install -r requirements.lock",
            )
        broken |= finding.level == "problem" and finding.subject == "packages"
        yield finding
    if not broken:
        yield from check_model()


def main() -> int:
    """Prints the findings and returns 1 if the course cannot run here."""
    return int(any(finding.level == "problem" for finding in report()))


def report() -> list[Finding]:
    """Prints the findings, each with its remedy, and what follows from them."""
    found, problems = [], 0
    for finding in examine():
        found.append(finding)
        print(f"{finding.level:>8}  {finding.subject:<10} {finding.text}", flush=True)
        if finding.level != "ok":
            print(f"{'':>8}  {'':<10} -> {finding.remedy}", flush=True)
        problems += finding.level == "problem"
    if problems:
        print(f"\nThe course cannot run here yet: {problems} problem{'s' * (problems > 1)}, remedies above.")
    elif away := [finding.subject for finding in found if finding.level == "note" and finding.subject in BY_DIAL]:
        print(f"\nThis computer will do, after `ftlab fetch` (the {' and the '.join(away)}).")
    else:
        print("\nThis computer will do.")
    return found
