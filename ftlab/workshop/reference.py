"""``ftlab claims``: measures every claim over several seeds and keeps those reference runs in ``data/reference``."""

from __future__ import annotations

import argparse
import hashlib
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

from ftlab import __version__, files, model, paths
from ftlab.claims import Claim, is_bundled, plain, reference, reference_path, table
from ftlab.evidence.intervals import seed_interval

MIN_SEEDS = 5


def aggregate(claim: Claim, runs: list[dict]) -> dict:
    """What follows from a claim's runs: mean effect over the seeds, its 95 % t-interval, and the verdict on it."""
    effect, low, high = (round(number, 6) for number in seed_interval([run["effect"] for run in runs]))
    return {"effect": effect, "low": low, "high": high, "verdict": claim.verdict(low, high)}


def verify() -> list[str]:
    """Recomputes every stored reference from its runs; returns one sentence for each fault found."""
    claims, faults = table(), []
    for path in sorted((paths.data() / "reference").glob("*.json")):
        known = files.read_json(path)
        claim, runs = claims.get(path.stem), known["runs"]
        if claim is None or known["id"] != claim.id:
            faults.append(f"{path.name}: data/claims.csv has no claim with the id {known['id']!r} and this name.")
            continue
        seeds = [run["seed"] for run in runs]
        if len(set(seeds)) != len(seeds) or len(seeds) < MIN_SEEDS:
            faults.append(f"{path.name}: expected at least {MIN_SEEDS} runs, each with its own seed, found seeds "
                          f"{seeds}. Run: {known['command']}")
            continue
        for key, value in {"statement": claim.statement, "unit": claim.unit, **aggregate(claim, runs)}.items():
            same = math.isclose(known[key], value, abs_tol=2e-6) if isinstance(value, float) else known[key] == value
            if not same:
                faults.append(f"{path.name}: {key} is {known[key]!r}, but claims.csv and the runs give {value!r}. "
                              f"Run: {known['command']}")
    return faults


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
    if not is_bundled():
        parser.error("reference runs are of the bundled model, but FTLAB_MODEL names another. Unset FTLAB_MODEL.")
    # One experiment may serve several claims; the code's fingerprint tells which stored runs are still good.
    codes = {name: _fingerprint(name) for name in dict.fromkeys(claim.experiment for claim in chosen)}
    _run_all(codes, list(dict.fromkeys(options.seeds)), options.fresh, claims)
    written = [_write_reference(claim, codes[claim.experiment]) for claim in claims.values()
               if claim.experiment in codes]
    return 0 if all(written) else 1


def _print_list(claims: list[Claim]) -> None:
    for claim in claims:
        known = reference(claim.id)
        state = "no reference runs" if known is None else f"{known['verdict']}, {len(known['runs'])} reference runs"
        print(f"{claim.id}  ({claim.notebook}, {claim.experiment})\n  {claim.statement}\n"
              f"  {claim.effect}: {claim.rule}; {state}")


def _run_all(codes: dict[str, str], seeds: list[int], fresh: bool, claims: dict[str, Claim]) -> None:
    """Runs what is not done yet, seed by seed, so that a stopped command leaves every experiment about equally far."""
    todo = [(name, seed) for seed in seeds for name in codes if fresh or not _is_done(name, seed, codes[name])]
    print(f"{len(codes)} experiments x {len(seeds)} seeds: {len(todo)} runs to do.", flush=True)
    spent = 0.0
    for count, (name, seed) in enumerate(todo, start=1):
        started = time.perf_counter()
        found = _checked(name, _experiment(name)(seed), claims)
        minutes = (time.perf_counter() - started) / 60
        files.write_json(_seed_path(name, seed), {
            "experiment": name, "seed": seed, "code": codes[name], "code_version": _code_version(),
            "machine": _machine(), "date": date.today().isoformat(), "minutes": round(minutes, 3), "claims": found})
        spent += minutes
        left = spent / count * (len(todo) - count)
        print(f"[{count}/{len(todo)}] {_short(name)} seed {seed}: {minutes:.1f} min, about {left:.0f} min left",
              flush=True)


def _write_reference(claim: Claim, code: str) -> bool:
    """Gathers a claim's runs, all seeds that the present code has done, into ``data/reference``; False if too few."""
    pattern = _seed_path(claim.experiment, "*")
    stored = map(files.read_json, pattern.parent.glob(pattern.name))
    done = sorted((run for run in stored if run["code"] == code and claim.id in run["claims"]),
                  key=lambda run: run["seed"])
    if len(done) < MIN_SEEDS:
        print(f"{claim.id}: {len(done)} of {MIN_SEEDS} seeds done, no reference written. Run more with --seeds.")
        return False
    runs = [{"seed": run["seed"], **run["claims"][claim.id], "minutes": run["minutes"]} for run in done]
    versions, machines = (sorted({run[key] for run in done}) for key in ("code_version", "machine"))
    known = {"id": claim.id, "statement": claim.statement, "unit": claim.unit, "runs": runs, **aggregate(claim, runs),
             "command": f"ftlab claims --only {claim.id} --seeds {' '.join(str(run['seed']) for run in runs)}",
             "code": code, "code_version": "; ".join(versions), "machine": "; ".join(machines),
             "minutes": round(sum(run["minutes"] for run in runs), 2), "date": max(run["date"] for run in done)}
    files.write_json(reference_path(claim.id), known)
    print(f"{claim.id}: {known['effect']:g} {claim.unit} [{known['low']:g}, {known['high']:g}], {known['verdict']}")
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
    return answers


def _experiment(name: str) -> Callable[[int], dict]:
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ValueError(f"data/claims.csv: expected an experiment as module:function that can be imported, found "
                         f"{name!r} ({error}). Write the function, or correct the row.") from error


def _fingerprint(name: str) -> str:
    """A hash of the experiment's module and the bundled weights: results of other code or weights are not reused.

    A module may name more inputs under data/ in a list ``INPUTS`` of glob patterns. Code that it imports is not looked
    at: use ``--fresh`` after a change there that matters.
    """
    module = importlib.import_module(_experiment(name).__module__)
    inputs = [Path(module.__file__), *sorted(model.bundled_path().glob("*.safetensors"))]
    for pattern in getattr(module, "INPUTS", []):
        inputs += sorted(paths.data().glob(pattern))
    digest = hashlib.sha256()
    for path in inputs:
        content = path.read_bytes()
        digest.update(content if path.suffix == ".safetensors" else content.replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def _code_version() -> str:
    """The git commit, marked if the tree differs from it; the package's version outside a git checkout."""
    command = ["git", "-C", str(paths.root()), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return f"ftlab {__version__}"


def _machine() -> str:
    """The machine in words, without its name: system, processor, cores, Python and torch."""
    processor = platform.processor() or platform.machine()
    return (f"{platform.system()} {processor}, {os.cpu_count()} cores, Python {platform.python_version()}, "
            f"torch {metadata.version('torch')}")


def _is_done(name: str, seed: int, code: str) -> bool:
    path = _seed_path(name, seed)
    return path.exists() and files.read_json(path)["code"] == code


def _seed_path(name: str, seed: int | str) -> Path:
    return paths.runs() / "claims-seeds" / f"{_short(name)}-{seed}.json"


def _short(name: str) -> str:
    """The experiment in file names: ``sft.learning_rate`` for ``ftlab.workshop.experiments.sft:learning_rate``."""
    module, _, function = name.partition(":")
    return f"{module.rpartition('.')[2]}.{function}"
