"""A claim: a statement, the effect that tests it, the range in which that effect is claimed to lie, and the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

HOLDS, FAILS, MIXED = "holds", "does not hold here", "mixed"
NOT_TRIED = "not tried"  # of a run that could not: no verdict
LAB = "lab"  # the lab model in data/lab-model; another model's reference runs lie under its own folder's name
POSSIBLE = {"points": (-100, 100), "kappa": (-1, 1), "% of rows": (0, 100), "%": (-100, math.inf)}
"""Where a range ends, by unit, because numbers do; "%" alone is a change."""


@dataclass(frozen=True)
class Claim:
    """One statement, the effect that tests it, and the range in which the effect is claimed to lie.

    Args:
        smallest: The smallest difference from the limit that counts, in the effect's unit: where the truth lies so far
            inside the limit, the reference runs should find that the claim holds, and so far outside, that it does
            not (``ftlab claims --power``). At most the limit itself, which makes these two truths no effect at all and
            twice the limit.
        tolerance: How far rounding on another machine may move a run, in the effect's unit. The range of the reference
            runs reaches at least so far to either side, so that a single question more is no surprise where all of
            them agree. It has no part in the verdict nor in ``smallest``.
        dials: The values that ``ftlab claims`` gives to dials of the notebook, beside ``SEED``; as JSON in the table.
        experiment: Empty where the notebook is the experiment. One too long for a lesson is ``module:function``; the
            function takes a seed and returns ``{claim id: {"effect": ..., more}}``, and ``{claim id: {model: {...}}}``
            for a claim that it tries on several models. ``more`` is what ``ftlab.claims.record`` takes: ``by_prompt``
            and ``against``, ``about``, ``by_draw``, ``prompts``, or ``low`` and ``high``. For one of the models alone
            it is ``model=module:function``; several are separated by spaces, and on the others the notebook is run.
        models: On whom it is tried: the folders of ``data/reference`` that hold its reference runs, the one that the
            notebook's headline is about first. Separated by spaces in the table.
    """

    id: str
    notebook: str
    statement: str
    effect: str
    unit: str
    at_least: float
    at_most: float
    tolerance: float
    smallest: float
    dials: dict = field(default_factory=dict, hash=False)
    experiment: str = ""
    models: tuple[str, ...] = (LAB,)

    def function(self, model: str) -> str:
        """What tries the claim on a model, ``module:function``; empty where the notebook does."""
        named = dict(part.rpartition("=")[::2] for part in self.experiment.split())
        return named.get(model, named.get("", ""))

    def verdict(self, low: float, high: float) -> str:
        """The verdict on an effect known to lie between ``low`` and ``high``.

        "holds" if that whole interval is in the claimed range, "does not hold here" if none of it is, else "mixed".
        """
        if not low <= high:
            raise ValueError(f"claim {self.id}: expected low <= high, found {low} and {high}. Swap the two ends.")
        if self.at_least <= low and high <= self.at_most:
            return HOLDS
        return FAILS if high < self.at_least or low > self.at_most else MIXED

    @property
    def rule(self) -> str:
        """The claimed range in words: ``at least 30 points``."""
        parts = [f"at least {self.at_least:g}"] if self.at_least > -math.inf else []
        parts += [f"at most {self.at_most:g}"] if self.at_most < math.inf else []
        return f"{' and '.join(parts)} {self.unit}"

    @property
    def limits(self) -> list[float]:
        """Where the claimed range ends: at one place or two."""
        return [end for end in (self.at_least, self.at_most) if math.isfinite(end)]

    @property
    def limit(self) -> float:
        """Where the claimed range ends; where it ends twice, the end farther from zero."""
        return max(self.limits, key=abs)

    @property
    def factor(self) -> int:
        """What turns a mean score into the effect: shares are stated in points."""
        return 100 if self.unit == "points" else 1

    def clip(self, low: float, high: float) -> tuple[float, float]:
        """The range without what is beyond all possibility: no rate rises by 104 points."""
        least, most = POSSIBLE.get(self.unit, (-math.inf, math.inf))
        return max(least, low), min(most, high)
