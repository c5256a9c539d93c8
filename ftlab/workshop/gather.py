"""``ftlab claims``: tries every claim over several seeds and keeps those reference runs in ``data/reference/<model>``.

A claim's notebook is the experiment: it is executed with each seed, and with the dials that the claim names. Runs are
made from a clean tree only, so that anybody can make them again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from itertools import chain

from ftlab import files, paths
from ftlab.claims import dial, pairs, reference, table
from ftlab.course import fetch
from ftlab.evidence.claim import Claim
from ftlab.workshop import claim_power, trial
from ftlab.workshop.reference import is_done, seed_path, write
from ftlab.workshop.stored import DIRTY, commit, watch
from ftlab.workshop.trial import Experiment, Served, TrialError


class BusyError(Exception):
    """Another ``ftlab claims`` is at work in this project."""


def main(argv: Sequence[str] | None = None) -> int:
    """``ftlab claims``: runs notebooks and experiments over seeds, goes on where it stopped, writes references."""
    parser = argparse.ArgumentParser(prog="ftlab claims", description="Runs each claim's notebook (or experiment) over "
                                     "several seeds. Finished runs are kept: the command can be stopped and started "
                                     "again.")
    parser.add_argument("--seeds", type=int, nargs="+",
                        help="training seeds (default: from 1 on, as many as each experiment's claims need by "
                        "data/designs.csv; the notebooks have 0, and no run is a witness in its own case)")
    parser.add_argument("--only", nargs="+", metavar="ID", help="only the experiments behind these claims")
    parser.add_argument("--list", action="store_true", help="show the claims and their reference verdicts, run nothing")
    parser.add_argument("--power", action="store_true", help="show how often each claim's reference runs would decide")
    parser.add_argument("--prompts", type=int, help="for --power, where there are no runs yet: so many prompts in "
                        "place of those in data/designs.csv")
    parser.add_argument("--spread", type=float, help="for --power, likewise: the standard deviation that seeds add, in "
                        "the unit of the effect")
    parser.add_argument("--fresh", action="store_true", help="run again even what is already done")
    options = parser.parse_args(argv)
    claims = table()
    if unknown := [claim_id for claim_id in options.only or [] if claim_id not in claims]:
        parser.error(f"--only: expected ids from data/claims.csv ({', '.join(claims)}), found {', '.join(unknown)}.")
    chosen = [claims[claim_id] for claim_id in options.only or claims]
    if options.list or options.power:
        other = {"prompts": options.prompts, "spread": options.spread}
        other = {name: value for name, value in other.items() if value is not None}
        print(claim_power.shown(chosen, other) if options.power else _listed(chosen))
        return 0
    if dial():
        parser.error("reference runs are of the course's own models, but FTLAB_MODEL names another. Unset FTLAB_MODEL.")
    if commit().endswith(DIRTY):
        parser.error("reference runs are stored from a clean tree only, so that anybody can run them again, but `git "
                     "status` shows changes or this is no git checkout. Commit first (results do not count).")
    # One experiment may serve several claims; all of them are gathered from its runs.
    experiments: dict[Experiment, Served] = {Experiment.of(*pair): [] for pair in pairs(chosen)}
    for claim, model in pairs(claims.values()):
        experiments.get(Experiment.of(claim, model), []).append((claim, model))
    try:
        for experiment in experiments:
            if not experiment.function:
                trial.turned(experiment, 1)  # before hours are spent
    except ValueError as error:
        parser.error(str(error))
    try:
        with _alone():
            fetch.ensure()
            watch()
            failed = _run_all(experiments, options.seeds, options.fresh)
            written = [write(claim, model, experiment) for experiment, served in experiments.items()
                       for claim, model in served]
    except BusyError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("\nftlab claims: stopped. Whole runs are kept, and the parts of functions; the same command goes on.",
              file=sys.stderr)
        return 130
    if failed:
        print(f"Failed (see above), the others went on: {', '.join(experiment.short for experiment in failed)}.")
    return 0 if all(written) and not failed else 1


@contextmanager
def _alone() -> Iterator[None]:
    """Holds the locks of the project and of its runs' folder, and clears away what runs that were killed left.

    A lock ends with the process however it ends. All that is found goes to the project's one ``data/reference``, and
    two clones that share a folder by FTLAB_RUNS would clear away each other's runs.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        for folder in dict.fromkeys(folder.resolve() for folder in (paths.root() / "runs", paths.runs())):
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / ".claims.lock")
            try:
                held.enter_context(lock.acquire(timeout=0))
            except Timeout:
                raise BusyError(f"{lock.lock_file}: expected no other `ftlab claims` at work here, found one. Wait for "
                                "it, or use another clone with another FTLAB_RUNS.") from None
        trial.clear(commit())
        yield


def _listed(claims: list[Claim]) -> str:
    lines = []
    for claim in claims:
        dials = "".join(f", {name} = {value!r}" for name, value in claim.dials.items())
        lines += [f"{claim.id}  ({claim.notebook}{dials}{claim.experiment and f', {claim.experiment}'})",
                  f"  {claim.statement}", f"  {claim.effect}: {claim.rule}"]
        for model in claim.models:
            known = reference(claim.id, model)
            lines.append(f"  {model}: " + (f"{known['verdict']}, {len(known['runs'])} reference runs" if known else
                                           "no reference runs"))
    return "\n".join(lines)


def _run_all(experiments: dict[Experiment, Served], given: list[int] | None, fresh: bool) -> list[Experiment]:
    """Runs what is not done yet, seed by seed, so that a stopped command leaves every experiment about equally far.

    Args:
        given: The seeds; None for as many as the claims of each experiment need.
    Returns:
        The experiments that came to nothing; after its first failure an experiment is left alone.
    """
    seeds = {each: given or range(1, 1 + max(claim_power.least_seeds(*pair) for pair in served))
             for each, served in experiments.items()}
    todo = [(each, seed) for seed in dict.fromkeys(chain(*seeds.values())) for each, served in experiments.items()
            if seed in seeds[each] and (fresh or not is_done(seed_path(each, seed), served))]
    print(f"{len(experiments)} experiments: {len(todo)} runs to do.", flush=True)
    spent, failed = 0.0, []
    for count, (experiment, seed) in enumerate(todo, start=1):
        if experiment in failed:
            continue
        started, before = time.perf_counter(), commit()
        try:
            outcome = trial.run(experiment, seed, experiments[experiment], before)
        except TrialError as error:
            print(f"{'-' * 72}\n{error}\n{'-' * 72}", flush=True)
            failed.append(experiment)
            continue
        minutes = (time.perf_counter() - started) / 60
        same = commit() == before
        files.write_json(seed_path(experiment, seed), {
            "experiment": experiment.short, "seed": seed, "commit": before if same else f"{before}{DIRTY}",
            **outcome.machine, "date": date.today().isoformat(), "minutes": round(minutes, 3),
            "claims": outcome.found, "inputs": outcome.inputs})
        spent += minutes
        left = spent / count * (len(todo) - count)
        print(f"[{count}/{len(todo)}] {experiment.short} seed {seed}: {minutes:.1f} min, about {left:.0f} min left",
              flush=True)
    return failed
