"""The shelf: what one notebook tuned is kept, so that the next one loads it instead of training it again.

A place on the shelf is a run's folder (``ftlab.tuning.checkpoints.run_folder``), named after everything that shaped
the run. Whatever changes, a dial, a row, the base model, the number format, a library or the package's own training
code, gives another place, so a model is never taken for one that it is not.

What comes with the clone lies in ``data/shelf``, because its training takes longer than a lesson. It is taken only for
the very same rows, base model and dials; what differs between machines (``MACHINE``) it tells and does not ask for.
Where rows were reworded after a training, its note may name them as they are now, with a date and what was changed:
``"reworded": {"rows": fingerprint, "date": "2026-11-27", "what": "..."}``. Then it is taken for these, and says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from ftlab import files, paths
from ftlab.model import Choice
from ftlab.tuning import checkpoints

MODEL, NOTE = "tuned", "tuned.json"  # the weights (an adapter, or a whole model), and what is known about them
SETTINGS = "settings.json"  # all that shaped the run
MACHINE = ("dtype", "code", "libraries")  # settings that change the last bits of the weights, not what was asked for
CODE = ("chat.py", "loss.py", "trainer.py", "sft.py")  # of ftlab/tuning: what makes rows into changes of weights


def place(name: str, choice: Choice, rows: list[dict], **settings: object) -> Path:
    """The folder on the shelf for one run: the same settings give the same folder, others another one.

    Args:
        name: What it is for, in small letters: ``"desk"``.
        rows: The training conversations.
        settings: All else that shapes the weights, as JSON values: ``lr``, ``steps``, ``seed``, ``lora``.
    Raises:
        OSError: If the folder cannot be written or the disk has not enough room.
        TypeError: If a setting is no JSON value.
    """
    code = checkpoints.fingerprint(
        {name: (Path(checkpoints.__file__).parent / name).read_text(encoding="utf-8")} for name in CODE
    )
    room = checkpoints.SPARE_BYTES if settings.get("lora") else None  # an adapter is a few percent of a model
    return checkpoints.run_folder(
        name, model=choice.path, room_bytes=room, rows=checkpoints.fingerprint(rows), dtype=choice.dtype, code=code,
        **settings
    )


def find(folder: Path) -> Path | None:
    """The tuned model of a place on the shelf, or None if there is none or it has lost a file; a line says which."""
    for place in (folder, *shipped(folder)):
        model = place / MODEL
        if not (place / NOTE).exists():
            continue
        if fault := checkpoints.weights_fault(model) or config_fault(model):
            print(f"{model} is not whole ({fault}), so it is left aside")
        else:
            note = files.read_json(place / NOTE)
            whose = "the shelf" if place == folder else "the course's own shelf"
            print(f"from {whose}: {place.name}, tuned on {note['date']} in {note['seconds']:.0f} seconds")
            if place != folder and "reworded" in note:
                print(f"(Since {note['reworded']['date']} {note['reworded']['what']}.)")
            return place / MODEL
    return None


def config_fault(model: Path) -> str | None:
    """Says so if a folder has neither an adapter's config nor a model's: without one nobody can load the weights."""
    if any((model / name).exists() for name in ("adapter_config.json", "config.json")):
        return None
    return "its config is missing"


def shipped(folder: Path) -> Iterator[Path]:
    """The places of ``data/shelf`` that were made with the settings of this one, the machine's own left aside."""
    asked = files.read_json(folder / SETTINGS) if (folder / SETTINGS).exists() else None
    for settings in sorted((paths.data() / "shelf").glob(f"*/{SETTINGS}")):
        if asked and shared(asked) in (made := shared(files.read_json(settings)), made | reworded(settings.parent)):
            yield settings.parent


def reworded(place: Path) -> dict:
    """The fingerprint of a shipped model's rows as they are now, as ``{"rows": ...}``; empty if they are the same."""
    note = files.read_json(place / NOTE) if (place / NOTE).exists() else {}
    return {"rows": note["reworded"]["rows"]} if "reworded" in note else {}


def shared(settings: dict) -> dict:
    """A run's settings without those of the machine that it ran on."""
    return {key: value for key, value in settings.items() if key not in MACHINE}


def keep(model, folder: Path, seconds: float) -> Path:
    """Puts a tuned model on the shelf: an adapter where it has one, else all weights. The note comes last.

    Args:
        seconds: What the training took.
    Returns:
        The folder that ``from_pretrained`` takes.
    Raises:
        OSError: If the disk refuses it; the message has the remedy. Nothing half is left.
    """
    target, half = folder / MODEL, folder / f"{MODEL}.half"
    with files.writing(target, paths.ELSEWHERE), checkpoints.lock_of(folder, ".keep"):  # one kernel at a time
        if whole(folder):  # another kernel kept this very model meanwhile, and somebody may be reading it
            return target
        shutil.rmtree(half, ignore_errors=True)
        try:
            model.save_pretrained(half)
            (folder / NOTE).unlink(missing_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            half.rename(target)
        finally:
            shutil.rmtree(half, ignore_errors=True)
        files.write_json(folder / NOTE, {"date": date.today().isoformat(), "seconds": round(seconds, 1)})
    return target


def whole(folder: Path) -> bool:
    """Whether a place holds a tuned model, whole."""
    return (folder / NOTE).exists() and checkpoints.weights_fault(folder / MODEL) is None
