"""Goods of the shop pages: measures that such a thing can have, materials that it can be made of."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from ftlab.seeded import rng
from ftlab.world import goods, invent, shops

UNITS = {"kg": 1000.0, "g": 1.0, "L": 1000.0, "ml": 1.0, "cm": 1.0, "m": 100.0}


def amount(value: str) -> float:
    number, _, unit = value.removeprefix("$").partition(" ")
    return float(number) * UNITS.get(unit, 1.0)


@pytest.fixture(scope="module")
def drawn() -> list[tuple[goods.Goods, dict[str, str]]]:
    random = rng("test goods")
    passages = [shops.product_passage(random, 9) for _ in range(4000)]
    return [(each.goods, {fact.wording.key: fact.value for fact in each.facts}) for each in passages]


def test_measures_stay_in_the_range_of_their_goods(drawn: list) -> None:
    ranges = {"room": "capacity", "base_diameter": "base"}
    for kind, values in drawn:
        for key, value in values.items():
            measure = ranges.get(key, key)
            if measure in goods.MEASURES:
                low, high = kind.ranges[measure]
                slack = 1 if measure == "price" else 0
                assert low * 0.89 <= amount(value) <= high + slack, (kind.noun, key, value)


# What such a thing weighs at most, in g, whatever the table's own range says.
HEAVIEST = {"corkscrew": 600, "candle": 2000, "spoon": 200, "cup": 600, "peeler": 300, "kayak": 45_000}


def test_nothing_weighs_what_no_such_thing_can_weigh(drawn: list) -> None:
    for kind in goods.goods():
        assert kind.ranges.get("weight", (0, 0))[1] <= HEAVIEST.get(kind.noun, 100_000), kind.noun
    seen = {kind.noun: amount(values["weight"]) for kind, values in drawn if "weight" in values}
    assert HEAVIEST.keys() <= seen.keys()


def test_cold_is_below_zero_and_water_to_swim_in_is_not_hot() -> None:
    low, high, _, words = invent.COUNTS["cold_degrees"]
    assert low < high < 0 and words.endswith("°C")
    random = rng("test degrees")
    assert all(0 < float(invent.MADE["water_degrees"](random).removesuffix(" °C")) <= 30 for _ in range(500))


def test_values_cannot_be_guessed() -> None:
    """The range of a measure is wide, and the values of one kind of goods differ."""
    for kind in goods.goods():
        for key, (low, high) in kind.ranges.items():
            assert high - low >= (1 if key in ("height", "width", "length") else 2), (kind.noun, key)
        assert len(kind.materials) >= 6, kind.noun
    random, seen = rng("test values"), defaultdict(set)
    mug = next(kind for kind in goods.goods() if kind.noun == "mug")
    for _ in range(300):
        values = goods.values(mug, dict.fromkeys(("weight", "price", "capacity", "material"), ""), random)
        for key, value in values.items():
            seen[key].add(value)
    assert min(map(len, seen.values())) > 40, {key: len(each) for key, each in seen.items()}


def test_materials_suit_their_goods(drawn: list) -> None:
    for kind, values in drawn:
        if "material" in values:
            assert any(values["material"].endswith(each) for each in kind.materials), (kind.noun, values["material"])
    made = {kind.noun: kind.materials for kind in goods.goods()}
    assert "cardboard" not in made["kayak"] and "plastic" not in made["candle"] and "down" not in made["knife"]


def test_goods_have_no_facts_that_make_no_sense_of_them(drawn: list) -> None:
    stated = defaultdict(set)
    for kind, values in drawn:
        stated[kind.noun] |= set(values)
    assert "height" not in stated["knife"] and "noise" not in stated["mug"] and "lid_colour" not in stated["chair"]
    assert "capacity" not in stated["crate"] and "room" in stated["crate"] and "capacity" in stated["kettle"]
    assert "warranty" not in stated["candle"] and "warranty" in stated["kettle"]


def test_values_of_one_page_agree(drawn: list) -> None:
    for kind, values in drawn:
        if {"weight", "parcel_weight"} <= set(values):
            assert amount(values["parcel_weight"]) >= amount(values["weight"]), (kind.noun, values)
        for part in ("deposit", "spare_price"):
            if {"price", part} <= set(values):
                assert amount(values[part]) <= max(2.99, amount(values["price"])), (kind.noun, values)
        if {"length", "width"} <= set(values):
            assert amount(values["width"]) <= max(amount(values["length"]), kind.ranges["width"][0])


def test_questions_suit_the_unit_of_their_value_and_the_goods() -> None:
    table = shops.wordings("products")["product"]
    for key in ("weight", "capacity", "room", "parcel_weight"):
        for text in table[key].questions + table[key].customers:
            units = (r"\bgrams?\b", r"\bkilos?\b", r"\blitres?\b", r"\bmillilitres?\b")
            one = [bool(re.search(unit, text)) for unit in units]
            assert key == "parcel_weight" or one[0] == one[1] or "every gram" in text, text
            assert one[2] == one[3], text
    oven = next(kind for kind in goods.goods() if kind.noun == "oven")
    torch = next(kind for kind in goods.goods() if kind.noun == "torch")
    on_the_back = "I carry everything on my back. How heavy is {it}?"
    assert on_the_back in shops.questions_for("weight", torch, False)
    assert on_the_back not in shops.questions_for("weight", oven, False)
    for kind in goods.goods():
        for key in table:
            assert not kind.has(key) or len(shops.questions_for(key, kind, False)) >= 4, (kind.noun, key)


def test_values_of_people_and_places_are_possible() -> None:
    random, most = rng("test places"), {"eaters": 20, "dog_kilos": 90_000, "water_degrees": 30, "deep_metres": 300}
    for pool, high in most.items():
        assert all(0 < amount(invent.value(pool, random)) <= high for _ in range(300)), pool
    animals = {pool: set(invent.words()[pool]) for pool in ("pond_animals", "hill_animals", "camp_animals")}
    assert "foxes" not in animals["pond_animals"] and "frogs" not in animals["hill_animals"]
    pools = {kind: {each.pool for each in facts.values()} for kind, facts in shops.wordings("things").items()}
    assert "minutes" not in set().union(*pools.values()) and "degrees" not in pools["river"]


def test_long_things_are_measured_in_metres_and_coiled_ones_fit_their_box(drawn: list) -> None:
    seen = set()
    for kind, values in drawn:
        for key in ("height", "length", "width", "base_diameter"):
            number, _, unit = values.get(key, "1 cm").partition(" ")
            assert unit == "m" or float(number) < goods.LONG, (kind.noun, key, values[key])
            seen.add(unit)
        if "box_size" in values and kind.noun in goods.COILED:
            assert max(int(side) for side in values["box_size"].removesuffix(" cm").split(" x ")) < 100
    assert seen == {"cm", "m"}


def test_nothing_harms_a_pan_that_pans_are_made_for() -> None:
    harms = " ".join(invent.words()["keep_from_kitchen"])
    assert not re.search(r"flame|magnet|heat|stove", harms), harms
    assert "choir singers" not in invent.words()["free_group"]  # "The choir is free for choir singers"


def test_measures_of_one_thing_are_of_one_size() -> None:
    """A vase of 13 cm held 7.3 litres, and a skillet of 13 cm weighed 3.5 kg."""
    random = rng("test sizes")
    pools = dict.fromkeys(goods.SIZES, "")
    for kind in goods.goods():
        measures = {key: pools[key] for key in pools if key in kind.ranges}
        for _ in range(60):
            drawn: dict[str, int] = {}
            parts = []
            for key in measures:
                low, high = kind.ranges[key]
                number = goods._number(kind, key, drawn, random)
                assert low <= number <= high
                part = (number - low) / (high - low)
                if high - low >= 20 and key != "width":  # the width is bound by the length as well
                    parts.append(part ** (1 / goods.SIZES[key]))
            assert not parts or max(parts) - min(parts) < 0.62, (kind.noun, drawn)


def test_no_new_stock_where_some_is_left(drawn: list) -> None:
    assert not [values for _, values in drawn if {"stock", "next_delivery"} <= set(values)]


def test_questions_about_use_suit_the_goods() -> None:
    """A teapot was carried on somebody's back, and an apron broke."""
    by_noun = {kind.noun: kind for kind in goods.goods()}
    for noun in ("teapot", "timer", "apron", "whistle"):
        assert not [text for text in shops.questions_for("weight", by_noun[noun], True) if "my back" in text], noun
    for noun in ("apron", "blanket", "towel", "tablecloth", "cushion"):
        asked = shops.questions_for("warranty", by_noun[noun], True)
        assert not [text for text in asked if re.search(r"\bbreaks\b|stops working", text)], noun
    statements = shops.wordings("products")["product"]["warranty"].statements
    assert not [text for text in statements if "breaks" in text or "mend" in text]


