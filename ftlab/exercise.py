"""What the checkers of exercises need: one sentence for each common mistake, and one when it is done."""

from __future__ import annotations


class NotYet(AssertionError):
    """An exercise that is not solved yet. In a notebook it shows its sentence without a traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks an exception for this before it prints a traceback
        return [f"Not yet: {self}"]


def check(condition: object, message: str) -> None:
    """Raises ``NotYet`` with ``message`` unless the condition is true. The message names the mistake and the way on.

    Args:
        condition: A truth, or a function without arguments that finds it out: where what came back has another shape
            than the condition expects, such as one number in the place of two, the condition is false.
    """
    if callable(condition):
        try:
            condition = condition()
        except (TypeError, ValueError, LookupError, AttributeError, RuntimeError):  # the last is torch's
            condition = False
    if not condition:
        raise NotYet(message)


def passed(text: str) -> None:
    """Prints the line that ends a checker: what the learner's code now does."""
    print(f"Passed. {text}")
