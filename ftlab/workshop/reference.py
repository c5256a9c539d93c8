"""``ftlab claims``: measures every claim over several seeds and keeps those reference runs in ``data/reference/lab``.

A reference is stored from a clean tree only, and names a hash of everything that its runs read. One whose inputs have
changed since is stale: ``verify``, which a test calls, finds fault with it until it is run again or a dated reason
stands beside it, ``"stale": {"date": "2026-11-25", "reason": "..."}``.
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import date
from importlib import metadata
from pathlib import Path

from ftlab import files, paths
from ftlab.claims import LAB, Claim, model_named, plain, reference, reference_path, table
from ftlab.evidence.repeated import mean_effect, pack_arms
from ftlab.workshop import inputs

MIN_SEEDS, MIN_SEEDS_ELSEWHERE = 5, 3  # of the lab model, and of one that takes minutes a run
DIRTY = "-dirty"
LIBRARIES = ("torch", "transformers", "trl", "datasets", "numpy", "scipy")


def aggregate(claim: Claim, runs: list[dict]) -> dict:
    """What follows from a claim's runs: mean effect, 95 % interval, what that is over, and the verdict on it."""
    found, prompts_too = mean_effect(runs, claim.factor)
    low, high = claim.clip(found.low, found.high)
    effect, low, high = (round(number, 6) + 0.0 for number in (found.value, low, high))
    return {"effect": effect, "low": low, "high": high, "over": "seeds and prompts" if prompts_too else "seeds",
            "verdict": claim.verdict(low, high)}


def _least(model: str) -> int:
    """How many seeds a reference needs."""
    return MIN_SEEDS if model == LAB else MIN_SEEDS_ELSEWHERE


def verify() -> list[str]:
    """Recomputes every stored reference from its runs; returns one sentence for each fault found, also stale ones."""
    claims, faults = table(), []
    for path in sorted((paths.data() / "reference").rglob("*.json")):
        known, name = files.read_json(path), path.relative_to(paths.data() / "reference").as_posix()
        claim, runs = claims.get(path.stem), known["runs"]
        if claim is None or (known["id"], known["model"]) != (claim.id, path.parent.name):
            faults.append(f"{name}: data/claims.csv has no claim with the id {known['id']!r} and this name, or it "
                          f"is not in its model's folder, {known['model']!r}.")
            continue
        seeds, least = [run["seed"] for run in runs], _least(known["model"])
        if len(set(seeds)) != len(seeds) or len(seeds) < least:
            faults.append(f"{name}: expected at least {least} runs, each with its own seed, found seeds "
                          f"{seeds}. Run: {known['command']}")
            continue
        for key, value in {"statement": claim.statement, "unit": claim.unit, **aggregate(claim, runs)}.items():
            same = math.isclose(known[key], value, abs_tol=2e-6) if isinstance(value, float) else known[key] == value
            if not same:
                faults.append(f"{name}: {key} is {known[key]!r}, but claims.csv and the runs give {value!r}. "
                              f"Run: {known['command']}")
        faults += [f"{name}: {why}. Run: {known['command']}" for why in _stale(known)]
    return faults


def _stale(known: dict) -> list[str]:
    """Why a reference is no longer what its code would find, unless a reason with its date stands beside it."""
    excuse = known.get("stale")
    if excuse is not None:
        try:
            date.fromisoformat(excuse["date"])
            return [] if excuse["reason"].strip() else ["expected a reason in 'stale', found none"]
        except (KeyError, TypeError, ValueError, AttributeError):
            return [f"expected 'stale' as an object with a date (2026-11-25) and a reason, found {excuse!r}"]
    if not known.get("inputs"):
        return ["expected the hashes of what its runs read under 'inputs', found none"]
    other = inputs.changed(known["inputs"])
    return [f"its runs are stale, since {', '.join(other)} changed"] if other else []