def test_what_is_sharp_or_hot_is_not_for_children(drawn: list) -> None:
    seen = set()
    for kind, values in drawn:
        if "min_age" in values:
            seen.add(kind.noun)
            assert kind.noun not in goods.SHARP_OR_HOT or amount(values["min_age"]) >= 12, (kind.noun, values)
    assert len(seen & set(goods.SHARP_OR_HOT)) > 5 and not {"fridge", "timer", "scale"} & seen


def test_care_suits_what_the_goods_are_made_of(drawn: list) -> None:
    """Wood is not put in the dishwasher, steel is not oiled, a toaster is not washed, and a stove knows flames."""
    words = invent.words()
    for kind, values in drawn:
        made = values.get("material", "")
        wood = any(f" {made}".endswith(f" {each}") for each in words["made_of_wood"])
        assert not wood or values.get("dishwasher_safe", "no") == "no", (kind.noun, values)
        if "care_product" in values and kind.group == "home" and made:
            assert wood, (kind.noun, values)
        if kind.noun == "candle":
            assert not {"best_for", "comes_with", "clean_with", "keep_from"} & set(values)
    assert not [text for text in words["clean_with_power"] if re.search("soapy|hot water|warm water", text)]
    assert not [text for text in words["keep_from_camp"] if re.search("flame|ashes", text)]
    assert not {"saddle soap", "furniture wax"} & set(words["care_kitchen"])
    assert not {"four pegs", "a small key", "a spare screw"} & {
        text for pool in words if pool.startswith("comes_with") for text in words[pool]}  # fmt: skip


