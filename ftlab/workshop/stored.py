"""Results that are too long for a lesson: kept in ``data/stored`` with what made them, held against the present code.

Such an experiment is made in parts, each perhaps in a process of its own. ``watch`` comes first in each, ``keep`` puts
the part's result into ``runs`` and a note of its origin beside it: the commit, the machine, and a hash of every module,
table, model and adapter that it read. ``write`` joins the notes of the parts that a result was gathered from. What was
made from code that has changed since is stale: ``verify``, which a test calls, finds fault with it until it is made
again or a dated reason stands in it, ``"stale": {"date": "2026-11-26", "reason": "...", "inputs": {file: hash}}``,
which ``excuse`` writes. It speaks of the files as they were that day: one that changes after it needs a reason again.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import date
from importlib import metadata
from pathlib import Path

from ftlab import files, paths
from ftlab.course import doctor
from ftlab.workshop import inputs

LIBRARIES = ("torch", "transformers", "tokenizers", "trl", "peft", "accelerate", "datasets", "numpy", "scipy")
DIRTY = "-dirty"  # after a commit's hash: the tree was not what it says
# What no run reads, or reads with its hash noted: results, and notebooks as they were executed.
RESULTS = ("data/reference", "data/stored", "notebooks/*.ipynb")
NOTES = "made"  # the folder of the notes of origin, beside the parts
NONE_MADE = "expected the origin of the result under 'made', found none"
_kept: set[Path] = set()  # parts of this process, which knows what it did whatever the tree is like


def watch() -> None:
    """From now on, files that this process reads are noted; to be called before anything is read."""
    inputs.watch()
    if not hasattr(watch, "commit"):
        watch.commit = commit()  # the tree may change while this process works


def keep(path: Path, found: dict, module: str) -> None:
    """Writes a part's result as JSON, and its origin to ``made/<the same name>`` beside it.

    Args:
        module: Whose code made it: ``__name__``.
    Raises:
        RuntimeError: If ``watch`` was not called.
    """
    note = origin(module)
    files.write_json(path, found)
    files.write_json(note_path(path), note)
    _kept.add(path)


def is_kept(path: Path) -> bool:
    """Whether a part is there, and all that it read is unchanged. One without a note of its origin is to be made."""
    if not (path.exists() and note_path(path).exists()):
        return False
    note = files.read_json(note_path(path))
    return not (inputs.changed(note["inputs"]) if path in _kept else why_stale(note))


def part(path: Path, make: Callable[[], dict], module: str) -> dict:
    """A part's result: the one that is kept at ``path`` if all that it read is unchanged, else made now and kept."""
    if not is_kept(path):
        keep(path, make(), module)
    return files.read_json(path)


def write(name: str, found: dict, module: str, parts: Iterable[Path] = ()) -> None:
    """Stores a result as ``data/stored/<name>.json``, with its origin under "made".

    Args:
        parts: The files of ``keep`` that it was gathered from.
    Raises:
        ValueError: If the tree is not clean, or a part has no note of its origin.
        RuntimeError: If ``watch`` was not called.
    """
    notes = [origin(module)]
    if notes[0]["commit"].endswith(DIRTY):
        raise ValueError("results are stored from a clean tree only, so that anybody can make them again, but `git "
                         f"status` shows changes or this is no git checkout. Commit first ({', '.join(RESULTS)} do "
                         "not count).")
    for path in parts:
        if not note_path(path).exists():
            raise ValueError(f"{path}: expected the note of what it was made from, {note_path(path)}, found none. Make "
                             "this part again.")
        notes.append(files.read_json(note_path(path)))
    made = {"module": notes[0]["module"], **{key: "; ".join(sorted({note[key] for note in notes[1:] or notes}))
                                             for key in ("commit", "machine", "precision", "libraries")},
            "date": max(note["date"] for note in notes), "inputs": joined(note["inputs"] for note in notes)}
    made["inputs"].pop(f"data/stored/{name}.json", None)  # that the one before was looked at moved no number
    files.write_text(stored_path(name), json.dumps({**found, "made": made}, ensure_ascii=False) + "\n")


def current(name: str) -> dict | None:
    """A stored result that the present code would find again, so that nothing is trained for it; None if it is not."""
    known = files.read_json(stored_path(name)) if stored_path(name).exists() else {}
    return known if known.get("made") and not why_stale(known["made"]) else None


