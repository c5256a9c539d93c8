"""The rules of a regression gate: which figures must not get worse, and by how much (see ``ftlab.evidence.gate``)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PERCENT = re.compile(r"%|\bper ?cent|\bpct\b|\bprozent\b|\bpp\b|p\.p\.|\b0 ?(?:-|–|to) ?100\b|\bof 100\b|\bx ?100\b"
                     r"|^\s*(?:points?|pts?)\b", re.IGNORECASE)
SCORES = re.compile(r"bleu|rouge|chrf|\bf1\b|accuracy|score|grade", re.IGNORECASE)  # from 0 to 1, or to 100
WHOLE = re.compile(r"(?:.*(?:%|\bper ?cent(?:age)?|\bpct)(?: points?)?\)?|\s*(?:pp|p\.p\.|points?))\s*", re.IGNORECASE)
FIELDS = ("metric", "may_drop", "at_least", "at_most", "direction", "unit")


@dataclass(frozen=True)
class Rule:
    """One figure that must not get worse; the fields are explained at the top of ``ftlab.evidence.gate``."""

    metric: str
    may_drop: float | None = None
    limit: float | None = None  # at_least, or at_most with direction "down"
    direction: str = "up"
    unit: str = "points"

    def doubt(self, top: float) -> str:
        """A question where ``may_drop`` looks like a share on a scale of percent; else empty.

        Args:
            top: The highest of the scores, which tells whether a unit such as "ROUGE" goes to 1 or to 100.
        """
        hundred = PERCENT.search(self.unit) or (SCORES.search(self.unit) and 10 < top <= 100)
        if not 0 < (self.may_drop or 0) < 1 or not hundred:
            return ""
        if self.unit != "points":
            return (f"is may_drop {self.may_drop:g} {self.unit} meant? For {100 * self.may_drop:g} {self.unit} write "
                    f"{100 * self.may_drop:g}")
        return (f"is may_drop {self.may_drop:g} points meant, 1 item in {100 / self.may_drop:,.0f}? "
                f"For {100 * self.may_drop:g} points write {100 * self.may_drop:g}")


def check_rules(rules: Sequence[Mapping]) -> list[Rule]:
    """The rules with their defaults filled in, every field checked.

    Raises:
        ValueError: Names the rule, what was expected and what was found.
    """
    checked: list[Rule] = []
    for number, raw in enumerate(rules, start=1):
        row = {name: value for name, value in _fields(raw, f"rule {number}").items() if value not in (None, "")}
        where, direction = f"rule {number} ({row.get('metric')})", row.get("direction", "up")
        limit_name = "at_most" if direction == "down" else "at_least"
        wrong = "at_least" if direction == "down" else "at_most"
        if set(row) - set(FIELDS) or not isinstance(row.get("metric"), str) or direction not in ("up", "down"):
            raise ValueError(f"{where}: expected a metric and fields out of {', '.join(FIELDS)} with direction up or "
                             f"down, found {dict(row)}. Correct the names.")
        if row["metric"] in [rule.metric for rule in checked]:
            raise ValueError(f"{where}: expected one rule for each metric, found a second one. Merge the two.")
        if wrong in row or not {"may_drop", limit_name} & set(row):
            raise ValueError(f"{where}: expected may_drop or {limit_name} for direction {direction}, found "
                             f"{sorted(row)}. Give at least one of the two.")
        rule = Rule(row["metric"], _number(row, "may_drop", where), _number(row, limit_name, where), direction,
                    str(row.get("unit", "points")))
        if rule.may_drop is not None and rule.may_drop < 0:
            raise ValueError(f"{where}: expected may_drop of 0 or more, found {rule.may_drop:g}. Write how much worse "
                             "the figure may become, without a sign.")
        share = direction == "up" and 0 < (rule.limit or 0) <= 1  # such a limit would let anything pass
        outside = rule.unit == "points" and rule.limit is not None and not 0 <= rule.limit <= 100
        if outside or (share and WHOLE.fullmatch(rule.unit)):
            raise ValueError(f"{where}: expected {limit_name} in percent, found {rule.limit:g}. Write 80 for a "
                             'share of 0.8, or give "unit" a name of its own to leave figures as they are.')
        checked.append(rule)
    if not checked:
        raise ValueError("rules: expected at least one rule, found none. A gate without rules would pass anything.")
    return checked


def _fields(rule: object, where: str) -> dict:
    if not isinstance(rule, Mapping):
        raise ValueError(f"{where}: expected an object with fields out of {', '.join(FIELDS)}, found {rule!r}. See the "
                         "top of ftlab/evidence/gate.py for an example.")
    return dict(rule)


def _number(row: Mapping, name: str, where: str) -> float | None:
    try:
        number = None if name not in row or isinstance(row[name], bool) else float(row[name])
    except (TypeError, ValueError):
        number = math.nan
    if name in row and (number is None or not math.isfinite(number)):
        raise ValueError(f"{where}: expected a number in {name}, found {row[name]!r}. Write it without its unit.")
    return number