def test_boxes_and_noises_are_those_of_the_goods(drawn: list) -> None:
    """A fridge made 70 decibels, and a tablecloth of 280 g came in a box of 63 cm."""
    for kind, values in drawn:
        if "noise" in values:
            low, high = goods.DECIBELS[kind.noun]
            assert low <= amount(values["noise"]) <= high, (kind.noun, values["noise"])
        if "box_size" in values and kind.noun in ("towel", "apron", "tablecloth", "kayak"):
            longest = max(int(side) for side in values["box_size"].removesuffix(" cm").split(" x "))
            assert longest > 200 if kind.noun == "kayak" else longest < 60, (kind.noun, values["box_size"])


def test_handles_and_seasons_are_those_of_the_goods() -> None:
    """A barrow had a handle of brass, a teapot one of leather, and a kayak was sold in deep winter."""
    random, words = rng("test handles"), invent.words()
    pools = {"handle_material": "handle", "season": "season", "dishwasher_safe": "yes_no"}
    for kind in goods.goods():
        for _ in range(20):
            values = goods.values(kind, pools, random)
            handle, season = values["handle_material"], values["season"]
            assert kind.group in ("home", "camp") or not handle.endswith(goods.SOFT_HANDLES), (kind.noun, handle)
            assert kind.group != "garden" or not handle.endswith(goods.FINE_HANDLES), (kind.noun, handle)
            assert not handle.endswith(words["made_of_wood"]) or values["dishwasher_safe"] == "no", (kind.noun, values)
            if kind.noun in goods.WINTRY + goods.SUMMERY:
                assert (season in goods.COLD_SEASONS) == (kind.noun in goods.WINTRY), (kind.noun, season)
    assert set(goods.COLD_SEASONS) <= set(words["season"])


