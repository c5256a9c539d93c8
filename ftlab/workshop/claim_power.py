"""Which claims would their reference runs decide? ``ftlab claims --power``, and the check that none is kept in vain.

Before there are reference runs, a claim is simulated from its row in ``data/designs.csv``: its kind of effect, its own
number of prompts and of seeds, how far prompts and seeds move it, and where these figures come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ftlab import files, paths
from ftlab.claims import pairs, reference, table
from ftlab.evidence import power
from ftlab.evidence.claim import HOLDS, LAB, Claim
from ftlab.evidence.power import Design
from ftlab.evidence.tables import plain_table
from ftlab.workshop.stored import excuse_faults

DECIDES = 0.6  # how often the reference runs of a claim should decide where they should
MIN_SEEDS, MIN_SEEDS_ELSEWHERE = 5, 3  # of the lab model, and of one that takes minutes a run
MORE_SEEDS, MOST_PROMPTS = (5, 7, 10, 15, 20), 100_000  # what somebody might go to


class Decided(NamedTuple):
    """How often a claim's reference runs give a verdict, as shares, and what the simulation rests on."""

    claim: Claim
    model: str
    basis: str
    limit: float
    at_limit: float  # a clear verdict, right or wrong, where the truth is the limit itself
    below: float  # the right verdict where the truth lies ``smallest`` below the limit
    above: float  # the right verdict where it lies so far above

    @property
    def least(self) -> float:
        return min(self.below, self.above)


def least_seeds(claim: Claim, model: str) -> int:
    """How many seeds a reference needs: those of its row in ``data/designs.csv``, with which it would decide."""
    design, least = designs().get((claim.id, model)), MIN_SEEDS if model == LAB else MIN_SEEDS_ELSEWHERE
    return max(least, design.seeds) if design else least


def designs() -> dict[tuple[str, str], Design]:
    """The designs of ``data/designs.csv`` by claim and model.

    Raises:
        ValueError: If a row's kind, numbers or source are not as they should be.
    """
    path, found = paths.data() / "designs.csv", {}
    for line, row in enumerate(files.read_table(path), start=2):
        try:
            design = Design(row["kind"], int(row["prompts"]), float(row["apart"]), int(row["seeds"]),
                            float(row["spread"]), float(row["alike"]))
            sound = (design.kind in power.KINDS and min(design.prompts, design.seeds) >= 2 and design.apart > 0
                     and design.spread >= 0 and 0 <= design.alike <= 1 and row["basis"].strip()
                     and (row["id"], row["model"]) not in found)
        except (KeyError, ValueError):
            sound = False
        if not sound:
            raise ValueError(f"{path} line {line}: expected a new claim and model, kind ({', '.join(power.KINDS)}), "
                             "at least 2 prompts and seeds, apart and spread in the unit of the effect, alike from 0 "
                             f"to 1, and the basis of these figures, found {row}. Correct the row.")
        found[row["id"], row["model"]] = design
    return found


def judged(claim: Claim, model: str, runs: Sequence[dict]) -> list[dict]:
    """The runs as their reference is judged: where seeds draw prompts of their own (``alike`` is 0), by effects alone.

    The scatter of such seeds holds their prompts' luck already; added once more, it would count twice.
    """
    if is_own(claim, model):
        return [{key: run[key] for key in ("seed", "effect")} for run in runs]
    return list(runs)


def is_own(claim: Claim, model: str) -> bool:
    """Whether each seed draws prompts of its own, by ``data/designs.csv``."""
    design = designs().get((claim.id, model))
    return design is not None and design.alike == 0


def decided(claim: Claim, model: str, other: Mapping | None = None) -> list[Decided]:
    """Simulates the reference runs of a claim on a model, for each end of its range: from those stored, or as designed.

    Args:
        other: What the design should be instead, such as ``{"prompts": 500}``; stored runs are what they are.
    Returns:
        Nothing if there are neither runs nor a design.
    """
    known = reference(claim.id, model)
    if known:
        runs = judged(claim, model, known["runs"])
        scores = power.arms(runs)
        basis = f"{len(runs)} seeds" + ("" if scores is None else f" x {scores[0].shape[1]} prompts")
    elif design := designs().get((claim.id, model)):
        design = design._replace(**other or {})
        basis = f"planned: {design.seeds} seeds x {design.prompts} prompts"
    else:
        return []
    found = []
    for limit in claim.limits:
        shares = []
        for truth in (limit, limit - claim.smallest, limit + claim.smallest):
            chances = (power.chances(runs, truth, claim.at_least, claim.at_most, claim.factor) if known else
                       power.planned(design, truth, claim.at_least, claim.at_most))
            right = chances.inside if claim.verdict(truth, truth) == HOLDS else chances.outside
            shares.append(sum(chances) if truth == limit else right)
        found.append(Decided(claim, model, basis, limit, *shares))
    return found