def verify() -> list[str]:
    """One sentence for each stored result without its origin, or made from code or data that have changed since."""
    faults = []
    for path in sorted((paths.data() / "stored").glob("*.json")):
        known = files.read_json(path)
        made = known.get("made")
        if made:
            why = why_stale(made, known.get("stale"))
            again = f" Run again: python -m {made['module']}"
        else:
            why, again = [NONE_MADE], " Write it with ftlab.workshop.stored.write."
        faults += [f"{path.name}: {one}.{again}" for one in why]
    return faults


def why_stale(made: dict, reason: dict | None = None) -> list[str]:
    """What is wrong with an origin: a tree that nobody can take again, inputs that are others now; no more than one.

    Args:
        reason: For keeping it although inputs are others, as ``excuse`` gives it.
    """
    if DIRTY in made["commit"]:
        return ["it was made from a tree with changes that were not committed"]
    if reason is not None and (faults := excuse_faults(reason)):
        return faults
    other = inputs.changed(made["inputs"] | (reason or {"inputs": {}})["inputs"])
    return [f"it is stale, since {', '.join(other)} changed"] if other else []


def excuse(made: dict, reason: str) -> dict:
    """A reason for keeping what was made though inputs have changed since, with the hashes that these have today."""
    changed = inputs.changed(made["inputs"])
    return {"date": date.today().isoformat(), "reason": reason, "inputs": {name: inputs.now(name) for name in changed}}


def excuse_faults(reason: object) -> list[str]:
    """What is wrong with a reason for keeping something: it needs a date and words."""
    try:
        date.fromisoformat(reason["date"])
        return [] if reason["reason"].strip() else ["expected a reason, found none"]
    except (KeyError, TypeError, ValueError, AttributeError):
        return [f"expected a reason as an object with a date (2026-11-25) and a reason, found {reason!r}"]


def stored_path(name: str) -> Path:
    """Where a stored result lies."""
    return paths.data() / "stored" / f"{name}.json"


def note_path(path: Path) -> Path:
    """Where the origin of a part lies: in a folder beside it, so that whoever lists the parts meets parts alone."""
    return path.parent / NOTES / path.name


def origin(module: str) -> dict:
    """Commit, machine, number format, libraries, date and the hashes of what this process read since ``watch``."""
    if not hasattr(watch, "commit"):
        raise RuntimeError("ftlab.workshop.stored: expected a call of watch before anything is read, found none. Make "
                           "it the first line of main.")
    if module == "__main__":
        module = sys.modules["__main__"].__spec__.name  # as in `python -m ftlab.workshop.experiments.lora_against_full`
    same = watch.commit == commit()
    return {"module": module, "commit": watch.commit if same else f"{watch.commit.removesuffix(DIRTY)}{DIRTY}",
            **machine(), "date": date.today().isoformat(), "inputs": inputs.of_function(module)}


def joined(each: Iterable[dict[str, str]]) -> dict[str, str]:
    """One hash for each file; where a file changed between two parts, one that it no longer has, as that is stale."""
    found: dict[str, str] = {}
    for read in each:
        for name, known in read.items():
            if name not in found or (found[name] != known and inputs.changed({name: known})):
                found[name] = known
    return dict(sorted(found.items()))


def commit() -> str:
    """The git commit; marked as dirty where the tree differs from it, results aside, or where there is no git."""
    git = ["git", "-C", str(paths.root())]
    try:
        head, changes = (subprocess.run([*git, *command], capture_output=True, text=True, check=True,
                                        timeout=60).stdout.strip()
                         for command in (["rev-parse", "--short=12", "HEAD"],
                                         ["status", "--porcelain", "--", ".", *(f":!{name}" for name in RESULTS)]))
    except (OSError, subprocess.SubprocessError):
        return f"no git{DIRTY}"
    return head + DIRTY if changes else head


def machine() -> dict[str, str]:
    """The machine in words, a GPU included; the number format that models compute in; the libraries."""
    import torch

    from ftlab import model

    device, dtype, _ = model.precision()
    gpu = f"{torch.cuda.get_device_name()}, " if device == "cuda" else ""
    return {"machine": f"{platform.system()} {platform.machine()}, {gpu}{doctor.cpu_name()}, {doctor.cores()} cores, "
                       f"Python {platform.python_version()}",
            "precision": dtype,
            "libraries": ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)}
