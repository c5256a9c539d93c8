"""What a stored run was made of, by fingerprints, so that runs of two worlds are never gathered into one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ftlab import files
from ftlab.evidence.packed import unpack
from ftlab.model import Choice
from ftlab.tuning import checkpoints
from ftlab.workshop import stored

KEY = "made_of"


def made_of(choice: Choice, *rows: Iterable[dict]) -> dict[str, str]:
    """The fingerprints of a base model and of all rows that a run may read: trained on, chosen by, reported on.

    Args:
        rows: One list or more of them, each of JSON values.
    """
    every = [row for group in rows for row in group]
    return {"base": checkpoints.fingerprint(choice.path), "rows": checkpoints.fingerprint(every)}


def is_there(path: Path, made: Mapping[str, str]) -> bool:
    """Whether a run of these very inputs is kept; says so. One of another base, rows or code is made anew."""
    if not path.exists():
        return False
    if files.read_json(path).get(KEY) != made or not stored.is_kept(path):
        print(f"{path.name} is of another base model, of other rows or of other code: it is made anew")
        return False
    print(f"{path.name} is there already; delete it to run it again")
    return True


def finished(folder: Path, pattern: str = "*-seed-*.json") -> list[Path]:
    """The files of the runs in a folder that the present code would make again; the others are left out."""
    return [path for path in sorted(folder.glob(pattern)) if stored.is_kept(path)]


def current(name: str, made: Mapping[str, str]) -> dict | None:
    """A stored result of these very inputs that the present code would find again; None if there is none."""
    known = stored.current(name)
    return known if known and known.get(KEY) == made else None


def unpacked(row: Mapping, keys: Iterable[str]) -> dict:
    """A row of a stored result with the scores of these names, where it has them, as a run keeps them."""
    return {**row, **{key: unpack(row[key]).tolist() for key in keys if key in row}}


def of_all(runs: Sequence[dict], folder: Path) -> dict[str, str]:
    """What all of these runs were made of.

    Raises:
        ValueError: If there is none, or they are of more than one base model or of more than one set of rows.
    """
    found = {tuple(sorted(run.get(KEY, {"made": "before this was noted"}).items())): run for run in runs}
    if len(found) != 1:
        raise ValueError(f"{folder}: expected finished runs of one base model and of the same rows, found "
                         f"{'; '.join(str(dict(each)) for each in found) or 'none'}. Run those of the older ones "
                         "again: what is there already and fits is not run twice.")  # fmt: skip
    return dict(next(iter(found)))
