"""The notebooks of the course: finds them, makes them from their sources, and runs them all with one report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import files, paths
from ftlab.course.execute import execute
from ftlab.course.progress import Progress, clock
from ftlab.course.report import NotebookRun, page

if TYPE_CHECKING:
    from nbformat import NotebookNode


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


def claim_files() -> dict[Path, int]:
    """The claim results that are there now, each with its time of writing (ns)."""
    return {path: path.stat().st_mtime_ns for path in sorted((paths.runs() / "claims").glob("*.json"))}


def run_one(path: Path, target: Path, progress: Progress, outcome: NotebookRun, timeout_s: float | None) -> None:
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
            NotebookRun(
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


def print_failure(outcome: NotebookRun, target: Path) -> None:
    """Notebook, cell number, source, error, and where the partly executed copy is."""
    failure, rule = outcome.failure, "-" * 72
    assert failure is not None
    print(
        f"{rule}\n{outcome.name}, cell {failure.cell}:\n\n{failure.source}\n\n{failure.error}\n{rule}\n"
        f"What ran before it is kept in {target / (outcome.name + '.ipynb')}",
        flush=True,
    )


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
        outcome = NotebookRun(path.stem)
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
