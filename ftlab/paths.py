"""Where the course keeps its files: the data it ships with, and the runs a learner makes."""

from __future__ import annotations

import os
from pathlib import Path


def root() -> Path:
    """The project's folder: ``FTLAB_HOME`` if set, else the folder that holds the ``ftlab`` package."""
    home = os.environ.get("FTLAB_HOME")
    return Path(home).expanduser().resolve() if home else Path(__file__).resolve().parents[1]


def data() -> Path:
    """The folder ``data/``: the world's tables and texts, the bundled model, the reference runs."""
    return root() / "data"


def runs() -> Path:
    """The folder for everything a learner makes (checkpoints, reports), made if need be. Outside version control."""
    folder = runs_place()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def runs_place() -> Path:
    """Where ``runs()`` is or would be: ``FTLAB_RUNS``, absolute or from the project's folder, else ``runs/`` in it.

    Kernels that run at the same time get a folder each, so that none writes into another's files.
    """
    return root() / Path(os.environ.get("FTLAB_RUNS") or "runs").expanduser()


def models() -> Path:
    """The folder for the models of others: ``FTLAB_MODELS``, else ``models/``, which git ignores (``ftlab fetch``).

    A relative name counts from the project's folder, since notebooks and commands start in different ones.
    """
    return (root() / Path(os.environ.get("FTLAB_MODELS") or "models").expanduser()).resolve()
