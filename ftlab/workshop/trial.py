"""One experiment, one seed: executes the notebook that a claim names, in a kernel of its own, or calls its function."""

from __future__ import annotations

import importlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ftlab import files, paths
from ftlab.claims import plain
from ftlab.course import course
from ftlab.course.execute import execute
from ftlab.course.progress import Progress
from ftlab.evidence.claim import NOT_TRIED, Claim
from ftlab.evidence.repeated import SCORES, pack_scores
from ftlab.workshop import dials, inputs, stored

Served = list[tuple[Claim, str]]  # what an experiment tries: claims, each on a model


class TrialError(Exception):
    """A run came to nothing; the message says where, what was expected, what was found and what to do."""


@dataclass(frozen=True)
class Experiment:
    """What is run for a claim: ``module:function`` or, where that is empty, the notebook with these dials (JSON)."""

    function: str
    notebook: str
    dials: str

    @classmethod
    def of(cls, claim: Claim, model: str) -> Experiment:
        function = claim.function(model)
        return cls(function, claim.notebook, json.dumps({} if function else claim.dials, sort_keys=True))

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


class Outcome(NamedTuple):
    """What one run found, by claim and model; the hashes of what it read; where it was made (``stored.machine``)."""

    found: dict[str, dict[str, dict]]
    inputs: dict[str, str]
    machine: dict[str, str]


def run(experiment: Experiment, seed: int, served: Served, commit: str) -> Outcome:
    """One run of an experiment.

    Each run has a runs' folder of its own, which is gone afterwards: two kernels share no file, and what a killed
    notebook left is never taken for a result. A function keeps each part that it has made at once, so its folder waits
    where it was stopped, for the same seed and the same commit, and it goes on there. Parts may come from another
    machine; the run names theirs.

    Args:
        commit: Of the tree.
    Raises:
        TrialError: If a cell of the notebook fails, or it did not record what its claims need, or a function refuses.
    """
    name = f"{experiment.short}-{seed}"
    if not experiment.function:
        with own_folder(name) as folder:
            records = _execute(experiment, seed, folder)
            read = inputs.of_kernel(folder / "read.txt", experiment.notebook)
            return Outcome(_recorded(experiment, seed, served, records), read, stored.machine())
    with own_folder(name, until_done=commit) as folder:
        log = folder.with_suffix(".txt")  # what processes that it starts read, in all tries
        log.touch()
        with environ(inputs.environment(log)):
            answer, module = _call(experiment.function, seed, served)
        found = Outcome(answer, inputs.of_function(module, experiment.notebook, log), made_where(folder))
        log.unlink()
        return found


def made_where(folder: Path) -> dict[str, str]:
    """Where the parts in a run's folder were made; that is here, if it keeps none."""
    notes = [files.read_json(path) for path in folder.glob(f"**/{stored.NOTES}/*.json")]
    here = stored.machine()
    return {key: "; ".join(sorted({note[key] for note in notes} or {word})) for key, word in here.items()}


@contextmanager
def own_folder(name: str, until_done: str = "") -> Iterator[Path]:
    """A new folder, which ``paths.runs()`` gives within the block, removed at its end.

    Args:
        until_done: A word, such as the commit: with the same one, a folder whose block failed is taken up again.
    """
    place = paths.runs() / "claims-seeds"
    folder = place / f"{name}.{until_done}.part"
    if until_done:
        folder.mkdir(parents=True, exist_ok=True)
    else:
        place.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}.", suffix=".tmp", dir=place))
    done = not until_done
    try:
        with environ({"FTLAB_RUNS": str(folder)}):
            yield folder
        done = True
    finally:
        if done:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def environ(more: Mapping[str, str]) -> Iterator[None]:
    """The environment with these variables, as it was again at the end."""
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def clear(commit: str) -> None:
    """Clears away what killed runs left, but for the parts of functions at this commit."""
    for left in (paths.runs() / "claims-seeds").glob("*.*"):
        if left.suffix == ".tmp" or (left.stem.rpartition(".")[2] != commit and left.suffix in (".part", ".txt")):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()


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


def _recorded(experiment: Experiment, seed: int, served: Served, records: list[dict]) -> dict:
    """The effect with its interval and what else ``claims.record`` kept, by claim and model."""
    found = {(record["id"], record["model"]): record for record in records}
    wanted = [(claim.id, model) for claim, model in served]
    if missing := [pair for pair in wanted if pair not in found]:
        raise TrialError(
            f"{experiment.notebook}, seed {seed}: expected a record of {_pairs(missing)}, found "
            f"{_pairs(found) or 'none at all'}. Call claims.record in the notebook for each claim and model that "
            "data/claims.csv names with it, or correct the columns notebook, dials and models.")
    if other := [pair for pair in wanted if found[pair]["seed"] != seed]:
        raise TrialError(f"{experiment.notebook}, seed {seed}: expected records with this seed, found "
                         f"{found[other[0]]['seed']} for {_pairs(other)}. Give SEED to claims.record.")
    answers: dict[str, dict] = {claim_id: {} for claim_id, _ in wanted}
    for claim_id, model in wanted:
        record = found[claim_id, model]
        if record["verdict"] == NOT_TRIED:
            answers[claim_id][model] = {NOT_TRIED: record["why"]}
            continue
        numbers = {key: round(record[key], 6) for key in ("effect", "low", "high")}
        answers[claim_id][model] = {**numbers, **record["values"]}
    return answers


def _pairs(pairs) -> str:
    return ", ".join(f"{claim_id} on {model}" for claim_id, model in pairs)


def _call(name: str, seed: int, served: Served) -> tuple[dict, str]:
    """The function's answer, once it is known to hold a finite effect for exactly its claims and their models."""
    function = _function(name)
    by_id = {claim.id: [model for each, model in served if each.id == claim.id] for claim, _ in served}
    try:
        found, wanted = function(seed), sorted(by_id)
    except ValueError as error:  # an experiment that says what it lacks, such as a stored run
        raise TrialError(f"{name}, seed {seed}: {error}") from error
    if not isinstance(found, dict) or sorted(found) != wanted:
        raise ValueError(f"{name}: expected a dict with the claims {wanted}, found "
                         f"{sorted(found) if isinstance(found, dict) else type(found).__name__}. Return one entry for "
                         "each row of data/claims.csv that names this experiment.")
    answers = {}
    for claim in {claim.id: claim for claim, _ in served}.values():
        answer, models = plain(found[claim.id]), by_id[claim.id]
        answers[claim.id] = answer if len(models) > 1 else {models[0]: answer}
        if set(answers[claim.id]) != set(models):
            raise ValueError(f"{name}: expected an entry for each of {', '.join(models)} for {claim.id}, found "
                             f"{', '.join(answers[claim.id])}. Return what was found by model.")
        for one in answers[claim.id].values():
            if NOT_TRIED in one:
                continue
            if not isinstance(one.get("effect"), int | float) or not math.isfinite(one["effect"]):
                raise ValueError(f"{name}: expected a finite number under 'effect' for {claim.id}, found "
                                 f"{one.get('effect')!r}. Return the effect in {claim.unit}.")
            one["effect"] = round(float(one["effect"]), 6)
            one.update(pack_scores(one["effect"], claim.factor, **{key: one.pop(key, None) for key in SCORES}))
    return answers, function.__module__


def _function(name: str) -> Callable[[int], dict]:
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ValueError(f"data/claims.csv: expected an experiment as module:function that can be imported, found "
                         f"{name!r} ({error}). Write the function, or correct the row.") from error
