"""Indexes documents in a process of its own, which a test may kill: ``python indexer.py FOLDER [WHERE COUNT]``.

With WHERE it kills itself at the COUNT-th call of that method of LanceDB's table, before it ("-add") or after ("+add").
Without, it publishes all red and all blue documents by turns until the file FOLDER.stop appears.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from bag_embedder import Bag

from ftlab.retrieval import index
from ftlab.retrieval.documents import Document

COUNT = 40


def shop(colour: str) -> list[Document]:
    """40 documents of that colour, with the same ids in every colour."""
    return [Document(f"thing-{i:02}", f"Thing {i}", f"Number {i} is {colour}.") for i in range(COUNT)]


def kill_at(where: str, count: int) -> None:
    """Makes LanceDB's table kill this process."""
    from lancedb.table import LanceTable

    name, calls = where[1:], 0
    inner = getattr(LanceTable, name)

    def method(self, *arguments, **options):
        nonlocal calls
        calls += 1
        if calls == count and where[0] == "-":
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        result = inner(self, *arguments, **options)
        if calls == count:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return result

    setattr(LanceTable, name, method)


def main() -> None:
    index.BATCH = 8
    folder = Path(sys.argv[1])
    made = index.open(folder, Bag())
    if len(sys.argv) > 2:
        kill_at(sys.argv[2], int(sys.argv[3]))
        made.sync(shop("blue"))
        return
    while not folder.with_suffix(".stop").exists():
        made.sync(shop("blue"))
        made.sync(shop("red"))


if __name__ == "__main__":
    main()
