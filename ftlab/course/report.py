"""The report of a run of the course: one page with every notebook's minutes and every claim's verdict."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass, field

from ftlab.course import verdicts
from ftlab.course.execute import Failure
from ftlab.course.progress import clock


@dataclass
class NotebookRun:
    """What became of one notebook. ``expected_s`` comes from its metadata ``ftlab.minutes`` and may be 0 (unknown)."""

    name: str
    elapsed_s: float = 0.0
    expected_s: float = 0.0
    failure: Failure | None = None
    claims: list[dict] = field(default_factory=list)
    expected_claims: list[str] = field(default_factory=list)


STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1d2733; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
p.small, td.small { color: #5a6675; font-size: .9rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid #dde3ea; }
td.number, th.number { text-align: right; white-space: nowrap; }
pre { background: #f4f6f8; padding: .8rem; overflow-x: auto; font-size: .85rem; }
.failed { color: #a8321a; } svg { display: block; margin: .3rem 0; }
.claims td div { line-height: 1.35; margin-bottom: .25rem; } .claims td p { margin: .2rem 0 0; line-height: 1.35; }
.claims { table-layout: fixed; } .claims td, .claims th { padding-right: 1.4rem; } .claims svg { max-width: 100%; }
.claims .small { color: #5a6675; font-size: .85rem; } th.notebook { padding-top: 1.4rem; font-size: 1.05rem; }
.verdict { white-space: nowrap; font-weight: 600; } .holds { color: #0b4f8a; } .fails { color: #a8321a; }
.mixed { color: #5a6675; }
"""


def page(outcomes: list[NotebookRun], started: float) -> str:
    """The report: one self-contained HTML page."""
    from ftlab.course import doctor

    failed = [outcome for outcome in outcomes if outcome.failure]
    claims = len({claim["id"] for outcome in outcomes for claim in outcome.claims})
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
    found = [row for each in outcomes for row in verdicts.rows(each.name, each.claims, each.expected_claims)]
    parts.append(verdicts.section(found))
    return "\n".join([*parts, "</body></html>", ""])


def failure_section(outcome: NotebookRun) -> str:
    """What failed, where, with source and error."""
    failure = outcome.failure
    assert failure is not None
    return (
        f'<h2 class="failed">Failed: {html.escape(outcome.name)}, cell {failure.cell}</h2>'
        f"<pre>{html.escape(failure.source)}</pre><pre>{html.escape(failure.error)}</pre>"
    )


def notebook_table(outcomes: list[NotebookRun]) -> str:
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
