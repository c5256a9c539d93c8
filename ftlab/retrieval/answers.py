"""One scorer for every way of answering the desk's questions without a screen (``ftlab.retrieval.unscreened``)."""

from __future__ import annotations

from collections.abc import Sequence

from ftlab.retrieval.chunks import Chunk
from ftlab.retrieval.unscreened import CITATION, holds, values
from ftlab.scores import desk, stated
from ftlab.scores.unsupported import unsupported_values
from ftlab.world import brand

NOT_FACTS = (  # faults of another kind
    "no word:", "no sense:", "no such product:", "nobody spoke of", "handed over", "does not acknowledge", "says sorry"
)  # fmt: skip


def score(reply: str, row: dict, chunks: Sequence[Chunk] = ()) -> dict[str, int | None]:
    """What one reply is worth, each as 0 or 1, or None where the question does not ask for it.

    - ``facts``: every value that is asked for stands in it, exactly, and no other is stated of the thing
    - ``manner``: on-brand, the numbers of passages left aside
    - ``fit``: on-brand, and without any of the faults that ``ftlab.scores.desk`` knows: beside wrong facts an apology
      that a complaint lacks, a product's name that nobody mentioned, a word that does not exist, a needless hand-over
    - ``cited``: the facts are right, and the passages that it names hold every value asked for
    - ``handed_over``: it leaves the case to a colleague: right where no page has the answer, else a loss
    - ``made_up``: it states a figure that stands neither in the truth about this thing nor in the question
    - ``named``: it names at least one passage by its number. None if it was shown none, as for the next
    - ``unsourced``: it states a value, be it a figure, a name, a material or a colour, that stands neither in a passage
      nor in the question: true or not, no reader can check it. The names of what is asked about are free

    Args:
        reply: What the model wrote.
        row: A row of ``unscreened.rows``.
        chunks: The passages that the model was shown, in their order.
    """
    text = CITATION.sub("", reply)
    judged = {**row, "messages": [{"role": "system", "content": row["truth"]}, *row["messages"]]}
    faults, manner, needed = desk.faults(text, judged), brand.on_brand(text), values(row)
    right = all(fault.startswith(NOT_FACTS) for fault in faults)
    numbers = [int(number) for number in CITATION.findall(reply)]
    named = [chunks[number - 1] for number in numbers if 0 < number <= len(chunks)]
    sourced = all(any(holds(chunk, *each, row) for chunk in named) for each in needed)
    question = row["messages"][0]["content"]
    figures = unsupported_values(text, [row["truth"], question])
    read = [chunk.passage for chunk in chunks]
    return {
        "facts": int(right) if needed else None,
        "manner": int(manner),
        "fit": int(manner and not faults),
        "cited": int(right and sourced) if needed else None,
        "handed_over": int(desk.hands_over(text)),
        "made_up": int(any(any(c.isdigit() for c in figure) for figure in figures)),
        "named": int(bool(numbers)) if chunks else None,
        "unsourced": int(bool(unsupported_values(text, [*read, question, *row["about"]]))) if chunks else None,
    }


def stale(reply: str, old: str, row: dict) -> bool:
    """Whether a reply states a value that was right once."""
    return stated.states(CITATION.sub("", reply), old, row)
