"""Scores by prompt as one short text, so that a stored run keeps them and its intervals can be computed anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def pack(scores: Sequence[float]) -> str:
    """``[1, 0, True]`` becomes "101"; graded scores become "0.25 1 0.3333", with six digits each.

    Shapes:
        scores: (N,), N >= 2.
    Raises:
        ValueError: If there are fewer than 2 scores or one is not finite.
    """
    from ftlab.evidence.intervals import is_rate
    from ftlab.evidence.spread import one_row

    numbers = one_row(scores, "scores")
    if is_rate(numbers):
        return "".join("1" if number else "0" for number in numbers)
    return " ".join(f"{number:.6g}" for number in numbers)


def unpack(text: str) -> np.ndarray:
    """The scores of a packed text, (N,).

    Raises:
        ValueError: If the text is not one of ``pack``.
    """
    import numpy as np

    try:
        return np.array([float(part) for part in (text.split() if " " in text else text)])
    except (AttributeError, ValueError) as error:
        raise ValueError(f"expected scores such as '1011' or '0.25 1 0.5', found {str(text)[:40]!r}. Pack them with "
                         "ftlab.evidence.packed.pack.") from error
