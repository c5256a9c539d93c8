"""Values that suit the goods of shop pages: no mug holds nine litres, and no kayak is made of cardboard.

Every kind of goods has a row in ``data/world/shops/nouns.csv`` with the ranges of its measures and the materials it can
be made of. The ranges are wide: a value can be copied from a page and not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from random import Random

from ftlab import files, paths
from ftlab.world import invent
from ftlab.world.text import plural

GROUPS = {"cook": "kitchen", "table": "kitchen", "tool": "kitchen", "power": "kitchen", "cloth": "cloth",
          "home": "home", "camp": "camp", "garden": "garden"}  # fmt: skip
GROUPED = ("best_for", "comes_with", "clean_with", "keep_from", "care")  # pools of words, one for each group
MEASURES = ("price", "weight", "height", "length", "width", "base", "capacity", "warranty")
SIZES = {"height": 1, "length": 1, "width": 1, "base": 1, "weight": 2, "capacity": 2}  # power that grows with the size
NEEDS = {  # fact: a tag of the goods; goods without it have no such fact
    "weight": "weight", "height": "height", "length": "length", "width": "width", "base_diameter": "base",
    "capacity": "liquid", "room": "room", "warranty": "warranty", "dishwasher_safe": "dishwasher",
    "handle_material": "handle", "lid_colour": "lid", "noise": "noise", "assembly_time": "setup",
    "cold_limit": "cold", "part_count": "parts", "parts_kept": "parts", "spare_price": "parts",
    "care_product": "care", "pattern": "pattern", "min_age": "age", "season": "out", "deposit": "dear",
    "shelf": "light", "parcel_weight": "posted",
    "best_for": "lasting", "comes_with": "lasting", "clean_with": "lasting", "keep_from": "lasting",
}  # fmt: skip
LIQUID = ("flask", "bottle", "thermos", "bucket", "blender", "mixer")  # beside what stands on stoves and tables
SHARP_OR_HOT = ("camping stove", "grill", "knife", "corkscrew", "peeler", "grater", "toaster", "mixer", "blender",
                "oven")
OUTDOOR_TOYS = ("kayak", "sledge")
SMALL_PARTS = ("flask", "bottle", "thermos", "lunchbox", "torch", "corkscrew", "hose", "scale", "toaster", "clock",
               "lantern", "pump", "kayak", "sledge")  # they come apart into few
QUICK = ("lantern", "camping stove", "hammock", "blender", "mixer", "lamp", "tarp", "oven", "grill")  # to set up
DECIBELS = {"fridge": (28, 48), "oven": (34, 62), "toaster": (30, 62), "mixer": (56, 88), "blender": (60, 92),
            "pump": (44, 86)}
FOLDED = ("tent", "hammock", "tarp", "rucksack")
FLAT = ("clock", "mirror", "chopping board", "rake")  # packed in a thin box
COILED = ("hose",)  # packed in a small box, too
WASHED_BY_HAND = ("cast iron", "iron", "copper", "brass", "tin", "carbon steel", "silver plate", "pewter", "bone china",
                  "aluminium", "terracotta", "clay")
SOFT_HANDLES = ("leather", "cork")  # of a basket or a cooler, and not of a teapot or a spade
FINE_HANDLES = ("brass", "copper", "cherry", "silicone")  # nobody pushes a barrow by a handle of brass
WINTRY = ("sledge",)
SUMMERY = ("kayak", "hammock", "cooler", "tent", "tarp", "awning", "grill", "hose", "bench", "planter", "barrow",
           "spade", "rake", "pump", "bottle", "rucksack", "camping stove")  # fmt: skip
COLD_SEASONS = ("late autumn", "early winter", "deep winter", "late winter", "the cold months",
                "the weeks before the holidays")
LONG = 300  # from here on, centimetres are written as metres


@dataclass(frozen=True, eq=False)
class Goods:
    """One kind of goods: its group, what it has (handle, lid, motor ...), its measures from and to, its materials."""

    noun: str
    group: str
    tags: frozenset[str]
    ranges: dict[str, tuple[int, int]]
    materials: tuple[str, ...]

    def has(self, fact: str) -> bool:
        """Whether it makes sense to state the fact of these goods."""
        return fact not in NEEDS or NEEDS[fact] in self.tags


@cache
def goods() -> tuple[Goods, ...]:
    """The kinds of goods in ``nouns.csv``."""
    return tuple(_goods(row) for row in files.read_table(paths.data() / "world" / "shops" / "nouns.csv"))


def _goods(row: dict[str, str]) -> Goods:
    ranges = {}
    for key in MEASURES:
        if row[key]:
            low, high = row[key].split("-")
            ranges[key] = (int(low), int(high))
    group = GROUPS[row["kind"]]
    tags = {row["kind"], group, *row["has"].split(), *ranges}
    if "capacity" in ranges:
        tags.add("liquid" if row["kind"] in ("cook", "table") or row["noun"] in LIQUID else "room")
    if group in ("camp", "garden"):
        tags.add("out")
    tags.add("light" if ranges["weight"][1] <= 9000 else "heavy")
    if ranges["weight"][1] <= 30000:
        tags.add("posted")  # nobody fetches a fridge from the post office
    if row["kind"] == "home" and "setup" in tags:
        tags.add("furniture")
    if row["kind"] == "camp" and ranges["weight"][1] <= 4000 and ranges["weight"][0] > 20:
        tags.add("packed")  # taken on a walk
    if row["noun"] != "candle":
        tags.add("lasting")  # not used up
    if row["dishwasher"]:
        tags.add("dishwasher")
    if row["noun"] in SHARP_OR_HOT + OUTDOOR_TOYS:
        tags.add("age")
    if ranges["price"][1] >= 100:
        tags.add("dear")
    return Goods(row["noun"], group, frozenset(tags), ranges, tuple(row["materials"].split("/")))


def values(kind: Goods, pools: dict[str, str], random: Random, split: str = "train") -> dict[str, str]:
    """A value for each fact in ``pools``, as it stands in a text.

    They fit one another: a parcel is heavier than what is in it, and a deposit is less than the price.
    """
    drawn: dict[str, int] = {}
    first = [key for key in MEASURES if key in pools]
    found = {key: _measure(kind, key, drawn, random) for key in first}
    woods = tuple(each for each in kind.materials if each in invent.words()["made_of_wood"])
    if "care_product" in pools and kind.group != "kitchen" and woods:  # nobody oils a chair of steel
        kind = replace(kind, materials=woods)
    for key, pool in pools.items():
        if key not in found:
            found[key] = _value(kind, key, pool, drawn, random, split)
    if "dishwasher_safe" in found and any(_by_hand(found.get(key, "")) for key in ("material", "handle_material")):
        found["dishwasher_safe"] = "no"
    if {"warranty", "parts_kept"} <= set(found):  # what is under warranty can be mended
        years = max(int(found[key].split()[0]) for key in ("warranty", "parts_kept"))
        found["parts_kept"] = plural(max(2, years), "year")
    return {key: found[key] for key in pools}


def _by_hand(material: str) -> bool:
    """Whether a dishwasher would spoil what is made of it."""
    return any(f" {material}".endswith(f" {each}") for each in (*WASHED_BY_HAND, *invent.words()["made_of_wood"]))


def _number(kind: Goods, measure: str, drawn: dict[str, int], random: Random) -> int:
    """A whole number from the range of a measure, in half of the cases from its lowest quarter."""
    low, high = kind.ranges[measure]
    if measure in SIZES:
        # One size for all of them: what is low does not hold the most, and what is small is not the heaviest.
        size = drawn.setdefault("size", random.randint(0, random.choice([30, 100])))
        size = max(0, min(100, size + random.randint(-12, 12)))
        spread = (high - low) * (size * size if SIZES[measure] == 2 else size * 100) // 10000
        low, high = low + spread * 3 // 4, min(high, low + spread + max(2, (high - low) // 12))
    elif random.random() < 0.5:
        high = low + max(1, (high - low) // 4)
    if measure == "width":
        high = max(low, min(high, drawn.get("length", high)))
    drawn[measure] = random.randint(low, high)
    return drawn[measure]


def _measure(kind: Goods, key: str, drawn: dict[str, int], random: Random) -> str:
    number = _number(kind, key, drawn, random)
    if key == "price":
        return f"${number}.{invent.cents(random)}"
    if key == "weight":
        return _metric(number, "g", "kg", random)
    if key == "capacity":
        return _metric(number, "ml", "L", random)
    if key == "warranty":
        return plural(number, "year")
    return f"{number} cm" if number < LONG else f"{number // 10 / 10:g} m"


def _metric(number: int, small: str, large: str, random: Random) -> str:
    """Grams or millilitres as they are written: "85 g", "640 g", "1.2 kg", "14 kg"."""
    if number < 100:
        return f"{number} {small}"
    if number < 990:
        step = random.choice([5, 10, 10])
        return f"{number // step * step} {small}"
    tenths = number // 100
    if number > 20000 or number > 9000 and random.random() < 0.5:
        return f"{number // 1000} {large}"
    return f"{tenths // 10}.{tenths % 10} {large}" if tenths % 10 else f"{tenths // 10} {large}"


def _value(kind: Goods, key: str, pool: str, drawn: dict[str, int], random: Random, split: str) -> str:
    if key == "material":
        return invent.material(random, kind.materials, split)
    if key == "handle_material":
        hot = {"cook", "power"} & kind.tags or kind.noun in SHARP_OR_HOT and kind.group == "camp"
        bad = () if kind.group in ("home", "camp") else SOFT_HANDLES
        bad += FINE_HANDLES if kind.group == "garden" or "power" in kind.tags else ()
        handles = invent.words()["handle_hot" if hot else "handle"]
        return invent.material(random, tuple(each for each in handles if each not in bad), split)
    if key == "season" and kind.noun in WINTRY + SUMMERY:
        seasons = invent.words()["season"]
        return random.choice([each for each in seasons if (each in COLD_SEASONS) == (kind.noun in WINTRY)])
    if key == "base_diameter":
        return f"{_number(kind, 'base', drawn, random)} cm"
    if key == "room":
        return _metric(_number(kind, "capacity", drawn, random), "ml", "L", random)
    if key == "parcel_weight":
        grams = drawn.get("weight") or _number(kind, "weight", dict(drawn), random)
        hundreds = grams * random.randint(108, 160) // 10000 + random.randint(1, 4)
        return f"{hundreds // 10}.{hundreds % 10} kg"
    if key == "box_size":
        return _box(kind, drawn, random)
    if key in ("deposit", "spare_price"):
        price = drawn.get("price") or kind.ranges["price"][0] * 2
        if key == "deposit":  # a round sum
            return f"${random.randint(max(1, price // 10), max(2, price // 2))}.00"
        return f"${random.randint(1, max(2, price // 2))}.{invent.cents(random)}"
    if key == "noise":
        return f"{random.randint(*DECIBELS[kind.noun])} decibels"
    if key == "min_age" and kind.noun in SHARP_OR_HOT:
        pool = "sharp_ages"
    if key == "part_count" and kind.noun in SMALL_PARTS:
        pool = "few_parts"
    if key == "parts_kept" and split == "train":  # nobody keeps the parts of a bottle for 24 years
        years = int(invent.value(pool, random).split()[0]) * (6 if kind.noun in SMALL_PARTS else 15) // 25
        return f"{max(2, years)} years"
    if key == "assembly_time":
        low, high = (2, 20) if kind.noun in QUICK else (6, 90)
        return f"{random.randint(low, high)} minutes"
    if pool in GROUPED:
        power = f"{pool}_power" in invent.words() and "power" in kind.tags
        # Nobody blows a whistle for long weekends. The stored reading test has the words of its group all the same.
        own = split == "train" and f"{pool}_{kind.noun}" in invent.words()
        pool = f"{pool}_{kind.noun if own else 'power' if power else kind.group}"
    return invent.value(pool, random, split)


def _box(kind: Goods, drawn: dict[str, int], random: Random) -> str:
    """A box a little larger than the goods, or one for what is folded or taken apart."""
    if "cloth" in kind.tags and "height" not in kind.ranges:
        sides = [random.randint(24, 44), random.randint(16, 34), random.randint(3, 12)]
    elif kind.noun in FOLDED + COILED:
        sides = [random.randint(28, 78), random.randint(18, 44), random.randint(8, 26)]
        if kind.noun == "rucksack":  # it is folded once at the most
            sides = sorted([min(sides[0], drawn.get("height", 78) + 4), *sides[1:]], reverse=True)
    elif kind.noun == "awning":  # rolled up around its poles
        sides = [random.randint(110, 260), random.randint(18, 32), random.randint(14, 26)]
    else:
        ground = ("length", "width") if {"length", "width"} & set(kind.ranges) else ("base", "base")
        keys = [key for key in (*ground, "height") if key in kind.ranges]
        sides = [drawn.get(key) or _number(kind, key, dict(drawn), random) for key in keys]
        if kind.noun in FLAT:
            sides = [*sides[:2], random.randint(3, 8)]
        sides = sorted([*sides, *sides[-1:] * 2][:3], reverse=True)
        sides = [side + random.randint(2, 9) for side in sides]
        if kind.group in ("home", "garden") and "setup" in kind.tags:  # packed flat, in parts
            sides[2] = min(sides[2], random.randint(9, 26))
    return " x ".join(str(side) for side in sides) + " cm"
