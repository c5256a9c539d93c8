"""Where the course keeps its files: the data it ships with, and the runs a learner makes."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
from pathlib import Path

from ftlab import files

ELSEWHERE = "FTLAB_RUNS names another folder for the runs."
HELD = ".held"  # the end of the lock's name beside a folder that one process has for itself


def root() -> Path:
    """The project's folder: ``FTLAB_HOME`` if set, else the folder that holds the ``ftlab`` package."""
    home = os.environ.get("FTLAB_HOME")
    return Path(home).expanduser().resolve() if home else Path(__file__).resolve().parents[1]


def data() -> Path:
    """The folder ``data/``: the world's tables and texts, the bundled model, the reference runs."""
    return root() / "data"


def runs() -> Path:
    """The folder for everything a learner makes (checkpoints, reports), made if need be. Outside version control.

    Raises:
        OSError: If it cannot be made; the message has the remedy.
    """
    folder = runs_place()
    with files.writing(folder, ELSEWHERE):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def own_folder(name: str) -> Path:
    """A new, empty folder ``<name>-...`` in ``runs()`` for this process alone, removed when the process ends.

    Two kernels that run one notebook at the same time get a folder each. What a killed kernel left is removed by the
    next one that asks for a folder of this name.

    Raises:
        OSError: If it cannot be made; the message has the remedy.
    """
    from filelock import FileLock, Timeout

    place = runs()
    with files.writing(place, ELSEWHERE):
        for old in place.glob(f"{name}-*{HELD}"):
            lock = FileLock(old)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue  # its kernel is alive
            _leave(old.with_suffix(""), lock, os.getpid())
        folder = place / f"{name}-{secrets.token_hex(4)}"
        lock = FileLock(f"{folder}{HELD}")
        lock.acquire()  # first the lock, then the folder: nobody ever takes it for a killed kernel's
        folder.mkdir()
    atexit.register(_leave, folder, lock, os.getpid())
    return folder


def _leave(folder: Path, lock, process: int) -> None:
    """Removes a process's own folder and lets go of it; a forked child does not. What is still in use stays marked."""
    if os.getpid() != process:
        return
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
    if not folder.exists():
        Path(lock.lock_file).unlink(missing_ok=True)


def runs_place() -> Path:
    """Where ``runs()`` is or would be: ``FTLAB_RUNS``, absolute or from the project's folder, else ``runs/`` in it.

    Kernels that run at the same time may share it: below it each run has a folder of its own settings with a lock
    (``ftlab.tuning.checkpoints``), and all else that is written on the way lies in an ``own_folder``.
    """
    return root() / Path(os.environ.get("FTLAB_RUNS") or "runs").expanduser()


def models() -> Path:
    """The folder for the models of others: ``FTLAB_MODELS``, else ``models/``, which git ignores (``ftlab fetch``).

    A relative name counts from the project's folder, since notebooks and commands start in different ones.
    """
    return (root() / Path(os.environ.get("FTLAB_MODELS") or "models").expanduser()).resolve()
