"""``python -m ftlab.workshop.bench_retrieval``: how fast chunks are indexed and found at three sizes, beside a peer.

The chunks are generated: 30 words each, drawn with the frequencies that words have in texts, and vectors in a thousand
clusters, 384 numbers each, as all-MiniLM-L6-v2 gives. So what is timed is the store; the embedder's own time comes on
top. A question is six words of one chunk. The index is warmed first, as a service would do, and of a hybrid query the
parts are timed as well, each by itself: words and meaning run at the same time, so the slower one counts.
With ``--adds 10`` the chunks come in ten additions, as an index grows in use. The peer is what Python has without it:
SQLite's full text (FTS5) for words, a NumPy matrix for vectors. It is no other vector database: it lies in memory,
gives row numbers where ours reads chunks, and has neither a filter nor an update. Each store runs in a process of its
own.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from ftlab.curation.speed import growth, watched_memory
from ftlab.retrieval import embedder, find, fusion, index, index_reader
from ftlab.retrieval.documents import Document

SIZES = (1_000, 100_000, 1_000_000)
BAR_MS = {1_000_000: 10.0}  # the median hybrid query
WIDTH, WORDS, VOCABULARY, CLUSTERS = 384, 30, 50_000, 1_000
QUERIES, K = 100, 10
SKIPPED = 100  # of the commonest words, which an index leaves out as stop words


PARTS = ("version", "words", "meaning", "fusion", "chunks")  # of a hybrid query, in their order


class Generated:
    """Gives the text of document i, which begins with "number i", and its vector, which its questions have as well."""

    name = "generated vectors"

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.clusters, self.first, self.second = (
            rng.normal(size=(count, WIDTH)).astype(np.float32) for count in (CLUSTERS, 4_093, 8_191)
        )
        ranks = np.arange(SKIPPED + 1, SKIPPED + VOCABULARY + 1)
        self.chances = (1 / ranks) / (1 / ranks).sum()
        letters = np.array(list("bcdfgklmnprstvz"))
        vowels = np.array(list("aeiou"))
        drawn = rng.integers(0, 15, size=(VOCABULARY, 4)), rng.integers(0, 5, size=(VOCABULARY, 4))
        self.words = ["".join(a + b for a, b in zip(letters[x], vowels[y], strict=True))
                      for x, y in zip(*drawn, strict=True)]  # fmt: skip
        self.numbers: dict[str, int] = {}  # of the questions

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """Unit vectors, (n, WIDTH)."""
        found = self.clusters[numbers % CLUSTERS] + 0.7 * self.first[numbers * 7 % 4_093]
        found += 0.4 * self.second[numbers * 31 % 8_191]
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def encode(self, texts: Sequence[str], **_: object) -> np.ndarray:
        """What ``index`` asks an embedder for."""
        return self.vectors(np.array([self.number(text) for text in texts]))

    def number(self, text: str) -> int:
        """Of the document that a text is, or is about; 0 for any other text."""
        return int(text.split(maxsplit=2)[1]) if text[:7] == "number " else self.numbers.get(text, 0)

    def documents(self, size: int) -> list[Document]:
        """Documents of one chunk each."""
        drawn = np.random.default_rng(1).choice(VOCABULARY, size=(size, WORDS), p=self.chances)
        return [Document(str(i), f"number {i}", " ".join(self.words[j] for j in row)) for i, row in enumerate(drawn)]

    def queries(self, found: Sequence[Document]) -> list[str]:
        """Six words of one document each."""
        rng = np.random.default_rng(2)
        chosen = rng.choice(len(found), QUERIES, replace=False)
        self.numbers = {" ".join(rng.choice(found[i].text.split(), 6, replace=False)): int(i) for i in chosen}
        return list(self.numbers)


def settle() -> None:
    """Waits until what was written is on the disk, so that no question is timed beside it."""
    if hasattr(os, "sync"):
        os.sync()


def milliseconds(ask: Callable[[str], object], queries: Sequence[str]) -> tuple[float, float]:
    """The median and the 95th percentile of a query, after ten to warm up."""
    for query in queries[:10]:
        ask(query)
    taken = []
    for query in queries:
        start = time.perf_counter()
        ask(query)
        taken.append(1e3 * (time.perf_counter() - start))
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def time_parts(made: index.Index, queries: Sequence[str]) -> dict[str, float]:
    """The median milliseconds of each part of a hybrid query, one after the other."""
    held, vectors = made.snapshot(), embedder.encode(made.model, queries)
    taken: dict[str, list[float]] = {part: [] for part in PARTS}

    async def timed(part: str, asked):
        start = time.perf_counter()
        found = await asked
        taken[part].append(1e3 * (time.perf_counter() - start))
        return found

    async def ask(query: str, vector: np.ndarray) -> None:
        await timed("version", held.table.tags.get_version(index_reader.PUBLISHED))
        words = await timed("words", find.by_words(held, query, find.DEPTH))
        meaning = await timed("meaning", find.by_meaning(held, vector, find.DEPTH))
        start = time.perf_counter()
        places = find.fused([words, meaning])
        taken["fusion"].append(1e3 * (time.perf_counter() - start))
        await timed("chunks", find.hits(held, places[:K]))

    for query, vector in zip(queries, vectors, strict=True):
        index_reader.run(ask(query, vector))
    return {part: statistics.median(each) for part, each in taken.items()}


def time_index(size: int, folder: str, adds: int = 1) -> dict:
    """``ftlab.retrieval`` on that many chunks, added in so many steps."""
    model = Generated()
    with watched_memory(0.1) as most:
        found = model.documents(size)
        queries = model.queries(found)
        made = index.create(Path(folder) / "index", model)
        step = -(-size // adds)
        seconds = sum(made.add(found[i : i + step]).seconds for i in range(0, size, step))
        del found
        settle()
        start = time.perf_counter()
        made.warm()
        warmed = time.perf_counter() - start
        result = {way: milliseconds(lambda query, way=way: made.search(query, K, way), queries) for way in index.WAYS}
        near = [{hit.chunk.document for hit in hits} for hits in made.search_all(queries, K, "meaning")]
    right = exact(model, np.array([model.number(query) for query in queries]), size)
    result["of the nearest"] = statistics.mean(len(some & gold) / K for some, gold in zip(near, right, strict=True))
    result["parts"] = time_parts(made, queries)
    start = time.perf_counter()
    made.add([Document("new", "number 5", "one more")])
    result["one more"] = time.perf_counter() - start
    return result | {"seconds": seconds, "warm": warmed, "memory": most[0], "bytes": made.bytes_on_disk()}


def exact(model: Generated, numbers: np.ndarray, size: int) -> list[set[str]]:
    """The K truly nearest of each query, block by block."""
    asked = model.vectors(numbers)
    scores, names = np.empty((len(numbers), 0)), np.empty((len(numbers), 0), int)
    for start in range(0, size, 50_000):
        block = np.arange(start, min(size, start + 50_000))
        scores = np.hstack([scores, asked @ model.vectors(block).T])
        names = np.hstack([names, np.broadcast_to(block, (len(numbers), len(block)))])
        best = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        scores, names = np.take_along_axis(scores, best, 1), np.take_along_axis(names, best, 1)
    return [set(map(str, row)) for row in names]


def time_peer(size: int, folder: str, adds: int = 1) -> dict:
    """SQLite's full text and a NumPy matrix on the same chunks, in one step whatever ``adds`` says."""
    model = Generated()
    with watched_memory(0.1) as most:
        found = model.documents(size)
        queries = model.queries(found)
        start = time.perf_counter()
        database = sqlite3.connect(Path(folder) / "peer.sqlite")
        database.execute("CREATE VIRTUAL TABLE chunks USING fts5(passage, tokenize = 'porter')")
        with database:
            rows = ((i, f"{document.title}\n{document.text}") for i, document in enumerate(found))
            database.executemany("INSERT INTO chunks(rowid, passage) VALUES (?, ?)", rows)
        matrix = np.empty((size, WIDTH), np.float32)
        for i in range(0, size, 50_000):
            matrix[i : i + 50_000] = model.vectors(np.arange(i, min(size, i + 50_000)))
        np.save(Path(folder) / "peer.npy", matrix)
        seconds = time.perf_counter() - start
        del found
        settle()

        def by_words(query: str) -> list[int]:
            wanted = " OR ".join(query.split())
            sql = "SELECT rowid FROM chunks WHERE chunks MATCH ? ORDER BY bm25(chunks) LIMIT 50"
            return [row for (row,) in database.execute(sql, (wanted,))]

        def by_meaning(query: str) -> list[int]:
            scores = matrix @ model.encode([query])[0]
            best = np.argpartition(-scores, min(50, size - 1))[:50]
            return best[np.argsort(-scores[best])].tolist()

        def both(query: str) -> list:
            return fusion.reciprocal_rank([by_words(query), by_meaning(query)])[:K]

        result = {way: milliseconds(ask, queries)
                  for way, ask in zip(index.WAYS, (by_words, by_meaning, both), strict=True)}  # fmt: skip
    used = sum(path.stat().st_size for path in Path(folder).glob("peer.*"))
    return result | {"seconds": seconds, "memory": most[0], "bytes": used, "of the nearest": 1.0}


