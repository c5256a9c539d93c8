"""Reading and writing files so that a killed run leaves either the old file or the new one, never half of one."""

from __future__ import annotations

import csv
import errno
import gzip
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ELSEWHERE = "choose a folder you can write to"
REMEDIES = {
    errno.ENOSPC: f"Free some disk space or {ELSEWHERE}.",
    errno.EDQUOT: f"Your share of this disk is used up: delete files of your own, or {ELSEWHERE} on another disk.",
    errno.EROFS: f"This disk is read-only: {ELSEWHERE} on another one.",
    errno.EACCES: f"Close the program that has the file open, change its rights, or {ELSEWHERE}.",
    errno.EPERM: f"Change the rights of the file and its folder, or {ELSEWHERE}.",
    errno.EFBIG: "The file is larger than this disk (FAT takes 4 GB) or this account (see `ulimit -f`) allows: use "
                 "another disk, raise the limit, or write less.",
    errno.EIO: f"The disk or the network to it failed: check both, and {ELSEWHERE} on another disk.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EMFILE: "Too many files are open: close some, restart the kernel, or raise `ulimit -n`.",
    errno.ENFILE: "All programs together have too many files open: close some of them.",
    errno.ENOMEM: "The memory is used up: close other programs or notebooks.",
    errno.EBUSY: "Another program is using it: close that program, and try again.",
    errno.ENODEV: f"The disk is no longer there: connect it again, or {ELSEWHERE}.",
    errno.ESTALE: "The connection to a disk in the network was lost: connect it again, and try once more.",
    errno.ETIMEDOUT: "The disk in the network did not answer: check the connection, and try once more.",
    errno.ENOLCK: f"This disk cannot lock files, as some in a network cannot: {ELSEWHERE} on another one.",
    errno.ELOOP: "Links lead in a circle: choose another name, or remove the link.",
    errno.ENOTDIR: f"A file stands where a folder is expected: choose another name, or {ELSEWHERE}.",
    errno.EISDIR: "A folder has this name: choose another name.",
}


FAILED = "could not write"  # how a message begins that has its remedy already
WORDS = {  # in what libraries say that write with their own code; torch's writer says no more than that it failed
    "no space left": errno.ENOSPC, "not enough space": errno.ENOSPC, "quota exceeded": errno.EDQUOT,
    "read-only file system": errno.EROFS, "permission denied": errno.EACCES, "access is denied": errno.EACCES,
    "file too large": errno.EFBIG, "input/output error": errno.EIO,
    "inline_container": errno.ENOSPC, "pytorchstreamwriter": errno.ENOSPC,
}  # fmt: skip
WINDOWS = {5: errno.EACCES, 19: errno.EROFS, 39: errno.ENOSPC, 112: errno.ENOSPC, 223: errno.EFBIG, 1295: errno.EDQUOT}


def remedy(error: OSError) -> str:
    """What to do about an error of the disk while writing, in a sentence."""
    return REMEDIES.get(error.errno, f"Check the disk and the name, or {ELSEWHERE}.")


def disk_fault(error: BaseException | None) -> int | None:
    """The number of the disk's error behind an error or one of its causes (``errno.ENOSPC``), or None if none is.

    safetensors, torch and LanceDB report a full disk as texts: "... No space left on device (os error 28)".
    """
    if error is None:
        return None
    if isinstance(error, OSError) and error.errno in REMEDIES:
        return error.errno
    said = str(error).lower()
    code = re.search(r"os error (\d+)", said)
    number = int(code[1]) if code else None
    number = WINDOWS.get(number) if os.name == "nt" else number
    found = number if number in REMEDIES else next((each for words, each in WORDS.items() if words in said), None)
    return found or disk_fault(error.__cause__ or (None if error.__suppress_context__ else error.__context__))


@contextmanager
def writing(place: str | Path, more: str = "") -> Iterator[None]:
    """Around a library's own way of writing: an error of the disk gets the place, the reason and the remedy.

    Args:
        more: A sentence behind the remedy, such as what is untouched.
    Raises:
        OSError: With the disk's own number. Any other error passes as it is.
    """
    try:
        yield
    except ValueError:  # of something damaged or misnamed, whatever lies behind it
        raise
    except Exception as error:
        number = disk_fault(error)
        if number is None or (isinstance(error, OSError) and REMEDIES[number] in str(error)):
            raise
        reason = (isinstance(error, OSError) and error.strerror) or str(error).strip().split("\n")[0] or "no reason"
        said = f"{FAILED} {place}: {reason}. {remedy(OSError(number, reason))} {more}"
        raise OSError(number, said.strip()) from error


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path beside ``path`` and moves it into place when the block ends without an error.

    Raises:
        OSError: If the folder cannot be written or the disk is full; the message has the remedy. The temporary file is
            removed and ``path`` is left as it was.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")  # nobody else's, in no thread or computer
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno or errno.EIO, f"{FAILED} {path}: {error.strerror or error}. {remedy(error)} "
                      "The old file, if there was one, is untouched.") from error
    finally:
        with suppress(OSError):  # where the write failed, there may be nothing to remove
            temporary.unlink()


def write_text(path: str | Path, text: str) -> None:
    """Writes ``text`` as UTF-8 with Unix line ends, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_json(path: str | Path, value: object) -> None:
    """Writes ``value`` as indented JSON, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def write_jsonl(path: str | Path, rows: Iterable[dict]) -> None:
    """Writes one JSON object a line, atomically."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_json(path: str | Path) -> object:
    """Reads one JSON file, packed by gzip or not, with a byte-order mark or without."""
    return json.loads(_text(path))


def read_jsonl(path: str | Path) -> list[dict]:
    """Reads JSON Lines, as ``read_json`` reads JSON. For rows to learn use ``ftlab.data.read``, which checks them."""
    return [json.loads(line) for line in _text(path).split("\n") if line.strip()]


def _text(path: str | Path) -> str:
    raw = Path(path).read_bytes()
    return (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode("utf-8-sig")


def read_table(path: str | Path) -> list[dict[str, str]]:
    """Reads one of the world's CSV tables: a header row, then rows of strings.

    Raises:
        ValueError: If the header is missing, has a blank or repeated name, or a row has not as many fields as the
            header; says file, line, expected, found and what to do.
    """
    rows, line = [], 1
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = next(reader, [])
            if not header or not all(name.strip() for name in header) or len(set(header)) < len(header):
                raise ValueError(
                    f"{path} line 1: expected a header with a different name for each column, found {header}. "
                    "Write the names of the columns in the first line."
                )
            line = reader.line_num + 1  # where the next row begins; a quoted cell may run over several lines
            for row in reader:
                if len(row) != len(header):
                    raise ValueError(
                        f"{path} line {line}: expected {len(header)} fields as in the header, found {len(row)}: {row}. "
                        "Put quotes around a text that holds a comma, give every column a field, leave no line empty."
                    )
                rows.append(dict(zip(header, row, strict=True)))
                line = reader.line_num + 1
        except csv.Error as error:
            raise ValueError(
                f"{path} line {line}: expected fields whose quotes are closed, found {error}. "
                "Put quotes around the whole text and double each quote inside it."
            ) from error
    return rows