def test_nobody_puts_a_kayak_on_a_shelf_or_posts_a_fridge(drawn: list) -> None:
    """A fridge was sent by post, a mirror was four centimetres wide, and the board came in a box like a cube."""
    by_noun = {kind.noun: kind for kind in goods.goods()}
    assert not [noun for noun in ("kayak", "fridge", "oven", "bench", "table") if by_noun[noun].has("shelf")]
    assert not by_noun["fridge"].has("parcel_weight") and by_noun["mug"].has("parcel_weight")
    assert by_noun["mirror"].ranges["width"][0] > 10 and not by_noun["mirror"].has("length")
    for noun, tall in (("fridge", "worktop|shelf"), ("kayak", "from the foot|car boot"), ("tent", "car boot")):
        assert not [text for text in shops.questions_for("height", by_noun[noun], True) if re.search(tall, text)], noun
    for kind, values in drawn:
        if "box_size" in values and kind.noun in goods.FLAT:
            assert min(int(side) for side in values["box_size"].removesuffix(" cm").split(" x ")) < 20, values
        if {"warranty", "parts_kept"} <= set(values):
            assert amount(values["parts_kept"].replace(" years", "")) >= amount(values["warranty"].split()[0]), values


def test_words_about_goods_fit_every_sentence_that_holds_them() -> None:
    """ "It must not touch sharp blows", a towel in glossy teal, pressed cast iron, a spoon best for cottages."""
    words = invent.words()
    for pool in words:
        if pool.startswith("keep_from_"):
            assert not re.search(r"blows|soaking|frost|sunlight|long damp", " ".join(words[pool])), pool
        if pool.startswith("comes_with_"):
            assert not re.search(r"gift box|wooden box", " ".join(words[pool])), pool  # "also in the box: a box"
    assert not {"glossy", "matt", "bright"} & set(words["shade"])  # a cushion has no gloss
    assert not {"clear", "frosted", "tinted"} & set(words["finish_glass"])  # nor is clear glass brick red
    assert "cast iron" not in words["made_of_metal"] and "solid" not in words["finish_wood"]
    assert not [text for text in words["best_for_kitchen"] if re.search(r"cottages|students|kitchens|inns", text)]
    assert not {"Mini", "Little", "Grand", "Compact", "Slim"} & set(words["line"])  # "the Mini Table: 2.3 m"
    assert not {"bamboo", "velvet", "mirror", "lantern", "ivory", "crimson"} & set(words["name_word"])
    assert not {"Of course.", "Sure.", "Right.", "With pleasure."} & set(words["reply_start"])  # before a "no"


def test_a_folded_rucksack_is_packed_in_no_longer_box(drawn: list) -> None:
    """One of 47 cm came in a box of 78 x 29 x 10 cm."""
    seen = 0
    for kind, values in drawn:
        if kind.noun == "rucksack" and {"box_size", "height"} <= set(values):
            seen += 1
            longest = max(int(side) for side in values["box_size"].removesuffix(" cm").split(" x "))
            assert longest <= max(44, amount(values["height"]) + 4), values
    assert seen > 2


def test_goods_are_best_for_what_they_are_used_for(drawn: list) -> None:
    """An apron was made for guest houses, a whistle for long weekends, and a fridge for weekend breakfasts."""
    never = {"apron": "guest|homes|flats|houses", "whistle": "weekends$|holidays|breaks", "fridge": "breakfasts|lunch",
             "corkscrew": "mornings|breakfasts|daily"}  # fmt: skip
    seen = 0
    for kind, values in drawn:
        if "best_for" in values and kind.noun in never:
            seen += 1
            assert not re.search(never[kind.noun], values["best_for"]), (kind.noun, values["best_for"])
    assert seen > 10
    words = invent.words()
    for kind in goods.goods():
        own = words.get(f"best_for_{kind.noun}", ())
        assert set(own) <= set(words[f"best_for_{kind.group}"]), kind.noun
