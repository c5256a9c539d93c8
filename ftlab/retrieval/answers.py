"""One scorer for every way of answering the desk's questions without a screen (``ftlab.retrieval.unscreened``)."""

from __future__ import annotations

from collections.abc import Sequence

from ftlab.retrieval.chunks import Chunk
from ftlab.retrieval.unscreened import CITATION, NO_ANSWER, holds, values
from ftlab.scores import desk, stated
from ftlab.scores.unsupported import unsupported_values
from ftlab.world import brand


def score(reply: str, row: dict, chunks: Sequence[Chunk] = ()) -> dict[str, int | None]:
    """What one reply is worth, each as 0 or 1, or None where the question does not ask for it.

    - ``facts``: every value that is asked for stands in it, exactly, and nothing in it is wrong
    - ``manner``: on-brand, the numbers of passages left aside
    - ``fit``: both, or for a question without an answer: on-brand, and handed over to a colleague
    - ``cited``: it names passages that hold every value asked for, whether or not it states them rightly
    - ``handed_over``: it leaves the case to a colleague: right where no page has the answer, else a loss
    - ``made_up``: it states a figure that stands neither in the truth about this thing nor in the question

    Args:
        reply: What the model wrote.
        row: A row of ``unscreened.rows``.
        chunks: The passages that the model was shown, in their order.
    """
    text = CITATION.sub("", reply)
    judged = {**row, "messages": [{"role": "system", "content": row["truth"]}, *row["messages"]]}
    right, manner, needed = desk.is_right(text, judged), brand.on_brand(text), values(row)
    named = [chunks[int(n) - 1] for n in CITATION.findall(reply) if 0 < int(n) <= len(chunks)]
    figures = unsupported_values(text, [row["truth"], row["messages"][0]["content"]])
    return {
        "facts": int(right) if row["kind"] != NO_ANSWER else None,
        "manner": int(manner),
        "fit": int(right and manner),
        "cited": int(all(any(holds(chunk, *each, row) for chunk in named) for each in needed)) if needed else None,
        "handed_over": int(desk.hands_over(text)),
        "made_up": int(any(any(c.isdigit() for c in figure) for figure in figures)),
    }


def stale(reply: str, old: str, row: dict) -> bool:
    """Whether a reply states a value that was right once."""
    return stated.states(CITATION.sub("", reply), old, row)