STORES = {"ftlab.retrieval (LanceDB)": time_index, "SQLite FTS5 and NumPy, in memory": time_peer}


def measure(store: str, size: int, adds: int = 1) -> dict:
    """One store at one size, in a new process and a folder that goes afterwards."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        return pool.submit(STORES[store], size, folder, adds).result()


def table(results: dict[int, dict], size_of: str) -> str:
    """The numbers of one store, a column a size, and how each grows with the size (1: in step with it)."""
    sizes = sorted(results)
    lines = [f"{size_of:34}" + "".join(f"{size:>16,}" for size in sizes) + f"{'growth':>9}"]

    def line(name: str, values: list[float], form: Callable[[float], str]) -> str:
        grows = f"{growth(sizes, values):.2f}" if len(sizes) > 1 and all(values) else "-"
        return f"{name:34}" + "".join(f"{form(value):>16}" for value in values) + f"{grows:>9}"

    lines.append(line("chunks indexed a second", [size / results[size]["seconds"] for size in sizes], "{:,.0f}".format))
    lines.append(line("seconds to index", [results[size]["seconds"] for size in sizes], "{:,.1f}".format))
    for way in index.WAYS:
        for i, which in enumerate(("median", "95th")):
            values = [results[size][way][i] for size in sizes]
            lines.append(line(f"query by {way}, ms, {which}", values, "{:,.1f}".format))
    for part in PARTS if all("parts" in result for result in results.values()) else ():
        values = [results[size]["parts"][part] for size in sizes]
        lines.append(line(f"  of it {part}, ms, median", values, "{:,.2f}".format))
    lines.append(line("of the 10 nearest, found", [results[size]["of the nearest"] for size in sizes], "{:.1%}".format))
    for key, name in (("warm", "seconds to warm"), ("one more", "one more document, seconds")):
        if all(key in result for result in results.values()):
            lines.append(line(name, [results[size][key] for size in sizes], "{:,.2f}".format))
    lines.append(line("memory, GB", [results[size]["memory"] / 1e9 for size in sizes], "{:.2f}".format))
    lines.append(line("disk, GB", [results[size]["bytes"] / 1e9 for size in sizes], "{:.3f}".format))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Times both stores and prints their tables; returns 1 if the bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.bench_retrieval", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="chunks")
    parser.add_argument("--adds", type=int, default=1, help="in how many steps the chunks are added (default: 1)")
    options = parser.parse_args(arguments)
    results: dict[str, dict[int, dict]] = {store: {} for store in STORES}
    for size in options.sizes:
        for store in STORES:
            print(f"{store}: {size:,} chunks", flush=True)
            results[store][size] = measure(store, size, options.adds)
    for store in STORES:
        print(f"\n{table(results[store], store)}")
    missed = 0
    for size, bar in BAR_MS.items():
        if size in options.sizes:
            took = results["ftlab.retrieval (LanceDB)"][size]["hybrid"][0]
            missed += took > bar
            print(
                f"\nA hybrid query within {bar:g} ms at {size:,} chunks: {'yes' if took <= bar else 'NO'} ({took:.1f})"
            )
    return min(1, missed)


if __name__ == "__main__":
    raise SystemExit(main())
