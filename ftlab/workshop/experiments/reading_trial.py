"""The claims about reading on with the real model, for one seed: what ``reading_on`` measured, as effects."""

from __future__ import annotations

from collections.abc import Sequence

from ftlab import model
from ftlab.workshop.experiments import bound, reading_on

WAYS = ("one", "eight", "replay")  # those that the claims compare


def by_product(scores: Sequence[float], products: int) -> list[float]:
    """The mean score of each product. The questions of one stand together, equally many of each.

    Ten questions about one product are not ten looks at the world, so an interval is to be about products.
    """
    size = len(scores) // products
    return [sum(scores[place * size : (place + 1) * size]) / size for place in range(products)]


def tried(seed: int) -> list[dict]:
    """The runs of ``WAYS`` with one seed: as stored, if that is of the present code and has them; else what they need
    and ``runs`` does not have is made now.
    """
    choice = model.choose()
    known = bound.current(reading_on.FOLDER, reading_on.made_of(choice)) or {"runs": []}
    rows = {row["way"]: bound.unpacked(row, ("learnt", "kept")) for row in known["runs"] if row["seed"] == seed}
    if rows.keys() >= set(WAYS):
        return [rows[way] for way in WAYS]
    reading_on.done(choice, "untuned")
    for lr in reading_on.RATES:
        reading_on.done(choice, "rate", lr=lr)
    return [reading_on.done(choice, way, seed) for way in WAYS]


def on_trial(seed: int) -> dict[str, dict]:
    """Both claims for one seed."""
    one, eight, replay = tried(seed)

    def effect(new: list, old: list) -> dict:
        return {"effect": 100 * (sum(new) - sum(old)) / len(new), "by_prompt": new, "against": old}

    return {
        "phrasings-count-real": effect(*(by_product(run["learnt"], reading_on.PRODUCTS) for run in (eight, one))),
        "replay-keeps-real": effect(replay["kept"], eight["kept"]),
    }
