"""Claims on trial: what the field says, the number that tests it here, a verdict, and reference runs to compare with.

A claim is a row of ``data/claims.csv``: an effect is claimed to lie between ``at_least`` and ``at_most`` (an empty
cell is no limit). A notebook measures the effect for one seed, with an interval, and calls ``record``. ``ftlab claims``
(``ftlab.workshop.gather``) executes that notebook with other seeds and dials and keeps what it recorded as reference
runs in ``data/reference``, in a folder for each model.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import files, paths
from ftlab.evidence import repeated
from ftlab.evidence.claim import LAB, NOT_TRIED, Claim
from ftlab.model import REAL_FOLDER, located, unquoted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INSIDE, BELOW, ABOVE = "inside the expected range", "below the expected range", "above the expected range"
NO_REFERENCE, OTHER_MODEL = "no reference runs yet", "another model, not compared"
TOO_FEW = "too few reference runs to expect anything"
RECORDED: dict[str, dict] = {}  # what this process recorded last on each claim
WITNESSES = 3  # reference runs with other seeds that a range to expect needs; of two, it is 16 standard deviations wide


@dataclass(frozen=True)
class Result:
    """What one run found on a claim, and how it compares with the reference runs. Prints as three lines."""

    id: str
    statement: str
    verdict: str
    effect: float
    low: float
    high: float
    unit: str
    seed: int
    where: str  # INSIDE, BELOW, ABOVE, NO_REFERENCE, TOO_FEW or OTHER_MODEL
    reference_low: float | None
    reference_high: float | None
    reference_runs: int = 0
    model: str = LAB
    values: dict = field(default_factory=dict)

    def __str__(self) -> str:
        number = f"{_show(self.effect)} {self.unit} (95 % interval {_show(self.low)} to {_show(self.high)})"
        return f"{self.statement}\nHere: {number}. Verdict: {self.verdict}.\n{self._comparison()}"

    def __repr__(self) -> str:
        return str(self).replace("\n", " ")

    def _comparison(self) -> str:
        if self.where == NO_REFERENCE:
            return "There are no reference runs to compare with yet."
        if self.where == TOO_FEW:
            return f"There are too few reference runs with other seeds to compare with ({self.reference_runs})."
        if self.where == OTHER_MODEL:
            return "Not compared: there are no reference runs of this model."
        place = self.where.split()[0].capitalize()
        span = f"{_show(self.reference_low)} to {_show(self.reference_high)} {self.unit}"
        return f"{place} the range that {self.reference_runs} reference runs lead us to expect ({span})."


def table() -> dict[str, Claim]:
    """All claims of the course by id, from ``data/claims.csv``.

    Raises:
        ValueError: If an id occurs twice, a limit is not a number, a claim has neither limit, ``smallest`` is not above
            zero and at most the limit, or ``dials`` is no JSON object.
    """
    path, claims = paths.data() / "claims.csv", {}
    for line, row in enumerate(files.read_table(path), start=2):
        try:
            claim = Claim(**{
                **row, "at_least": float(row["at_least"] or -math.inf), "at_most": float(row["at_most"] or math.inf),
                "tolerance": float(row["tolerance"] or 0), "smallest": float(row["smallest"]),
                "dials": dict(json.loads(row["dials"] or "{}")), "models": tuple(row["models"].split()) or (LAB,)})
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} line {line}: expected the columns {', '.join(Claim.__dataclass_fields__)} with "
                             "numbers in at_least, at_most, tolerance and smallest and a JSON object or nothing in "
                             f"dials, found {row}. Put quotes around a text with commas in it, and double those "
                             "inside it.") from error
        if claim.id in claims or (claim.at_least, claim.at_most) == (-math.inf, math.inf):
            raise ValueError(f"{path} line {line}: expected a new id and at least one limit, found {claim.id!r}. "
                             "Give the claim its own id, and a number in at_least or at_most.")
        if claim.dials and all(claim.function(model) for model in claim.models):
            raise ValueError(f"{path} line {line}: expected dials of a notebook or an experiment, found both, "
                             f"{claim.dials} and {claim.experiment}. Leave one of the two empty.")
        named = {part.rpartition("=")[0] for part in claim.experiment.split()} - {""}
        if other := named - set(claim.models):
            raise ValueError(f"{path} line {line}: expected experiments of the models {', '.join(claim.models)}, found "
                             f"one of {', '.join(sorted(other))}. Correct the columns experiment and models.")
        if not 0 < claim.smallest <= (abs(claim.limit) or math.inf):
            raise ValueError(f"{path} line {line}: expected smallest above 0 and at most the limit, {claim.limit:g} "
                             f"{claim.unit}, found {claim.smallest:g}. Write down the smallest difference that counts.")
        claims[claim.id] = claim
    return claims


def pairs(claims: Iterable[Claim]) -> list[tuple[Claim, str]]:
    """Each claim on each of its models."""
    return [(claim, model) for claim in claims for model in claim.models]


def find(claim_id: str) -> Claim:
    """The claim with this id.

    Raises:
        KeyError: If there is none; the message lists the ids there are.
    """
    claims = table()
    if claim_id not in claims:
        raise KeyError(f"data/claims.csv: expected a claim with id {claim_id!r}, found {', '.join(claims)}. "
                       "Correct the id, or add a row for the claim.")
    return claims[claim_id]


def reference(claim_id: str, model: str = LAB) -> dict | None:
    """The reference runs of a claim with their command, inputs, machine and minutes; None if not run yet."""
    path = reference_path(claim_id, model)
    return files.read_json(path) if path.exists() else None


def reference_path(claim_id: str, model: str = LAB) -> Path:
    """Where the reference runs of a claim on a model are kept."""
    return paths.data() / "reference" / model / f"{claim_id}.json"


def dial() -> str:
    """What FTLAB_MODEL says, without quotes and spaces around it; empty if the course's own models are at work."""
    return unquoted(os.environ.get("FTLAB_MODEL", ""))


