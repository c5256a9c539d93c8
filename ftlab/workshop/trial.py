"""One experiment, one seed: executes the notebook that a claim names, in a kernel of its own, or calls its function."""

from __future__ import annotations

import importlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ftlab import files, paths
from ftlab.claims import plain
from ftlab.course import course
from ftlab.course.execute import execute
from ftlab.course.progress import Progress
from ftlab.evidence.claim import Claim
from ftlab.evidence.repeated import pack_arms
from ftlab.workshop import dials, inputs


class TrialError(Exception):
    """A run came to nothing; the message says where, what was expected, what was found and what to do."""


@dataclass(frozen=True)
class Experiment:
    """What is run for a claim: ``module:function`` or, where that is empty, the notebook with these dials (JSON)."""

    function: str
    notebook: str
    dials: str

    @classmethod
    def of(cls, claim: Claim) -> Experiment:
        return cls(claim.experiment, claim.notebook, json.dumps(claim.dials, sort_keys=True))

    @property
    def short(self) -> str:
        """Its name in files: ``sft.learning_rate``, ``00_start_here-1f0c3a5b`` (of the dials)."""
        if self.function:
            module, _, function = self.function.partition(":")
            return f"{module.rpartition('.')[2]}.{function}"
        return f"{self.notebook}-{sha256(self.dials.encode()).hexdigest()[:8]}"


def turned(experiment: Experiment, seed: int):
    """The notebook, made from its source, with the experiment's dials and this seed; nothing is run.

    Raises:
        ValueError: If there is no such source, or its dials do not take these values.
    """
    source = course.folder() / "source" / f"{experiment.notebook}.py"
    if not source.is_file():
        raise ValueError(f"data/claims.csv: expected a notebook that has a source, found {experiment.notebook!r} and "
                         f"no {source}. Correct the column notebook.")
    values = json.loads(experiment.dials)
    if "SEED" in values:
        raise ValueError(f"data/claims.csv: expected the dials of {experiment.notebook} without SEED, found {values}. "
                         "Take it out: the option --seeds sets it.")
    notebook = course.from_source(source)
    dials.turn(notebook, {**values, "SEED": seed}, experiment.notebook)
    return notebook


def run(experiment: Experiment, seed: int, claims: list[Claim]) -> tuple[dict[str, dict[str, dict]], dict[str, str]]:
    """What one run found, by claim and model, and the hashes of what it read.

    Each run has a runs' folder of its own, which is gone afterwards: two kernels share no file, and what a killed run
    left is never taken for a result.

    Raises:
        TrialError: If a cell of the notebook fails, or it did not record what its claims need, or a function refuses.
    """
    with own_folder(f"{experiment.short}-{seed}") as folder:
        if experiment.function:
            answer, module = _call(experiment.function, seed, claims)
            return answer, inputs.of_function(module, experiment.notebook)
        records = _execute(experiment, seed, folder)
        return _recorded(experiment, seed, claims, records), inputs.of_kernel(folder / "read.txt", experiment.notebook)


@contextmanager
def own_folder(name: str) -> Iterator[Path]:
    """A new folder, which ``paths.runs()`` gives within the block, removed at its end."""
    before = os.environ.get("FTLAB_RUNS")
    place = paths.runs() / "claims-seeds"
    place.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}.", suffix=".tmp", dir=place))
    os.environ["FTLAB_RUNS"] = str(folder)
    try:
        yield folder
    finally:
        os.environ.pop("FTLAB_RUNS")
        if before is not None:
            os.environ["FTLAB_RUNS"] = before
        shutil.rmtree(folder, ignore_errors=True)


