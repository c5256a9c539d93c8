"""Values are found whole or not at all, in any script."""

import pytest

from ftlab import values


@pytest.mark.parametrize(("reply", "value", "stated"), [
    ("It lasts 2 years.", "2 years", True),
    ("It lasts 12 years.", "2 years", False),
    ("It costs $9.00.", "$9.00", True),
    ("It costs $49.00.", "$9.00", False),
    ("It costs $49.00.", "$49", False),
    ("It weighs 11.2 kg.", "1.2 kg", False),
    ("It weighs 1.2 kg, box and all.", "1.2 kg", True),
    ("It weighs 1.2 kg", "2 kg", False),
    ("It holds 1.7 L", "1.7 l", True),
    ("It costs $1,049.00.", "049.00", False),
    ("Made of Oak.", "oak", True),
    ("Made of oakum.", "oak", False),
    ("", "oak", False),
    ("价格是49元。", "49元", True), ("价格是149元。", "49元", False), ("用USB充电。", "USB", True),
    ("それは赤いペンです。", "ペン", True), ("それは赤いペンキです。", "ペン", False),
    ("ราคา 49 บาทครับ", "49 บาท", True),
    ("यह केतली है।", "केतल", False), ("यह केतली है।", "केतली", True), ("Цена 49 рублей.", "49 руб", False),
])
def test_a_value_is_found_whole_or_not_at_all(reply, value, stated):
    assert values.states_all(reply, [value]) is stated


@pytest.mark.parametrize(("reply", "answer"), [
    ("红色。", "红色"), ("यह लाल है।", "यह लाल है"), ("赤です！", "赤です"),
    ("هل هو أحمر؟", "هل هو أحمر"), ("The Otter…", "the otter"),
])
def test_the_stop_of_any_script_is_no_part_of_an_answer(reply, answer):
    assert values.exact_match(reply, [answer])


def test_a_figure_among_chinese_signs_contradicts_nothing_that_is_known():
    assert not values.contradicts("价格是49元。", [], "价格：49元")
    assert values.contradicts("价格是59元。", [], "价格：49元")


def test_all_values_or_any_value():
    assert values.states_all("It costs $49.00 and lasts 2 years.", ["$49.00", "2 years"])
    assert not values.states_all("It costs $49.00.", ["$49.00", "2 years"])
    assert values.states_any("It lasts two years.", ["2 years", "two years"])
    assert not values.states_any("It lasts.", ["2 years", "two years"])


@pytest.mark.parametrize(("reply", "accepted", "matches"), [
    ("  The  Otter. ", ["the otter"], True),
    ("otter", ["the otter", "Otter"], True),
    ("the otter swims", ["the otter"], False),
    ("7", ["17", "7"], True),
    ("Anna\u2019s mill!", ["Anna's mill"], True),
    ("", ["otter"], False),
    ("...", ["otter"], False),
])
def test_exact_match(reply, accepted, matches):
    assert values.exact_match(reply, accepted) is matches


@pytest.mark.parametrize("wanted", ["2 years", [], ["2 years", " "]])
def test_references_that_would_score_nonsense_are_refused(wanted):
    for score in (values.exact_match, values.states_all, values.states_any):
        with pytest.raises(ValueError, match="at least one text"):
            score("2 years", wanted)


@pytest.mark.parametrize(("reply", "value", "found"), [
    ("It lasts 2 years.", "2 years", True), ("It lasts 12 years.", "2 years", False),
    ("It costs $49.00.", "$9.00", False), ("It costs $49.00.", "$49.00", True), ("It costs $49.00.", "49.00", False),
    ("It weighs 11.2 kg", "1.2 kg", False),
    ("It weighs 1.2 kg, boxed.", "1.2 kg", True), ("It is 1.25 L", "1.2", False), ("Steel is used.", "steel", True),
    ("It is blue-grey.", "blue", False), ("It has $1,249.00", "$249.00", False), ("It lasts 1 years", "1 year", False),
    ("Yes, it can.", "yes", True), ("Nothing is known.", "no", False),
    ("Our pan is not dishwasher safe.", "not dishwasher safe", True),
    ("Our pan is not dishwasher safe.", "dishwasher safe", False), ("It is dishwasher safe.", "dishwasher safe", True),
    ("It is dishwasher safe.", "not dishwasher safe", False), ("Tie the knot $9.00", "$9.00", True)])
def test_values_are_found_whole(reply: str, value: str, found: bool) -> None:
    assert values.states_all(reply, [value]) is found


def test_states_needs_every_value() -> None:
    assert values.states_all("No, it is not dishwasher safe.", ["no", "not dishwasher safe"])
    assert not values.states_all("Yes, it is dishwasher safe.", ["no", "not dishwasher safe"])
    assert values.states_all("It costs $49.00 and lasts 2 years.", ["$49.00", "2 years"])
    assert not values.states_all("It costs $49.00 and lasts 2 years.", ["$49.00", "3 years"])


def test_contradicts() -> None:
    record = "Alder Kettle (kettle). Price: $49.00. Weight: 1.2 kg. Warranty: 2 years."
    assert not values.contradicts("It costs $49.00 and weighs 1.2 kg.", ["$49.00"], record)
    assert values.contradicts("It costs $49.00 and weighs 1.3 kg.", ["$49.00"], record)
    assert values.contradicts("It has a warranty of 12 years.", ["2 years"], record)
    assert values.contradicts("Yes, no.", ["yes"], record)
