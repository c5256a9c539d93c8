"""``ftlab claims``: tries every claim over several seeds and keeps those reference runs in ``data/reference/<model>``.

A claim's notebook is the experiment: it is executed with each seed, and with the dials that the claim names. Runs are
made from a clean tree only, so that anybody can make them again.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import metadata

from ftlab import files, paths
from ftlab.claims import model_named, reference, table
from ftlab.course import doctor, fetch
from ftlab.evidence.claim import LAB, Claim
from ftlab.workshop import inputs, power, trial
from ftlab.workshop.reference import DIRTY, is_done, seed_path, write
from ftlab.workshop.trial import Experiment, TrialError

LIBRARIES = ("torch", "transformers", "trl", "datasets", "numpy", "scipy")


class BusyError(Exception):
    """Another ``ftlab claims`` is at work in this project."""


def main(argv: Sequence[str] | None = None) -> int:
    """``ftlab claims``: runs notebooks and experiments over seeds, goes on where it stopped, writes references."""
    parser = argparse.ArgumentParser(prog="ftlab claims", description="Runs each claim's notebook (or experiment) over "
                                     "several seeds. Finished runs are kept: the command can be stopped and started "
                                     "again.")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(power.MIN_SEEDS)),
                        help="training seeds (default: 0 1 2 3 4)")
    parser.add_argument("--only", nargs="+", metavar="ID", help="only the experiments behind these claims")
    parser.add_argument("--list", action="store_true", help="show the claims and their reference verdicts, run nothing")
    parser.add_argument("--power", action="store_true", help="show how often each claim's reference runs would decide")
    parser.add_argument("--prompts", type=int, default=power.ASSUMED.prompts, help="for --power, where there are no "
                        f"runs yet: how many prompts to assume (default: {power.ASSUMED.prompts})")
    parser.add_argument("--spread", type=float, default=100 * power.ASSUMED.spread, help="for --power, likewise: the "
                        f"standard deviation that seeds add, in points (default: {100 * power.ASSUMED.spread:g})")
    parser.add_argument("--fresh", action="store_true", help="run again even what is already done")
    options = parser.parse_args(argv)
    claims = table()
    if unknown := [claim_id for claim_id in options.only or [] if claim_id not in claims]:
        parser.error(f"--only: expected ids from data/claims.csv ({', '.join(claims)}), found {', '.join(unknown)}.")
    chosen = [claims[claim_id] for claim_id in options.only or claims]
    if options.list or options.power:
        assumed = power.ASSUMED._replace(prompts=options.prompts, spread=options.spread / 100)
        print(power.shown(chosen, assumed) if options.power else _listed(chosen))
        return 0
    if model_named() != LAB:
        parser.error("reference runs are of the course's own models, but FTLAB_MODEL names another. Unset FTLAB_MODEL.")
    if _commit().endswith(DIRTY):
        parser.error("reference runs are stored from a clean tree only, so that anybody can run them again, but `git "
                     "status` shows changes or this is no git checkout. Commit first (data/reference does not count).")
    # One experiment may serve several claims; all of them are gathered from its runs.
    experiments = {Experiment.of(claim): [] for claim in chosen}
    for claim in claims.values():
        experiments.get(Experiment.of(claim), []).append(claim)
    try:
        for experiment in experiments:
            if not experiment.function:
                trial.turned(experiment, options.seeds[0])  # before hours are spent
    except ValueError as error:
        parser.error(str(error))
    try:
        with _alone():
            fetch.ensure()
            inputs.watch()
            failed = _run_all(experiments, list(dict.fromkeys(options.seeds)), options.fresh)
            written = [write(claim, model, experiment) for experiment, served in experiments.items()
                       for claim in served for model in claim.models]
    except BusyError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("\nftlab claims: stopped. Whole runs are kept; the same command goes on.", file=sys.stderr)
        return 130
    if failed:
        print(f"Failed (see above), the others went on: {', '.join(experiment.short for experiment in failed)}.")
    return 0 if all(written) and not failed else 1


@contextmanager
def _alone() -> Iterator[None]:
    """Holds the lock of the project's reference runs, and clears away what runs that were killed left.

    The lock ends with the process however it ends, and is one for the project whatever FTLAB_RUNS says, as all that is
    found goes to one ``data/reference``.
    """
    from filelock import FileLock, Timeout

    (paths.root() / "runs").mkdir(exist_ok=True)
    lock = FileLock(paths.root() / "runs" / ".claims.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BusyError(f"{lock.lock_file}: expected no other `ftlab claims` in this project, found one at work. "
                        "Wait for it, or use another clone.") from None
    try:
        for left in (paths.runs() / "claims-seeds").glob("*.tmp"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        lock.release()


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


def _run_all(experiments: dict[Experiment, list[Claim]], seeds: list[int], fresh: bool) -> list[Experiment]:
    """Runs what is not done yet, seed by seed, so that a stopped command leaves every experiment about equally far.

    Returns:
        The experiments that came to nothing; after its first failure an experiment is left alone.
    """
    todo = [(each, seed) for seed in seeds for each, served in experiments.items()
            if fresh or not is_done(seed_path(each, seed), served)]
    print(f"{len(experiments)} experiments x {len(seeds)} seeds: {len(todo)} runs to do.", flush=True)
    spent, failed = 0.0, []
    for count, (experiment, seed) in enumerate(todo, start=1):
        if experiment in failed:
            continue
        started, commit = time.perf_counter(), _commit()
        try:
            found, read = trial.run(experiment, seed, experiments[experiment])
        except TrialError as error:
            print(f"{'-' * 72}\n{error}\n{'-' * 72}", flush=True)
            failed.append(experiment)
            continue
        minutes = (time.perf_counter() - started) / 60
        after = _commit()
        files.write_json(seed_path(experiment, seed), {
            "experiment": experiment.short, "seed": seed, "commit": commit if after == commit else f"{commit}{DIRTY}",
            **_machine(), "date": date.today().isoformat(), "minutes": round(minutes, 3), "claims": found,
            "inputs": read})
        spent += minutes
        left = spent / count * (len(todo) - count)
        print(f"[{count}/{len(todo)}] {experiment.short} seed {seed}: {minutes:.1f} min, about {left:.0f} min left",
              flush=True)
    return failed


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

    return {"machine": f"{platform.system()} {platform.machine()}, {doctor.cpu_name()}, {doctor.cores()} cores, "
                       f"Python {platform.python_version()}",
            "precision": model.precision()[1],
            "libraries": ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)}
