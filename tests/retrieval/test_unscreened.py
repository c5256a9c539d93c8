"""The desk's questions without a screen: what they ask, what a model is shown, and what a reply is worth."""

from __future__ import annotations

from collections import Counter

from unscreened_rows import COMPARE, FACT, NOTHING, PIECES, POLICY, ROWS, TWO, gold

from ftlab.retrieval import answers, unscreened


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