def enough(claim: Claim, design: Design) -> Design | None:
    """The design with as many prompts and seeds as would decide, with the fewest replies in all; None if none would."""

    def does(prompts: int, seeds: int) -> bool:
        tried = design._replace(prompts=prompts, seeds=seeds)
        return all(power.planned(tried, truth, claim.at_least, claim.at_most)[claim.verdict(truth, truth) != HOLDS]
                   >= DECIDES for limit in claim.limits for truth in (limit - claim.smallest, limit + claim.smallest))

    found = []
    for seeds in (design.seeds, *(more for more in MORE_SEEDS if more > design.seeds)):
        if does(MOST_PROMPTS, seeds):
            few, many = 1, MOST_PROMPTS  # too few, enough
            while many > max(few + 1, 1.02 * few):
                middle = max(few + 1, round((few * many) ** 0.5))
                few, many = (few, middle) if does(middle, seeds) else (middle, many)
            step = 10 ** max(0, len(str(many)) - 2)  # two digits say enough
            found.append(design._replace(prompts=-(-many // step) * step, seeds=seeds))
    return min(found, key=lambda each: each.prompts * each.seeds, default=None)


def shown(claims: Sequence[Claim], other: Mapping | None = None) -> str:
    """The table of ``ftlab claims --power``."""
    rows = []
    for claim, model in pairs(claims):
        for found in decided(claim, model, other):
            truths = found.limit - claim.smallest, found.limit + claim.smallest
            right = ["holds" if claim.verdict(truth, truth) == HOLDS else "fails" for truth in truths]
            rows.append([claim.id, model, found.basis, f"{claim.rule}", f"{found.at_limit:.0%}",
                         *(f"{share:.0%} ({verdict} at {truth:.3g})" for share, verdict, truth in
                           zip((found.below, found.above), right, truths, strict=True)),
                         "" if found.least >= DECIDES else "too weak"])
        if not rows or rows[-1][:2] != [claim.id, model]:
            rows.append([claim.id, model, "neither runs nor a design", f"{claim.rule}", "", "", "", "unknown"])
    header = ["claim", "model", "simulated from", "limit", "truth at the limit", "right verdict below",
              "right verdict above", ""]
    note = ("How often the reference runs would give a clear verdict. With the truth at the limit there is none to "
            f"give; on either side of it the right one should come in at least {DECIDES:.0%} of the cases.")
    return plain_table(header, rows, note)


def faults() -> list[str]:
    """Claims that are kept though their reference runs, or the design for them, would not decide.

    Runs that were made and turned out to scatter more than their design took are results all the same: such a reference
    says so with its date, ``"weak": {"date": "2026-11-27", "reason": "..."}``.
    """
    found = []
    for claim, model in pairs(table().values()):
        name = f"{claim.id} on {model}"
        if not (sides := decided(claim, model)):
            found.append(f"data/designs.csv: expected a row for {name}, which has no reference runs yet, found none. "
                         "State its kind of effect, prompts and seeds, how far both move it, and how you know.")
        elif "weak" in (known := reference(claim.id, model) or {}):
            found += [f"{name}, weak: {fault}" for fault in excuse_faults(known["weak"])]
        elif (share := min(each.least for each in sides)) < DECIDES:
            found.append(f"data/claims.csv, {name}: expected reference runs that decide in {DECIDES:.0%} of the cases "
                         f"where they should, found {share:.0%} (`ftlab claims --power --only {claim.id}`). "
                         f"{_remedy(claim, model)}, state another limit, or drop the claim.")
    return found


def _remedy(claim: Claim, model: str) -> str:
    design = designs().get((claim.id, model))
    more = enough(claim, design) if design else None
    if more:
        return f"{more.prompts:,} prompts and {more.seeds} seeds would do by data/designs.csv: raise its dials"
    return "No number of prompts that anybody would ask does by data/designs.csv" if design else "Raise its dials"