def model_named() -> str:
    """The folder of the reference runs of the model that FTLAB_MODEL names: the last part of its name, or "lab".

    Another model whose name ends like that of one of the course's own keeps its owner or folder in front: the original
    of the real model is not the course's copy of it, and is not compared with its runs.
    """
    if not (name := dial()):
        return LAB
    place = Path(located(name))
    path = place if place.is_dir() else Path(name)
    own = {LAB: lab_folder(), REAL_FOLDER: paths.models() / REAL_FOLDER}
    for known, folder in own.items():
        if place.resolve() == folder.resolve():
            return known
    last = path.name.lower()
    return f"{path.parent.name.lower()}--{last}" if last in own else last


def record_path(claim: Claim, model: str) -> Path:
    """Where ``record`` keeps a claim's newest run on a model.

    The claim's first model, and one that FTLAB_MODEL puts in its place, has ``<id>.json``; the others of its models
    have ``<id>.<model>.json``.
    """
    return paths.runs() / "claims" / f"{claim.id}.{f'{model}.' if model in claim.models[1:] else ''}json"


def lab_folder() -> Path:
    """Where the lab model lies."""
    return paths.data() / "lab-model"


def plain(values: dict) -> dict:
    """The values as they come back from JSON: NumPy's and torch's numbers and arrays as Python's own."""
    return json.loads(json.dumps(values, default=lambda value: value.tolist()))


def expected_range(claim: Claim, runs: Sequence[dict], prompts: int | None = None) -> tuple[float, float]:
    """Where one more run should land, as ``ftlab.evidence.repeated.next_run`` says: at least 19 in 20 do.

    The range reaches at least the claim's tolerance to either side of the mean, as another machine adds its own
    rounding, so where seeds agree more than 19 in 20 lie inside; and it ends where the effect's unit does.

    Args:
        runs: At least 2, each with its ``effect`` in the claim's unit. The run to compare is not among them.
        prompts: How many the run to compare has; None if as many as the runs.
    """
    middle, low, high = repeated.next_run(runs, claim.factor, prompts)
    return claim.clip(min(low, middle - claim.tolerance), max(high, middle + claim.tolerance))


