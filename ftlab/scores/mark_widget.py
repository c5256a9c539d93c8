"""Replies to mark by hand: would you send this one? A small form, and the stored marks where nobody fills it in."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ipywidgets


class MarkForm:
    """One reply after the other, with what the desk saw, and two buttons.

    Show ``form.form`` in a notebook cell and call ``form.marks()`` in a later one.

    Args:
        items: For each reply what the desk saw (screen, then the customer's turns) and the reply itself.
    Raises:
        ValueError: If there is nothing to mark.
    """

    def __init__(self, items: Sequence[tuple[str, str]]) -> None:
        import ipywidgets

        if not items:
            raise ValueError("MarkForm: expected at least one reply to mark, found none. Give it some.")
        self.items, self._marks = tuple(items), []
        self.text = ipywidgets.HTML()
        self.send = ipywidgets.Button(description="I would send it")
        self.hold = ipywidgets.Button(description="I would not")
        self.back = ipywidgets.Button(description="Back")
        self.send.on_click(lambda _: self._mark(True))
        self.hold.on_click(lambda _: self._mark(False))
        self.back.on_click(lambda _: self._undo())
        self.form: ipywidgets.VBox = ipywidgets.VBox(
            [self.text, ipywidgets.HBox([self.send, self.hold, self.back])]
        )
        self._show()

    def marks(self, stored: Sequence[bool], by: str) -> list[bool]:
        """Your marks if every reply has one; else the stored ones, after a line that says so.

        Args:
            stored: Marks to fall back on, one for each reply.
            by: Who made them.
        """
        if len(self._marks) < len(self.items):
            print(f"{len(self._marks)} of {len(self.items)} replies were marked here, so these are the stored marks, "
                  f"by {by}.")
            return list(stored)
        print(f"These are your own {len(self.items)} marks.")
        return list(self._marks)

    def _show(self) -> None:
        place, done = len(self._marks), len(self._marks) == len(self.items)
        self.send.disabled = self.hold.disabled = done
        self.back.disabled = not place
        if done:
            self.text.value = f"All {place} are marked: you would send {sum(self._marks)}."
            return
        seen, reply = (escape(text).replace("\n", "<br>") for text in self.items[place])
        self.text.value = f"<small>{place + 1} of {len(self.items)}</small><br>{seen}<br><br><b>{reply}</b>"

    def _mark(self, mark: bool) -> None:
        if len(self._marks) < len(self.items):
            self._marks.append(mark)
            self._show()

    def _undo(self) -> None:
        if self._marks:
            self._marks.pop()
            self._show()
