"""Runs the notebooks as a learner would, shows how far it is, and writes one report of what came out."""

from __future__ import annotations

import html
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import files, offline, paths

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass
class Failure:
    """The cell that stopped a notebook. ``cell`` counts from 1 over all cells, as a reader would."""

    cell: int
    source: str
    error: str


@dataclass
class Outcome:
    """What became of one notebook. ``expected_s`` comes from its metadata ``ftlab.minutes`` and may be 0 (unknown)."""

    name: str
    elapsed_s: float = 0.0
    expected_s: float = 0.0
    failure: Failure | None = None
    claims: list[dict] = field(default_factory=list)
    expected_claims: list[str] = field(default_factory=list)


def folder() -> Path:
    """The folder ``notebooks/``."""
    return paths.root() / "notebooks"


def find(names: Sequence[str] = ()) -> list[Path]:
    """The notebooks in order, or those named: ``02``, ``02_supervised_finetuning`` or a path.

    Raises:
        ValueError: If a name fits no notebook, or several.
    """
    every = sorted(folder().glob("*.ipynb"))
    if not names:
        if not every:
            raise ValueError(f"{folder()}: expected notebooks (*.ipynb), found none. Take the project's files again.")
        return every
    chosen = []
    for name in names:
        given = Path(name)
        if given.suffix == ".ipynb" and given.is_file():
            chosen.append(given)
            continue
        stem = given.name.removesuffix(".ipynb")
        fits = [path for path in every if path.stem == stem] or [path for path in every if path.stem.startswith(stem)]
        if len(fits) != 1:
            found = ", ".join(path.stem for path in fits or every) or "none"
            raise ValueError(
                f"'{name}': expected the name of one notebook in {folder()}, found {found}. "
                "Give a name, its number such as 02, or a path."
            )
        chosen.append(fits[0])
    return chosen


def clock(seconds: float) -> str:
    """``95`` -> ``1:35``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """One line that moves while cells run; where there is no terminal, a new line now and then."""

    EVERY_S = 10.0

    def __init__(self, names: list[str], expected: list[float]) -> None:
        self.names, self.expected = names, expected
        self.started = time.monotonic()
        self.is_terminal = sys.stdout.isatty()
        self.notebook, self.cell, self.cells, self.notebook_started, self.printed = 0, 0, 0, self.started, 0.0

    def begin(self, notebook: int, cells: int) -> None:
        self.notebook, self.cell, self.cells, self.notebook_started, self.printed = (
            notebook,
            0,
            cells,
            time.monotonic(),
            0.0,
        )

    def at(self, cell: int) -> None:
        self.cell = cell
        if not self.is_terminal and time.monotonic() - self.printed > self.EVERY_S:
            self.printed = time.monotonic()
            print(self.line(), flush=True)

    def line(self) -> str:
        now, about = time.monotonic(), self.expected[self.notebook]
        text = (
            f"[{self.notebook + 1}/{len(self.names)}] {self.names[self.notebook]}  cell {self.cell}/{self.cells}  "
            f"{clock(now - self.notebook_started)}"
        )
        text += f" of about {clock(about)}" if about else ""
        if len(self.names) > 1:
            text += f"  (all: {clock(now - self.started)}"
            text += f" of about {clock(sum(self.expected))})" if all(self.expected) else ")"
        return text

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Keeps the line moving, once a second, until the block ends."""
        done = threading.Event()

        def draw() -> None:
            while not done.wait(1.0):
                sys.stdout.write("\r\x1b[K" + self.line())
                sys.stdout.flush()

        drawer = threading.Thread(target=draw, daemon=True)
        if self.is_terminal:
            drawer.start()
        try:
            yield
        finally:
            done.set()
            if self.is_terminal:
                drawer.join()
                sys.stdout.write("\r\x1b[K")
                sys.stdout.flush()


