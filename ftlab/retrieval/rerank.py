"""A second look at what was found: every word of the question against every word of each passage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ftlab.retrieval.index import Hit


def late_interaction(model, query: str, hits: Sequence[Hit], k: int | None = None) -> list[Hit]:
    """The hits in the order of late interaction: each token of the query finds its best token in the passage.

    One vector has to stand for a whole passage; here every token keeps its own, which costs an encoding of each passage
    and question (or a store of all token vectors). The score is the mean over the query's tokens of the highest cosine.

    Args:
        model: A ``SentenceTransformer``. It was trained for one vector a text, so its token vectors are no more than a
            start; ColBERT's are trained for this.
        k: How many to keep; by default all.
    Source: Khattab and Zaharia 2020, arXiv:2004.12832 (ColBERT), section 3.3.
    """
    if not hits:
        return []
    scores = token_scores(model, query, [hit.chunk.passage for hit in hits])
    order = sorted(range(len(hits)), key=lambda i: (-scores[i], hits[i].rank))
    return [Hit(hits[i].chunk, rank, scores[i]) for rank, i in enumerate(order[:k], 1)]


def token_scores(model, query: str, passages: Sequence[str]) -> list[float]:
    """The late-interaction score of each passage for the query, from -1 to 1."""
    vectors = model.encode([query, *passages], output_value="token_embeddings", show_progress_bar=False)
    asked, *read = [_unit(each.float().cpu().numpy()) for each in vectors]
    return [best_matches(asked, passage) for passage in read]


def best_matches(query: np.ndarray, passage: np.ndarray) -> float:
    """The mean over the query's vectors of the highest dot product with any of the passage's.

    Shapes:
        query: (Q, D); passage: (P, D); unit length.
    """
    return float((query @ passage.T).max(axis=1).mean())


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
