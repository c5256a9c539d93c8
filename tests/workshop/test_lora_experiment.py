"""The stored runs of LoRA against full tuning: which rate counts, and what the two claims are made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftlab import files, paths
from ftlab.evidence.packed import unpack
from ftlab.workshop.experiments import lora

# by way and rate: validation losses, replies that are fit, questions known
RUNS = {
    ("full", 3e-5): ([2.0, 2.0], [1, 0, 0, 0], [1, 1, 1, 0]),
    ("full", 1e-4): ([0.5, 0.7], [1, 1, 0, 0], [1, 1, 0, 0]),  # the best of its way by its validation loss
    ("full", 3e-4): ([0.9, 0.9], [1, 1, 1, 1], [0, 0, 0, 0]),  # better on the test, which must not choose
    ("lora", 3e-4): ([2.0, 2.0], [1, 0, 0, 0], [1, 1, 1, 0]),
    ("lora", 1e-3): ([1.0, 1.0], [1, 0, 0, 0], [1, 1, 1, 0]),
    ("lora", 3e-3): ([0.4, 0.4], [1, 1, 1, 0], [1, 1, 0, 0]),  # the best of its way
}


@pytest.fixture
def stored(home: Path) -> Path:
    folder = paths.runs() / lora.FOLDER
    for (way, lr), (losses, fit, knows) in RUNS.items():
        run = {"way": way, "lr": lr, "seed": 0, "model": "toy", "dtype": "float32", "trained": 5, "seconds": 1.0,
               "peak_bytes": 7, "kinds": ["fact"] * 4, "valid_losses": losses, "on_brand": [1] * 4, "right": fit,
               "both": fit, "knows": knows, "leaks": [0] * 4, "replies": list("abcd")}  # fmt: skip
        files.write_json(folder / f"{way}-{lr:g}-seed-0.json", run)
    files.write_json(folder / "untuned.json", {"knows": [1, 1, 1, 1]})
    return folder


def test_each_way_counts_at_the_rate_that_validation_chose(stored: Path) -> None:
    found = lora.against_full(0)
    assert found["lora-reaches-full"] == {"effect": 25.0, "by_prompt": [1, 1, 1, 0], "against": [1, 1, 0, 0]}
    # Both have half of the replies fit: full at its best, LoRA halfway between its last two rates (1/4 and 3/4).
    assert found["lora-forgets-less-real"] == {"effect": 12.5, "by_prompt": [1, 1, 0.5, 0], "against": [1, 1, 0, 0]}


def test_what_is_gathered_is_small_and_can_be_read_back(stored: Path) -> None:
    kept = json.loads(json.dumps(lora.gather()))
    assert [(run["way"], run["lr"]) for run in kept["runs"]] == sorted(RUNS, key=str)
    assert all("answers" not in run and len(run["first_replies"]) == 3 for run in kept["runs"])
    assert unpack(kept["knew"]).tolist() == [1, 1, 1, 1]
    assert unpack(kept["runs"][0]["valid_losses"]).mean() == pytest.approx(0.6)

