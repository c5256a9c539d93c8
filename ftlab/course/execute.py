"""Runs the cells of a notebook in a fresh kernel, as a learner would."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import files, paths
from ftlab.course import offline
from ftlab.course.progress import Progress

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass
class Failure:
    """The cell that stopped a notebook. ``cell`` counts from 1 over all cells, as a reader would."""

    cell: int
    source: str
    error: str


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
    notebook: NotebookNode,
    where: Path,
    progress: Progress | None = None,
    timeout_s: float | None = None,
    more: Mapping[str, str] | None = None,
) -> Failure | None:
    """Runs all cells in a fresh kernel, in place; cells tagged ``raises-exception`` may fail.

    Args:
        notebook: Gets the outputs. If a cell fails, the cells before it and its own error keep theirs.
        where: The folder in which the kernel starts.
        timeout_s: For the whole notebook; ``None`` for no limit.
        more: Environment variables for the kernel, such as ``FTLAB_RUNS`` for a folder of its own.
    Returns:
        The failure, or ``None``. What the kernel itself writes to stderr goes to ``kernel.log`` in its runs' folder.
    Raises:
        KeyboardInterrupt: If Ctrl-C (or SIGTERM) stopped it; the kernel has ended then.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    log = Path((more or {}).get("FTLAB_RUNS") or paths.runs()) / "kernel.log"
    with files.writing(log, paths.ELSEWHERE):
        log.touch()
    deadline = time.monotonic() + timeout_s if timeout_s else None
    current = [0]

    def on_start(cell: NotebookNode, cell_index: int) -> None:
        current[0] = cell_index
        if progress:
            progress.at(cell_index + 1)

    def remaining(cell: NotebookNode) -> int | None:
        return max(1, int(deadline - time.monotonic())) if deadline else None

    class Client(NotebookClient):
        """Ends its kernel once: nbclient does it at a signal, and then fails at its own clearing up."""

        async def _async_cleanup_kernel(self) -> None:
            if self.km is not None:
                await super()._async_cleanup_kernel()

    client = Client(
        notebook,
        timeout_func=remaining,
        kernel_manager_class=kernel_manager_class(),
        record_timing=False,
        resources={"metadata": {"path": str(where)}},
        on_cell_start=on_start,
    )
    try:
        with open(log, "wb") as stderr:
            environment = os.environ | offline.environment(os.environ.get("FTLAB_MODEL")) | dict(more or {})
            try:
                client.execute(env=environment, stderr=stderr)
            except Exception:
                if hasattr(client, "_async_cleanup_kernel_future"):  # a signal came: to the cell its kernel just died
                    raise KeyboardInterrupt from None
                raise
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
