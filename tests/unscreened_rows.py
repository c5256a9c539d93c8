"""The desk's test questions without a screen, one of each group, and the passages that answer them."""

from __future__ import annotations

from ftlab.retrieval import chunks, firm, unscreened

ROWS = unscreened.rows("test")
PIECES = [piece for page in firm.pages() for piece in chunks.cut(page, 50)]
FACT, POLICY, TWO, COMPARE, NOTHING = (
    next(row for row in ROWS if unscreened.group(row) == group) for group in unscreened.GROUPS
)


def gold(row: dict) -> list:
    """One chunk for each value asked for."""
    return [next(c for c in PIECES if unscreened.holds(c, *each, row)) for each in unscreened.values(row)]
