"""Notes which files this Python reads. Python imports a module of this name when it starts, in every process.

``ftlab.workshop.inputs.environment`` puts this folder on a kernel's path, so that a stored run can name what it read:
the kernel and all Pythons that it starts write each file below one of the roots into the log once, a name a line.
"""

import importlib.machinery
import importlib.util
import os
import sys

WRITES = os.O_WRONLY | os.O_TRUNC | os.O_EXCL  # O_EXCL: a new file, as tempfile makes it


def watch(log: str, roots: tuple[str, ...]) -> None:
    """From now on, writes down each file below ``roots`` that this process opens to read."""
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    seen = set()

    def note(event: str, arguments: tuple) -> None:
        if event != "open" or not isinstance(arguments[0], (str, bytes, os.PathLike)):
            return
        mode, flags = arguments[1:]
        if (isinstance(mode, str) and mode[:1] in "wxa") or flags & WRITES:  # written, not read
            return
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if path not in seen:
            seen.add(path)
            if path.startswith(roots):
                os.write(out, f"{path}\n".encode())  # one call a line, so that processes do not mix theirs

    sys.addaudithook(note)


if "FTLAB_WATCH_LOG" in os.environ and not hasattr(sys, "ftlab_watches"):
    sys.ftlab_watches = True  # a sitecustomize that is called below may look for the one that it hides: this one
    watch(os.environ["FTLAB_WATCH_LOG"], tuple(os.environ["FTLAB_WATCH_ROOTS"].split(os.pathsep)))
    _here = os.path.dirname(os.path.abspath(__file__))
    _hidden = importlib.machinery.PathFinder.find_spec(
        "sitecustomize", [path for path in sys.path if os.path.abspath(path) != _here]
    )
    if _hidden and _hidden.loader:
        _hidden.loader.exec_module(importlib.util.module_from_spec(_hidden))