def main(argv: Sequence[str] | None = None) -> int:
    """``ftlab claims``: runs the experiments over seeds, resumes where it stopped, and writes ``data/reference``."""
    parser = argparse.ArgumentParser(prog="ftlab claims", description="Runs each claim's experiment over several "
                                     "seeds. Finished runs are kept: the command can be stopped and started again.")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(MIN_SEEDS)),
                        help="training seeds (default: 0 1 2 3 4)")
    parser.add_argument("--only", nargs="+", metavar="ID", help="only the experiments behind these claims")
    parser.add_argument("--list", action="store_true", help="show the claims and their reference verdicts, run nothing")
    parser.add_argument("--fresh", action="store_true", help="run again even what is already done")
    options = parser.parse_args(argv)
    claims = table()
    if unknown := [claim_id for claim_id in options.only or [] if claim_id not in claims]:
        parser.error(f"--only: expected ids from data/claims.csv ({', '.join(claims)}), found {', '.join(unknown)}.")
    chosen = [claims[claim_id] for claim_id in options.only or claims]
    if options.list:
        _print_list(chosen)
        return 0
    if model_named() != LAB:
        parser.error("reference runs are of the course's own models, but FTLAB_MODEL names another. Unset FTLAB_MODEL.")
    if _commit().endswith(DIRTY):
        parser.error("reference runs are stored from a clean tree only, so that anybody can run them again, but `git "
                     "status` shows changes or this is no git checkout. Commit first (data/reference does not count).")
    inputs.watch()
    experiments = {claim.experiment: claim.notebook for claim in chosen}  # one experiment may serve several claims
    _run_all(experiments, list(dict.fromkeys(options.seeds)), options.fresh, claims)
    written = [_write_reference(claim) for claim in claims.values() if claim.experiment in experiments]
    return 0 if all(written) else 1


def _print_list(claims: list[Claim]) -> None:
    for claim in claims:
        known = reference(claim.id, claim.model)
        state = "no reference runs" if known is None else f"{known['verdict']}, {len(known['runs'])} reference runs"
        print(f"{claim.id}  ({claim.notebook}, {claim.experiment})\n  {claim.statement}\n"
              f"  {claim.effect}: {claim.rule}; {state}")


def _run_all(experiments: dict[str, str], seeds: list[int], fresh: bool, claims: dict[str, Claim]) -> None:
    """Runs what is not done yet, seed by seed, so that a stopped command leaves every experiment about equally far."""
    todo = [(name, seed) for seed in seeds for name in experiments if fresh or not _is_done(_seed_path(name, seed))]
    print(f"{len(experiments)} experiments x {len(seeds)} seeds: {len(todo)} runs to do.", flush=True)
    spent = 0.0
    for count, (name, seed) in enumerate(todo, start=1):
        started = time.perf_counter()
        found = _checked(name, _experiment(name)(seed), claims)
        minutes = (time.perf_counter() - started) / 60
        files.write_json(_seed_path(name, seed), {
            "experiment": name, "seed": seed, "commit": _commit(), **_machine(), "date": date.today().isoformat(),
            "minutes": round(minutes, 3), "claims": found,
            "inputs": inputs.snapshot(_experiment(name).__module__, experiments[name])})
        spent += minutes
        left = spent / count * (len(todo) - count)
        print(f"[{count}/{len(todo)}] {_short(name)} seed {seed}: {minutes:.1f} min, about {left:.0f} min left",
              flush=True)


