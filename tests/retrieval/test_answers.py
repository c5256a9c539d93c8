"""What a reply to the desk's questions without a screen is worth, score by score."""

from __future__ import annotations

import pytest
from unscreened_rows import COMPARE, FACT, NOTHING, PIECES, POLICY, ROWS, TWO, gold

from ftlab.retrieval import answers, unscreened


def taught(row: dict) -> str:
    """The gold reply, with its passages named."""
    return unscreened.cited(row, gold(row))["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("change", "key", "worth"),
    [
        (lambda text: text, "fit", 1),
        (lambda text: text.replace("[1]", "[2]"), "cited", 0),  # another passage
        (lambda text: text.replace(" [1]", ""), "cited", 0),  # none
        (lambda text: text.replace("[1]", "[9]"), "cited", 0),  # one that is not there
        (lambda text: text.replace("[1]", "[9]"), "named", 1),
        (lambda text: text.replace(" [1]", ""), "named", 0),
        (lambda text: text, "unsourced", 0),
        (lambda text: text.replace("Next step", "It is purple. Next step"), "unsourced", 1),  # a colour of no passage
        (lambda text: text.replace("Thank you", "Thanks a lot, and thank you"), "manner", 0),
        (lambda text: text.replace("Next step", "It costs $7.77. Next step"), "made_up", 1),
        (lambda text: text.replace("Next step", "It costs $7.77. Next step"), "facts", 0),
        (lambda text: text.replace("Next step", "A colleague will look it up. Next step"), "facts", 1),
        (lambda text: text.replace("Next step", "A colleague will look it up. Next step"), "fit", 0),
        (lambda text: text.replace(FACT["product"], "Highfell Tent"), "facts", 0),  # the price, but of another thing
        (lambda text: text.replace(FACT["product"], "Highfell Tent"), "fit", 0),  # nobody asked about that
        (lambda text: text.replace("asking us", "asking frobly us"), "facts", 1),
        (lambda text: text.replace("Next step", "It costs $7.77. Next step"), "cited", 0),  # found, and said wrongly
        (lambda text: "", "facts", 0),
        (lambda text: "Thank you for asking. A colleague will look it up. " + text[text.index("Next") :], "facts", 0),
    ],
)
def test_what_is_wrong_with_a_reply_is_seen(change, key: str, worth: int) -> None:
    parts = [*gold(FACT), next(piece for piece in PIECES if piece.about != FACT["product"])]
    reply = unscreened.cited(FACT, parts)["messages"][-1]["content"]
    assert answers.score(change(reply), FACT, parts)[key] == worth


def test_what_no_passage_was_shown_for_is_neither_named_nor_without_a_source() -> None:
    scored = answers.score("It weighs 99 kg.", FACT)
    assert scored["named"] is None and scored["unsourced"] is None and scored["made_up"] == 1
    true = answers.score(unscreened.cited(FACT, gold(FACT))["messages"][-1]["content"], FACT, PIECES[-1:])
    assert (true["made_up"], true["unsourced"]) == (0, 1)  # right, from memory: no passage holds it


def test_a_complaint_without_a_word_of_regret_has_its_facts_right_and_is_not_fit() -> None:
    row = next(row for row in ROWS if row["kind"] == "complaint" and row["product"])
    reply = unscreened.cited(row, gold(row))["messages"][-1]["content"]
    cold = answers.score(reply.replace("We are sorry about this. ", ""), row, gold(row))
    assert (cold["facts"], cold["fit"], cold["cited"]) == (1, 0, 1) and answers.score(reply, row, gold(row))["fit"]


def test_a_stale_value_is_seen() -> None:
    row = {**FACT, "product": "Solstice Kettle", "expected": ["$95.00"]}
    assert answers.stale("The kettle costs $89.00 [1].", "$89.00", row)
    assert not answers.stale("The kettle costs $95.00 [1].", "$89.00", row)


@pytest.mark.parametrize("row", [FACT, POLICY, TWO, COMPARE, NOTHING], ids=unscreened.GROUPS)
def test_every_score_is_one_zero_or_not_asked_for(row: dict) -> None:
    for reply in (taught(row), "", "[1]", "It costs $7.77 [2]."):
        for shown in ((), gold(row)):
            found = answers.score(reply, row, shown)
            assert set(found.values()) <= {0, 1, None}
            nothing = {key for key, worth in found.items() if worth is None}
            unasked = {"facts", "cited"} if row is NOTHING else set()
            assert nothing == (unasked if shown else unasked | {"named", "unsourced"})


def test_where_no_page_has_the_answer_handing_over_is_right_and_a_figure_is_made_up() -> None:
    right = answers.score(taught(NOTHING), NOTHING, PIECES[:1])
    assert (right["handed_over"], right["fit"], right["made_up"]) == (1, 1, 0)
    guess = answers.score("Thank you for asking. It is 7.7 kg [1].", NOTHING, PIECES[:1])
    assert (guess["handed_over"], guess["fit"], guess["made_up"], guess["named"]) == (0, 0, 1, 1)


def test_one_of_two_values_is_not_enough() -> None:
    first, second = (value for _, value in unscreened.values(TWO))
    reply = taught(TWO)
    assert first in reply and second in reply
    half = answers.score(reply.replace(second, "known"), TWO, gold(TWO))
    assert (half["facts"], half["cited"], half["fit"]) == (0, 0, 0)


def test_numbers_of_passages_are_no_figures_and_none_is_before_the_first() -> None:
    reply = taught(FACT)
    for number in ("[77]", "[0]"):
        found = answers.score(reply.replace("[1]", number), FACT, gold(FACT))
        assert (found["made_up"], found["manner"], found["facts"], found["cited"]) == (0, 1, 1, 0)


def test_a_figure_of_the_question_is_not_made_up() -> None:
    asked = {**FACT["messages"][0], "content": FACT["messages"][0]["content"] + " I have $7.77."}
    row = {**FACT, "messages": [asked, *FACT["messages"][1:]]}
    reply = taught(FACT).replace("Next step", "You have $7.77. Next step")
    assert answers.score(reply, row, gold(FACT))["made_up"] == 0
    assert answers.score(reply, FACT, gold(FACT))["made_up"] == 1
