"""The report of a run of the course: one page with every notebook's minutes and every claim's verdict."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass, field

from ftlab.course.execute import Failure
from ftlab.course.progress import clock


@dataclass
class Outcome:
    """What became of one notebook. ``expected_s`` comes from its metadata ``ftlab.minutes`` and may be 0 (unknown)."""

    name: str
    elapsed_s: float = 0.0
    expected_s: float = 0.0
    failure: Failure | None = None
    claims: list[dict] = field(default_factory=list)
    expected_claims: list[str] = field(default_factory=list)


STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1d2733; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
p.small, td.small { color: #5a6675; font-size: .9rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid #dde3ea; }
td.number, th.number { text-align: right; white-space: nowrap; }
pre { background: #f4f6f8; padding: .8rem; overflow-x: auto; font-size: .85rem; }
.verdict { white-space: nowrap; font-weight: 600; } .failed { color: #a8321a; } svg { display: block; }
"""


def page(outcomes: list[Outcome], started: float) -> str:
    """The report: one self-contained HTML page."""
    from ftlab.course import doctor

    failed = [outcome for outcome in outcomes if outcome.failure]
    claims = sum(len(outcome.claims) for outcome in outcomes)
    lead = (
        f"{len(outcomes) - len(failed)} of {len(outcomes)} notebooks ran to their end in "
        f"{clock(time.monotonic() - started)} minutes; {claims} claim{'s' * (claims != 1)} put on trial."
    )
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>ftlab: what came out</title>',
        '<meta name="viewport" content="width=device-width">',
        f"<style>{STYLE}</style></head><body>",
        "<h1>What came out</h1>",
        f"<p>{lead}</p>",
        f'<p class="small">{html.escape(doctor.machine())}</p>',
    ]
    parts += [failure_section(outcome) for outcome in failed]
    parts += ["<h2>Notebooks</h2>", notebook_table(outcomes)]
    for outcome in outcomes:
        if outcome.claims or outcome.expected_claims:
            parts += [f"<h2>{html.escape(outcome.name)}</h2>", claim_table(outcome)]
    if claims:
        parts.append(
            '<p class="small">In the drawings the dot is the effect in this run, the thick line its 95 % interval, '
            "the pale band the range of the reference runs, and the thin upright line zero.</p>"
        )
    return "\n".join([*parts, "</body></html>", ""])


def failure_section(outcome: Outcome) -> str:
    """What failed, where, with source and error."""
    failure = outcome.failure
    assert failure is not None
    return (
        f'<h2 class="failed">Failed: {html.escape(outcome.name)}, cell {failure.cell}</h2>'
        f"<pre>{html.escape(failure.source)}</pre><pre>{html.escape(failure.error)}</pre>"
    )


def notebook_table(outcomes: list[Outcome]) -> str:
    """One row for each notebook: its minutes, measured and stated."""
    rows = [
        '<table><tr><th>notebook</th><th>result</th><th class="number">minutes</th><th class="number">stated</th></tr>'
    ]
    for outcome in outcomes:
        result = '<span class="failed">failed</span>' if outcome.failure else "ran to its end"
        stated = clock(outcome.expected_s) if outcome.expected_s else ""
        rows.append(
            f"<tr><td>{html.escape(outcome.name)}</td><td>{result}</td>"
            f'<td class="number">{clock(outcome.elapsed_s)}</td><td class="number">{stated}</td></tr>'
        )
    return "\n".join([*rows, "</table>"])


def claim_table(outcome: Outcome) -> str:
    """One row for each claim: statement, verdict, effect with interval; "not run" for those that a failure cut off."""
    rows = ["<table><tr><th>claim</th><th>verdict</th><th>effect (95 % interval)</th><th></th></tr>"]
    for claim in outcome.claims:
        where = f"{claim.get('where', '')}, seed {claim.get('seed', '')}".strip(", ")
        rows.append(
            f"<tr><td>{html.escape(str(claim['statement']))}<br><span class='small'>{html.escape(str(claim['id']))}"
            f" ({html.escape(where)})</span></td><td class='verdict'>{html.escape(str(claim['verdict']))}</td>"
            f"<td class='number'>{html.escape(effect(claim))}</td><td>{drawing(claim)}</td></tr>"
        )
    known = {claim["id"] for claim in outcome.claims}
    rows += [
        f"<tr><td>{html.escape(name)}</td><td class='verdict'>not run</td><td></td><td></td></tr>"
        for name in outcome.expected_claims
        if name not in known
    ]
    return "\n".join([*rows, "</table>"])


def effect(claim: dict) -> str:
    """``+0.42 (0.31 to 0.53) share``, or as much of it as the claim gives."""
    if claim.get("effect") is None:
        return ""
    text = f"{claim['effect']:+.3g}"
    if claim.get("low") is not None and claim.get("high") is not None:
        text += f" ({claim['low']:.3g} to {claim['high']:.3g})"
    return f"{text} {claim.get('unit') or ''}".strip()


def drawing(claim: dict, width: int = 180, height: int = 24) -> str:
    """The effect and its interval over the range of the reference runs, as a small picture."""
    keys = ("effect", "low", "high", "reference_low", "reference_high")
    values = {key: float(claim[key]) for key in keys if claim.get(key) is not None}
    if "effect" not in values:
        return ""
    left, right = min(0.0, *values.values()), max(0.0, *values.values())
    span = (right - left) or 1.0

    def x(value: float) -> float:
        return round(6 + (value - left) / span * (width - 12), 1)

    middle, parts = height / 2, []
    if "reference_low" in values and "reference_high" in values:
        a, b = x(values["reference_low"]), x(values["reference_high"])
        parts.append(f'<rect x="{a}" y="2" width="{max(b - a, 1):.1f}" height="{height - 4}" fill="#cfe0f2"/>')
    parts.append(f'<line x1="{x(0)}" x2="{x(0)}" y1="0" y2="{height}" stroke="#8a96a3"/>')
    if "low" in values and "high" in values:
        parts.append(
            f'<line x1="{x(values["low"])}" x2="{x(values["high"])}" y1="{middle}" y2="{middle}" '
            'stroke="#0b4f8a" stroke-width="3"/>'
        )
    parts.append(f'<circle cx="{x(values["effect"])}" cy="{middle}" r="4.5" fill="#0b4f8a"/>')
    return f'<svg width="{width}" height="{height}" role="img">{"".join(parts)}</svg>'
