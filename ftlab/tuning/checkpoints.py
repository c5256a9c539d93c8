"""Training that survives an interruption: a folder for each set of dials, and the newest whole checkpoint in it.

``Trainer`` saves everything that a bitwise exact resume needs, but it writes straight into ``checkpoint-N``: a process
that dies meanwhile leaves half a checkpoint, which ``resume_from_checkpoint=True`` would take for the newest one.
Exact resumes need the default ``train_sampling_strategy="random"``: no checkpoint holds the order of the rows that
``"group_by_length"`` draws after the first epoch.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from filelock import FileLock, Timeout

from ftlab import files, paths
from ftlab.model import MARK

LOCKS = ".locks"  # beside the runs' folders, so that a run's own can go while its lock is held
PREFIX = "checkpoint-"  # what ``Trainer`` puts before the step number
BYTES_PER_PARAMETER = 12  # a float32 weight and AdamW's two moments
SPARE_BYTES = 50_000_000  # tokenizer, logs, and what else writes to the disk meanwhile
WRITER = re.compile(rb'[ \t]*"transformers_version": *"[^"]*",?\n?')  # in config.json and its like


def run_folder(name: str, *, model: str | Path, room_bytes: int | None = None, **settings: object) -> Path:
    """Makes the folder of one training run: ``runs/<name>-<hash>``, where the hash stands for all of the settings.

    A changed dial, data set, model or library gives another folder, so no run ever resumes from another's checkpoint.
    Call it before the model is loaded: it also looks whether the disk can take the checkpoints.

    Args:
        model: The folder or hub name that ``from_pretrained`` gets. Of a folder, the weights count, not the path.
        room_bytes: Free disk space to ask for, in bytes. By default enough for two checkpoints of a full fine-tune;
            adapters need far less.
        settings: Everything else that decides the final weights, as JSON values: rows, learning rate, steps, seed.
    Raises:
        OSError: If the folder cannot be written or the disk has not enough room.
        TypeError: If a setting is no JSON value.
    """
    libraries = {package: metadata.version(package) for package in ("torch", "transformers", "trl")}
    settings = {"model": fingerprint(model), **settings, "libraries": libraries}
    for key, value in settings.items():
        try:
            json.dumps(value)
        except TypeError:
            raise TypeError(
                f"run_folder({name!r}): expected a number, a text, a list or a dict as {key!r}, found "
                f"{type(value).__name__}. Give rows as ftlab.tuning.checkpoints.fingerprint(rows)."
            ) from None
    short = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:10]
    folder = paths.runs_place() / f"{name}-{short}"
    # two checkpoints: the older one goes only once the newer one is whole
    check_room(folder, 2 * checkpoint_bytes(model) + SPARE_BYTES if room_bytes is None else room_bytes)
    files.write_json(folder / "settings.json", settings)
    return folder


def fingerprint(thing: str | Path | Iterable[dict]) -> str:
    """A short hash of training rows (a list or a ``Dataset``) or of a model folder's files; a hub name stays a name.

    Papers in a model's folder, such as its README, count for nothing: they change no weight. Nor do the line ends of
    its settings, which Windows writes otherwise, nor the version of transformers that wrote them.
    """
    digest = hashlib.sha256()
    if isinstance(thing, (str, Path)):
        if not Path(thing).is_dir():
            return str(thing)
        for path in sorted(Path(thing).iterdir()):
            if path.suffix in {".safetensors", ".json", ".jinja"} and path.name != MARK:
                digest.update(path.name.encode() + b"\0")
                if path.suffix == ".safetensors":
                    with open(path, "rb") as file:
                        digest.update(hashlib.file_digest(file, "sha256").digest())
                else:
                    text = WRITER.sub(b"", path.read_bytes().replace(b"\r\n", b"\n"))
                    digest.update(hashlib.sha256(text).digest())
    else:
        for row in thing:
            digest.update(json.dumps(row, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()[:16]


def checkpoint_bytes(model: str | Path) -> int:
    """The size of one checkpoint of a full fine-tune, from the headers of the weight files; 0 if they are not here."""
    parameters = 0
    for path in Path(model).glob("*.safetensors"):
        with open(path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        parameters += sum(math.prod(tensor["shape"]) for key, tensor in header.items() if key != "__metadata__")
    return parameters * BYTES_PER_PARAMETER


def check_room(folder: str | Path, bytes_needed: int) -> None:
    """Raises an ``OSError`` unless ``folder`` can be made and written and its disk has ``bytes_needed`` left."""
    folder = Path(folder)
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise OSError(
            error.errno or errno.EIO,
            f"{folder}: expected a folder that can be written, found: {error.strerror or error}. "
            f"{files.remedy(error)} {paths.ELSEWHERE}",
        ) from error
    held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    free = shutil.disk_usage(folder).free
    # what an interrupted run has left here counts: the resumed run writes over it in turn
    if free + held < bytes_needed:
        raise OSError(
            errno.ENOSPC,
            f"{folder}: expected {megabytes(bytes_needed)} of free disk space for checkpoints, found "
            f"{megabytes(free)}. Free some space; old folders in {folder.parent} may be deleted.",
        )


def megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"


def latest(folder: str | Path) -> str | None:
    """The newest checkpoint in ``folder`` to resume from, or None. Deletes newer unfit ones; prints what it does."""
    for step, path in sorted(found(folder), reverse=True):
        reason = fault(path, step)
        if reason is None:
            print(f"resuming from step {step} of {folder}")
            return str(path)
        print(f"deleting {path}: {reason}")
        shutil.rmtree(path)
    return None


def found(folder: str | Path) -> list[tuple[int, Path]]:
    """The checkpoints in ``folder``, whole or not: (step, path)."""
    paths_ = Path(folder).glob(f"{PREFIX}*")
    return [(int(p.name.removeprefix(PREFIX)), p) for p in paths_ if p.name.removeprefix(PREFIX).isdigit()]


def fault(checkpoint: Path, step: int) -> str | None:
    """Why a checkpoint cannot be resumed from, or None if it can. ``Trainer`` writes ``trainer_state.json`` last."""
    try:
        state = files.read_json(checkpoint / "trainer_state.json")
        if state["global_step"] != step:
            return "trainer_state.json is of another step"
        if step >= state["max_steps"]:
            # only a run that died between its last checkpoint and its end leaves one
            return "it is of the last step, from which the trainer would train one step too many"
    except (OSError, ValueError, KeyError, TypeError):
        return "trainer_state.json is missing or cut off"
    for name in ("optimizer.pt", "scheduler.pt", "rng_state*.pth"):
        states = list(checkpoint.glob(name))
        if not states or not all(is_whole_zip(path) for path in states):
            return f"{name} is missing or cut off"
    return weights_fault(checkpoint)


def is_whole_zip(path: Path) -> bool:
    """Whether a file that ``torch.save`` wrote has its index and every byte of its records (their checksums agree)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile, EOFError):
        return False


