"""Drills in copying: lists of invented names and values that are written out again.

A model that reads only prose is slow to learn that a name it has just seen will come back letter by letter, and until
it has, it cannot read an answer off a page. Here nothing but copying helps.
"""

from __future__ import annotations

from random import Random

from ftlab.world import invent
from ftlab.world.text import sentence

POOLS = ("town", "person", "price", "small_weight", "small_height", "colour", "material", "days", "phone", "date")


def repeat(random: Random) -> list[tuple[str, bool]]:
    """A list of names and values, written out two to four times in the same order."""
    items = [_item(random) for _ in range(random.randint(4, 16))]
    text = random.choice([", ", "\n", " ", "; "]).join(items) + "\n\n"
    return [(text, False)] + [(text, True)] * random.randint(1, 3)


def recall(random: Random) -> list[tuple[str, bool]]:
    """A list of keys with a value each, then the keys in another order, each to be followed by its value."""
    keys = list(dict.fromkeys(_key(random) for _ in range(random.randint(3, 9))))
    values = {key: invent.value(random.choice(POOLS), random) for key in keys}
    between, end = random.choice([(": ", "\n"), (" is ", ".\n"), (" - ", "\n"), (" = ", "\n"), (": ", ". ")])
    spans = [("".join(f"{key}{between}{value}{end}" for key, value in values.items()) + "\n", False)]
    for _ in range(random.randint(1, 2)):
        random.shuffle(keys)
        for key in keys:
            spans += [(key + between.rstrip(), False), (f" {values[key]}{end}", True)]
        spans.append(("\n", False))
    return spans


def drill(random: Random) -> list[tuple[str, bool]]:
    """One drill as spans (text, is copied)."""
    return (repeat if random.random() < 0.4 else recall)(random)


def _item(random: Random) -> str:
    return invent.name(random) if random.random() < 0.6 else invent.value(random.choice(POOLS), random)


def _key(random: Random) -> str:
    kind = random.random()
    if kind < 0.5:
        return invent.name(random)
    return sentence(random.choice(invent.words()["colour" if kind < 0.75 else "wood"]))
