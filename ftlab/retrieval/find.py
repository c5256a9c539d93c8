"""Searches one version of the table: by words, by meaning, by both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ftlab.retrieval import fusion
from ftlab.retrieval.chunks import Chunk
from ftlab.retrieval.documents import EVERYONE
from ftlab.retrieval.rows import FIELDS, chunk_of, quoted

WAYS = ("words", "meaning", "hybrid")
DEPTH = 50  # places of each ranking that fusion looks at
PROBES, REFINE = 20, 5  # clusters looked into; and of how many times the wanted number the full vectors are compared


@dataclass(frozen=True)
class Hit:
    """A chunk that was found, its place from 1 on, and its score: BM25, cosine or fused, each on its own scale."""

    chunk: Chunk
    rank: int
    score: float


@dataclass(frozen=True)
class Snapshot:
    """One version of the table, which no later write changes; how many chunks it has, and for which groups."""

    version: int
    table: object
    count: int
    groups: frozenset[str]


def search(held: Snapshot, query: str, vector, k: int, way: str, readers: Sequence[str]) -> list[Hit]:
    """One query on one version: places first, then the chunks of the k best places."""
    if held.count == 0:
        return []
    allowed = None if held.groups <= set(readers) else f"readers IN ({quoted(readers)})"
    depth = max(2 * k, DEPTH)
    rankings, rows = [], {}
    if way != "meaning":
        found = _places(held.table.search(query, query_type="fts"), "_score", allowed, depth)
        rows |= {id: row for id, _, row in found}
        rankings.append(sorted(((id, score) for id, score, _ in found), key=_best_first))
    if way != "words":
        nearest = held.table.search(vector).distance_type("cosine").nprobes(PROBES).refine_factor(REFINE)
        found = _places(nearest, "_distance", allowed, depth)
        rows |= {id: row for id, _, row in found}
        rankings.append(sorted(((id, 1 - distance) for id, distance, _ in found), key=_best_first))
    if way == "hybrid":
        scored = fusion.reciprocal_rank([[id for id, _ in ranking] for ranking in rankings])
    else:
        (scored,) = rankings
    taken = held.table.take_row_ids([rows[id] for id, _ in scored[:k]]).select(list(FIELDS)).to_list() if scored else []
    by_id = {row["id"]: chunk_of(row) for row in taken}
    return [Hit(by_id[id], rank, score) for rank, (id, score) in enumerate(scored[:k], 1)]


def _places(query, score: str, allowed: str | None, depth: int) -> list[tuple[str, float, int]]:
    """Names, scores and row numbers of what a query finds."""
    if allowed:
        query = query.where(allowed, prefilter=True)
    found = query.limit(depth).with_row_id(True).select(["id", score]).to_arrow()
    return list(zip(*(found[name].to_pylist() for name in ("id", score, "_rowid")), strict=True))


def _best_first(place: tuple[str, float]) -> tuple[float, str]:
    """Equals by their names, so that a query has one answer."""
    return -place[1], place[0]


def check(queries: Sequence[str], k: int, way: str, readers: Sequence[str]) -> None:
    """Refuses what cannot be searched."""
    if isinstance(queries, str) or not all(isinstance(query, str) and query.strip() for query in queries):
        raise ValueError(f"query: expected a question in words, found {queries!r:.80}. An empty one finds nothing.")
    if way not in WAYS:
        raise ValueError(f"way: expected one of {', '.join(WAYS)}, found {way!r}.")
    if not isinstance(k, int) or k < 1:
        raise ValueError(f"k: expected a whole number of chunks from 1 on, found {k!r}.")
    if isinstance(readers, str) or not readers:
        raise ValueError(f"readers: expected a list with at least one group, found {readers!r}. Write ({EVERYONE!r},).")
