"""The claims in the report of a run: a column a model, and which claims carry over from the lab model to another."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from ftlab.claims import ABOVE, BELOW, INSIDE, reference, table
from ftlab.evidence.claim import FAILS, HOLDS, LAB, MIXED, NOT_TRIED, Claim
from ftlab.model import REAL_FOLDER

CLASSES = {HOLDS: "holds", FAILS: "fails", MIXED: "mixed"}
NAMES = {LAB: "the lab model", REAL_FOLDER: "SmolLM2-135M-Instruct"}


@dataclass(frozen=True)
class Tried:
    """One claim on one model: this run's record and the reference runs, each None if there is none."""

    live: dict | None
    known: dict | None

    @property
    def verdict(self) -> str | None:
        """The verdict of the reference runs, which are many, else that of this run; None if it was not tried."""
        verdict = (self.known or self.live or {}).get("verdict")
        return None if verdict == NOT_TRIED else verdict


@dataclass(frozen=True)
class Row:
    """One claim of a notebook, with what is known of it by model."""

    notebook: str
    id: str
    claim: Claim | None  # None where data/claims.csv does not have it
    tried: dict[str, Tried]

    @property
    def statement(self) -> str:
        recorded = [each.live["statement"] for each in self.tried.values() if each.live]
        return self.claim.statement if self.claim else (recorded or [self.id])[0]


def rows(notebook: str, records: Sequence[dict], expected: Sequence[str]) -> list[Row]:
    """One row for each claim that a notebook recorded or should have recorded, in the order of its header."""
    claims, found = table(), []
    live = {(record["id"], record.get("model", LAB)): record for record in records}
    for claim_id in dict.fromkeys([*expected, *(record["id"] for record in records)]):
        claim = claims.get(claim_id)
        models = [*(claim.models if claim else ()), *(model for each, model in live if each == claim_id)]
        tried = {model: Tried(live.get((claim_id, model)), reference(claim_id, model)) for model in models or [LAB]}
        found.append(Row(notebook, claim_id, claim, tried))
    return found


def models_of(found: Sequence[Row]) -> list[str]:
    """The models that occur, the lab model and the real one first."""
    present = dict.fromkeys(model for row in found for model in row.tried)
    return [model for model in NAMES if model in present] + [model for model in present if model not in NAMES]


def carried_over(found: Sequence[Row]) -> list[str]:
    """For each model beside the lab model one sentence: which claims carry over to it from the lab model.

    A claim carries over if it has the same clear verdict on both. A mixed verdict on either leaves that open. Reference
    runs speak where there are some, else this run does. A claim that another model needs an experiment for has an id
    of its own there, ``<id>-real``, and is told with the one of the lab model.
    """
    names, verdicts = {row.id for row in found}, {}
    for row in found:
        short = row.id.removesuffix("-real")
        told = verdicts.setdefault(short if short in names else row.id, {})
        told.update({model: each.verdict for model, each in row.tried.items() if each.verdict})
    others = [model for model in models_of(found) if model != LAB]
    if not others:
        return [f"Tried on {NAMES[LAB]} alone: {_ids(verdicts)}; nothing here says whether that carries over to "
                "another model."] if verdicts else []
    return [_sentence(verdicts, other) for other in others]


def _sentence(verdicts: dict[str, dict[str, str]], other: str) -> str:
    both = {name: (of[LAB], of[other]) for name, of in verdicts.items() if LAB in of and other in of}
    same = [name for name, (lab, there) in both.items() if lab == there != MIXED]
    differ = [name for name, pair in both.items() if set(pair) == {HOLDS, FAILS}]
    unclear = [name for name, pair in both.items() if MIXED in pair]
    here_alone, there_alone = ([name for name, of in verdicts.items() if model in of and name not in both]
                               for model in (LAB, other))
    untried = [name for name, of in verdicts.items() if LAB not in of and other not in of]
    there = NAMES.get(other, other)
    parts = [f"carried over (the same verdict on both): {_ids(same)}",
             f"not carried over (the opposite verdict): {_ids(differ)}",
             f"open, since a verdict is mixed: {_ids(unclear)}" if unclear else "",
             f"tried on the lab model alone: {_ids(here_alone)}",
             f"tried on {there} alone: {_ids(there_alone)}",
             f"tried on neither: {_ids(untried)}" if untried else ""]
    return f"From the lab model to {there}: {'; '.join(part for part in parts if part)}."


