"""The claims about reading on with the real model, for one seed: what ``reading_on`` measured, as effects."""

from __future__ import annotations

from collections.abc import Sequence

from ftlab import model
from ftlab.workshop.experiments import reading_on


def by_product(scores: Sequence[float], products: int) -> list[float]:
    """The mean score of each product. The questions of one stand together, equally many of each.

    Ten questions about one product are not ten looks at the world, so an interval is to be about products.
    """
    size = len(scores) // products
    return [sum(scores[place * size : (place + 1) * size]) / size for place in range(products)]


def on_trial(seed: int) -> dict[str, dict]:
    """Both claims for one seed; what they need and ``runs`` does not have is made now."""
    choice = model.choose()
    reading_on.done(choice, "untuned")
    for lr in reading_on.RATES:
        reading_on.done(choice, "rate", lr=lr)
    one, eight, replay = (reading_on.done(choice, way, seed) for way in ("one", "eight", "replay"))

    def effect(new: list, old: list) -> dict:
        return {"effect": 100 * (sum(new) - sum(old)) / len(new), "by_prompt": new, "against": old}

    return {
        "phrasings-count-real": effect(*(by_product(run["learnt"], reading_on.PRODUCTS) for run in (eight, one))),
        "replay-keeps-real": effect(replay["kept"], eight["kept"]),
    }
