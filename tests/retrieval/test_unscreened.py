"""The desk's questions without a screen: what they ask, what a model is shown, and what a reply is worth."""

from __future__ import annotations

from collections import Counter

import pytest

from ftlab.retrieval import answers, chunks, firm, unscreened

ROWS = unscreened.rows("test")
PIECES = [piece for page in firm.pages() for piece in chunks.cut(page, 50)]
FACT, POLICY, TWO, COMPARE, NOTHING = (
    next(row for row in ROWS if unscreened.group(row) == group) for group in unscreened.GROUPS
)


def gold(row: dict) -> list:
    """One chunk for each value asked for."""
    return [next(c for c in PIECES if unscreened.holds(c, *each, row)) for each in unscreened.values(row)]


def test_no_row_has_a_screen_and_each_can_be_found() -> None:
    assert {message["role"] for row in ROWS for message in row["messages"]} == {"user", "assistant"}
    for row in ROWS:
        question = row["messages"][0]["content"].lower()
        assert row["policy"] or row["kind"] == unscreened.NO_ANSWER or row["product"].lower() in question


def test_every_value_asked_for_stands_in_a_page_and_the_gold_reply_with_citations_is_fit() -> None:
    for row in (*ROWS, *unscreened.rows("train")):
        parts = gold(row)
        reply = unscreened.cited(row, parts)["messages"][-1]["content"]
        scored = answers.score(reply, row, parts)
        assert scored["fit"] and scored["manner"] and not scored["made_up"], reply
        assert scored["handed_over"] == (row["kind"] == unscreened.NO_ANSWER)
        assert scored["cited"] == (None if row["kind"] == unscreened.NO_ANSWER else 1)


def test_without_the_passage_the_reply_to_learn_hands_over() -> None:
    parts = [piece for piece in PIECES if piece.about != FACT["product"]][:3]
    taught = unscreened.cited(FACT, parts)["messages"]
    assert "colleague" in taught[-1]["content"] and "[" not in taught[-1]["content"]
    assert taught[0]["content"].startswith("[1] ") and "\n[3] " in taught[0]["content"]


def test_a_comparison_needs_both_values_each_of_its_own_product() -> None:
    (winner, best), (loser, other) = unscreened.values(COMPARE)
    assert (winner, loser) == (COMPARE["winner"], COMPARE["loser"]) and {best, other} <= set(COMPARE["expected"])
    parts = gold(COMPARE)
    reply = unscreened.cited(COMPARE, parts)["messages"][-1]["content"]
    assert answers.score(reply, COMPARE, parts)["cited"] == 1
    assert answers.score(reply, COMPARE, [parts[0], parts[0]])["cited"] == 0  # the second passage is the first one's


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


def test_balanced_takes_as_many_of_each_group_and_larger_samples_hold_smaller_ones() -> None:
    small, large = (unscreened.balanced(ROWS, count, seed=3) for count in (2, 5))
    assert Counter(map(unscreened.group, small)) == dict.fromkeys(unscreened.GROUPS, 2)
    assert {row["id"] for row in small} < {row["id"] for row in large}


def test_prompts_show_the_question_and_never_the_truth() -> None:
    for row in (FACT, POLICY, TWO, NOTHING):
        for built in (unscreened.closed(row), unscreened.shown(row, [COMPARE]), unscreened.told(row, PIECES[:2])):
            assert built["messages"][-2] == row["messages"][0]
            assert row["truth"] not in str(built["messages"][:-1])


def test_after_the_update_the_truth_is_the_new_one() -> None:
    changed = [(old, new) for old, new in zip(ROWS, unscreened.rows("test", 2026), strict=False)
               if old["id"] == new["id"] and old["expected"] != new["expected"]]  # fmt: skip
    assert changed
    for old, new in changed:
        assert old["truth"] != new["truth"] and answers.score(old["messages"][-1]["content"], new)["facts"] == 0
        assert answers.score(new["messages"][-1]["content"], new)["facts"] == 1


def test_a_stale_value_is_seen() -> None:
    row = {**FACT, "product": "Solstice Kettle", "expected": ["$95.00"]}
    assert answers.stale("The kettle costs $89.00 [1].", "$89.00", row)
    assert not answers.stale("The kettle costs $95.00 [1].", "$89.00", row)
