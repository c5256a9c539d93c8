"""Results of experiments as if the present code had made them: parts in ``runs``, and what is gathered from them."""

from __future__ import annotations

from pathlib import Path

from ftlab import files
from ftlab.workshop import stored

MADE = {"module": "nobody", "commit": "0" * 12, "machine": "none", "precision": "float32", "libraries": "none",
        "date": "2026-03-04", "inputs": {}}


def keep(path: Path, found: dict) -> None:
    """A part with a note of its origin that holds at any time, since it names nothing that was read."""
    files.write_json(path, found)
    files.write_json(stored.note_path(path), MADE)


def write(name: str, found: dict, **made: object) -> None:
    """A stored result with such an origin.

    Args:
        made: What is otherwise in it.
    """
    files.write_json(stored.stored_path(name), {**found, "made": MADE | made})