def _ids(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def outside(found: Sequence[Row]) -> str:
    """Which of this run's claims lie where reference runs with other seeds do not lead one to expect them."""
    compared = {(row.id, model): where for row in found for model, each in row.tried.items()
                if each.live and (where := each.live.get("where")) in (INSIDE, ABOVE, BELOW)}
    off = [f"{name} ({where.split()[0]})" for (name, _), where in compared.items() if where != INSIDE]
    return (f"{len(compared) - len(off)} of {len(compared)} runs lie where reference runs with other seeds lead us to "
            "expect them; 1 in 20 may lie outside by luck." + f" Outside: {', '.join(off)}." * bool(off)
            ) if compared else "No run could be compared with reference runs of other seeds."


def section(found: Sequence[Row]) -> str:
    """The claims as HTML: the sentences, one table with a column a model, and how to read it."""
    if not found:
        return ""
    models = models_of(found)
    titles = "".join(f"<th>{html.escape(NAMES.get(model, model))}</th>" for model in models)
    said = [*carried_over(found), outside(found)]
    parts = ["<h2>Claims</h2>", *(f"<p>{html.escape(sentence)}</p>" for sentence in said),
             f'<table class="claims"><thead><tr><th>claim</th>{titles}</tr></thead><tbody>']
    notebook = None
    for row in found:
        if row.notebook != notebook:
            notebook = row.notebook
            parts.append(f'<tr><th colspan="{len(models) + 1}" class="notebook">{html.escape(notebook)}</th></tr>')
        cells = "".join(f"<td>{cell(row, model)}</td>" for model in models)
        rule = f"{row.claim.effect}; holds if {row.claim.rule}" if row.claim else ""
        parts.append(f'<tr><td>{html.escape(row.statement)}<p class="small">{html.escape(row.id)}: {html.escape(rule)}'
                     f"</p></td>{cells}</tr>")
    parts.append(
        '</tbody></table><p class="small">A claim holds if its whole 95 % interval keeps the limit, does not hold if '
        "none of it does, and is mixed in between. In the drawings the dot is the effect in this run and the thick "
        "line its interval; the pale band is where a run should land by the reference runs with other seeds, the "
        "diamond their mean effect with its interval; the dashed line is the claim's limit, the thin upright line "
        "zero.</p>")
    return "\n".join(parts)


def cell(row: Row, model: str) -> str:
    """One claim on one model: this run, the reference runs, and a drawing of both."""
    tried = row.tried.get(model)
    if tried is None:
        return '<span class="small">not tried</span>'
    lines = []
    if tried.live:
        seed = f", seed {tried.live['seed']}" if "seed" in tried.live else ""
        lines.append(line(f"this run{seed}", tried.live, tried.live.get("unit")))
        if tried.live.get("where") in (ABOVE, BELOW):
            lines.append(f'<div class="failed">{html.escape(tried.live["where"])}</div>')
    else:
        lines.append('<div><span class="small">this run</span> not run</div>')
    if tried.known:
        stale = " (older than the code)" if "stale" in tried.known else ""
        lines.append(line(f"{len(tried.known['runs'])} reference runs{stale}", tried.known, tried.known["unit"]))
    else:
        lines.append('<div class="small">no reference runs yet</div>')
    return "".join([*lines, drawing(tried, row.claim)])


def line(what: str, numbers: dict, unit: str | None) -> str:
    """``this run, seed 0  holds  +58 (54 to 62) points``."""
    verdict = str(numbers["verdict"])
    kind, number = CLASSES.get(verdict, "mixed"), effect({**numbers, "unit": unit})
    return (f'<div><span class="small">{html.escape(what)}</span><br><span class="verdict {kind}">'
            f'{html.escape(verdict)}</span> <span class="number">{html.escape(number)}</span></div>')


def effect(claim: dict) -> str:
    """``+0.42 (0.31 to 0.53) share``, or as much of it as the claim gives."""
    if claim.get("effect") is None:
        return ""
    text = f"{claim['effect'] + 0.0:+.3g}"
    if claim.get("low") is not None and claim.get("high") is not None:
        text += f" ({claim['low'] + 0.0:.3g} to {claim['high'] + 0.0:.3g})"
    return f"{text} {claim.get('unit') or ''}".strip()


def drawing(tried: Tried, claim: Claim | None, width: int = 230, height: int = 34) -> str:
    """This run's effect and interval over those of the reference runs, as a small picture; empty without numbers."""
    live = {key: float(value) for key in ("effect", "low", "high", "reference_low", "reference_high")
            if (value := (tried.live or {}).get(key)) is not None}
    known = {key: float(tried.known[key]) for key in ("effect", "low", "high")} if tried.known else {}
    if not live and not known:
        return ""
    limits = [end for end in ((claim.at_least, claim.at_most) if claim else ()) if math.isfinite(end)]
    every = [0.0, *live.values(), *known.values(), *limits]
    left, span = min(every), (max(every) - min(every)) or 1.0

    def x(value: float) -> float:
        return round(8 + (value - left) / span * (width - 16), 1)

    def across(ends: dict[str, float], y: float, style: str) -> str:
        if not {"low", "high"} <= set(ends):
            return ""
        return f'<line x1="{x(ends["low"])}" x2="{x(ends["high"])}" y1="{y}" y2="{y}" {style}/>'

    upper, lower, parts = height * 0.3, height * 0.74, []
    if "reference_low" in live and "reference_high" in live:
        a, b = x(live["reference_low"]), x(live["reference_high"])
        parts.append(f'<rect x="{a}" y="1" width="{max(b - a, 1):.1f}" height="{height - 2}" fill="#dbe8f5"/>')
    parts.append(f'<line x1="{x(0)}" x2="{x(0)}" y1="0" y2="{height}" stroke="#8a96a3"/>')
    parts += [f'<line x1="{x(end)}" x2="{x(end)}" y1="0" y2="{height}" stroke="#a8321a" stroke-dasharray="3 3"/>'
              for end in limits]
    if live:
        parts.append(across(live, upper, 'stroke="#0b4f8a" stroke-width="3"'))
        if "effect" in live:
            parts.append(f'<circle cx="{x(live["effect"])}" cy="{upper}" r="4.5" fill="#0b4f8a"/>')
    if known:
        parts.append(across(known, lower, 'stroke="#5a6675" stroke-width="2"'))
        at = x(known["effect"])
        parts.append(f'<path d="M{at - 4} {lower} l4 -4 l4 4 l-4 4 Z" fill="#5a6675"/>')
    return f'<svg width="{width}" height="{height}" role="img" aria-hidden="true">{"".join(parts)}</svg>'
