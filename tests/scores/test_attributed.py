"""What a sentence gives a value or a comparing word to, by the order of its words."""

from __future__ import annotations

import pytest

from ftlab.scores import attributed

KETTLES = ["Morrow Kettle", "Solstice Kettle"]


@pytest.mark.parametrize(("text", "called"), [
    ("The height of the warranty is 135 cm.", "warranty"),
    ("It weighs 135 cm.", "weight"),
    ("THE WEIGHT IS 135 CM.", "weight"),
    ("It has a 135 cm warranty.", "warranty"),  # the word right after it comes first
    ("It weighs little, 135 cm tall.", None),
    ("The warranty is good and it is 135 cm tall.", None),
    ("The height is 135 cm.", None),
    ("135 cm.", None),  # called nothing
    ("The warranty is long; 135 cm it is.", None),  # another clause
    ("It weighs 1135 cm.", None),  # another value
    ("The height and the warranty are 135 cm and 10 years.", None),
    ("The warranty and the height are 135 cm and 10 years.", "warranty"),
])  # fmt: skip
def test_a_value_called_by_the_name_of_another_measure(text: str, called: str | None) -> None:
    assert attributed.wrongly_called(text, ["height", "warranty"], ["135 cm", "10 years"]) == called


def test_called_rightly_once_is_enough_wherever_it_stands() -> None:
    wrong, right = "It weighs 135 cm.", "Its height is 135 cm."
    for text in (f"{wrong} {right}", f"{right} {wrong}"):
        assert attributed.wrongly_called(text, ["height"], ["135 cm"]) is None
    assert attributed.wrongly_called(f"{wrong} {wrong}", ["height"], ["135 cm"]) == "weight"


def test_each_value_has_its_attribute() -> None:
    with pytest.raises(ValueError):
        attributed.wrongly_called("It weighs 2 kg.", ["weight", "height"], ["2 kg"])


def test_to_whom_a_comparing_word_is_given() -> None:
    two = ["Red Mug", "Blue Mug"]
    assert attributed.given_to("The Red Mug is taller than the Blue Mug", ["taller"], two) == ["Red Mug"]
    assert attributed.given_to("Compared with the Red Mug, the Blue Mug is taller", ["taller"], two) == ["Blue Mug"]
    assert attributed.given_to("Taller is the Blue Mug", ["taller"], two) == ["Blue Mug"]
    assert attributed.given_to("It is taller", ["taller"], two) == []


@pytest.mark.parametrize(("sentence", "things"), [
    ("Next to the Morrow Kettle, the Solstice Kettle is lighter", ["Solstice Kettle"]),
    ("The Morrow Kettle, unlike the Solstice Kettle, weighs less", ["Morrow Kettle"]),
    ("The lighter of the two is the Morrow Kettle", ["Morrow Kettle"]),
    ("Of the Solstice Kettle we say that what weighs less is the Morrow Kettle", ["Morrow Kettle"]),
    ("the MORROW KETTLE is LIGHTER", ["Morrow Kettle"]),
    ("The Morrow Kettle is lighter, and the Solstice Kettle weighs less", ["Morrow Kettle", "Solstice Kettle"]),
    ("The Morrow Kettle is not lighter", []),
    ("The Morrow Kettle isn't lighter", []),
    ("Nobody finds the Morrow Kettle lighter", []),
    ("The Morrow Kettles are lighter", []),  # another word
])  # fmt: skip
def test_compared_and_denied_things_get_no_word(sentence: str, things: list[str]) -> None:
    assert attributed.given_to(sentence, ["lighter", "weighs less"], KETTLES) == things


@pytest.mark.parametrize(("text", "swapped"), [
    ("The Morrow Kettle has 600 g and the Solstice Kettle 2 kg.", False),
    ("The Morrow Kettle has 2 kg and the Solstice Kettle 600 g.", True),
    ("The Solstice Kettle has 2 kg and the Morrow Kettle 600 g.", False),
    ("Both are light. The Solstice Kettle has 600 g and the Morrow Kettle 2 kg.", True),
    ("The Morrow Kettle's 600 g are less than 2 kg for the Solstice Kettle.", False),
    ("The Morrow Kettle has 2 kg. The Solstice Kettle has 600 g.", False),  # over two sentences it cannot be seen
    ("The Morrow Kettle has 2 kg.", False),
    ("", False),
])  # fmt: skip
def test_swapped_values_within_a_sentence(text: str, swapped: bool) -> None:
    assert attributed.swapped(text, KETTLES, ["600 g", "2 kg"]) is swapped
