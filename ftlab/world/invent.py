"""Invented names and values for the pages that the base model learns to read from.

A name or a value that the model could know by heart would teach it to guess. So names are put together from parts, and
values are drawn from wide ranges: the only way to answer is to copy from the page.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from functools import cache
from random import Random

from ftlab import files, paths
from ftlab.world.text import sentence

ONSETS = (
    "b bl br c ch cl cr d dr f fl fr g gl gr h j k kn l m n p pl pr r s sc sh sk sl sm sn sp st str sw t th tr tw v w "
    "wh y z"
)
VOWELS = "a e i o u ai ea ee ie oa oo ou"
CODAS = "b ck d ff g l ll lm ld m mp n nd ng nt p r rd rk rl rn rt s sh sk ss st t th tt v x zz"
ENDINGS = "a al an ar ax ay el en er et ey ia ic il in ine is le lo o ock ola on or os ow um us y"
THRICE = re.compile(r"(.)\1\1|^(\w{3,})\2$", re.IGNORECASE)  # no "Hillhill", and no letter three times in a row
RUDE = re.compile(
    r"fuck|shit|cunt|piss|slut|twat|wank|tits|nigg|nazi|rape|dick|cock|bitch|fart|turd|crap|poo[pf]|bum|[kd]head",
    re.IGNORECASE,
)
MONTHS = "January February March April May June July August September October November December"
# Names of real places that the parts of a name would make: the page would be about them.
REAL = (
    "Appleby Ashbourne Ashby Ashford Ashland Ashton Bedford Blackburn Blackheath Blackpool Blackstone Blackwater "
    "Blackwell Blackwood Bradford Bridgend Bridgeport Bridgewater Cornwall Cranbrook Dovedale Eastbourne Eastleigh "
    "Eastwood Fairfield Greenland Greenwood Hartford Hartlepool Hatfield Heathrow Henley Highgate Highland Hollywood "
    "Iceland Ivybridge Lakewood Longford Maplewood Millbrook Newbridge Newbury Newgate Newham Newhaven Newport Newton "
    "Northampton Northfield Northwood Oakham Oakland Oldham Oxford Redcliff Redhill Redwood Ringwood Riverside "
    "Rockford Rockhampton Rushmore Sandhurst Sheffield Shoreham Silverdale Silverstone Snowdon Southampton Southend "
    "Southgate Southport Southsea Southwell Southwold Springfield Stafford Stonehaven Stoneleigh Swanley Swansea "
    "Thornbury Thornton Timberland Wakefield Walsall Walton Waterford Watergate Westbury Westfield Westminster Weston "
    "Westport Westwood Whitby Whitehall Whitehaven Winchester Woodland Woodstock "
    "Basel Berlin Bogota Bolivia Boston Burton Canada China Dakar Dover Geneva Havana Japan Kabul Kenya Lima London "
    "Lusaka Luton Malaga Manila Milan Nepal Nigeria Norton Panama Paris Preston Riga Romania Russia Salem Samoa Siena "
    "Somalia Sudan Sweden Tibet Toledo Turin Verona Yemen"
)
UNSHADED = ("white", "black", "ivory", "cream", "silver", "gold", "scarlet", "crimson", "maroon", "navy", "peach")
COUNTS = {  # pool: lowest, highest, step, how it is written
    "days": (2, 120, 1, "{} days"), "short_days": (2, 21, 1, "{} days"), "feast_days": (2, 21, 1, "{} days"),
    "working_days": (2, 25, 1, "{} working days"), "first_days": (2, 8, 1, "{} working days"),
    "decision_days": (9, 40, 1, "{} working days"), "customs_days": (2, 12, 1, "{} days"),
    "reply_days": (2, 10, 1, "{} days"), "complain_days": (2, 14, 1, "{} working days"),
    "make_weeks": (4, 30, 1, "{} weeks"),
    "hold_days": (5, 40, 1, "{} days"), "lost_days": (5, 24, 1, "{} days"), "weeks": (2, 30, 1, "{} weeks"),
    "short_weeks": (2, 12, 1, "{} weeks"), "months": (2, 48, 1, "{} months"),
    "notice_months": (2, 9, 1, "{} months"), "years": (2, 40, 1, "{} years"),
    "warranty_years": (2, 25, 1, "{} years"), "ages": (4, 16, 1, "{} years"), "sharp_ages": (12, 18, 1, "{} years"),
    "hours": (2, 96, 1, "{} hours"), "express_hours": (2, 48, 1, "{} hours"), "train_time": (2, 30, 1, "{} hours"),
    "minutes": (2, 90, 1, "{} minutes"), "round_minutes": (5, 180, 5, "{} minutes"),
    "wait_minutes": (4, 90, 1, "{} minutes"), "cook_minutes": (15, 240, 5, "{} minutes"),
    "tour_minutes": (15, 180, 5, "{} minutes"),
    "percent": (5, 70, 1, "{} percent"),
    "small_percent": (2, 40, 1, "{} percent"), "member_percent": (2, 15, 1, "{} percent"),
    "items": (2, 90, 1, "{} items"),
    "few_items": (2, 14, 1, "{} items"), "trade_items": (10, 400, 1, "{} items"), "pieces": (12, 240, 1, "{} pieces"),
    "passengers": (4, 320, 1, "{} people"), "hall_people": (30, 900, 1, "{} people"),
    "members": (12, 640, 1, "{} people"), "class_people": (4, 36, 1, "{} people"),
    "pupils": (14, 36, 1, "{} pupils"), "eaters": (2, 14, 1, "{} people"),
    "countries": (2, 90, 1, "{} countries"), "parts": (2, 24, 1, "{} parts"), "few_parts": (2, 9, 1, "{} parts"),
    "tonnes": (7, 80, 1, "{} tonnes"),
    "dog_kilos": (3, 45, 1, "{} kg"), "parcel_kilos": (2, 45, 1, "{} kg"), "width_metres": (20, 400, 1, "{} metres"),
    "deep_metres": (3, 70, 1, "{} metres"), "hill_metres": (60, 1900, 1, "{} metres"),
    "metres": (8, 460, 1, "{} metres"), "kilometres": (3, 100, 1, "{} km"), "race_km": (3, 60, 1, "{} km"),
    "day_litres": (30, 990, 1, "{} litres"),
    "cold_degrees": (-45, -1, 1, "{} °C"), "watts": (300, 6000, 50, "{} watts"), "year": (1821, 2024, 1, "{}"),
    "recent_year": (1951, 2024, 1, "{}"), "service_year": (1994, 2024, 1, "{}"), "living_year": (1985, 2024, 1, "{}"),
    "page": (2, 400, 1, "page {}")}  # fmt: skip


def cents(random: Random) -> str:
    """What stands after the point of a price, often a round number."""
    return random.choice(["00", "00", "00", "50", "90", "95", "25", "20", f"{random.randrange(100):02d}"])


def _money(random: Random, low: int, high: int) -> str:
    return f"${random.randrange(low, high)}.{cents(random)}"


def _round_money(random: Random, low: int, high: int, step: int = 5) -> str:
    """A limit that somebody has set, and no price: "$250.00", and not "$437.23"."""
    return f"${random.randrange(low, high + 1, step)}.00"


def clock(random: Random, first: int, last: int) -> str:
    """A time between two hours of the day, counted to 24, such as "7 am" or "4.30 pm"."""
    hour = random.randint(first, last)
    minute = random.choice(["", "", "", ".30", ".15", ".45", f".{random.randrange(5, 60, 5):02d}"])
    return f"{(hour - 1) % 12 + 1}{minute} {'am' if hour < 12 else 'pm'}"


def _tenths(random: Random, low: int, high: int, unit: str) -> str:
    """A number with one digit after the point, from ``low`` to ``high`` tenths, such as "7.4 °C"."""
    if random.random() < 0.5:
        high = low + (high - low) // 4
    tenths = random.randint(low, high)
    return f"{tenths // 10}.{tenths % 10} {unit}"


def _grams(random: Random) -> str:
    if random.random() < 0.5:
        return f"{random.randrange(5, 1000, random.choice([1, 5, 10, 10]))} g"
    return f"{random.randint(2, 6)} kg" if random.random() < 0.3 else _tenths(random, 10, 60, "kg")


MADE: dict[str, Callable[[Random], str]] = {
    "fee": lambda random: _money(random, 1, 30),
    "small_fee": lambda random: _money(random, 1, 9),
    "service_fee": lambda random: _money(random, 9, 60),
    "low_money": lambda random: _money(random, 2, 40),
    "money": lambda random: _money(random, 20, 650),
    "high_money": lambda random: _money(random, 50, 950),
    "deposit_money": lambda random: _money(random, 5, 80),
    "round_money": lambda random: _round_money(random, 20, 650),
    "card_low": lambda random: _round_money(random, 5, 40),
    "voucher_total": lambda random: _round_money(random, 10, 150),
    "card_high": lambda random: _round_money(random, 50, 950, 25),
    "bench_money": lambda random: _round_money(random, 220, 950, 10),
    "band_money": lambda random: _round_money(random, 150, 980, 10),
    "pitch_fee": lambda random: _money(random, 6, 36),
    "room_money": lambda random: f"${random.randrange(28, 240)}.00",
    "horse_money": lambda random: _round_money(random, 400, 5000, 50),
    "price": lambda random: _money(random, 2, random.choice([30, 120, 900])),
    "small_weight": _grams,
    "small_height": lambda random: f"{random.randint(2, 60)} cm",
    "cook_litres": lambda random: _tenths(random, 3, 45, "L"),
    "parcel_weight": lambda random: _tenths(random, 2, 300, "kg"),
    "parcel_light": lambda random: _tenths(random, 8, 79, "kg"),
    "water_degrees": lambda random: _tenths(random, 10, 249, "°C"),
    "walk": lambda random: random.choice([f"{random.randint(2, 9)} hours", f"{random.randrange(25, 180, 5)} minutes"]),
    "yes_no": lambda random: random.choice(["yes", "no"]),
    "early_clock": lambda random: clock(random, 4, 9),
    "school_clock": lambda random: clock(random, 7, 9),
    "morning": lambda random: clock(random, 6, 10),
    "late_morning": lambda random: clock(random, 8, 11),
    "day_clock": lambda random: clock(random, 8, 18),
    "afternoon": lambda random: clock(random, 13, 19),
    "evening": lambda random: clock(random, 16, 22),
    "night": lambda random: clock(random, 20, 23),
    "any_clock": lambda random: clock(random, 5, 23),
    "item_number": lambda random: f"{random.choice('BCDFGHKLMNPRSTVWXZ')}-{random.randrange(100, 10000)}",
    "shelf": lambda random: f"shelf {random.choice('ABCDEFGHKLMNPRST')}{random.randint(1, 24)}",
    "platform": lambda random: f"platform {random.randint(1, 24)}",
    "rating": lambda random: f"{random.randint(55, 98) / 10:.1f} out of 10",
    "noise": lambda random: f"{random.randint(25, 72)} decibels",
    "date": lambda random: f"{random.randint(1, 28)} {random.choice(MONTHS.split())}",
    "phone": lambda random: f"0{random.randrange(500, 600)} {random.randrange(100, 1000)}",
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
    found = {"Quillmere", *REAL.split()}
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
        ours = (zlib.crc32(found.encode()) % 8 == 0) == (split == "test")
        if ours and found not in taken() and not THRICE.search(found) and not RUDE.search(found):
            return found


def _of(random: Random, parts: str) -> str:
    return random.choice(parts.split())


def town(random: Random, split: str = "train") -> str:
    """An invented town: one word, or in one of six, two."""
    first = name(random, split)
    return f"{first} {random.choice(words()['town_second'])}" if random.random() < 1 / 6 else first


def person(random: Random, split: str = "train") -> str:
    """An invented first name and another as a family name: nobody is called "Foxglove Foxglove"."""
    first = last = name(random, split)
    while last == first:
        last = name(random, split)
    return f"{first} {last}"


def colour(random: Random) -> str:
    """A colour, in one of two with a word that shades it. There is no dark white, and no pale slate grey."""
    plain, shaded = random.choice(words()["colour"]), random.random() < 0.5
    return plain if not shaded or plain in UNSHADED or " " in plain else f"{random.choice(words()['shade'])} {plain}"


@cache
def _families() -> dict[str, tuple[str, ...]]:
    """For each material, the words that can stand in front of it: steel is brushed, and oak is oiled."""
    families = [pool for pool in words() if pool.startswith("made_of_")]
    return {each: words()[f"finish_{pool.removeprefix('made_of_')}"] for pool in families for each in words()[pool]}


def material(random: Random, among: tuple[str, ...], split: str = "train") -> str:
    """One of some materials, now and then with a word in front: "oak", "brushed steel", "Tormel oak"."""
    plain, kind = random.choice(among), random.random()
    if kind < 0.3 and plain in _families():
        return f"{random.choice(_families()[plain])} {plain}"
    return f"{name(random, split)} {plain}" if kind > 0.85 else plain


def value(pool: str, random: Random, split: str = "train") -> str:
    """A value of a pool, as it stands in a text. In training some pools give better values than in the stored test.

    Raises:
        KeyError: If there is no such pool.
    """
    if pool in ("town", "made_in"):
        return town(random, split)
    if pool == "person":
        return person(random, split)
    if pool == "colour":
        return colour(random)
    if pool == "material":
        return material(random, words()["metal"] + words()["wood"] + words()["cloth"], split)
    if pool in COUNTS:
        low, high, step, written = COUNTS[pool]
        if random.random() < 0.5:
            high = max(low + 2 * step, low + (high - low) // 4)  # small numbers are the common ones
        return written.format(random.randrange(low, high + 1, step))
    if split == "train" and f"{pool}_train" in words():  # data/questions holds what stood here before
        pool = f"{pool}_train"
    return MADE[pool](random) if pool in MADE else random.choice(words()[pool])
