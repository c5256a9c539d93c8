"""Where things lie: the runs' folder can be another, for all that writes below it."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from ftlab import files, paths
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


def test_an_own_folder_is_shared_with_no_other_process_and_goes_with_it(home: Path, python) -> None:
    mine = paths.own_folder("stage")
    (mine / "weights").write_text("mine", encoding="utf-8")
    left = home / "runs" / "stage-killed"  # as a killed kernel leaves it: nobody holds its lock
    left.mkdir()
    left.with_name("stage-killed.held").touch()
    code = ("from ftlab import paths; folder = paths.own_folder('stage'); (folder / 'weights').touch();"
            "print(folder.name, [path.name for path in folder.parent.iterdir()])")
    other = python("-c", code).stdout
    assert not other.startswith(mine.name + " ") and mine.name in other and "killed" not in other
    assert sorted(path.name for path in (home / "runs").iterdir()) == [mine.name, f"{mine.name}.held"]
    assert (mine / "weights").read_text(encoding="utf-8") == "mine"
    assert paths.own_folder("stage") != mine


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO],
                         ids=errno.errorcode.get)  # fmt: skip
def test_a_folder_of_runs_that_cannot_be_made_is_told_with_the_remedy(
    home: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_, **__) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OSError, match="could not write .*runs: .* FTLAB_RUNS names another folder") as caught:
        paths.runs()
    assert caught.value.errno == number and files.REMEDIES[number] in str(caught.value)


def test_no_notebook_has_a_folder_of_one_run_that_another_kernel_has_too(root: Path) -> None:
    for path in (root / "notebooks" / "source").glob("*.py"):
        named = re.findall(r'paths\.runs\(\) / "([^"]+)"', path.read_text(encoding="utf-8"))
        # into "sft" nothing is saved; "votes" holds the learner's own
        assert set(named) <= {"sft", "votes"}, f"{path.name}: paths.own_folder(name) gives each kernel its own"


def test_no_module_writes_below_runs_past_the_variable(root: Path) -> None:
    """Every other way to the folder would let two kernels share files."""
    for path in (root / "ftlab").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name not in ("paths.py", "gather.py"):  # gather's lock is one for the project on purpose
            assert 'root() / "runs"' not in text and "root() / 'runs'" not in text, path