def kernel_manager_class() -> type:
    """A kernel manager that always starts this very Python, whatever kernels the computer has registered."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from traitlets import default

    class ThisPythonSpecs(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=command, language="python", display_name="Python 3 (ipykernel)", name="python3")

    class ThisPython(AsyncKernelManager):
        @default("kernel_spec_manager")
        def _specs(self) -> KernelSpecManager:
            return ThisPythonSpecs(parent=self)

    return ThisPython


def execute(
    notebook: NotebookNode, where: Path, progress: Progress | None = None, timeout_s: float | None = None
) -> Failure | None:
    """Runs all cells in a fresh kernel, in place; cells tagged ``raises-exception`` may fail.

    Args:
        notebook: Gets the outputs. If a cell fails, the cells before it and its own error keep theirs.
        where: The folder in which the kernel starts.
        timeout_s: For the whole notebook; ``None`` for no limit.
    Returns:
        The failure, or ``None``. What the kernel itself writes to stderr goes to ``runs/kernel.log``.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    log = paths.runs() / "kernel.log"
    deadline = time.monotonic() + timeout_s if timeout_s else None
    current = [0]

    def on_start(cell: NotebookNode, cell_index: int) -> None:
        current[0] = cell_index
        if progress:
            progress.at(cell_index + 1)

    def remaining(cell: NotebookNode) -> int | None:
        return max(1, int(deadline - time.monotonic())) if deadline else None

    client = NotebookClient(
        notebook,
        timeout_func=remaining,
        kernel_manager_class=kernel_manager_class(),
        record_timing=False,
        resources={"metadata": {"path": str(where)}},
        on_cell_start=on_start,
    )
    try:
        with open(log, "wb") as stderr:
            environment = os.environ | offline.environment(os.environ.get("FTLAB_MODEL"))
            client.execute(env=environment, stderr=stderr)
    except CellExecutionError as error:
        shown = [output.traceback for output in notebook.cells[current[0]].outputs if output.output_type == "error"]
        lines = "\n".join(shown[-1]).splitlines() if shown else [f"{error.ename}: {error.evalue}"]
        reason = "\n".join(lines[-20:])
    except CellTimeoutError:
        reason = f"the notebook took longer than {timeout_s:.0f} seconds and was stopped in this cell"
    except DeadKernelError:
        reason = f"the kernel died; the usual cause is too little memory (see `ftlab doctor`). Its last words: {log}"
    else:
        return None
    return Failure(current[0] + 1, notebook.cells[current[0]].source, plain(reason))


def plain(text: str) -> str:
    """Text without a terminal's colour codes."""
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def claim_files() -> dict[Path, int]:
    """The claim results that are there now, each with its time of writing (ns)."""
    return {path: path.stat().st_mtime_ns for path in sorted((paths.runs() / "claims").glob("*.json"))}