def _write_reference(claim: Claim) -> bool:
    """Gathers a claim's runs, all seeds that the present code has done, into its reference; False if too few."""
    pattern = _seed_path(claim.experiment, "*")
    stored = [files.read_json(path) for path in pattern.parent.glob(pattern.name) if _is_done(path)]
    done = sorted((run for run in stored if claim.id in run["claims"]), key=lambda run: run["seed"])
    if len(done) < _least(claim.model):
        print(f"{claim.id}: {len(done)} of {_least(claim.model)} seeds done, no reference written. Run more.")
        return False
    runs = [{"seed": run["seed"], **run["claims"][claim.id], "minutes": run["minutes"]} for run in done]
    known = {"id": claim.id, "model": claim.model, "statement": claim.statement, "unit": claim.unit, "runs": runs,
             **aggregate(claim, runs),
             "command": f"ftlab claims --only {claim.id} --seeds {' '.join(str(run['seed']) for run in runs)}",
             **{key: "; ".join(sorted({run[key] for run in done}))
                for key in ("commit", "machine", "precision", "libraries")},
             "minutes": round(sum(run["minutes"] for run in runs), 2), "date": max(run["date"] for run in done),
             "inputs": {name: known for run in done for name, known in run["inputs"].items()}}
    files.write_json(reference_path(claim.id, claim.model), known)
    print(f"{claim.id}: {known['effect']:g} {claim.unit} [{known['low']:g}, {known['high']:g}] over {known['over']}, "
          f"{known['verdict']}")
    return True


def _checked(name: str, found: object, claims: dict[str, Claim]) -> dict:
    """The experiment's answer, once it is known to hold a finite effect for exactly the claims that name it."""
    wanted = sorted(claim.id for claim in claims.values() if claim.experiment == name)
    if not isinstance(found, dict) or sorted(found) != wanted:
        raise ValueError(f"{name}: expected a dict with the claims {wanted}, found "
                         f"{sorted(found) if isinstance(found, dict) else type(found).__name__}. Return one entry for "
                         "each row of data/claims.csv that names this experiment.")
    answers = plain(found)
    for claim_id, answer in answers.items():
        if not isinstance(answer.get("effect"), int | float) or not math.isfinite(answer["effect"]):
            raise ValueError(f"{name}: expected a finite number under 'effect' for {claim_id}, found "
                             f"{answer.get('effect')!r}. Return the effect in {claims[claim_id].unit}.")
        answer["effect"] = round(float(answer["effect"]), 6)
        arms = [answer.pop(arm, None) for arm in ("by_prompt", "against")]
        answer.update(pack_arms(answer["effect"], *arms, claims[claim_id].factor))
    return answers


def _experiment(name: str) -> Callable[[int], dict]:
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ValueError(f"data/claims.csv: expected an experiment as module:function that can be imported, found "
                         f"{name!r} ({error}). Write the function, or correct the row.") from error


def _commit() -> str:
    """The git commit; marked as dirty where the tree differs from it, references aside, or where there is no git."""
    git = ["git", "-C", str(paths.root())]
    try:
        head, changes = (subprocess.run([*git, *command], capture_output=True, text=True, check=True,
                                        timeout=60).stdout.strip()
                         for command in (["rev-parse", "--short=12", "HEAD"],
                                         ["status", "--porcelain", "--", ".", ":!data/reference"]))
    except (OSError, subprocess.SubprocessError):
        return f"no git{DIRTY}"
    return head + DIRTY if changes else head


def _machine() -> dict[str, str]:
    """The machine in words, without its name; the number format that models compute in; the libraries."""
    from ftlab import model

    processor = platform.processor() or platform.machine()
    return {"machine": f"{platform.system()} {processor}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "precision": model.precision()[1],
            "libraries": ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)}


def _is_done(path: Path) -> bool:
    """True if a run is stored there that was made from a clean tree and whose inputs are still the same."""
    if not path.exists():
        return False
    run = files.read_json(path)
    return bool(run.get("inputs")) and not run["commit"].endswith(DIRTY) and not inputs.changed(run["inputs"])


def _seed_path(name: str, seed: int | str) -> Path:
    return paths.runs() / "claims-seeds" / f"{_short(name)}-{seed}.json"


def _short(name: str) -> str:
    """The experiment in file names: ``sft.learning_rate`` for ``ftlab.workshop.experiments.sft:learning_rate``."""
    module, _, function = name.partition(":")
    return f"{module.rpartition('.')[2]}.{function}"
