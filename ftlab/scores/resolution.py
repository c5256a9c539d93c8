"""What became of a support conversation: answered rightly, handed to a colleague rightly, or neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ftlab.scores.desk import hands_over
from ftlab.values import states_all


class Resolution(NamedTuple):
    """One conversation: what should have happened to it, and what did."""

    escalate: bool  # it should be handed over
    handed_over: bool  # it was
    right: bool  # handed over when it should be; otherwise answered, with every expected value


def resolve(reply: str, escalate: bool, expected: Sequence[str]) -> Resolution:
    """What became of one conversation.

    Args:
        reply: What the model wrote.
        escalate: Whether the case should be handed over.
        expected: The values that a right answer states. Not looked at where ``escalate`` is true: nothing but handing
            over is right then.
    Raises:
        ValueError: If a case to answer has no expected value, or ``escalate`` is not True or False.
    """
    if not isinstance(escalate, bool):
        raise ValueError(f"escalate: expected True or False, found {escalate!r}. Write row['intent'] == 'escalate'.")
    handed_over = hands_over(reply)
    answered = escalate or states_all(reply, expected)
    return Resolution(escalate, handed_over, answered and handed_over == escalate)
