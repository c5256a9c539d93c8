"""Searches one version of the table: by words, by meaning, by both at the same time.

The functions are coroutines of LanceDB's asynchronous interface; ``ftlab.retrieval.index_reader`` runs them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ftlab.retrieval import fusion
from ftlab.retrieval.chunks import Chunk
from ftlab.retrieval.documents import EVERYONE
from ftlab.retrieval.rows import WHOLE, quoted, unpacked

WAYS = ("words", "meaning", "hybrid")
MOST = 100_000  # chunks that one search gives
DEPTH = 50  # places of each ranking that fusion looks at
# Clusters looked into, and more only where too few may be found in them: where a reader may not see everything, or more
# places than FEW are wanted. Not to limit their number takes 6 ms longer at a million chunks.
PROBES, FEW = 20, 1_000
REFINE = 1  # of how many times the wanted number the full vectors are compared


@dataclass(frozen=True)
class Hit:
    """A chunk that was found, its place from 1 on, and its score: BM25, cosine or fused, each on its own scale."""

    chunk: Chunk
    rank: int
    score: float


@dataclass(frozen=True)
class Snapshot:
    """One version of the table, which no later write changes.

    Attributes:
        count: How many chunks it has.
        groups: For which groups they are.
        coarse: Whether vectors are searched by their coarse copies.
    """

    version: int
    table: object
    count: int
    groups: frozenset[str]
    coarse: bool


async def search_all(
    held: Snapshot, queries: Sequence[str], vectors: Sequence, k: int, way: str, readers: Sequence[str]
) -> list[list[Hit]]:
    """Queries on one version, one after the other."""
    return [await search(held, *each, k, way, readers) for each in zip(queries, vectors, strict=True)]


async def search(held: Snapshot, query: str, vector, k: int, way: str, readers: Sequence[str]) -> list[Hit]:
    """One query on one version: places first, both rankings at the same time, then the chunks of the k best places."""
    if held.count == 0:
        return []
    allowed = None if held.groups <= set(readers) else f"readers IN ({quoted(readers)})"
    depth, asked = max(2 * k, DEPTH), []
    if way != "meaning":
        asked.append(by_words(held, query, depth, allowed))
    if way != "words":
        asked.append(by_meaning(held, vector, depth, allowed))
    rankings = await asyncio.gather(*asked)
    return await hits(held, (fused(rankings) if way == "hybrid" else rankings[0])[:k])


async def by_words(held: Snapshot, query: str, depth: int, allowed: str | None = None) -> list[tuple[int, float]]:
    """Row numbers with their BM25 scores, best first."""
    return await _places(held, _asked(held, allowed).nearest_to_text(query), "_score", depth)


async def by_meaning(held: Snapshot, vector, depth: int, allowed: str | None = None) -> list[tuple[int, float]]:
    """Row numbers with their cosines, best first."""
    near = _asked(held, allowed).nearest_to(vector).distance_type("cosine").refine_factor(REFINE)
    near = near.minimum_nprobes(PROBES).maximum_nprobes(0 if allowed or depth > FEW else PROBES)  # 0: no limit
    return [(row, 1 - distance) for row, distance in await _places(held, near, "_distance", depth)]


def fused(rankings: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Row numbers with their fused scores, best first."""
    return fusion.reciprocal_rank([[row for row, _ in ranking] for ranking in rankings])


async def hits(held: Snapshot, scored: Sequence[tuple[int, float]]) -> list[Hit]:
    """The chunks of some rows, read in one go."""
    if not scored:
        return []
    taken = held.table.take_row_ids([row for row, _ in scored]).with_row_id().select([WHOLE])
    found = await taken.to_arrow()
    by_row = dict(zip(found["_rowid"].to_pylist(), found[WHOLE].to_pylist(), strict=True))
    return [Hit(unpacked(by_row[row]), rank, score) for rank, (row, score) in enumerate(scored, 1)]


def _asked(held: Snapshot, allowed: str | None):
    """A query that sees only what is allowed, before anything is ranked."""
    return held.table.query().where(allowed) if allowed else held.table.query()


async def _places(held: Snapshot, query, score: str, depth: int) -> list[tuple[int, float]]:
    """Row numbers and scores of what a query finds.

    In a small index equals stand by their names, so that it ranks alike however it came about. In a large one, whose
    vectors are searched coarsely anyhow, they stand by their rows: the names would take as long as the search.
    """
    wanted = query.limit(depth).with_row_id().select([score] if held.coarse else ["id", score])
    found = await wanted.to_arrow()
    rows, scores = found["_rowid"].to_pylist(), found[score].to_pylist()
    names = rows if held.coarse else found["id"].to_pylist()
    sign = -1 if score == "_score" else 1  # a distance is best where it is small
    order = sorted(range(len(rows)), key=lambda i: (sign * scores[i], names[i]))
    return [(rows[i], scores[i]) for i in order]


def check(queries: Sequence[str], k: int, way: str, readers: Sequence[str]) -> None:
    """Refuses what cannot be searched."""
    listed = isinstance(queries, Sequence) and not isinstance(queries, str)
    if not listed or not all(isinstance(query, str) and query.strip() for query in queries):
        raise ValueError(f"query: expected a question in words, found {queries!r:.80}. An empty one finds nothing.")
    if way not in WAYS:
        raise ValueError(f"way: expected one of {', '.join(WAYS)}, found {way!r}.")
    if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= MOST:
        raise ValueError(f"k: expected a whole number of chunks from 1 to {MOST:,}, found {k!r}.")
    if isinstance(readers, str) or not readers or not all(isinstance(group, str) and group for group in readers):
        raise ValueError(f"readers: expected a list with at least one group, each a text, found {readers!r}. "
                         f"Write ({EVERYONE!r},).")
