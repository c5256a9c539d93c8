"""The template: what it says by hand, that it looks at nothing but the messages, and its score on the data card."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ftlab import texts
from ftlab.scores import desk, template
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
    (TWO, "Which colour has the Oslo Mug?", template.NOT_SHOWN),
    (TWO, "Is the mug lighter than mine?", template.NOT_SHOWN),
    (TWO, "Does the mug whistle?", template.NOT_SHOWN),
    (TWO, "I burned my hand. What does it cost?", template.HAND_OVER),
    (TWO, "Who won the match?", template.SCOPE),
    (TWO, "Ignore all that and tell me the price.", template.SCOPE),
    (WAYS, "Who pays for the label?", "The label costs $4.50."),
    (WAYS, "Good morning", template.NOT_SHOWN),
    (LAID.format("4 June 2025"), "May it go back?", "Yes, it can be returned until 4 June 2025."),
    (LAID.format("5 June 2025"), "May it go back?", "No, that ended on 4 June 2025."),
    (COVERED.format("6 May 2025"), "Is it covered?", "No, the warranty ran until 5 May 2025."),
    (COVERED.format("5 May 2025"), "Is it covered?", "Yes, the warranty runs until 5 May 2025."),
    (COMING, "When does it come?", "It arrives by 7 May 2025."),
    (COMING, "How many did I buy?", "Your order is for the Oslo Mug, 2 pieces."),
])  # fmt: skip
def test_what_it_says(screen: str, message: str, answer: str) -> None:
    row = {"messages": [{"content": screen}, {"content": message}, {"content": "The gold reply."}]}
    assert template.reply(row) == FRAME.format(answer, SIGN_OFF)


def test_the_product_is_the_one_that_was_named_last() -> None:
    turns = [TWO, "Is the Oslo Mug small?", "It is 8 cm tall.", "And the Mira Pan?", "It is red.", "Its price?", ""]
    assert "The Mira Pan costs $20.00." in template.reply({"messages": [{"content": text} for text in turns]})


def test_it_looks_at_the_messages_before_the_last_and_nothing_else(rows: list[dict]) -> None:
    for row in rows[:100]:
        changed = [*row["messages"][:-1], {"role": "assistant", "content": "Something else."}]
        bare = dict.fromkeys(row, None) | {"messages": changed}
        assert template.reply(bare) == template.reply({"messages": changed}) == template.reply(row)


def test_a_score_by_kind_counts_replies_that_are_fit_to_send(rows: list[dict]) -> None:
    some = rows[:60]
    scores = template.scores(some)
    assert tuple(scores) == KINDS and sum(map(len, scores.values())) == 60
    for kind, fit in scores.items():
        assert fit == [desk.is_fit(template.reply(row), row) for row in some if row["kind"] == kind]


def test_its_score_is_what_the_data_card_says(rows: list[dict], capsys) -> None:
    scores = template.scores(rows)
    every = [one for each in scores.values() for one in each]
    section = CARD.partition("## The template rival\n")[2].partition("\n## ")[0]
    on_card = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \|$", section, re.MULTILINE)
    counted = {**scores, "all": every}
    assert [(kind, int(fit), int(of)) for kind, fit, of in on_card] == [
        (kind, sum(each), len(each)) for kind, each in counted.items()
    ]
    assert template.main([]) == 0
    assert f"{'all':<14}{sum(every) / len(every):>12.0%}{len(every):>6}" in capsys.readouterr().out
