"""Tango's score interval: the difference of two shares that were measured on the same questions."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def score_ends(only_a: np.ndarray | float, only_b: np.ndarray | float, total: np.ndarray | float,
               level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of the score interval of ``(only_a - only_b) / total``, for many experiments at once.

    A difference is inside if the counts found are at most z standard errors from it, and the standard error is the one
    that this difference would bring: the error of 0 of 20 is not 0. The ends are found by halving.

    Args:
        only_a, only_b: Questions that only one of the two models gets right; they need not be whole numbers.
        total: Questions in all.
    Shapes:
        only_a, only_b: any, the same, and that of total unless it is one number; returns two arrays of that shape.
    Source: Tango 1998, Statistics in Medicine 17(8).
    """
    import numpy as np

    a, b = np.asarray(only_a, dtype=float), np.asarray(only_b, dtype=float)
    z = NormalDist().inv_cdf((1 + level) / 2)

    def inside(difference: np.ndarray) -> np.ndarray:
        return (a - b - total * difference) ** 2 <= z * z * total * variance(a, b, total, difference)

    ends = []
    for edge in (-1.0, 1.0):
        near, far = (a - b) / total, np.full(a.shape, edge)
        for _ in range(50):
            middle = (near + far) / 2
            held = inside(middle)
            near, far = np.where(held, middle, near), np.where(held, far, middle)
        ends.append(near)
    return ends[0], ends[1]


def variance(only_a: np.ndarray | float, only_b: np.ndarray | float, total: float,
             difference: np.ndarray | float) -> np.ndarray:
    """The variance of one question's difference, were ``difference`` the truth and the rest as likely as can be."""
    import numpy as np

    # The likeliest chance of "only b" if this is the true difference: the larger root of a quadratic.
    linear = (2 * total - only_a + only_b) * difference - only_a - only_b
    root = np.sqrt(np.maximum(0, linear**2 + 8 * total * only_b * difference * (1 - difference)))
    return np.maximum(0, (root - linear) / (2 * total) + difference * (1 - difference))