def _execute(experiment: Experiment, seed: int, folder: Path) -> list[dict]:
    """The records of the notebook's run in a fresh kernel."""
    import nbformat

    notebook = turned(experiment, seed)
    minutes = notebook.metadata.get("ftlab", {}).get("minutes", 0)
    progress = Progress([f"{experiment.notebook} seed {seed}"], [60 * minutes])
    progress.begin(0, len(notebook.cells))
    log = folder / "read.txt"
    log.touch()
    own = {"FTLAB_RUNS": str(folder), **inputs.environment(log)}
    with progress.shown():
        failure = execute(notebook, course.folder(), progress, more=own)
    if failure:
        kept = folder.parent / "failed" / f"{experiment.short}-{seed}.ipynb"
        files.write_text(kept, nbformat.writes(notebook) + "\n")
        raise TrialError(f"{experiment.notebook}, seed {seed}, cell {failure.cell}:\n\n{failure.source}\n\n"
                         f"{failure.error}\n\nWhat ran before it is kept in {kept}")
    return [files.read_json(path) for path in sorted((folder / "claims").glob("*.json"))]


def _recorded(experiment: Experiment, seed: int, claims: list[Claim], records: list[dict]) -> dict:
    """The effect and what else ``claims.record`` kept, by claim and model."""
    found = {(record["id"], record["model"]): record for record in records}
    wanted = [(claim.id, model) for claim in claims for model in claim.models]
    if missing := [pair for pair in wanted if pair not in found]:
        raise TrialError(
            f"{experiment.notebook}, seed {seed}: expected a record of {_pairs(missing)}, found "
            f"{_pairs(found) or 'none at all'}. Call claims.record in the notebook for each claim and model that "
            "data/claims.csv names with it, or correct the columns notebook, dials and models.")
    if other := [pair for pair in wanted if found[pair]["seed"] != seed]:
        raise TrialError(f"{experiment.notebook}, seed {seed}: expected records with this seed, found "
                         f"{found[other[0]]['seed']} for {_pairs(other)}. Give SEED to claims.record.")
    answers: dict[str, dict] = {claim.id: {} for claim in claims}
    for claim_id, model in wanted:
        record = found[claim_id, model]
        answers[claim_id][model] = {"effect": round(record["effect"], 6), **record["values"]}
    return answers


def _pairs(pairs) -> str:
    return ", ".join(f"{claim_id} on {model}" for claim_id, model in pairs)


def _call(name: str, seed: int, claims: list[Claim]) -> tuple[dict, str]:
    """The function's answer, once it is known to hold a finite effect for exactly its claims and their models."""
    function = _function(name)
    try:
        found, wanted = function(seed), sorted(claim.id for claim in claims)
    except ValueError as error:  # an experiment that says what it lacks, such as a stored run
        raise TrialError(f"{name}, seed {seed}: {error}") from error
    if not isinstance(found, dict) or sorted(found) != wanted:
        raise ValueError(f"{name}: expected a dict with the claims {wanted}, found "
                         f"{sorted(found) if isinstance(found, dict) else type(found).__name__}. Return one entry for "
                         "each row of data/claims.csv that names this experiment.")
    answers = {}
    for claim in claims:
        answer = plain(found[claim.id])
        answers[claim.id] = answer if len(claim.models) > 1 else {claim.models[0]: answer}
        if set(answers[claim.id]) != set(claim.models):
            raise ValueError(f"{name}: expected an entry for each of {', '.join(claim.models)} for {claim.id}, found "
                             f"{', '.join(answers[claim.id])}. Return what was found by model.")
        for one in answers[claim.id].values():
            if not isinstance(one.get("effect"), int | float) or not math.isfinite(one["effect"]):
                raise ValueError(f"{name}: expected a finite number under 'effect' for {claim.id}, found "
                                 f"{one.get('effect')!r}. Return the effect in {claim.unit}.")
            one["effect"] = round(float(one["effect"]), 6)
            arms = [one.pop(arm, None) for arm in ("by_prompt", "against")]
            one.update(pack_arms(one["effect"], *arms, claim.factor))
    return answers, function.__module__


def _function(name: str) -> Callable[[int], dict]:
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ValueError(f"data/claims.csv: expected an experiment as module:function that can be imported, found "
                         f"{name!r} ({error}). Write the function, or correct the row.") from error
