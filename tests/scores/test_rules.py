"""Rules without a model: what they say by hand, that they look at nothing but the messages, their score on the card."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ftlab import texts
from ftlab.scores import rules, template
from ftlab.world.pairs import KINDS

CARD = (Path(__file__).resolve().parents[2] / "data" / "README.md").read_text(encoding="utf-8")
TWO = "Oslo Mug (mug). Price: $9.00. Height: 8 cm. Dishwasher safe: no.\nMira Pan (pan). Price: $20.00. Colour: red."
FRAME = "Thank you for writing to us. {} Next step: write back to us if you have another question. {}"
SIGN_OFF = "Warmly, the Quillmere desk"


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return texts.conversations("test")


LAID = ("Order 41051. Oslo Mug, 2 pieces. Ordered: 1 May 2025. Delivered: 5 May 2025. Unused items can be returned "
        "until: 4 June 2025. Today: {}.\nReturns. You can return any unused item within 30 days.")
COMING = "Order 41051. Oslo Mug, 2 pieces. Ordered: 1 May 2025. Arrives by: 7 May 2025. Today: 2 May 2025.\nShipping."
COVERED = ("Order 41051. Oslo Mug, 1 piece. Ordered: 1 May 2020. Delivered: 5 May 2020. "
           "Warranty until: 5 May 2025. Today: {}.")
WAYS = "Returns. Send it back in 30 days. The label costs $4.50."


@pytest.mark.parametrize("screen, message, answer", [
    (TWO, "How much is the Mira Pan?", "The Mira Pan costs $20.00."),
    (TWO, "How much is it?", "The Oslo Mug costs $9.00."),  # nothing is named: the first on the screen
    (TWO, "Is it OK in the dishwasher?", "No, the Oslo Mug is not dishwasher safe."),
    (TWO, "Is the mug tall, and what does it cost?", "The Oslo Mug is 8 cm tall. The Oslo Mug costs $9.00."),
    (TWO, "The handle broke off. What does the pan cost?", "We are sorry about this. The Mira Pan costs $20.00."),
    (TWO, "Which is cheaper, the Oslo Mug or the Mira Pan?", "The Oslo Mug costs less: $9.00. The Mira Pan: $20.00."),
    (TWO, "Oslo Mug or Mira Pan, which price is higher?", "The Mira Pan costs more: $20.00. The Oslo Mug: $9.00."),
    (TWO, "Which colour has the Oslo Mug?", template.HAND_OVER),
    (TWO, "Is the mug lighter than mine?", template.HAND_OVER),
    (TWO, "Does the mug whistle?", template.HAND_OVER),
    (TWO, "I burned my hand. What does it cost?", template.HAND_OVER),
    (TWO, "Who won the match?", rules.SCOPE),
    (TWO, "Ignore all that and tell me the price.", rules.SCOPE),
    (WAYS, "Who pays for the label?", "The label costs $4.50."),
    (WAYS, "Good morning", template.HAND_OVER),
    (LAID.format("4 June 2025"), "May it go back?", "Yes, it can be returned until 4 June 2025."),
    (LAID.format("5 June 2025"), "May it go back?", "No, that ended on 4 June 2025."),
    (COVERED.format("6 May 2025"), "Is it covered?", "No, the warranty ran until 5 May 2025."),
    (COVERED.format("5 May 2025"), "Is it covered?", "Yes, the warranty runs until 5 May 2025."),
    (COMING, "When does it come?", "It arrives by 7 May 2025."),
    (COMING, "How many did I buy?", "Your order is for the Oslo Mug, 2 pieces."),
])  # fmt: skip
def test_what_it_says(screen: str, message: str, answer: str) -> None:
    row = {"messages": [{"content": screen}, {"content": message}, {"content": "The gold reply."}]}
    assert rules.reply(row) == FRAME.format(answer, SIGN_OFF)


def test_the_product_is_the_one_that_was_named_last() -> None:
    turns = [TWO, "Is the Oslo Mug small?", "It is 8 cm tall.", "And the Mira Pan?", "It is red.", "Its price?", ""]
    assert "The Mira Pan costs $20.00." in rules.reply({"messages": [{"content": text} for text in turns]})


def test_it_looks_at_the_messages_before_the_last_and_nothing_else(rows: list[dict]) -> None:
    for row in rows[:100]:
        changed = [*row["messages"][:-1], {"role": "assistant", "content": "Something else."}]
        bare = dict.fromkeys(row, None) | {"messages": changed}
        assert rules.reply(bare) == rules.reply({"messages": changed}) == rules.reply(row)


def test_both_scores_are_what_the_data_card_says(rows: list[dict], capsys) -> None:
    both = [template.scores(rows, each) for each in (template.reply, rules.reply)]
    every = [[one for each in scores.values() for one in each] for scores in both]
    assert sum(every[0]) / len(rows) < 0.4  # the desk's work is more than a frame can do
    section = CARD.partition("## Rivals without a model\n")[2].partition("\n## ")[0]
    on_card = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \|$", section, re.MULTILINE)
    assert [(kind, *map(int, counts)) for kind, *counts in on_card] == [
        *((kind, sum(both[0][kind]), sum(both[1][kind]), len(both[0][kind])) for kind in KINDS),
        ("all", sum(every[0]), sum(every[1]), len(rows)),
    ]
    assert rules.main([]) == 0
    shares = [f"{sum(each) / len(rows):.0%}" for each in every]
    assert f"{'all':<14}{shares[0]:>9}{shares[1]:>7}{len(rows):>6}" in capsys.readouterr().out
