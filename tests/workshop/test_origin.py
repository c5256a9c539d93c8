"""Where weights come from: the list of sources is whole, and machines and minutes are those of the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftlab import files, paths
from ftlab.workshop import inputs, origin


def test_the_modules_are_those_that_the_reading_imports() -> None:
    imported = {path.stem for path in inputs._modules("ftlab.workshop.reading") if path.parent.name == "world"}
    assert imported - {"__init__"} == set(origin.MODULES)


def test_a_changed_table_or_name_is_another_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    from ftlab.world import invent

    now = origin.sources()
    assert {f"ftlab/world/{name}.py" for name in origin.MODULES} < set(now)
    assert "data/world/shops/policies.csv" in now and not [name for name in now if "quillmere" in name]
    shutil.copytree(paths.data() / "world", tmp_path / "world")
    with (tmp_path / "world" / "shops" / "talk.csv").open("ab") as file:
        file.write(b"filler,One more.\n")
    monkeypatch.setattr(paths, "data", lambda: tmp_path)
    then = origin.sources()
    assert [name for name in now if now[name] != then[name]] == ["data/world/shops/talk.csv"]
    monkeypatch.setattr(invent, "taken", lambda: frozenset({"Quillmere"}))
    assert origin.sources()["the names of the world"] != now["the names of the world"]


def test_the_warning_names_what_changed() -> None:
    assert origin.warning({"a": "1", "b": "2"}, {"a": "1", "b": "2"}) == ""
    assert "(b, c, d)" in origin.warning({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "4", "d": "5"})


def test_the_hardware_is_the_runs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected the machines that trained, found no such file.*--hardware"):
        origin.hardware(tmp_path)
    assert origin.hardware(tmp_path, "a GPU, bf16") == "a GPU, bf16"
    one = {"machine": "M", "device": "cpu", "dtype": "bfloat16", "threads": 2, "compiled": True}
    other = one | {"machine": "N", "compiled": False}
    steps = [one | {"from_step": 0}, one | {"from_step": 40}, other | {"from_step": 1200}]
    files.write_json(tmp_path / "machines.json", steps)
    words = "M, on cpu in bfloat16, 2 threads, compiled"
    assert origin.hardware(tmp_path) == f"{words}; from step 1,200: N, on cpu in bfloat16, 2 threads"
    files.write_json(tmp_path / "machines.json", steps[1:2])
    assert origin.hardware(tmp_path, "two cores") == f"before step 40: two cores; from step 40: {words}"
    assert origin.hardware(tmp_path).startswith("before step 40: not noted; ")


def test_minutes_by_hand() -> None:
    log = [{"step": step, "elapsed_s": seconds} for step, seconds in ((20, 60), (40, 120), (60, 3600), (80, 3660))]
    # Three of four parts take 3 s a step, one was stopped in between: 80 steps of 3 s are 4 minutes.
    assert origin.minutes(log) == "61 minutes by the clock; 4 at its median pace of 3.00 s a step"
    assert origin.minutes(log[:2]) == "2 minutes"
