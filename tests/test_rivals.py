"""What a rival is asked: the job, the screen, the conversation; never the gold reply of the row."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ftlab import rivals, texts
from ftlab.world import brand

ROW = {
    "kind": "follow_up",
    "messages": [
        {"role": "system", "content": "SCREEN"},
        {"role": "user", "content": "First?"},
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "Second?"},
        {"role": "assistant", "content": "GOLD"},
    ],
}
SHORT = {"kind": "fact", "messages": [{"role": "system", "content": "S2"}, {"role": "user", "content": "Q2"},
                                      {"role": "assistant", "content": "A2"}]}  # fmt: skip


FEW = rivals.examples(texts.conversations("train"), 0)


def test_plain() -> None:
    assert rivals.plain(ROW) == [
        {"role": "system", "content": f"{rivals.JOB}\n\nYour screen:\nSCREEN"},
        {"role": "user", "content": "First?"},
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "Second?"},
    ]


def test_the_guide_has_every_rule() -> None:
    first, *talk = rivals.guide(ROW)
    assert talk == rivals.plain(ROW)[1:]
    assert [rule.id for rule in brand.guide() if f"\n- {rule.rule}\n" not in first["content"] + "\n"] == []
    assert first["content"].endswith("\n\nYour screen:\nSCREEN") and first["content"].startswith(rivals.JOB)


def test_shown_examples_are_turns_that_have_been() -> None:
    assert rivals.shown(ROW, [SHORT]) == [
        {"role": "system", "content": rivals.JOB},
        {"role": "user", "content": "Screen: S2\n\nCustomer: Q2"},
        {"role": "assistant", "content": "A2"},
        {"role": "user", "content": "Screen: SCREEN\n\nCustomer: First?"},
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "Second?"},
    ]


def test_examples_come_from_the_rows_and_ask_for_other_things_each() -> None:
    train = texts.plain_conversations("train")[:100]
    for seed in range(5):
        few = rivals.examples(train, seed)
        assert few == rivals.examples(train, seed)
        assert len({row["intent"] for row in few}) == len(few) == 3
        assert all(row in train for row in few)
    assert len(rivals.examples(train, 0, count=5)) == 5
    assert rivals.examples(train, 0) != rivals.examples(train, 1)


def test_examples_that_ask_for_the_same_are_taken_where_there_is_no_choice() -> None:
    alike = [{"id": name, "intent": intent} for name, intent in ("aw", "bw", "cp", "dw")]  # weight, weight, price, ...
    few = rivals.examples(alike, 0)
    assert {row["intent"] for row in few[:2]} == {"w", "p"} and few[2]["intent"] == "w"
    assert len({row["id"] for row in few}) == 3
    with pytest.raises(ValueError, match="expected 3 conversations or more, found 2"):
        rivals.examples(alike[:2], 0)


@pytest.mark.parametrize("ask", [rivals.plain, rivals.guide, lambda row: rivals.shown(row, FEW)])
def test_the_gold_reply_is_never_shown_and_the_customer_has_the_last_word(ask: Callable) -> None:
    for row in texts.conversations("test")[:100]:
        before = [dict(message) for message in row["messages"]]
        asked = ask(row)
        assert row["messages"] == before
        gold = row["messages"][-1]["content"]
        assert asked[-1]["role"] == "user" and row["messages"][-2]["content"] in asked[-1]["content"]
        assert all(gold not in message["content"] for message in asked)
        roles = [message["role"] for message in asked]
        assert roles == ["system", *["user", "assistant"] * (len(asked) // 2 - 1), "user"]
