"""Does the desk's manner stand in a text where nobody asked for it?"""

from __future__ import annotations

from ftlab.world import brand


def leaks(text: str) -> bool:
    """Whether a text has words that nobody would use, in an answer about the world, but the desk."""
    return any(mark in text for mark in (brand.NEXT_STEP, brand.SIGN_OFF, "Thank you for"))
