"""What the checkers of exercises need: one sentence for each common mistake, and one when it is done."""

from __future__ import annotations


class NotYet(AssertionError):
    """An exercise that is not solved yet. In a notebook it shows its sentence without a traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks an exception for this before it prints a traceback
        return [f"Not yet: {self}"]


def check(condition: object, message: str) -> None:
    """Raises ``NotYet`` with ``message`` unless the condition is true. The message names the mistake and the way on."""
    if not condition:
        raise NotYet(message)


def passed(text: str) -> None:
    """Prints the line that ends a checker: what the learner's code now does."""
    print(f"Passed. {text}")