def record(claim_id: str, seed: int, effect: float, low: float, high: float, *, by_prompt: Sequence | None = None,
           against: Sequence | None = None, about: Sequence | None = None, by_draw: Sequence | None = None,
           prompts: int | None = None, model: str | None = None, **values: object) -> Result:
    """Keeps one run's effect in ``runs/claims`` and returns the result, which prints as three lines.

    There is one record for each claim and model (``record_path``): a notebook may try a claim on both models. The range
    to expect comes from the reference runs with OTHER seeds, three of them at least: a run is no witness in its own
    case, and two say next to nothing about their spread.

    Args:
        effect, low, high: The measured number and its 95 % interval, in the claim's unit.
        by_prompt, against: One score for each prompt, and the other arm's, where the effect is the mean (difference).
        about: What each prompt is about, where some stand or fall together: a product, a question asked twice.
        by_draw: Where the effect is no mean: its value for each draw of the prompts, if the interval comes from draws.
        prompts: Where the effect is no mean: how many prompts it was reckoned from.
        model: Which model was at work, a folder of ``data/reference``; by default the one that FTLAB_MODEL names, else
            the first of the claim's own.
        values: Anything else worth keeping, such as ``seconds=17.2``.
    Raises:
        KeyError: If no claim has this id.
        ValueError: If not ``low <= effect <= high``, one of them is not finite, or the scores have another mean.
    """
    claim, effect, low, high = find(claim_id), float(effect), float(low), float(high)
    if not (low <= effect <= high and math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"claim {claim_id}: expected finite low <= effect <= high, found {low}, {effect}, {high}. "
                         f"Give all three in {claim.unit}.")
    kept = repeated.pack_scores(effect, claim.factor, by_prompt=by_prompt, against=against, about=about,
                                by_draw=by_draw, prompts=prompts)
    model = model or (model_named() if dial() else claim.models[0])
    known, span = reference(claim_id, model), (None, None)
    others = [run for run in known["runs"] if run["seed"] != int(seed)] if known else []
    if len(others) < WITNESSES:
        where = TOO_FEW if others else NO_REFERENCE if model in claim.models else OTHER_MODEL
    else:
        span = expected_range(claim, others, prompts if by_prompt is None else len(by_prompt))
        where = BELOW if effect < span[0] else ABOVE if effect > span[1] else INSIDE
    result = Result(claim.id, claim.statement, claim.verdict(low, high), effect, low, high, claim.unit, int(seed),
                    where, *span, reference_runs=len(others), model=model, values={**plain(values), **kept})
    RECORDED[claim.id] = asdict(result)
    files.write_json(record_path(claim, model), RECORDED[claim.id])
    return result


def recorded(claim_id: str) -> dict:
    """What this kernel recorded last on a claim, as it stands in the file: another kernel's never comes between.

    Raises:
        KeyError: If it recorded nothing on this claim yet.
    """
    if claim_id not in RECORDED:
        raise KeyError(f"claim {claim_id}: expected a result of this kernel, found none. Run the cells above first.")
    return RECORDED[claim_id]


def skip(claim_id: str, seed: int, why: str, *, model: str | None = None) -> str:
    """Keeps that a run could not try a claim, such as one about a choice where there was nothing to choose.

    Such a run is no witness: the reference is made from the seeds that tried it.

    Args:
        why: A clause: "the loss was lowest at the end".
    Returns:
        A sentence to print in the place of a result.
    """
    claim = find(claim_id)
    model = model or (model_named() if dial() else claim.models[0])
    RECORDED[claim.id] = {"id": claim.id, "statement": claim.statement, "verdict": NOT_TRIED, "model": model,
                          "seed": int(seed), "why": why}  # fmt: skip
    files.write_json(record_path(claim, model), RECORDED[claim.id])
    return f"{claim.statement}\nHere: {NOT_TRIED}, since {why}."


def draw(claim_id: str, result: Result, ax: Axes) -> Axes:
    """Draws the learner's number with its interval over the reference runs, and where the claim's limits lie.

    The band is the range of ``expected_range``, the dots are the reference runs with other seeds, a dashed line is
    where the claimed range begins or ends.
    """
    from ftlab import figures

    claim, known = find(claim_id), reference(claim_id, result.model)
    rows = ["your run"]
    if result.reference_low is not None and known is not None:
        effects = [run["effect"] for run in known["runs"] if run["seed"] != result.seed]
        rows.append(f"{len(effects)} reference runs")
        ax.fill_betweenx([-0.45, 1.45], result.reference_low, result.reference_high, color=figures.PALE, linewidth=0)
        ax.text((result.reference_low + result.reference_high) / 2, 0.46, "range to expect", ha="center", va="center",
                color="#555555", fontsize="small")
    ax.errorbar(result.effect, 0, xerr=[[result.effect - result.low], [result.high - result.effect]], fmt="D",
                color=figures.BLUE, markersize=8, elinewidth=2, zorder=4)
    top = len(rows) - 0.5
    for limit, side in ((claim.at_least, "left"), (claim.at_most, "right")):
        if math.isfinite(limit):
            ax.axvline(limit, color=figures.VERMILION, linestyle="--", linewidth=1.5, zorder=2)
            text = f"holds from {limit:g}" if side == "left" else f"holds up to {limit:g}"
            ax.annotate(text, (limit, top), xytext=(6 if side == "left" else -6, 0), textcoords="offset points",
                        ha=side, va="bottom", color=figures.VERMILION, fontsize="small")
    ax.margins(x=0.12)
    if len(rows) == 2:
        heights = [1.3 - 0.6 * (i + 0.5) / len(effects) for i in range(len(effects))]  # so that none hides another
        ax.scatter(effects, heights, s=46, color=figures.GREY, edgecolor="white", zorder=3)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_ylim(-0.5, top + 0.35)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(False, axis="y")
    ax.set_xlabel(f"{claim.effect} ({claim.unit})")
    return ax


def _show(number: float) -> str:
    """Three digits are enough to read: 45.3, 0.0123, 120."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"
