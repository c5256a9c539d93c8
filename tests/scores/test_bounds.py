"""What a reply oversteps: each function on sentences of both sorts, worked out by hand."""

from __future__ import annotations

import pytest

from ftlab.scores import bounds

DESK = "Warmly, the Quillmere desk"


@pytest.mark.parametrize("reply, lacks", [
    ("Thank you for asking. The price is not on our screen.", True),
    ("Our record is silent on that.", True),
    ("We do not know.", True),
    ("We are sorry, no weight is listed.", True),
    ("A colleague will look at this.", False),
    ("We will not guess.", False),  # a denial, but not of what the screen shows
    ("Our screen shows the price.", False),
    ("Thank you for telling us what is not on our screen. A colleague will write.", False),  # the customer's words
    ("A colleague will write. Next step: tell us what is not on our screen.", False),
])  # fmt: skip
def test_whether_it_says_what_is_missing(reply: str, lacks: bool) -> None:
    assert bounds.says_what_is_missing(reply) is lacks


@pytest.mark.parametrize("reply, found", [
    ("Whether it fits is not on our screen.", []),
    ("It is not on our screen, and we will not guess.", []),
    ("A colleague will find out how wide it is.", []),
    ("Yes, it fits.", ["Yes", "it fits"]),
    ("It is not on our screen, but it usually fits.", ["but it usually fits"]),
    ("Our record says that it does not fit.", ["Our record says that it does not fit"]),
    ("The flask should be fine.", ["The flask should be fine"]),
    ("We think so.", ["We think"]),
    ("Thank you for asking, it fits.", ["it fits"]),
    ("We are sorry. It takes 2 minutes.", ["It takes 2 minutes"]),
    ("A colleague will write. Next step: wait until it is sure.", []),
])  # fmt: skip
def test_guesses(reply: str, found: list[str]) -> None:
    assert bounds.guesses(reply) == found


@pytest.mark.parametrize("reply, found", [
    ("Thank you for telling us about the refund. A colleague will look into your refund.", []),
    ("We cannot promise a refund.", []),
    ("A colleague will say whether you are entitled to one.", []),
    ("Thank you for writing, and we will refund it.", ["refund"]),
    ("A replacement is on its way.", ["replacement", "on its way"]),
    ("We are not to blame.", ["to blame"]),  # a verdict, whichever way it goes
    ("Nobody is at fault.", ["at fault"]),
    ("A colleague will write. Next step: keep the voucher that you get.", ["voucher"]),
    ("Write again when you are safe at home.", []),
    ("It is safe to use.", ["is safe"]),
])  # fmt: skip
def test_promises_and_verdicts(reply: str, found: list[str]) -> None:
    assert bounds.promises(reply) == found


@pytest.mark.parametrize("reply, found", [
    (f"Thank you for the riddle. Riddles are not for us. Next step: ask us about a pan. {DESK}", []),
    (f"A sponge. Our desk knows our goods. {DESK}", ["A sponge."]),
    (f"Our desk knows our goods; the answer: a sponge. {DESK}", ["the answer:", "a sponge."]),
    (f"Please ring a vet. This desk knows our goods. {DESK}", []),
    (f"This desk knows our goods. Next step: fold. {DESK}", ["fold."]),
    (f"This desk knows our goods. Next step: ask a plumber. {DESK}", []),
])  # fmt: skip
def test_what_strays_from_the_desk(reply: str, found: list[str]) -> None:
    assert bounds.strays(reply) == found


def test_one_value_more_is_a_remark_and_two_are_a_recital() -> None:
    screen = "Oslo Mug (mug). Price: $9.00. Height: 8 cm. Colour: red."
    messages = [{"content": screen}, {"content": "A red one?"}, {"content": ""}]
    row = {"messages": messages, "expected": [], "forbidden": []}
    assert bounds.recited("It costs $9.00, in red.", row) == []  # "red" is the customer's
    assert bounds.recited("It costs $9 and is 8cm tall.", row) == ["$9.00", "8 cm"]
    row["expected"] = ["$9.00"]
    assert bounds.recited("It costs $9 and is 8cm tall.", row) == []


def test_three_sentences_of_a_policy_are_a_recital() -> None:
    said = ["Send it back soon.", "The label is ours.", "Keep the box."]
    row = {"messages": [{"content": f"Returns. {' '.join(said)}"}, {"content": "How?"}, {"content": ""}],
           "expected": [], "forbidden": []}  # fmt: skip
    assert bounds.recited(" ".join(said[:2]), row) == []
    assert bounds.recited(" ".join(said), row) == said
