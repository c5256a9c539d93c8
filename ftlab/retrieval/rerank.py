"""A second look at what was found: every word of the question against every word of each passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ftlab.retrieval import embedder
from ftlab.retrieval.index import Hit


def late_interaction(
    model, query: str, hits: Sequence[Hit], k: int | None = None, known: Mapping[str, np.ndarray] | None = None
) -> list[Hit]:
    """The hits in the order of late interaction: each token of the query finds its best token in the passage.

    One vector has to stand for a whole passage; here every token keeps its own, at the price of an encoding of each
    passage found, or of a store of all token vectors. The score is the mean over the query's tokens of the highest
    cosine.

    Args:
        model: A ``SentenceTransformer``. It was trained for one vector a text; ColBERT's was trained for this.
        k: How many to keep; by default all.
        known: Token vectors by chunk id (``token_vectors``), so that passages need not be encoded again.
    Source: Khattab and Zaharia 2020, arXiv:2004.12832 (ColBERT), section 3.3.
    """
    if not hits:
        return []
    if known is None:
        asked, *read = token_vectors(model, [query, *(hit.chunk.passage for hit in hits)])
    else:
        (asked,), read = token_vectors(model, [query]), [known[hit.chunk.id] for hit in hits]
    scores = [best_matches(asked, passage) for passage in read]
    order = sorted(range(len(hits)), key=lambda i: (-scores[i], hits[i].rank))
    return [Hit(hits[i].chunk, rank, scores[i]) for rank, i in enumerate(order[:k], 1)]


def token_vectors(model, texts: Sequence[str]) -> list[np.ndarray]:
    """The vectors of each text's tokens, of length 1.

    Shapes:
        returns len(texts) arrays of (T, D), T its tokens with the two marks around them.
    """
    with embedder.fast(model):
        found = model.encode(list(texts), output_value="token_embeddings", show_progress_bar=False)
    vectors = [each.float().cpu().numpy() for each in found]
    return [each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-12) for each in vectors]


def best_matches(query: np.ndarray, passage: np.ndarray) -> float:
    """The mean over the query's vectors of the highest dot product with any of the passage's.

    Shapes:
        query: (Q, D); passage: (P, D); unit length.
    """
    return float((query @ passage.T).max(axis=1).mean())
