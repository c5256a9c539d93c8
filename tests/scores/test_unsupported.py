"""Values without a source, in figures and in words; gold replies and the house's own have none."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftlab import texts
from ftlab.scores import template
from ftlab.scores.unsupported import house_values, unsupported_values
from ftlab.world import house


@pytest.mark.parametrize("text, house", [
    ("forty dollars", "$40.00"),
    ("forty-five dollars", "$45.00"),
    ("40 bucks", "$40.00"),
    ("a hundred grams", "100 g"),
    ("two hundred dollars", "$200.00"),
    ("Nineteen years", "19 years"),
    ("two-year", "2 years"),
    ("twenty one kilos", "21 kg"),
    ("forty winks, one by one", "forty winks, one by one"),  # no unit, no value
])  # fmt: skip
def test_numbers_in_words(text: str, house: str) -> None:
    assert house_values(text) == house


def test_a_sum_in_words_needs_a_source() -> None:
    assert unsupported_values("It costs about forty dollars.", "Weight: 4 kg.") == ["$40.00"]
    assert unsupported_values("It costs forty dollars.", "Price: $40.00.") == []


FUZZ = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(("reply", "source", "found"), [
    ("It costs $49.00.", "Price: $49.00.", []),
    ("It costs $59.00.", "Price: $49.00.", ["$59.00"]),
    ("It costs $9.00.", "Price: $49.00.", ["$9.00"]),  # whole values
    ("It costs $49, or $1,049.", "$49.00 or $1049.00", []),  # one sum, written two ways
    ("It lasts two years.", "A 2-year warranty.", []),
    ("It lasts three years.", "Warranty: 2 years.", ["3 years"]),
    ("It lasts 1 years.", "Warranty: 1 year.", []),
    ("It lasts 12 months.", "Warranty: 1 year.", ["12 months"]),  # a conversion: nobody wrote it down
    ("It holds 1.7L.", "Capacity: 1.7 L.", []),
    ("It holds 1.7 kg.", "Capacity: 1.7 L.", ["1.7 kg"]),
    ("It takes 5-10 days.", "It takes 5 to 10 days.", []),
    ("We have 3 of them, 3 in all.", "", ["3"]),  # a count, named once
    ("The K200 is our 2nd kettle.", "", []),  # a name and an ordinal
    ("We have the one you want.", "", []),
    ("$59.00 or 4 kg", ["Price: $59.00.", "Weight: 4 kg."], []),  # several sources
    ("It costs $49.00.", [], ["$49.00"]),
    ("Thanks for asking about the Hearthland Tent.", "Moorland Tent (tent).", ["Hearthland Tent"]),  # a garbled name
    ("Our moorland tent is made in Harrowby.", "Moorland Tent. Made in: Ostley.", ["Harrowby"]),
    ("Our Moorland Tent is blue. Next step: ask Our desk. Warmly, the Quillmere desk", "the blue moorland tent", []),
    ("The kettle is 3 meters tall.", "Warranty: 3 years.", ["3 m"]),  # the number stands there, of another thing
    ("It is five metres and 20 feet tall.", "Height: 5 m.", ["20 feet"]),
    ("It weighs 10 pounds, 4 lbs or 2 oz.", "Warranty: 10 years.", ["10 pounds", "4 pounds", "2 ounces"]),
    ("It holds one liter, a 1.7-litre jug more.", "Capacity: 1.7 L. Warranty: 1 year.", ["1 L"]),
    ("It weighs 2 kilograms and is 12 centimetres tall.", "Weight: 2 kg. Height: 12 cm.", []),
    ("It weighs 500 grams.", "Weight: 500 kg.", ["500 g"]),
    ("It is made of wood and comes in white or navy.", "Material: steel.", ["wood", "white", "navy"]),
    ("It is made of oak wood.", "Material: oak.", []),  # any wood is wood
    ("A gray metal pan, golden inside.", "Material: stainless steel. Colour: grey and gold.", []),
    ("A steel pan.", "Material: metal.", ["steel"]),  # nobody said which
    ("It is not plastic, has no copper and nothing green; PVC-free, plastic-free.", "", []),
    ("Drink a glass of water with your olive and cream cake.", "", []),
    ("We reddened; steely blues.", "", []),  # whole words
    ("The tent is made in Bivvery Beach.", "Bivvery Beach Tent (tent).", ["made in Bivvery Beach"]),  # a name, no place
    ("The tent is made in Harrowby.", "Tent. Made in: Harrowby.", []),
    ("The tent is made in Harrowby.", "Our tents come from Harrowby.", []),
    ("", "", []),
    (" \n", [], []),
])
def test_unsupported_values(reply, source, found):
    assert unsupported_values(reply, source) == found


@FUZZ
@given(st.text("0123456789.,-$ kgLKmdays2", max_size=30))
def test_every_text_supports_itself(text):
    assert unsupported_values(text, text) == []
    assert unsupported_values(f"{text} and $777.77 more", text.replace("7", "")) [-1:] == ["$777.77"]


@pytest.mark.parametrize(("reply", "source"), [(None, ""), ("a", [None]), ("a", {"a": 1})])
def test_sources_that_are_no_texts_are_refused(reply, source):
    with pytest.raises(ValueError, match="are texts"):
        unsupported_values(reply, source)


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_no_reply_that_was_written_for_the_desk_has_a_value_without_a_source(split):
    """Names aside: a gold reply may greet Mrs Osei, who signed with her name alone."""
    for row in texts.conversations(split):
        known = [message["content"] for message in row["messages"][:-1]]
        for reply in (row["messages"][-1]["content"], house.reply(row), template.reply(row)):
            assert [value for value in unsupported_values(reply, known) if not value[0].isupper()] == [], row["id"]
    for row in texts.plain_conversations(split):
        *known, reply = [message["content"] for message in row["messages"]]
        assert unsupported_values(reply, known) == [], row["id"]
