"""Random generators that give the same stream on every machine."""

from __future__ import annotations

import random


def rng(*keys: object) -> random.Random:
    """A random generator seeded by its keys: the same keys give the same stream on every machine and Python."""
    return random.Random("/".join(str(key) for key in keys))
