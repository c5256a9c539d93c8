"""A regression gate: figures that must not drop, each with pass, fail or not enough data. Made for a CI job.

``python -m ftlab.evidence.gate rules.json baseline.json candidate.json`` prints the table and returns 0 if every rule
passes, 1 if one does not, and 2 if a file could not be read or judged. ``--unsure pass`` lets "not enough data"
through.

Scores (JSON, one file for each model) give each metric one of three values::

    {"facts": {"q1": 1, "q2": 0},      by item: both files must hold the same items; the order does not matter
     "polite": [1, 1, 0.5],            in a row: item i is the same in both files
     "seconds": 1.9}                   one figure for all: compared as it stands, without an interval

Rules (JSON or CSV with these names as columns)::

    [{"metric": "facts", "may_drop": 2, "at_least": 80},
     {"metric": "seconds", "may_drop": 0.3, "at_most": 3, "direction": "down", "unit": "s"}]

- ``may_drop``: how much worse than the baseline it may become; 0 means not at all.
- ``at_least`` (or ``at_most`` with direction "down"): what the candidate must reach by itself. A rule needs one of
  the two, or both.
- ``direction``: "up" (default) if higher is better, "down" if lower is.
- ``unit``: "points" (default) for shares from 0 to 1, which are shown in percent and whose limits are given in percent
  and points: 2 and 80, not 0.02 and 0.8. Any other text leaves figures and limits as they are.

With scores for items there is a 95 % interval, paired by item for ``may_drop``. A limit **passes** if the whole
interval keeps it, even its worse end; it **fails** if the whole interval breaks it, even its better end; else there is
**not enough data**: it may be kept or broken for all we know, and more items settle it. So a drop that is just over the
limit passes in about 1 of 40 cases, and since all rules must pass, that holds for the gate as a whole. "No significant
drop" would be another rule and a bad one: the fewer items, the easier it passes.

Beside each verdict stands its **power**: how often a model as good as the baseline would pass this limit with so many
items, and with how many it would in 8 of 10 cases ("no number" where the baseline itself does not keep the limit, or no
drop at all is allowed). Where an equal model seldom passes, a verdict other than "pass" says more about the number of
items than about the candidate.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ftlab.evidence import clusters, gate_power, gate_scores, intervals
from ftlab.evidence.comparison import FEWEST_ITEMS
from ftlab.evidence.gate_power import Power
from ftlab.evidence.gate_rules import Rule, check_rules
from ftlab.evidence.intervals import Interval
from ftlab.evidence.tables import html_table, plain_table

if TYPE_CHECKING:
    import numpy as np

PASS, FAIL, UNSURE = "pass", "fail", "not enough data"


class LimitCheck(NamedTuple):
    """One limit of one rule, judged. ``found`` is the change or the value, ``allowed`` its worst allowed value."""

    rule: Rule
    limit: str  # "may_drop" or "at_least" or "at_most"
    items: int | None
    found: Interval
    allowed: float
    verdict: str
    note: str
    power: Power | None  # None for single figures


@dataclass(frozen=True)
class Gate:
    """All limits judged. Prints as a table; ``exit_code`` is what a CI job returns."""

    checks: tuple[LimitCheck, ...]
    unruled: tuple[str, ...]  # metrics that are in the scores and in no rule
    unsure: str

    @property
    def exit_code(self) -> int:
        """0 if every limit passes (and, with ``unsure="pass"``, also where there is not enough data), else 1."""
        good = {PASS, UNSURE} if self.unsure == PASS else {PASS}
        return int(any(check.verdict not in good for check in self.checks))

    def _table(self) -> tuple[list[str], list[list[str]], str]:
        rows = []
        for check in self.checks:
            rule, sign = check.rule, "+" if check.limit == "may_drop" else ""
            value, low, high = (f"{number + 0.0:{sign}.4g}" for number in check.found)
            side = "at least" if rule.direction == "up" else "at most"
            unit = rule.unit if sign or rule.unit != "points" else "%"
            rows.append([check.verdict.upper(), rule.metric, "change" if sign else "value",
                         "-" if check.items is None else str(check.items),
                         f"{value} {unit}" if check.items is None else f"{value} [{low}, {high}] {unit}",
                         f"{side} {check.allowed + 0.0:{sign}.4g} {unit}", *_power_cells(check.power),
                         check.note])
        counts = [sum(check.verdict == verdict for check in self.checks) for verdict in (PASS, FAIL, UNSURE)]
        note = (f"Gate {'closed' if self.exit_code else 'open'}: {counts[0]} pass, {counts[1]} fail, {counts[2]} not "
                f"enough data (which {'passes' if self.unsure == PASS else 'closes the gate'}).")
        note += f" No rule for: {', '.join(self.unruled)}." if self.unruled else ""
        return ["verdict", "metric", "what", "items", "found [95 % interval]", "allowed",
                "an equal model passes", "in 80 % with", "note"], rows, note

    def __str__(self) -> str:
        return plain_table(*self._table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(*self._table())


def gate(rules: Sequence[Mapping], baseline: Mapping, candidate: Mapping, unsure: str = FAIL,
         about: Mapping[str, Sequence] | None = None) -> Gate:
    """Judges every limit of every rule on the candidate's scores.

    Args:
        rules: Fields as at the top of this file.
        baseline, candidate: For each metric, one figure, a row of scores, or a score for each item.
        unsure: What "not enough data" does to ``exit_code``, "fail" or "pass".
        about: For each metric, what each item is about, in the baseline's order, where some stand or fall together
            (``ftlab.evidence.clusters``): its intervals and its power then count these. Default: items.
    Raises:
        ValueError: If a rule or a score is not as described, a metric of a rule is missing, or the items (or their
            number in ``about``) differ.
    """
    if unsure not in (FAIL, PASS):
        raise ValueError(f'unsure: expected "fail" or "pass", found {unsure!r}. Choose what too few items shall do.')
    checks, checked = [], check_rules(rules)
    if unknown := set(about or {}) - {rule.metric for rule in checked}:
        raise ValueError(f"about: expected metrics that have a rule, found {', '.join(map(repr, sorted(unknown)))}. "
                         "Correct the name.")
    for rule in checked:
        for name, scores in (("baseline", baseline), ("candidate", candidate)):
            if rule.metric not in scores:
                raise ValueError(f"{name}: expected scores for {rule.metric!r}, which has a rule, found "
                                 f"{sorted(scores)}. Add the scores or take the rule out.")
        checks += _judge(rule, baseline[rule.metric], candidate[rule.metric], (about or {}).get(rule.metric))
    return Gate(tuple(checks), tuple(sorted({*baseline, *candidate} - {rule.metric for rule in checked})), unsure)


def _judge(rule: Rule, old: object, new: object, about: Sequence | None) -> list[LimitCheck]:
    named = [isinstance(scores, Mapping) or gate_scores.is_series(scores) for scores in (old, new)]
    if not all(named):  # an index says nothing beside a bare list
        old, new = (scores.tolist() if gate_scores.is_series(scores) else scores for scores in (old, new))
    base, cand = gate_scores.check(rule, old, "baseline"), gate_scores.check(rule, new, "candidate")
    if type(base) is not type(cand) or (isinstance(base, list) and len(base) != len(cand)):
        found = f"{gate_scores.kind(base)} (baseline) and {gate_scores.kind(cand)} (candidate)"
        raise ValueError(f"{rule.metric}: expected scores of one kind for the same items, found {found}. "
                         "Score both on one list of items.")
    if isinstance(base, dict):
        if set(base) != set(cand):
            odd = sorted(set(base) ^ set(cand))
            raise ValueError(f"{rule.metric}: expected the same items in both, found {len(odd)} in only one of them, "
                             f"such as {odd[0]!r}. Score both models on one list of items.")
        base, cand = list(base.values()), [cand[item] for item in base]
    if about is not None and (isinstance(base, float) or len(about) != len(base)):
        raise ValueError(f"{rule.metric}: expected in about one entry for each item, found {len(about)} for "
                         f"{gate_scores.kind(base)}. Say of each item what it is about.")
    factor, sign = 100 if rule.unit == "points" else 1, 1 if rule.direction == "up" else -1
    limits = (("may_drop", rule.may_drop), ("at_most" if sign < 0 else "at_least", rule.limit))
    return [_limit(rule, limit, allowed, base, cand, factor, sign, about) for limit, allowed in limits
            if allowed is not None]


def _limit(rule: Rule, limit: str, allowed: float, base: float | list, cand: float | list, factor: int,
           sign: int, about: Sequence | None) -> LimitCheck:
    import numpy as np

    change = limit == "may_drop"
    doubt = rule.doubt(float(np.max([base, cand]))) if change else ""
    notes = [doubt] if doubt else []
    if isinstance(base, float):
        figure = (cand - base if change else cand) * factor
        found, items, power = Interval(figure, figure, figure), None, None
        notes.append("one figure: no interval")
    else:
        old, new = np.array(base), np.array(cand)
        rate = intervals.is_rate(old) and intervals.is_rate(new)
        judged, items = new - old if change else new, len(new)
        single = intervals.paired_difference(new, old, rate=rate) if change else intervals.mean_interval(new, rate=rate)
        over = single if about is None else (
            clusters.paired_difference(new, old, about) if change else clusters.mean_interval(new, about))
        found, looser = over.times(factor), _looser(new - old if change else old, about)
        power = (gate_power.of_drop(new, old, allowed / factor, rate, looser) if change else
                 gate_power.of_limit(old, sign * (float(old.mean()) - allowed / factor), rate, sign, looser))
        flat = [name for name, one in (("candidate", new), ("baseline", old)) if one.std() < 1e-12]
        share = rate and rule.unit == "points"  # of which all, or none, may be right
        if not share and judged.std() < 1e-12:
            same = change and not judged.any() and not flat
            notes.append("every item scores as in the baseline: is this the candidate's file?" if same else
                         "every item gives the same figure, so there is no interval: look at the scorer")
        elif flat and (not share or (len(flat) == 2 and old[0] == new[0])):
            notes.append(f"every item of the {' and the '.join(flat)} scores the same: look at the scorer")
    allowed = -sign * allowed if change else allowed
    near, far = (found.low, found.high) if sign > 0 else (-found.high, -found.low)
    bar, rounding = sign * allowed, 1e-9 * max(1.0, abs(allowed))
    verdict = PASS if near >= bar - rounding else FAIL if far < bar - rounding else UNSURE
    if items is not None and items < FEWEST_ITEMS:
        verdict = UNSURE
        notes.append(f"under {FEWEST_ITEMS} items")
    elif verdict == UNSURE:
        if rate and about is None:
            needed = gate_power.rates_to_settle(new, old if change else None, allowed / factor)
        else:
            half = found.value - found.low if allowed < found.value else found.high - found.value
            needed = gate_power.items_to_settle(items, half, abs(found.value - allowed))
        notes.append("too close to call" if needed is None or needed > 100 * items else
                     f"{needed:,} items would settle it in 8 of 10 cases, were the truth as found")
    return LimitCheck(rule, limit, items, found, allowed, verdict, "; ".join(notes), power)


def _looser(values: np.ndarray, about: Sequence | None) -> float:
    """By how much the variance of the mean grows where items stand or fall together, at least 1 (the design effect)."""
    if about is None or values.std() < 1e-12:
        return 1.0
    sums = clusters.by_cluster(values[None], about)[0]
    return max(1.0, float(sums.var(ddof=1) / len(sums)) / float(values.var(ddof=1) / len(values)))


def _power_cells(power: Power | None) -> list[str]:
    if power is None:
        return ["-", "-"]
    return [f"in {power.passes:.0%}", "no number" if power.items is None else f"{power.items:,} items"]


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m ftlab.evidence.gate``: prints the table and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.evidence.gate", description=__doc__.partition("\n")[0])
    parser.add_argument("rules", help="JSON or CSV: metric, may_drop, at_least or at_most, direction, unit")
    parser.add_argument("baseline", help="JSON: the scores of the model in use")
    parser.add_argument("candidate", help="JSON: the scores of the new model")
    parser.add_argument("--unsure", choices=(FAIL, PASS), default=FAIL, help="what 'not enough data' does")
    arguments = parser.parse_args(argv)
    try:
        rules, baseline, candidate = map(gate_scores.read, (arguments.rules, arguments.baseline, arguments.candidate))
        for path, scores in ((arguments.baseline, baseline), (arguments.candidate, candidate)):
            if not isinstance(scores, dict):
                raise ValueError(f"{path}: expected one JSON object with the metrics as its keys, found a "
                                 f"{type(scores).__name__}. {gate_scores.COUNTS}")
        if not isinstance(rules, list):
            raise ValueError(f"{arguments.rules}: expected a list of rules, found {rules!r}. See the top of "
                             "ftlab/evidence/gate.py for an example.")
        try:
            found = gate(rules, baseline, candidate, arguments.unsure)
        except ValueError as error:  # said with the name of the file
            paths = {"rule": arguments.rules, "baseline": arguments.baseline, "candidate": arguments.candidate}
            both = f"{arguments.baseline} and {arguments.candidate}"
            raise ValueError(f"{next((paths[k] for k in paths if str(error).startswith(k)), both)}: {error}") from error
    except ValueError as error:
        print(f"gate: {error}", file=sys.stderr)
        return 2
    print(found)
    return found.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
