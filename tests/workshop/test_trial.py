"""Every claim can be tried: its notebook takes the dials, or its experiment is there."""

from __future__ import annotations

import importlib

from ftlab import claims, files, paths
from ftlab.workshop import stored, trial


def test_every_claim_names_a_notebook_that_takes_its_dials_or_an_experiment() -> None:
    for claim, model in claims.pairs(claims.table().values()):
        if function := claim.function(model):
            module, _, name = function.partition(":")
            assert callable(getattr(importlib.import_module(module), name))
            assert (paths.root() / "notebooks" / "source" / f"{claim.notebook}.py").exists()
        else:
            trial.turned(trial.Experiment.of(claim, model), seed=1)  # raises if a dial is not there or of another type


def test_a_run_is_of_the_machines_that_made_its_parts(tmp_path) -> None:
    assert trial.made_where(tmp_path) == stored.machine()
    there = {"machine": "a GPU elsewhere", "precision": "bfloat16", "libraries": "torch 2.11.0"}
    for name, machine in (("one", "a GPU elsewhere"), ("two", "a laptop"), ("three", "a laptop")):
        files.write_json(tmp_path / "tasks" / stored.NOTES / f"{name}.json", there | {"machine": machine})
    assert trial.made_where(tmp_path) == there | {"machine": "a GPU elsewhere; a laptop"}