def run_one(path: Path, target: Path, progress: Progress, outcome: Outcome, timeout_s: float | None) -> None:
    """Runs one notebook, writes the executed copy to ``target`` whatever happens, and fills in ``outcome``."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    before, started = claim_files(), time.monotonic()
    try:
        with progress.shown():
            outcome.failure = execute(notebook, path.resolve().parent, progress, timeout_s)
    finally:
        outcome.elapsed_s = time.monotonic() - started
        files.write_text(target / path.name, nbformat.writes(notebook) + "\n")
        for file, written in claim_files().items():
            if before.get(file) != written:
                outcome.claims.append(files.read_json(file))


def run(names: Sequence[str] = (), notebook_timeout_s: float | None = None) -> int:
    """``ftlab run``: executes notebooks in order, in fresh kernels, and writes ``runs/course/report.html``.

    Never writes into ``notebooks/``. A notebook that fails does not stop the next one; the exit code is then 1.
    """
    import nbformat

    notebooks = find(names)
    outcomes = []
    for path in notebooks:
        about = nbformat.read(path, as_version=4).metadata.get("ftlab", {})
        outcomes.append(
            Outcome(
                path.stem, expected_s=60 * float(about.get("minutes", 0)), expected_claims=list(about.get("claims", []))
            )
        )
    target = paths.runs() / "course"
    progress = Progress([path.stem for path in notebooks], [outcome.expected_s for outcome in outcomes])
    done = 0
    try:
        for index, (path, outcome) in enumerate(zip(notebooks, outcomes, strict=True)):
            progress.begin(index, len(nbformat.read(path, as_version=4).cells))
            run_one(path, target, progress, outcome, notebook_timeout_s)
            done += 1
            verdict = "FAILED" if outcome.failure else "ok"
            print(f"[{index + 1}/{len(notebooks)}] {outcome.name}  {verdict}  {clock(outcome.elapsed_s)}", flush=True)
            if outcome.failure:
                print_failure(outcome, target)
    except KeyboardInterrupt:
        print("\nStopped. The report covers what ran.")
    report = target / "report.html"
    files.write_text(report, page(outcomes[:done], progress.started))
    failed = [outcome for outcome in outcomes if outcome.failure]
    print(f"\n{done - len(failed)} of {len(notebooks)} notebooks ran to their end. Report: {report}")
    for outcome in failed:
        print(f"failed: {outcome.name}, cell {outcome.failure.cell} (source and error above)")
    return 130 if done < len(notebooks) else int(bool(failed))


def print_failure(outcome: Outcome, target: Path) -> None:
    """Notebook, cell number, source, error, and where the partly executed copy is."""
    failure, rule = outcome.failure, "-" * 72
    assert failure is not None
    print(
        f"{rule}\n{outcome.name}, cell {failure.cell}:\n\n{failure.source}\n\n{failure.error}\n{rule}\n"
        f"What ran before it is kept in {target / (outcome.name + '.ipynb')}",
        flush=True,
    )


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
    from ftlab import doctor

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


def from_source(path: Path) -> NotebookNode:
    """Reads ``notebooks/source/NN.py`` (percent format) as a notebook without outputs, with fixed cell ids."""
    import jupytext

    notebook = jupytext.read(path, fmt="py:percent")
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index:03d}"
    kept = {key: notebook.metadata[key] for key in ("ftlab",) if key in notebook.metadata}
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata = type(notebook.metadata)(kept | {"kernelspec": kernel})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def build(names: Sequence[str] = ()) -> int:
    """``ftlab notebooks``: makes ``notebooks/NN.ipynb`` from ``notebooks/source/NN.py``, executed, outputs stored.

    A notebook that fails is not stored: the old one stays.
    """
    import nbformat

    sources = sorted((folder() / "source").glob("*.py"))
    if names:
        sources = [path for path in sources if any(path.stem.startswith(Path(name).stem) for name in names)]
    if not sources:
        raise ValueError(
            f"{folder() / 'source'}: expected sources (*.py){' named ' + ', '.join(names) if names else ''}, "
            "found none. Each notebook is written there, in jupytext's percent format."
        )
    notebooks = [from_source(path) for path in sources]
    expected = [60 * float(notebook.metadata.get("ftlab", {}).get("minutes", 0)) for notebook in notebooks]
    progress, failed = Progress([path.stem for path in sources], expected), 0
    for index, (path, notebook) in enumerate(zip(sources, notebooks, strict=True)):
        progress.begin(index, len(notebook.cells))
        outcome = Outcome(path.stem)
        with progress.shown():
            outcome.failure = execute(notebook, folder(), progress)
        if outcome.failure:
            failed += 1
            target = paths.runs() / "failed"
            files.write_text(target / f"{path.stem}.ipynb", nbformat.writes(notebook) + "\n")
            print_failure(outcome, target)
            continue
        drop_widgets(notebook)
        files.write_text(folder() / f"{path.stem}.ipynb", nbformat.writes(notebook) + "\n")
        print(f"[{index + 1}/{len(sources)}] {path.stem}  stored", flush=True)
    return int(bool(failed))


def drop_widgets(notebook: NotebookNode) -> None:
    """Takes out what only a live kernel can draw, so that stored notebooks read well where they are hosted."""
    view = "application/vnd.jupyter.widget-view+json"
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if view not in output.get("data", {})]
