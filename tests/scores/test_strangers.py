"""Names, places, materials and measures that nobody has named, by hand. (Names of goods: test_desk.py.)"""

from __future__ import annotations

import pytest

from ftlab.scores import strangers

SCREEN = "Moorland Tent (tent). Material: nylon. Made in: Harrowby. Dishwasher safe: no."


@pytest.mark.parametrize("reply, found", [
    ("The tent is made of nylon in Harrowby, Mrs Smith.", ["Mrs Smith"]),
    ("Thank you for writing, Mr Jones, about Saturday.", []),  # the customer's name; a day is nobody's
    ("The titanium tent comes in teal.", ["titanium", "teal"]),
    ("It is made in Portugal.", ["Portugal"]),
    ("We do not see whether it is red.", []),
    ("It is not red.", []),
])  # fmt: skip
def test_from_nowhere(reply: str, found: list[str]) -> None:
    assert strangers.from_nowhere(reply, [SCREEN, "How much is it? mr jones"]) == found


def test_a_dishwasher_is_spoken_of_as_the_screen_does_or_not_at_all() -> None:
    assert strangers.washed("It is not dishwasher safe.", [SCREEN]) == []
    assert strangers.washed("It is dishwasher safe.", [SCREEN]) == ["yes"]
    assert strangers.washed("It is not dishwasher safe.", ["Weight: 2 kg."]) == ["no"]
    assert strangers.washed("We cannot say whether it is dishwasher safe.", ["Weight: 2 kg."]) == []


@pytest.mark.parametrize("reply, found", [
    ("The tent is brown.", []),
    ("The kettle and the knives are brown.", ["kettle", "knife"]),
    ("A saucepan, on board.", []),
    ("Our pans and kettles, and a kettle.", ["kettle"]),
])  # fmt: skip
def test_goods_of_which_nobody_spoke(reply: str, found: list[str]) -> None:
    assert strangers.other_goods(reply, ["moorland", "tent", "saucepan"]) == found


@pytest.mark.parametrize("reply, found", [
    ("The moorland tent is brown.", []),
    ("The moorland kettle is brown.", ["moorland kettle"]),
    ("The moor tent is brown.", ["moor tent"]),
    ("The Tent Moorland is brown.", ["Tent Moorland"]),
    ("The more tent the better.", []),
])  # fmt: skip
def test_a_name_cut_or_put_in_another_order(reply: str, found: list[str]) -> None:
    assert strangers.garbled_names(reply, [SCREEN]) == found


def test_a_word_before_a_name_at_the_head_is_no_part_of_it() -> None:
    assert strangers.garbled_names("Regarding Moorland Tent: 2 kg.", [SCREEN]) == []
    assert strangers.garbled_names("Highfell Moorland Tent: 2 kg.", [SCREEN]) == ["Highfell Moorland Tent"]
