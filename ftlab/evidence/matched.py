"""Two ways of training compared at an equal score: what does each keep where both have learned as much?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """One run on a way's curve: its mean loss (lower is better, any unit), and for each question what it keeps."""

    loss: float
    kept: Sequence[float]


def kept_at(curve: Sequence[Point], loss: float) -> list[float]:
    """What a way keeps, question by question, where its loss is ``loss``: between the two runs on either side of it.

    A straight line between two runs: at a third of the way from the loss of one to that of the next, a question counts
    two thirds of what the first keeps and one third of what the second keeps.

    Args:
        curve: Runs from the weakest training (or none) to the strongest; their losses fall by and large.
    Shapes:
        each ``kept``: (N,); returns (N,).
    Raises:
        ValueError: If no two neighbours have ``loss`` between them.
    """
    for before, after in zip(curve, curve[1:], strict=False):
        if before.loss >= loss >= after.loss and before.loss > after.loss:
            share = (before.loss - loss) / (before.loss - after.loss)
            return [(1 - share) * a + share * b for a, b in zip(before.kept, after.kept, strict=True)]
    raise ValueError(f"curve: expected two runs with {loss:.4g} between their losses, found "
                     f"{', '.join(f'{point.loss:.4g}' for point in curve)}. Add the run that is missing.")
