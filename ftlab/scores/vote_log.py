"""A person's votes in a JSON Lines file that only grows: a killed kernel loses none, and no vote is ever half written.

Each line holds ``pair``, ``rater``, ``vote`` ("a", "b", "tie" or "skip"), ``order`` (the two replies from left to
right), ``replies`` (a hash of them), ``time`` and ``seconds`` (from seeing the pair to the vote). To undo a vote is a
line as well, with the vote "undo". Several people may vote into one file.
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

from ftlab import files
from ftlab.data.faults import short

KNOWN = ("a", "b", "tie", "skip", "undo")
START = b'{"pair": '  # how every line begins


def append(path: str | Path, row: dict) -> None:
    """Adds one line, in one write that is on the disk when this returns. What is in the file is never touched.

    Raises:
        OSError: If the file cannot be written; says what to do.
    """
    path, row = Path(path), {"pair": row["pair"], **row}
    line = (json.dumps(row, ensure_ascii=False) + "\n").encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        try:
            before = path.read_bytes()
            if before and not before.endswith(b"\n"):
                line = b"\n" + line  # a power cut or a full disk left the last line unfinished
            if os.write(handle, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise OSError(error.errno or errno.EIO, f"{path}: the vote could not be written: {error.strerror or error}. "
                      f"{files.remedy(error)} The votes before it are safe.") from error


def read(path: str | Path) -> list[dict]:
    """The votes that stand, in the order they were cast: without those undone, the last of each rater and pair.

    A missing file has no votes yet. A line that a power cut or a full disk left unfinished is no vote.

    Raises:
        ValueError: If another line is no vote; says which.
    """
    path, standing = Path(path), {}
    for number, line in enumerate(path.read_bytes().split(b"\n") if path.exists() else [], start=1):
        try:
            row = json.loads(line)
        except ValueError:
            if START.startswith(line[: len(START)]):
                continue
            row = None
        if not isinstance(row, dict) or not {"pair", "rater", "vote"} <= row.keys() or row["vote"] not in KNOWN:
            raise ValueError(f"{path} line {number}: expected a vote with 'pair', 'rater' and 'vote' {KNOWN}, found "
                             f"{short(line)}. Remove the line, or give the votes another file.")
        standing.pop((row["rater"], row["pair"]), None)
        if row["vote"] != "undo":
            standing[row["rater"], row["pair"]] = row
    return list(standing.values())