def weights_fault(checkpoint: Path) -> str | None:
    """What is wrong with the weights: a shard that the index names is missing, or a file is not as long as it says."""
    from safetensors import SafetensorError, safe_open

    weights = set(checkpoint.glob("*.safetensors"))
    for index in checkpoint.glob("*.safetensors.index.json"):
        weights |= {checkpoint / name for name in files.read_json(index)["weight_map"].values()}
    if not weights:
        return "its weights are missing"
    for path in sorted(weights):
        try:
            with safe_open(path, framework="numpy"):
                pass
        except (OSError, SafetensorError):
            return f"{path.name} is missing or cut off"
    return None


@contextmanager
def resumable(folder: str | Path) -> Iterator[str | None]:
    """Yields what ``trainer.train(resume_from_checkpoint=...)`` needs, and tidies up after it.

    If the block ends well, the checkpoints go (``finish``) and the same cell trains anew. If it is interrupted or
    killed, they stay and the same cell goes on. Two kernels never train in one folder: the second is refused.

    Raises:
        RuntimeError: If another kernel trains in this folder now.
        OSError: If a checkpoint could not be written. The half-written one is removed; the one before is untouched.
    """
    lock = lock_of(folder)
    try:
        with files.writing(lock.lock_file, paths.ELSEWHERE):
            lock.acquire(timeout=0)
    except Timeout:
        raise RuntimeError(
            f"{folder}: expected to be the only one who trains this very run, found another kernel at it. Wait for it, "
            "stop it, or change a dial: each set of dials has a folder of its own."
        ) from None
    try:
        yield latest(folder)
    except KeyboardInterrupt:
        whole = [step for step, path in sorted(found(folder)) if fault(path, step) is None]
        print(f"interrupted: run the cell again to go on from step {whole[-1] if whole else 0}")
        raise
    except Exception as error:
        number = files.disk_fault(error)
        if number is None:
            raise
        broken = [path for step, path in sorted(found(folder)) if fault(path, step) is not None]
        free = shutil.disk_usage(folder).free
        for path in broken:
            shutil.rmtree(path, ignore_errors=True)
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise OSError(
            number,
            f"{folder}: expected to write one more checkpoint, found {megabytes(free)} free on the disk and the error "
            f"'{reason}'. {files.remedy(OSError(number, reason))} Then run the cell again: it goes on from the last "
            f"whole checkpoint, if there is one. ({paths.ELSEWHERE})",
        ) from error
    else:
        finish(folder)  # while the lock is held: nobody's first checkpoint goes with our last
    finally:
        lock.release()


def lock_of(folder: str | Path, what: str = "") -> FileLock:
    """The lock of a run's folder, which lies beside it and stays when the folder goes; ``what`` for a second one."""
    folder = Path(folder)
    return FileLock(folder.parent / LOCKS / f"{folder.name}{what}.lock")


def finish(folder: str | Path) -> None:
    """Removes the checkpoints of a run that is done, and its folder if no model was saved there."""
    for _, path in found(folder):
        shutil.rmtree(path)
    # TRL writes a model card beside its checkpoints
    if {path.name for path in Path(folder).glob("*")} <= {"settings.json", "README.md"}:
        shutil.rmtree(folder, ignore_errors=True)
