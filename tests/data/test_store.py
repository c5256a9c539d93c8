"""Rows are kept in a file where they are many, and nothing is left behind in surprising places."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from learner_files import PAIR, lines, refusal, write

from ftlab import data
from ftlab.data import store

pytestmark = pytest.mark.usefixtures("home")
ROOT = Path(__file__).resolve().parents[2]


def test_many_rows_are_streamed_through_a_file(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MEMORY_BYTES", 2**20)
    path = tmp_path / "mine.jsonl"
    with path.open("w") as file:
        for number in range(10_000):
            file.write(json.dumps({"prompt": f"{number} " + "a" * 600, "completion": str(number)}) + "\n")
    data.read(write(tmp_path, lines(PAIR), "warm.jsonl"))  # imports apart
    tracemalloc.start()
    read = data.read(path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 5 * 2**20  # the rows as Python objects would take over 9 MiB
    assert read["completion"][:] == [str(number) for number in range(10_000)]
    (kept,) = (home / "runs" / "data").iterdir()
    assert read.cache_files == [{"filename": str(kept)}]
    again = data.read(path)
    assert again.cache_files == read.cache_files
    path.write_text(path.read_text().replace('"9999"', '"changed"'))
    assert data.read(path)["completion"][-1] == "changed"
    assert again["completion"][-1] == "9999"


def test_full_disk_while_keeping_rows(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MEMORY_BYTES", 0)
    home.mkdir()
    write(home, "a file where the folder should be", "runs")
    path = write(tmp_path, lines(PAIR, "x"))
    message = refusal(path, on_error="quarantine")
    assert "could not keep the rows" in message
    assert "FTLAB_RUNS names another folder for the runs." in message


def test_a_failed_read_leaves_no_file(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MEMORY_BYTES", 0)
    monkeypatch.setattr(store, "CHUNK_ROWS", 1)
    refusal(write(tmp_path, lines(PAIR, PAIR, "x", PAIR)))
    assert list((home / "runs" / "data").iterdir()) == []


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, lines(PAIR))
    before = data.read(path)
    stamp = path.stat()
    write(tmp_path, lines(PAIR | {"completion": "851 g."}))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # same size, same time
    assert data.read(path)[0]["completion"] == "851 g."
    assert before[0]["completion"] == "850 g."
    assert data.read(path)._fingerprint != before._fingerprint


def test_no_files_in_surprising_places(tmp_path: Path) -> None:
    write(tmp_path, lines(PAIR))
    code = ("from ftlab import data; d = data.read('mine.jsonl'); d = d.map(lambda row: {'n': len(row['prompt'])}); "
            "data.store.MEMORY_BYTES = 0; data.read('mine.jsonl').map(lambda row: {'n': 1})")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "FTLAB_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1",
                                "HF_HOME": str(tmp_path / "hf"), "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    subprocess.run([sys.executable, "-B", "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True)
    found = {item.relative_to(tmp_path).parts[:3] for item in tmp_path.rglob("*") if item.is_file()}
    assert {parts[:2] for parts in found} == {("mine.jsonl",), ("home", "runs")}
