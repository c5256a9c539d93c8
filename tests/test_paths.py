"""Where things lie: the runs' folder can be another, for all that writes below it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftlab import paths
from ftlab.tuning import checkpoints


@pytest.mark.parametrize(("named", "folder"), [(None, "runs"), ("", "runs"), ("mine/own", "mine/own"), ("{}", "abs")])
def test_the_runs_folder_counts_from_the_project(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, folder: str
) -> None:
    if named is None:
        monkeypatch.delenv("FTLAB_RUNS", raising=False)
    else:
        monkeypatch.setenv("FTLAB_RUNS", named.format(tmp_path / "abs"))
    assert paths.runs_place() == tmp_path / folder and not paths.runs_place().exists()
    made = checkpoints.run_folder("x", model="org/name", room_bytes=0)
    assert made.parent == paths.runs() == tmp_path / folder


def test_no_module_writes_below_runs_past_the_variable(root: Path) -> None:
    """Every other way to the folder would let two kernels share files."""
    for path in (root / "ftlab").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name not in ("paths.py", "gather.py"):  # gather's lock is one for the project on purpose
            assert 'root() / "runs"' not in text and "root() / 'runs'" not in text, path
