"""The template: what it says by hand, that it looks at nothing but the messages, and its score by kind."""

from __future__ import annotations

import pytest

from ftlab import texts
from ftlab.scores import desk, template
from ftlab.world.pairs import KINDS

TWO = "Oslo Mug (mug). Price: $9.00. Height: 8 cm. Dishwasher safe: no.\nMira Pan (pan). Price: $20.00. Colour: red."
FRAME = "Thank you for writing to us. {} Next step: write back to us if you have another question. {}"
SIGN_OFF = "Warmly, the Quillmere desk"


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return texts.conversations("test")


@pytest.mark.parametrize("screen, message, answer", [
    (TWO, "How much is the Mira Pan?", "The Mira Pan costs $20.00."),
    (TWO, "How much is it?", "The Oslo Mug costs $9.00."),  # nothing is named: the first on the screen
    (TWO, "Is it OK in the dishwasher?", "No, the Oslo Mug is not dishwasher safe."),
    (TWO, "Which colour has the Oslo Mug?", template.HAND_OVER),  # the screen does not say
    (TWO, "I burned my hand. What does it cost?", template.HAND_OVER),
    (TWO, "Is it lighter than mine?", template.HAND_OVER),
    ("Returns. Send it back in 30 days. The label costs $4.50.", "Who pays for the label?", "The label costs $4.50."),
    ("Returns. Send it back in 30 days. The label costs $4.50.", "Good morning", template.HAND_OVER),
])  # fmt: skip
def test_what_it_says(screen: str, message: str, answer: str) -> None:
    row = {"messages": [{"content": screen}, {"content": message}, {"content": "The gold reply."}]}
    assert template.reply(row) == FRAME.format(answer, SIGN_OFF)


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
