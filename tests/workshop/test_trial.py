"""Every claim can be tried: its notebook takes the dials, or its experiment is there."""

from __future__ import annotations

import importlib

from ftlab import claims, paths
from ftlab.workshop import trial


def test_every_claim_names_a_notebook_that_takes_its_dials_or_an_experiment() -> None:
    for claim, model in claims.pairs(claims.table().values()):
        if function := claim.function(model):
            module, _, name = function.partition(":")
            assert callable(getattr(importlib.import_module(module), name))
            assert (paths.root() / "notebooks" / "source" / f"{claim.notebook}.py").exists()
        else:
            trial.turned(trial.Experiment.of(claim, model), seed=1)  # raises if a dial is not there or of another type
