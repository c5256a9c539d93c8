"""Invented names and values for the pages that the base model learns to read from.

A name or a value that the model could know by heart would teach it to guess. So names are put together from parts, and
values are drawn from wide ranges: the only way to answer is to copy from the page.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from random import Random

from ftlab import files, paths
from ftlab.world.text import plural, sentence

ONSETS = (
    "b bl br c ch cl cr d dr f fl fr g gl gr h j k kn l m n p pl pr r s sc sh sk sl sm sn sp st str sw t th tr tw v w "
    "wh y z"
)
VOWELS = "a e i o u ai ea ee ie oa oo ou"
CODAS = "b ck d ff g l ll lm ld m mp n nd ng nt p r rd rk rl rn rt s sh sk ss st t th tt v x zz"
ENDINGS = "a al an ar ax ay el en er et ey ia ic il in ine is le lo o ock ola on or os ow um us y"
MONTHS = "January February March April May June July August September October November December"
COUNTS = {  # pool: lowest, highest, step, how it is written
    "days": (2, 120, 1, "{} days"), "working_days": (2, 25, 1, "{} working days"), "weeks": (2, 30, 1, "{} weeks"),
    "months": (2, 48, 1, "{} months"), "years": (2, 40, 1, "{} years"), "hours": (2, 96, 1, "{} hours"),
    "minutes": (2, 180, 1, "{} minutes"), "percent": (2, 95, 1, "{} percent"), "items": (2, 90, 1, "{} items"),
    "parcels": (2, 40, 1, "{} parcels"), "people": (2, 400, 1, "{} people"), "countries": (2, 90, 1, "{} countries"),
    "kilos": (2, 120, 1, "{} kg"), "grams": (5, 990, 5, "{} g"), "centimetres": (2, 260, 1, "{} cm"),
    "metres": (2, 900, 1, "{} m"), "kilometres": (2, 300, 1, "{} km"), "millilitres": (50, 990, 10, "{} ml"),
    "degrees": (-30, 95, 1, "{} °C"), "watts": (5, 2400, 5, "{} watts"), "lumens": (20, 1900, 10, "{} lumens"),
    "year": (1821, 2024, 1, "{}"), "page": (2, 400, 1, "page {}")}  # fmt: skip


def _money(random: Random, low: int, high: int) -> str:
    cents = random.choice(["00", "00", "00", "50", "90", "95", "25", "20", f"{random.randrange(100):02d}"])
    return f"${random.randrange(low, high)}.{cents}"


def _weight(random: Random, kilos: int) -> str:
    if random.random() < 0.5:
        return f"{random.randrange(5, 1000, random.choice([1, 5, 10, 10]))} g"
    whole = random.random() < 0.3
    return f"{random.randint(2, kilos)} kg" if whole else f"{random.randrange(10, 10 * kilos) / 10:.1f} kg"


def _capacity(random: Random, litres: int) -> str:
    kind = random.random()
    if kind < 0.35 and litres < 20:
        return f"{random.randrange(50, 1000, 10)} ml"
    return f"{random.randint(1, litres)} L" if kind < 0.65 else f"{random.randrange(3, 10 * litres) / 10:.1f} L"


MADE: dict[str, Callable[[Random], str]] = {
    "fee": lambda random: _money(random, 1, 30),
    "money": lambda random: _money(random, 20, 950),
    "price": lambda random: _money(random, 2, random.choice([30, 120, 900])),
    "small_weight": lambda random: _weight(random, 6),
    "large_weight": lambda random: _weight(random, 40),
    "small_capacity": lambda random: _capacity(random, 10),
    "large_capacity": lambda random: _capacity(random, 95),
    "litres": lambda random: _capacity(random, 10),
    "small_height": lambda random: f"{random.randint(2, 60)} cm",
    "large_height": lambda random: f"{random.randint(10, 260)} cm",
    "warranty": lambda random: plural(random.randint(1, 30), "year"),
    "yes_no": lambda random: random.choice(["yes", "no"]),
    "clock": lambda random: f"{random.randint(1, 12)} {random.choice(['am', 'pm'])}",
    "date": lambda random: f"{random.randint(1, 28)} {random.choice(MONTHS.split())}",
    "phone": lambda random: f"0{random.randrange(100, 1000)} {random.randrange(100, 1000)}",
}


@cache
def words() -> dict[str, tuple[str, ...]]:
    """The pools of words in ``data/world/shops/words.csv``."""
    pools: dict[str, list[str]] = {}
    for row in files.read_table(paths.data() / "world" / "shops" / "words.csv"):
        pools.setdefault(row["pool"], []).append(row["text"])
    return {pool: tuple(texts) for pool, texts in pools.items()}


@cache
def taken() -> frozenset[str]:
    """The words in the names that the rest of the world uses: an invented name is none of them."""
    found = {"Quillmere"}
    for folder in ("quillmere", "market", "general"):
        for table in sorted((paths.data() / "world" / folder).glob("*.csv")):
            for row in files.read_table(table):
                for key in ("name", "made_in", "maker", "town", "home_town", "line"):
                    found.update((row.get(key) or "").split())
    return frozenset(found)


def name(random: Random, split: str = "train") -> str:
    """An invented name such as "Tormel" or "Alderwick". One in eight is kept for tests and never occurs in training."""
    while True:
        kind = random.random()
        if kind < 0.4:
            found = random.choice(words()["name_first"]) + random.choice(words()["name_last"])
        elif kind < 0.55:
            found = random.choice(words()["name_word"])
        else:
            syllables = [_of(random, ONSETS) + _of(random, VOWELS) for _ in range(1 if kind < 0.8 else 2)]
            found = "".join(syllables) + _of(random, CODAS) + _of(random, ENDINGS)
        found = sentence(found)
        if (zlib.crc32(found.encode()) % 8 == 0) == (split == "test") and found not in taken():
            return found


def _of(random: Random, parts: str) -> str:
    return random.choice(parts.split())


def town(random: Random, split: str = "train") -> str:
    """An invented town: one word, or in one of six, two."""
    first = name(random, split)
    return f"{first} {random.choice(words()['town_second'])}" if random.random() < 1 / 6 else first


def colour(random: Random) -> str:
    """A colour, in one of two with a word that shades it."""
    plain = random.choice(words()["colour"])
    return f"{random.choice(words()['shade'])} {plain}" if random.random() < 0.5 else plain


def material(random: Random, group: str, split: str = "train") -> str:
    """A material of a group, now and then with a word in front: "oak", "brushed steel", "Tormel oak"."""
    plain, kind = random.choice(words()[group]), random.random()
    if kind < 0.25 and " " not in plain:
        return f"{random.choice(words()['finish'])} {plain}"
    return f"{name(random, split)} {plain}" if kind < 0.35 else plain


def value(pool: str, random: Random, split: str = "train") -> str:
    """A value of a pool, as it stands in a text.

    Raises:
        KeyError: If there is no such pool.
    """
    if pool in ("town", "made_in"):
        return town(random, split)
    if pool == "person":
        return f"{name(random, split)} {name(random, split)}"
    if pool == "colour":
        return colour(random)
    if pool == "material":
        return material(random, random.choice(["metal", "ware", "cloth", "wood", "box"]), split)
    if pool in COUNTS:
        low, high, step, written = COUNTS[pool]
        if random.random() < 0.5:
            high = max(low + 2 * step, low + (high - low) // 4)  # small numbers are the common ones
        return written.format(random.randrange(low, high + 1, step))
    return MADE[pool](random) if pool in MADE else random.choice(words()[pool])
