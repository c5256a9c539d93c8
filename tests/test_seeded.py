"""Streams of chance by their keys."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ftlab.seeded import rng


def test_the_same_keys_give_the_same_stream_in_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from ftlab.seeded import rng; print([rng('desk', 7, None).random() for _ in range(2)])"
    here = rng("desk", 7, None).random()
    for seed in ("0", "77"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        there = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        assert there.strip() == str([here, here])


def test_other_keys_or_another_order_give_another_stream() -> None:
    streams = [rng(*keys).random() for keys in (("a",), ("b",), ("a", 1), ("a", 2), (1, "a"), ())]
    assert len(set(streams)) == len(streams)
