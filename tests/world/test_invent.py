"""Invented names and values: none that anybody knows, none rude, and each in its pool's form and range."""

from __future__ import annotations

import re

import pytest

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import invent


def test_train_and_test_names_are_apart() -> None:
    random = rng("test names")
    names = {split: {invent.name(random, split) for _ in range(3000)} for split in ("train", "test")}
    assert not names["train"] & names["test"]
    assert len(names["train"]) > 2000 and len(names["test"]) > 1000  # one in eight of all names


def test_names_of_the_world_are_not_invented() -> None:
    columns = ("name", "made_in", "maker", "town", "home_town", "line")
    world = paths.data() / "world"
    tables = [table for folder in ("general", "market", "quillmere") for table in (world / folder).glob("*.csv")]
    rows = [row for table in tables for row in files.read_table(table)]
    known = {word for row in rows for column in columns for word in (row.get(column) or "").split()}
    assert len(known) > 100
    random = rng("test names")
    invented = {invent.name(random, split) for split in ("train", "test") for _ in range(3000)}
    assert not invented & known
    assert known <= invent.taken()


def test_no_real_place_is_invented() -> None:
    """The parts of a name made "Swansea" of a chair."""
    random = rng("test real places")
    names = {invent.name(random) for _ in range(20000)}
    assert not {"Swansea", "Blackpool", "Oakland", "Springfield", "Ashford", "Newport"} & names


def test_names_have_no_letter_three_times_in_a_row() -> None:
    random = rng("test thrice")
    assert not [name for name in (invent.name(random) for _ in range(5000)) if re.search(r"(.)\1\1", name)]


def test_no_shade_of_what_has_no_shades() -> None:
    random = rng("test shades")
    colours = {invent.colour(random) for _ in range(3000)}
    assert {"white", "black", "brick red"} <= colours and len(colours) > 150
    wrong = rf"({'|'.join(invent.words()['shade'])}) ({'|'.join(invent.UNSHADED)}|\w+ \w+)$"
    assert not [each for each in colours if re.fullmatch(wrong, each)]
    nouns = {"brick", "sand", "slate", "moss", "wine", "rust", "mustard"}  # "sold in brick" is no colour
    assert not nouns & set(invent.words()["colour"])


def test_no_name_is_rude() -> None:
    random = rng("test rude")
    assert not [name for name in (invent.name(random) for _ in range(5000)) if invent.RUDE.search(name)]


def test_the_same_stream_invents_the_same_names() -> None:
    first, again = (rng("test again"), rng("test again"))
    assert [invent.name(first) for _ in range(50)] == [invent.name(again) for _ in range(50)]


@pytest.mark.parametrize("split", ["train", "test"])
def test_towns_and_people_are_of_the_names_of_their_split(split: str) -> None:
    random = rng("test people", split)
    people = [invent.person(random, split).split(" ") for _ in range(500)]
    assert all(len(names) == 2 and names[0] != names[1] for names in people)
    towns = [invent.town(random, split).split(" ", maxsplit=1) for _ in range(1200)]
    second = [rest[0] for _, *rest in towns if rest]
    assert set(second) <= set(invent.words()["town_second"]) and 100 < len(second) < 300  # one in six
    other = {invent.name(random, "test" if split == "train" else "train") for _ in range(5000)}
    assert other.isdisjoint({town for town, *_ in towns} | {name for names in people for name in names})


@pytest.mark.parametrize("pool", list(invent.COUNTS))
def test_counts_keep_their_range_and_step_and_small_ones_are_common(pool: str) -> None:
    low, high, step, written = invent.COUNTS[pool]
    random = rng("test counts", pool)
    texts = [invent.value(pool, random) for _ in range(400)]
    numbers = [int(re.search(r"-?\d+", text)[0]) for text in texts]
    assert all(low <= number <= high and (number - low) % step == 0 for number in numbers)
    assert texts == [written.format(number) for number in numbers]
    assert sum(number <= (low + high) / 2 for number in numbers) > 200


@pytest.mark.parametrize(("pool", "form"), [
    ("fee", r"\$([1-9]|[12]\d)\.\d\d"),
    ("card_high", r"\$\d*(?:00|25|50|75)\.00"),
    ("room_money", r"\$\d+\.00"),
    ("small_weight", r"(?:\d{1,3} g|\d(?:\.\d)? kg)"),
    ("cook_litres", r"[0-4]\.\d L"),
    ("walk", r"(?:[2-9] hours|\d+[05] minutes)"),
    ("yes_no", r"yes|no"),
    ("morning", r"(?:[6-9]|10)(?:\.\d\d)? am"),
    ("evening", r"(?:[4-9]|10)(?:\.\d\d)? pm"),
    ("item_number", r"[B-Z]-\d{3,4}"),
    ("rating", r"\d\.\d out of 10"),
    ("date", rf"(?:[1-9]|1\d|2[0-8]) (?:{invent.MONTHS.replace(' ', '|')})"),
    ("phone", r"05\d\d \d{3}"),
])  # fmt: skip
def test_values_have_the_form_of_their_pool(pool: str, form: str) -> None:
    random = rng("test forms", pool)
    assert not [found for found in (invent.value(pool, random) for _ in range(400)) if not re.fullmatch(form, found)]


@pytest.mark.parametrize(("hour", "said"), [(0, "12"), (9, "9"), (11, "11"), (12, "12"), (13, "1"), (23, "11")])
def test_the_clock_counts_to_twelve_twice(hour: int, said: str) -> None:
    random = rng("test clock", hour)
    times = {invent.clock(random, hour, hour) for _ in range(50)}
    assert len(times) > 3
    half = "am" if hour < 12 else "pm"
    assert all(re.fullmatch(rf"{said}(?:\.(?:[0-5]\d))? {half}", each) for each in times), times


def test_materials_are_plain_finished_or_named() -> None:
    random = rng("test materials")
    found = [invent.material(random, ("oak", "steel")) for _ in range(600)]
    heads = [text.rpartition(" ")[0] for text in found]
    assert {text.rpartition(" ")[2] for text in found} == {"oak", "steel"}
    assert heads.count("") > 200
    finishes = {each for pool in ("finish_wood", "finish_metal") for each in invent.words()[pool]}
    assert set(heads) & finishes
    assert any(head[:1].isupper() for head in heads)
    assert not [text for text in found if text.startswith("brushed") and text.endswith("oak")]


def test_a_pool_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError, match="no such pool"):
        invent.value("no such pool", rng("test"))
