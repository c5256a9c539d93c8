"""Results too long for a lesson: what they were made from is stored beside them, and a change of it is a fault."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from ftlab import files, paths
from ftlab.workshop import inputs, stored

BY_A_READER = ("marked-replies",)  # which no module makes
EXPERIMENTS = Path(inputs.PACKAGE) / "workshop" / "experiments"


def test_every_stored_result_is_fresh_or_says_why_not() -> None:
    old = [f"{name}.json: {stored.NONE_MADE}." for name in BY_A_READER]
    assert [fault for fault in stored.verify() if not fault.startswith(tuple(old))] == []


def test_every_module_that_stores_a_result_says_what_made_it() -> None:
    writers = {path.stem: text for path in EXPERIMENTS.glob("*.py") if '"stored"' in (text := path.read_text("utf-8"))
               and "write_" in text or "stored.write(" in text}
    without = {name for name, text in writers.items() if "stored.write(" not in text}
    assert writers and not without, f"{without}: store with ftlab.workshop.stored.write"


CODE = '''
from ftlab import files, paths
from ftlab.workshop import stored

def make():
    return {"rows": len(files.read_table(paths.data() / "table.csv"))}
'''


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    for name in ("FTLAB_MODEL", "FTLAB_MODELS", "FTLAB_RUNS"):
        monkeypatch.delenv(name, raising=False)
    files.write_text(tmp_path / "data" / "table.csv", "a\n1\n2\n")
    files.write_text(tmp_path / "toy.py", CODE)
    files.write_text(tmp_path / ".gitignore", "runs/\n__pycache__/\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "toy", raising=False)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "as it is"]):
        git(tmp_path, *command)
    vars(stored.watch).pop("commit", None)
    yield tmp_path
    vars(stored.watch).pop("commit", None)
    sys.modules.pop("toy", None)


def git(home: Path, *command: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(home), *who, *command], check=True, capture_output=True)


def test_a_result_carries_what_its_parts_read_and_goes_stale_with_it(home: Path) -> None:
    part = paths.runs() / "toy" / "one.json"
    with pytest.raises(RuntimeError, match="expected a call of watch"):
        stored.keep(part, {}, "toy")
    stored.watch()
    toy = importlib.import_module("toy")

    assert stored.part(part, toy.make, "toy") == {"rows": 2}
    assert sorted(path.name for path in part.parent.iterdir()) == ["made", "one.json"]
    assert stored.part(part, lambda: pytest.fail("made again"), "toy") == {"rows": 2}
    stored.write("toy", {"model": "none", "parts": [files.read_json(part)]}, "toy", [part])
    known = stored.current("toy")
    assert known["parts"] == [{"rows": 2}] and list(known["made"]["inputs"]) == [
        "data/table.csv", "ftlab/__init__.py", "ftlab/files.py", "ftlab/paths.py", "ftlab/workshop/__init__.py",
        "toy.py"]
    assert {"module", "commit", "machine", "precision", "libraries", "date"} <= set(known["made"])
    stored.write("toy", {"model": "another"}, "toy", [part])  # by a process that has read the one before
    assert stored.verify() == [] and stored.current("toy")["made"]["inputs"] == known["made"]["inputs"]

    files.write_text(home / "data" / "table.csv", "a\n1\n")
    assert stored.current("toy") is None
    assert stored.verify() == ["toy.json: it is stale, since data/table.csv changed. Run again: python -m toy"]
    reason = stored.excuse(known["made"], "one row fewer, none is used")
    for given, faults in ((reason, 0), ({**reason, "reason": ""}, 1), ({**reason, "date": "soon"}, 1), ("later", 1)):
        files.write_json(stored.stored_path("toy"), {**known, "stale": given})
        assert len(stored.verify()) == faults and stored.current("toy") is None
    files.write_json(stored.stored_path("toy"), {**known, "stale": reason})
    files.write_text(home / "data" / "table.csv", "a\n")  # a change that the reason does not speak of
    assert stored.verify() == ["toy.json: it is stale, since data/table.csv changed. Run again: python -m toy"]
    files.write_text(home / "data" / "table.csv", "a\n1\n")
    assert stored.part(part, toy.make, "toy") == {"rows": 1}  # what it read has changed, so it is made anew


def test_a_tree_that_is_not_clean_stores_nothing_and_its_parts_are_found_out(home: Path) -> None:
    part = paths.runs() / "toy" / "one.json"
    files.write_text(home / "toy.py", CODE + "\n# tried something\n")
    stored.watch()
    stored.keep(part, {}, "toy")
    with pytest.raises(ValueError, match="clean tree only"):
        stored.write("toy", {}, "toy", [part])
    git(home, "commit", "-aqm", "as tried")
    vars(stored.watch).pop("commit")
    stored.watch()
    stored.write("toy", {}, "toy", [part])
    assert "a tree with changes that were not committed" in stored.verify()[0]
    with pytest.raises(ValueError, match="Make this part again"):
        stored.write("toy", {}, "toy", [part.with_name("two.json")])
    files.write_json(stored.stored_path("bare"), {"numbers": [1]})
    assert stored.verify()[0] == f"bare.json: {stored.NONE_MADE}. Write it with ftlab.workshop.stored.write."


def test_a_process_knows_its_own_parts_also_in_a_tree_with_changes(home: Path) -> None:
    part = paths.runs() / "toy" / "one.json"
    files.write_text(home / "toy.py", CODE + "\n# tried something\n")
    stored.watch()
    toy = importlib.import_module("toy")

    assert stored.part(part, toy.make, "toy") == {"rows": 2} and stored.is_kept(part)
    stored._kept.clear()  # as another process would find it
    assert not stored.is_kept(part)
    assert stored.part(part, toy.make, "toy") == {"rows": 2} and stored.is_kept(part)
    files.write_text(home / "data" / "table.csv", "a\n1\n")
    assert not stored.is_kept(part)


def test_of_two_states_of_a_file_the_one_that_is_no_longer_there_is_named(home: Path) -> None:
    now = inputs.digest(home / "data" / "table.csv")
    for order in (["0" * 16, now], [now, "0" * 16]):
        found = stored.joined({"data/table.csv": each} for each in order)
        assert inputs.changed(found) == ["data/table.csv"]


def test_the_machine_of_a_run_on_a_gpu_is_named_by_it(monkeypatch) -> None:
    import torch

    from ftlab import model

    assert stored.doctor.cpu_name() in stored.machine()["machine"]
    monkeypatch.setattr(model, "precision", lambda: ("cuda", "bfloat16", "it computes in bf16"))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100 80GB HBM3")
    assert "NVIDIA H100 80GB HBM3, " in stored.machine()["machine"]
    assert stored.machine()["precision"] == "bfloat16"
