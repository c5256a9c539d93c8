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
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ftlab.evidence import intervals
from ftlab.evidence.comparison import FEWEST_ITEMS
from ftlab.evidence.gate_rules import Rule, check_rules
from ftlab.evidence.intervals import Interval
from ftlab.evidence.planner import paired_rate_interval
from ftlab.evidence.tables import html_table, plain_table

PASS, FAIL, UNSURE = "pass", "fail", "not enough data"
COUNTS = "Write one figure, a list of scores, or an object with a score for each item."


class Outcome(NamedTuple):
    """One limit of one rule, judged. ``found`` is the change or the value, ``allowed`` its worst allowed value."""

    rule: Rule
    limit: str  # "may_drop" or "at_least" or "at_most"
    items: int | None
    found: Interval
    allowed: float
    verdict: str
    note: str


@dataclass(frozen=True)
class Gate:
    """All limits judged. Prints as a table; ``exit_code`` is what a CI job returns."""

    outcomes: tuple[Outcome, ...]
    unruled: tuple[str, ...]  # metrics that are in the scores and in no rule
    unsure: str

    @property
    def exit_code(self) -> int:
        """0 if every limit passes (and, with ``unsure="pass"``, also where there is not enough data), else 1."""
        good = {PASS, UNSURE} if self.unsure == PASS else {PASS}
        return int(any(outcome.verdict not in good for outcome in self.outcomes))

    def _table(self) -> tuple[list[str], list[list[str]], str]:
        rows = []
        for outcome in self.outcomes:
            rule, sign = outcome.rule, "+" if outcome.limit == "may_drop" else ""
            value, low, high = (f"{number + 0.0:{sign}.4g}" for number in outcome.found)
            side = "at least" if rule.direction == "up" else "at most"
            unit = rule.unit if sign or rule.unit != "points" else "%"
            rows.append([outcome.verdict.upper(), rule.metric, "change" if sign else "value",
                         "-" if outcome.items is None else str(outcome.items),
                         f"{value} {unit}" if outcome.items is None else f"{value} [{low}, {high}] {unit}",
                         f"{side} {outcome.allowed + 0.0:{sign}.4g} {unit}", outcome.note])
        counts = [sum(outcome.verdict == verdict for outcome in self.outcomes) for verdict in (PASS, FAIL, UNSURE)]
        note = (f"Gate {'closed' if self.exit_code else 'open'}: {counts[0]} pass, {counts[1]} fail, {counts[2]} not "
                f"enough data (which {'passes' if self.unsure == PASS else 'closes the gate'}).")
        note += f" No rule for: {', '.join(self.unruled)}." if self.unruled else ""
        return ["verdict", "metric", "what", "items", "found [95 % interval]", "allowed", "note"], rows, note

    def __str__(self) -> str:
        return plain_table(*self._table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(*self._table())


def gate(rules: Sequence[Mapping] | Mapping[str, Mapping], baseline: Mapping, candidate: Mapping,
         unsure: str = FAIL, seed: int = 0) -> Gate:
    """Judges every limit of every rule on the candidate's scores.

    Args:
        rules: A list of rules, or ``{metric: rule}``; fields as at the top of this file.
        baseline, candidate: For each metric, one figure, a row of scores, or a score for each item.
        unsure: What "not enough data" does to ``exit_code``, "fail" or "pass".
    Raises:
        ValueError: If a rule or a score is not as described, a metric of a rule is missing, or the items differ.
    """
    if unsure not in (FAIL, PASS):
        raise ValueError(f'unsure: expected "fail" or "pass", found {unsure!r}. Choose what too few items shall do.')
    outcomes, checked = [], check_rules(rules)
    for rule in checked:
        for name, scores in (("baseline", baseline), ("candidate", candidate)):
            if rule.metric not in scores:
                raise ValueError(f"{name}: expected scores for {rule.metric!r}, which has a rule, found "
                                 f"{sorted(scores)}. Add the scores or take the rule out.")
        outcomes += _judge(rule, baseline[rule.metric], candidate[rule.metric], seed)
    return Gate(tuple(outcomes), tuple(sorted({*baseline, *candidate} - {rule.metric for rule in checked})), unsure)


def _judge(rule: Rule, old: object, new: object, seed: int) -> list[Outcome]:
    base, cand = _scores(rule, old, "baseline"), _scores(rule, new, "candidate")
    if type(base) is not type(cand) or (isinstance(base, list) and len(base) != len(cand)):
        raise ValueError(f"{rule.metric}: expected scores of one kind for the same items, found "
                         f"{_kind(base)} (baseline) and {_kind(cand)} (candidate). Score both on one list of items.")
    if isinstance(base, dict):
        if set(base) != set(cand):
            odd = sorted(set(base) ^ set(cand))
            raise ValueError(f"{rule.metric}: expected the same items in both, found {len(odd)} in only one of them, "
                             f"such as {odd[0]!r}. Score both models on one list of items.")
        base, cand = list(base.values()), [cand[item] for item in base]
    factor, sign = 100 if rule.unit == "points" else 1, 1 if rule.direction == "up" else -1
    outcomes = []
    for limit, allowed in (("may_drop", rule.may_drop), ("at_most" if sign < 0 else "at_least", rule.limit)):
        if allowed is None:
            continue
        change, items, note = limit == "may_drop", None, "one figure: no interval"
        if isinstance(base, float):
            figure = cand - base if change else cand
            found = Interval(figure, figure, figure)
        else:
            items, note = len(cand), ""
            found = _change(cand, base, seed) if change else _value(cand, seed)
        found, allowed = found.times(factor), -sign * allowed if change else allowed
        near, far = (found.low, found.high) if sign > 0 else (-found.high, -found.low)
        bar, rounding = sign * allowed, 1e-9 * max(1.0, abs(allowed))
        verdict = PASS if near >= bar - rounding else FAIL if far < bar - rounding else UNSURE
        if items is not None and items < FEWEST_ITEMS:
            verdict, note = UNSURE, f"under {FEWEST_ITEMS} items"
        elif verdict == UNSURE:
            note = _remedy(found, allowed, items)
        outcomes.append(Outcome(rule, limit, items, found, allowed, verdict, note))
    return outcomes


def _remedy(found: Interval, allowed: float, items: int) -> str:
    """How many items would do, were the figure to stay: the interval narrows with their square root."""
    distance = abs(found.value - allowed)
    half = found.value - found.low if allowed < found.value else found.high - found.value
    needed = items * (half / distance) ** 2 if distance > 0 else math.inf
    return f"about {math.ceil(needed):,} items would settle it" if needed <= 100 * items else "too close to call"


def _change(new: list[float], old: list[float], seed: int) -> Interval:
    rates = set(new) | set(old) <= {0, 1}
    return paired_rate_interval(new, old) if rates else intervals.paired_difference(new, old, seed=seed)


def _value(scores: list[float], seed: int) -> Interval:
    rates = set(scores) <= {0, 1}
    if rates:
        return intervals.rate_interval(int(sum(scores)), len(scores))
    return intervals.mean_interval(scores, seed=seed)


def _scores(rule: Rule, raw: object, name: str) -> float | list[float] | dict[str, float]:
    """The scores as floats of one of the three kinds, each finite and, in points, from 0 to 1."""
    many = list(raw.values()) if isinstance(raw, Mapping) else raw
    rows = list(many) if hasattr(many, "__len__") and not isinstance(many, str) else [many]
    for value in rows:
        number = float(value) if isinstance(value, int | float) or hasattr(value, "dtype") else math.nan
        if not math.isfinite(number) or (rule.unit == "points" and not 0 <= number <= 1):
            share = ' from 0 to 1 (or a "unit" in its rule)' if rule.unit == "points" else ""
            raise ValueError(f"{name}, {rule.metric}: expected finite numbers{share}, found {value!r}. {COUNTS}")
    if rows is not many and not hasattr(many, "__len__"):
        return float(many)
    if len(rows) < 2:
        raise ValueError(f"{name}, {rule.metric}: expected at least 2 items, found {len(rows)}. {COUNTS}")
    return dict(zip(raw, map(float, rows), strict=True)) if isinstance(raw, Mapping) else [float(row) for row in rows]


def _kind(scores: object) -> str:
    return "one figure" if isinstance(scores, float) else f"{len(scores)} scores as {type(scores).__name__}"


def _read(path: str) -> object:
    """A JSON or CSV file; what is wrong with it is said with its name and line."""
    where = Path(path)
    try:
        text = where.read_text(encoding="utf-8-sig")
        return list(csv.DictReader(text.splitlines())) if where.suffix.lower() == ".csv" else json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} line {error.lineno}: expected JSON, found {error.msg}. Correct that line.") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8 text, found another encoding. Save it as UTF-8.") from error
    except OSError as error:
        raise ValueError(f"{path}: expected a file to read, found: {error.strerror}. Check its name.") from error


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m ftlab.evidence.gate``: prints the table and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.evidence.gate", description=__doc__.partition("\n")[0])
    parser.add_argument("rules", help="JSON or CSV: metric, may_drop, at_least or at_most, direction, unit")
    parser.add_argument("baseline", help="JSON: the scores of the model in use")
    parser.add_argument("candidate", help="JSON: the scores of the new model")
    parser.add_argument("--unsure", choices=(FAIL, PASS), default=FAIL, help="what 'not enough data' does")
    arguments = parser.parse_args(argv)
    try:
        rules, baseline, candidate = map(_read, (arguments.rules, arguments.baseline, arguments.candidate))
        for path, scores in ((arguments.baseline, baseline), (arguments.candidate, candidate)):
            if not isinstance(scores, dict):
                raise ValueError(f"{path}: expected one JSON object with the metrics as its keys, found a "
                                 f"{type(scores).__name__}. {COUNTS}")
        if not isinstance(rules, list | dict):
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
