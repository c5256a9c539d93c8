"""Choosing from what is good: as many of each intent and product as there are, the best first; then a held-out part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from ftlab.curation.wrong_intents import rank

HELD_OUT = 0.15
FEWEST, MOST = 0.10, 0.20
TRAIN, TEST, CROSSING = "train", "test", ""


class Row(NamedTuple):
    """What choosing needs to know of a record."""

    id: str
    customer: str
    about: str
    intent: str
    quality: float


def check(size: int | None, held_out: float) -> None:
    """Raises ``ValueError`` if no set can be chosen and split like that; better asked before hours of work."""
    if size is not None and (not isinstance(size, int) or size < 1):
        raise ValueError(f"size: expected at least 1 record to keep, a whole number, or None for all that are good, "
                         f"found {size!r}.")
    if not FEWEST <= held_out <= MOST:
        raise ValueError(f"held_out: expected a share between {FEWEST} and {MOST}, found {held_out}. Choose about "
                         f"{HELD_OUT}.")


def balance(rows: Sequence[Row], size: int | None) -> list[int]:
    """The places of at most ``size`` rows, spread over the intents and within each over what they are about.

    Every intent gets a turn, and within its turn the subject that has the fewest so far; the best record of the subject
    is taken first. An intent that has run out leaves its turns to the others.
    """
    if size is None or size >= len(rows):
        return list(range(len(rows)))
    groups: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place in sorted(range(len(rows)), key=lambda i: (-rows[i].quality, rank(rows[i].id))):
        groups[rows[place].intent][rows[place].about].append(place)
    queues = {intent: _in_turns(groups[intent]) for intent in sorted(groups)}
    chosen: list[int] = []
    while len(chosen) < size and queues:
        for intent in list(queues):
            place = next(queues[intent], None)
            if place is None:
                del queues[intent]
            elif len(chosen) < size:
                chosen.append(place)
    return sorted(chosen)


def _in_turns(subjects: dict[str, list[int]]):
    waiting = [iter(subjects[name]) for name in sorted(subjects)]
    while waiting:
        still = []
        for places in waiting:
            if (place := next(places, None)) is not None:
                yield place
                still.append(places)
        waiting = still


def split(rows: Sequence[Row], held_out: float = HELD_OUT) -> list[str]:
    """For each row "train", "test", or "" where it cannot be in either.

    No customer and no product stands on both sides: what a model knows of either side must not help it on the other.
    Products are held out, then every customer goes to the side on which most of their records lie; a record whose
    customer and product are on different sides is lost. Of the ways tried, that one is taken that loses fewest and
    holds out between ``FEWEST`` and ``MOST`` of what is left.

    Args:
        held_out: The share of the rows that is wished for, between ``FEWEST`` and ``MOST``.
    Raises:
        ValueError: If ``held_out`` is outside these limits.
    """
    check(None, held_out)
    subjects: dict[str, int] = defaultdict(int)
    for row in rows:
        subjects[row.about] += 1
    order = sorted(subjects, key=rank)
    best, best_cost = [TRAIN] * len(rows), float("inf")
    for share in (held_out, *(held_out + step / 100 for step in range(-10, 40, 2))):
        away, count = set(), 0
        for name in order:
            if count + subjects[name] / 2 <= share * len(rows):
                away.add(name)
                count += subjects[name]
        sides = _sides(rows, away)
        kept = len(sides) - sides.count(CROSSING)
        part = sides.count(TEST) / kept if kept else 0.0
        cost = sides.count(CROSSING) / max(1, len(rows)) + (abs(part - held_out) if FEWEST <= part <= MOST else 10 +
                                                            abs(part - held_out))
        if cost < best_cost:
            best, best_cost = sides, cost
    return best


def _sides(rows: Sequence[Row], away: set[str]) -> list[str]:
    votes: dict[str, int] = defaultdict(int)
    for row in rows:
        votes[row.customer] += 1 if row.about in away else -1
    return [CROSSING if (row.about in away) != (votes[row.customer] >= 0) else TEST if row.about in away else TRAIN
            for row in rows]
