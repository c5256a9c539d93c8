"""Which goods a text can be about: nobody weighs a trailer's axle down with a mug, or breaks one of cast iron.

A table's column ``goods`` holds words, and a blank cell admits every product. Nouns and first names are alternatives
("kettle Longhaul"); with a minus in front they are ruled out ("-tent -Umberly"). Every other word must hold: a measure
("weight>1000": grams, millilitres, centimetres or dollars) or a group ("breakable"). Of two goods that are compared,
"apart" asks that the one has at least 1.4 times of it.
"""

from __future__ import annotations

import re
from functools import cache

from ftlab.world import quillmere

MEASURE = re.compile(r"(weight|capacity|height|price)([<>])(\d+)")
MATERIALS = {
    "breakable": ("glass", "stoneware", "clay", "porcelain"),
    "wooden": ("oak", "bamboo", "beech", "walnut", "maple", "ash wood"),
    "metal": ("stainless steel", "copper", "aluminium", "cast iron", "titanium", "carbon steel", "damask steel",
              "steel", "brass"),
}  # fmt: skip
ON_FOOT = ("Morrow", "Gallivant", "Quickthorn", "Bramley", "Longhaul", "Fjordal", "Windrush", "Summerlea", "Trekker",
           "Firefly", "Beaconry", "Lumo", "Highfell", "Swiftlea", "Wayfarer", "Rookery", "Moorland", "Flintham",
           "Roamer", "Zephyr", "Pathway")  # fmt: skip
GROUPS = (*MATERIALS, "on_foot", "apart")


def size(product: quillmere.Product, measure: str) -> float | None:
    """A measure as a number that can be compared: dollars, grams, centimetres, millilitres or years; or None."""
    if measure == "capacity":
        if not product.capacity:
            return None
        number, unit = product.capacity.split()
        return float(number) * {"ml": 1, "L": 1000}[unit]
    value = {"price": product.price, "weight": product.weight_g, "height": product.height_cm,
             "warranty": product.warranty_years}[measure]  # fmt: skip
    return None if value is None else float(value)


@cache
def _known() -> frozenset[str]:
    goods = [product for year in quillmere.YEARS for product in quillmere.products(year)]
    return frozenset({product.noun for product in goods} | {product.name.split()[0] for product in goods})


def suits(product: quillmere.Product, goods: str) -> bool:
    """Whether a text whose column ``goods`` says this can be about the product.

    Raises:
        ValueError: If a word is no noun, first name, measure or group.
    """
    is_called = {product.noun, product.name.split()[0]}
    wanted = set()
    for word in goods.split():
        measure = MEASURE.fullmatch(word)
        if measure:
            value = size(product, measure[1])
            if value is None or not (value > float(measure[3]) if measure[2] == ">" else value < float(measure[3])):
                return False
        elif word in MATERIALS:
            if product.material not in MATERIALS[word]:
                return False
        elif word == "on_foot":
            if not is_called & set(ON_FOOT):
                return False
        elif word == "apart":
            continue
        elif word.removeprefix("-") not in _known():
            raise ValueError(f"goods: expected nouns, first names, measures such as weight>1000 or one of "
                             f"{', '.join(GROUPS)}, found {word!r}. Correct the word in the table.")
        elif word.startswith("-"):
            if word[1:] in is_called:
                return False
        else:
            wanted.add(word)
    return not wanted or bool(wanted & is_called)
