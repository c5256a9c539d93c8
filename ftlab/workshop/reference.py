"""The reference runs in ``data/reference/<model>``: made from the runs of each seed, and held against the present code.

A reference names a hash of everything that its runs read. One whose inputs have changed since is stale: ``verify``,
which a test calls, finds fault with it until it is run again or a dated reason stands beside it, ``"stale": {"date":
"2026-11-25", "reason": "...", "inputs": {file: hash}}`` (``stored.excuse``), with the "dials" of that day if these are
others, too. Likewise one whose seeds scatter so far that the range to expect would notice no fault needs a reason,
``"wide"``, and one whose runs would seldom decide ``"weak"`` (``claim_power.faults``).
"""

from __future__ import annotations

import math
from pathlib import Path
from statistics import fmean

from ftlab import files, paths
from ftlab.claims import WITNESSES, expected_range, reference_path, table
from ftlab.evidence.claim import NOT_TRIED, Claim
from ftlab.evidence.repeated import mean_effect
from ftlab.workshop import claim_power, inputs
from ftlab.workshop.claim_power import least_seeds
from ftlab.workshop.stored import DIRTY, excuse_faults, joined
from ftlab.workshop.trial import Experiment, Served

# By unit, how far a range to expect may reach to either side. Where half of the drafts are good, 15 points of agreement
# are a kappa of 0.3.
WIDEST = {"points": 15, "%": 15, "% of rows": 15, "kappa": 0.3, "times": 5}


def aggregate(claim: Claim, model: str, runs: list[dict]) -> dict:
    """What follows from a claim's runs: mean effect, 95 % interval, what that is over, and the verdict on it."""
    found, prompts_too = mean_effect(claim_power.judged(claim, model, runs), claim.factor)
    low, high = claim.clip(found.low, found.high)
    effect, low, high = (round(number, 6) + 0.0 for number in (found.value, low, high))
    over = ("seeds and prompts" if prompts_too else
            "seeds, each with prompts of its own" if claim_power.is_own(claim, model) else "seeds")
    return {"effect": effect, "low": low, "high": high, "over": over, "verdict": claim.verdict(low, high)}


def verify() -> list[str]:
    """Recomputes every stored reference from its runs; returns one sentence for each fault found, also stale ones."""
    claims, faults = table(), []
    for path in sorted((paths.data() / "reference").rglob("*.json")):
        known, name = files.read_json(path), path.relative_to(paths.data() / "reference").as_posix()
        claim, runs = claims.get(path.stem), known["runs"]
        if claim is None or (known["id"], known["model"]) != (claim.id, path.parent.name) or (
                known["model"] not in claim.models):
            faults.append(f"{name}: data/claims.csv has no claim with the id {known['id']!r} and this name on the "
                          f"model {known['model']!r}, or it is not in its model's folder.")
            continue
        seeds, least = [run["seed"] for run in runs], least_seeds(claim, known["model"])
        if len(set(seeds)) != len(seeds) or len(seeds) < least:
            faults.append(f"{name}: expected at least {least} runs, each with its own seed, found seeds "
                          f"{seeds}. Run: {known['command']}")
            continue
        stated = {"statement": claim.statement, "unit": claim.unit}
        for key, value in {**stated, **aggregate(claim, known["model"], runs)}.items():
            same = math.isclose(known[key], value, abs_tol=2e-6) if isinstance(value, float) else known[key] == value
            if not same:
                faults.append(f"{name}: {key} is {known[key]!r}, but claims.csv and the runs give {value!r}. "
                              f"Run: {known['command']}")
        why = _stale(claim, known) + _wide(claim, known)
        why += excuse_faults(known["outside"]) if "outside" in known else []  # of the stored page's own run
        faults += [f"{name}: {one}. Run: {known['command']}" for one in why]
    return faults


def _stale(claim: Claim, known: dict) -> list[str]:
    """Why a reference is no longer what its code would find, unless a reason with its date stands beside it."""
    if not known.get("inputs"):
        return ["expected the hashes of what its runs read under 'inputs', found none"]
    if "stale" in known and (faults := excuse_faults(known["stale"])):
        return faults
    reason = known.get("stale", {})
    other = inputs.changed(known["inputs"] | reason.get("inputs", {}))
    if reason.get("dials", known.get("dials")) != _dials(claim, known["model"]):
        other.append("the columns experiment and dials in data/claims.csv")
    return [f"its runs are stale, since {', '.join(other)} changed"] if other else []


def _wide(claim: Claim, known: dict) -> list[str]:
    """What is wrong with a range to expect that would notice nothing, unless "wide" has a reason with its date."""
    others = [run for run in known["runs"] if run["seed"] != 0]  # what a learner's run is compared with
    if "wide" in known or len(others) < WITNESSES:
        return excuse_faults(known["wide"]) if "wide" in known else []
    (low, high), middle = expected_range(claim, others), fmean(run["effect"] for run in others)
    reach = max(middle - low, high - middle)  # on one side it may end early, where the unit does
    most = min(2 * claim.smallest, WIDEST.get(claim.unit, math.inf))
    return [f"its range to expect reaches {reach:.3g} {claim.unit} to one side and would notice nothing below that, "
            f"expected {most:g} at most: run more seeds"] if reach > most else []


def _dials(claim: Claim, model: str) -> dict | None:
    """The dials that a reference names; a function has none."""
    return None if claim.function(model) else claim.dials


def write(claim: Claim, model: str, experiment: Experiment) -> bool:
    """Gathers a claim's runs on a model, all seeds that the present code has done; False if they are too few."""
    pattern = seed_path(experiment, "*")
    stored = [files.read_json(path) for path in pattern.parent.glob(pattern.name) if is_done(path, [(claim, model)])]
    tried = [run for run in stored if NOT_TRIED not in run["claims"][claim.id][model]]
    done = sorted(tried, key=lambda run: run["seed"])
    name = claim.id if len(claim.models) == 1 else f"{claim.id} on {model}"
    if len(done) < (least := least_seeds(claim, model)):
        print(f"{name}: {len(done)} of {least} seeds done, no reference written. Run more.")
        return False
    runs = [{"seed": run["seed"], **run["claims"][claim.id][model], "minutes": run["minutes"]} for run in done]
    known = {"id": claim.id, "model": model, "statement": claim.statement, "unit": claim.unit, "runs": runs,
             **aggregate(claim, model, runs),
             "command": f"ftlab claims --only {claim.id} --seeds {' '.join(str(run['seed']) for run in runs)}",
             **({} if _dials(claim, model) is None else {"dials": claim.dials}),
             **{key: "; ".join(sorted({run[key] for run in done}))
                for key in ("commit", "machine", "precision", "libraries")},
             "minutes": round(sum(run["minutes"] for run in runs), 2), "date": max(run["date"] for run in done),
             "inputs": joined(run["inputs"] for run in done)}
    files.write_json(reference_path(claim.id, model), known)
    print(f"{name}: {known['effect']:g} {claim.unit} [{known['low']:g}, {known['high']:g}] over {known['over']}, "
          f"{known['verdict']}")
    return True


def is_done(path: Path, served: Served) -> bool:
    """True if a run is stored there that tried these claims, from a clean tree, and whose inputs are still the same."""
    if not path.exists():
        return False
    run = files.read_json(path)
    tried = all(model in run["claims"].get(claim.id, {}) for claim, model in served)
    return tried and bool(run["inputs"]) and not run["commit"].endswith(DIRTY) and not inputs.changed(run["inputs"])


def seed_path(experiment: Experiment, seed: int | str) -> Path:
    return paths.runs() / "claims-seeds" / f"{experiment.short}-{seed}.json"
