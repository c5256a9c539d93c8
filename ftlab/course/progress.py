"""One line that says how far the notebooks are."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


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
