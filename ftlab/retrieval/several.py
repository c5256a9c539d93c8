"""One search for each of two products that a question names, so that neither crowds out the other's pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ftlab.retrieval.chunks import Chunk
from ftlab.retrieval.index_reader import Reader


def search_each(store: Reader, question: str, names: Sequence[str], k: int) -> list[Chunk]:
    """The k passages for a question; where it names two products, half of them for each, the other name taken out.

    Args:
        names: Every product's name. A name that is part of another one comes after it.
        k: Places to share out; with an odd number the first product gets one more.
    """
    named = [name for name in names if name.lower() in question.lower()]
    if len(named) < 2:
        return [hit.chunk for hit in store.search(question, k)]
    first, second = named[:2]
    alone = [re.sub(re.escape(other), "", question, flags=re.IGNORECASE) for other in (second, first)]
    one, two = store.search_all(alone, k)
    return list(dict.fromkeys(hit.chunk for hit in [*one[: k - k // 2], *two[: k // 2], *one, *two]))[:k]
