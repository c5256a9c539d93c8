"""What a stored run was made of, by fingerprints, so that runs of two worlds are never gathered into one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ftlab import files
from ftlab.model import Choice
from ftlab.tuning import checkpoints

KEY = "made_of"


def made_of(choice: Choice, *rows: Iterable[dict]) -> dict[str, str]:
    """The fingerprints of a base model and of all rows that a run may read: trained on, chosen by, reported on.

    Args:
        rows: One list or more of them, each of JSON values.
    """
    every = [row for group in rows for row in group]
    return {"base": checkpoints.fingerprint(choice.path), "rows": checkpoints.fingerprint(every)}


def is_there(path: Path, made: Mapping[str, str]) -> bool:
    """Whether a run of these very inputs is kept; says so. One of another base or of other rows is made anew."""
    if not path.exists():
        return False
    if files.read_json(path).get(KEY) != made:
        print(f"{path.name} is of another base model or of other rows: it is made anew")
        return False
    print(f"{path.name} is there already; delete it to run it again")
    return True


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
