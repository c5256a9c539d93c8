"""Which claims would their reference runs decide? ``ftlab claims --power``, and the check that none is kept in vain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ftlab import files, paths
from ftlab.claims import reference, table
from ftlab.evidence import power
from ftlab.evidence.claim import HOLDS, LAB, Claim
from ftlab.evidence.tables import plain_table

DECIDES = 0.6  # how often the reference runs of a claim should decide where they should
ASSUMED = power.Assumed()  # before there are runs
PROMPTS = {  # of claims whose experiment has fixed them: else as many as assumed
    "one-adapter-for-all": 132, "lora-reaches-full": 225, "lora-forgets-less-real": 240, "replay-keeps-real": 120,
    "phrasings-count-real": 12,
}  # fmt: skip
MIN_SEEDS, MIN_SEEDS_ELSEWHERE = 5, 3  # of the lab model, and of one that takes minutes a run


class Decided(NamedTuple):
    """How often a claim's reference runs give a verdict, as shares, and what the simulation rests on."""

    claim: Claim
    model: str
    basis: str
    at_limit: float  # a clear verdict, right or wrong, where the truth is the limit itself
    below: float  # the right verdict where the truth lies ``smallest`` below the limit
    above: float  # the right verdict where it lies so far above

    @property
    def least(self) -> float:
        return min(self.below, self.above)


def least_seeds(model: str) -> int:
    """How many seeds a reference needs."""
    return MIN_SEEDS if model == LAB else MIN_SEEDS_ELSEWHERE


def decided(claim: Claim, model: str, assumed: power.Assumed = ASSUMED) -> Decided:
    """Simulates the reference runs of a claim on a model: from those stored or, before there are any, as assumed.

    Args:
        assumed: Its number of seeds does not count: it is the least that a reference of the model needs.
    """
    known = reference(claim.id, model)
    runs, assumed = known["runs"] if known else [], assumed._replace(seeds=least_seeds(model))
    if claim.id in PROMPTS and assumed.prompts == ASSUMED.prompts:
        assumed = assumed._replace(prompts=PROMPTS[claim.id])
    scores = power.arms(runs) if runs else None
    basis = f"{len(runs)} seeds" + ("" if scores is None else f" x {scores[0].shape[1]} prompts")
    if not runs:
        basis = f"assumed: {assumed.seeds} seeds ({100 * assumed.spread:g} points apart) x {assumed.prompts} prompts"
    shares = []
    for truth in (claim.limit, claim.limit - claim.smallest, claim.limit + claim.smallest):
        found = power.chances(runs, truth, claim.at_least, claim.at_most, claim.factor, assumed=assumed)
        right = found.inside if claim.verdict(truth, truth) == HOLDS else found.outside
        shares.append(sum(found) if truth == claim.limit else right)
    return Decided(claim, model, basis, *shares)


def shown(claims: Sequence[Claim], assumed: power.Assumed = ASSUMED) -> str:
    """The table of ``ftlab claims --power``."""
    rows = []
    for claim in claims:
        truths = claim.limit - claim.smallest, claim.limit + claim.smallest
        right = ["holds" if claim.verdict(truth, truth) == HOLDS else "fails" for truth in truths]
        for model in claim.models:
            found = decided(claim, model, assumed)
            rows.append([claim.id, model, found.basis, f"{claim.rule}", f"{found.at_limit:.0%}",
                         *(f"{share:.0%} ({verdict} at {truth:.3g})" for share, verdict, truth in
                           zip((found.below, found.above), right, truths, strict=True)),
                         "" if found.least >= DECIDES else "too weak"])
    header = ["claim", "model", "simulated from", "limit", "truth at the limit", "right verdict below",
              "right verdict above", ""]
    note = ("How often the reference runs would give a clear verdict. With the truth at the limit there is none to "
            f"give; on either side of it the right one should come in at least {DECIDES:.0%} of the cases.")
    return plain_table(header, rows, note)


def faults() -> list[str]:
    """Claims that are kept though their runs would not decide, unless ``data/undecided.csv`` says since when and why.

    Also reasons there that have no date, or are no longer needed.
    """
    path, claims, found = paths.data() / "undecided.csv", table(), []
    excused = {(row["id"], row["model"]): row for row in files.read_table(path)}
    for row in excused.values():
        try:
            date.fromisoformat(row["date"])
        except ValueError:
            found.append(f"{path.name}, {row['id']}: expected a date such as 2026-11-25, found {row['date']!r}.")
        if not row["reason"].strip() or row["id"] not in claims or row["model"] not in claims[row["id"]].models:
            found.append(f"{path.name}, {row['id']} on {row['model']}: expected a claim that is tried on this model, "
                         "and a reason. Correct the row or take it out.")
    for claim in claims.values():
        for model in claim.models:
            share = decided(claim, model).least
            if share < DECIDES and (claim.id, model) not in excused:
                found.append(f"data/claims.csv, {claim.id} on {model}: expected reference runs that decide in "
                             f"{DECIDES:.0%} of the cases where they should, found {share:.0%} (`ftlab claims --power "
                             f"--only {claim.id}`). Raise its dials, state another limit, or say why in {path.name}.")
            if share >= DECIDES and (claim.id, model) in excused:
                found.append(f"{path.name}, {claim.id} on {model}: its reference runs decide in {share:.0%} of the "
                             "cases. Take the row out.")
    return found
