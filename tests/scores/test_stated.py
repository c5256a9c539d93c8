"""What a reply of the desk states: values in any fair form, dates, yes or no, and the dishwasher."""

from __future__ import annotations

import pytest

from ftlab.scores import stated

TENT = {"kind": "fact", "product": "Moorland Tent", "messages": [{"content": "Moorland Tent (tent). Height: 135 cm."}]}
POLICY = {
    "kind": "fact", "product": None, "messages": [{"content": "Returns. You can return any item within 30 days."}],
}  # fmt: skip


@pytest.mark.parametrize(("value", "forms", "others"), [
    ("2 years", ["A 2-year warranty.", "two years", "2 YEARS"], ["12 years", "2 days", "not two years"]),
    ("$45.00", ["It costs $45.", "forty-five dollars"],
     ["$145.00", "more than $45.00", "about $45.00", "$45.00 a week", "$45.00 off", "from $45.00"]),
    ("135 cm", ["135cm tall", "135 centimetres"], ["nearly 135 cm", "1135 cm", "It never costs 135 cm."]),
    ("2 pieces", ["2 pieces", "two pieces", "two red lanterns", "two of the lanterns"], ["12 pieces", "two days"]),
    ("the receipt", ["the receipt", "Bring your receipt."], ["a receipt"]),
    ("Moorland Tent", ["the Moorland Tent", "Our Moorland Tents are dry."], ["the Moorland Tented"]),
    ("yes", ["Yes, it is."], ["No.", "Yes and no.", "Yesterday it was."]),
    ("dishwasher safe", ["It can go in the dishwasher."], ["It is not dishwasher safe.", "Who knows?"]),
    ("not dishwasher safe", ["It must never go in the dishwasher."], ["It is dishwasher safe."]),
])  # fmt: skip
def test_a_value_in_fair_forms_and_in_none(value: str, forms: list[str], others: list[str]) -> None:
    for text in forms:
        assert stated.states(text, value, TENT), text
    for text in others:
        assert not stated.states(text, value, TENT), text


def test_a_date_has_its_own_day_month_and_year() -> None:
    for text in ("5 June 2025", "5 June", "June 5, 2025", "the 5th of June"):
        assert stated.states(text, "5 June 2025", TENT), text
    for text in ("15 June 2025", "5 July 2025", "5 June 2024", "June 2025"):
        assert not stated.states(text, "5 June 2025", TENT), text


@pytest.mark.parametrize(("reply", "says"), [
    ("Within 30 days.", True),
    ("Not later than 30 days after it came.", True),  # a limit, and no denial
    ("You cannot wait 30 days.", False),
    ("There is no need of 30 days.", False),
])  # fmt: skip
def test_what_a_policy_affirms_can_be_denied(reply: str, says: bool) -> None:
    assert stated.states(reply, "30 days", POLICY) is says


def test_what_a_policy_itself_denies_is_stated_by_saying_so() -> None:
    screen = "Repairs. The warranty does not cover normal wear."
    row = {**POLICY, "messages": [{"content": screen}]}
    assert stated.states("It does not cover normal wear.", "normal wear", row)


@pytest.mark.parametrize(("reply", "answer"), [
    ("Thank you for asking. It weighs 2 kg. Next step: try it. Warmly, the Quillmere desk", "It weighs 2 kg."),
    ("We are sorry to hear it. It weighs 2 kg.", "It weighs 2 kg."),
    ("It weighs 2 kg. Thank you.", "It weighs 2 kg. Thank you."),
    ("Thank you for asking.", "Thank you for asking."),
    ("", ""),
])  # fmt: skip
def test_the_answer_is_what_stands_between_thanks_and_next_step(reply: str, answer: str) -> None:
    assert stated.answer(reply) == answer


@pytest.mark.parametrize(("reply", "said"), [
    ("Yes, it is.", {"yes"}),
    ("No.", {"no"}),
    ("Yes and no.", {"yes", "no"}),
    ("There is no receipt.", set()),
    ("It is not too late.", {"yes"}),
    ("The window is open.", {"yes"}),
    ("It is too late.", {"no"}),
    ("The time has passed.", {"no"}),
    ("You can return it, but the time has passed.", set()),  # not clear
    ("Yes, but the time has passed.", {"yes", "no"}),
])  # fmt: skip
def test_yes_and_no_in_words_and_of_a_time(reply: str, said: set[str]) -> None:
    assert stated.verdicts(reply) == said


@pytest.mark.parametrize(("reply", "said"), [
    ("It is dishwasher-safe.", {"yes"}),
    ("It is not dishwasher safe.", {"no"}),
    ("It cannot, as we see it, go in the dishwasher.", {"no"}),
    ("The dishwasher does it no harm.", {"yes"}),
    ("Dishwasher safe: no.", {"no"}),  # the screen's own words
    ("Dishwasher safe: yes.", {"yes"}),
    ("Dishwasher: no.", {"no"}),
    ("It is no to the dishwasher.", {"no"}),
    ("Thank you for asking. Yes, the dishwasher is fine.", {"yes"}),
    ("The cup is dishwasher safe, its lid is not dishwasher safe.", {"yes", "no"}),
    ("We do not see whether it is dishwasher safe.", set()),  # left open
    ("Yes, it is blue.", set()),
])  # fmt: skip
def test_what_is_said_of_the_dishwasher(reply: str, said: set[str]) -> None:
    assert stated.dishwasher(reply) == said


def test_whole_words_whatever_their_case() -> None:
    assert stated.says("A KETTLE.", "kettle") and not stated.says("kettles", "kettle")
    assert stated.says("It costs $9.00.", "$9.00") and stated.says("(a+b)", "a+b")


def test_dates_the_way_the_desk_writes_them() -> None:
    text = "February 25th, 2025, the 3rd of May 2025, May 2025"
    assert stated.house_dates(text) == "25 February 2025, the 3 May 2025, May 2025"


def test_what_is_left_open_is_no_claim() -> None:
    left = stated.claims("We ask whether it is blue, and it is red. If it rains we stay.")
    assert "red" in left and "blue" not in left and "rains" not in left
