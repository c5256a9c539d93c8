"""Three drafts against the clock: how long do you take to make a draft fit to send?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from ftlab.scores.revision import EXAMPLE, FEWEST_TIMED, Calibration, revisions
from ftlab.world import brand

if TYPE_CHECKING:
    import ipywidgets


class Draft(NamedTuple):
    """A record, a draft reply to edit, and one way to set it right."""

    record: str
    text: str
    approved: str


# The approved texts are 1, 9 and 24 edits of words away: a line needs drafts that differ.
DRAFTS = (
    Draft("Kettle. Price: $45.00. Warranty: 2 years.",
          "Thank you for asking about the kettle. It costs $54.00 in our shop. Next step: add one to your basket and "
          "we will send it. Warmly, the Quillmere desk",
          "Thank you for asking about the kettle. It costs $45.00 in our shop. Next step: add one to your basket and "
          "we will send it. Warmly, the Quillmere desk"),
    Draft("Bread tin. Weight: 600 g. Dishwasher safe: no.",
          "Thanks for asking about the bread tin. It's not dishwasher safe, and I think it weighs 6 kg. Next step: "
          "wash yours by hand. Cheers, the Quillmere desk",
          "Thanks for asking about the bread tin. It is not dishwasher safe, and our scale shows 600 g. Next step: "
          "wash yours by hand. Warmly, the Quillmere desk"),
    Draft("Lantern. Colour: green. Warranty: 3 years.",
          "Hi! The lantern is a great choice, honestly. You've got one year of cover on it, no problem. Next step: "
          "just send me a note! Warmly, the Quillmere desk",
          "Thank you for asking about the lantern. Our warranty on it lasts 3 years. Next step: keep your receipt in a "
          "safe place. Warmly, the Quillmere desk"),
)


class RevisionTimer:
    """A small form: start, edit a draft until you would send it, done; then the next draft.

    Show ``timer.form`` in a notebook cell, edit the drafts, and call ``timer.calibration()`` in a later cell. The
    clock runs in the notebook's own process, so let no other cell run meanwhile.

    Args:
        drafts: What to edit, at least 3, with different numbers of words to change.
        clock: A function that returns seconds and never goes back.
    Raises:
        ValueError: If there are fewer than 3 drafts.
    """

    def __init__(self, drafts: Sequence[Draft] = DRAFTS, clock: Callable[[], float] = time.monotonic) -> None:
        import ipywidgets

        if len(drafts) < FEWEST_TIMED:
            raise ValueError(f"RevisionTimer: expected at least {FEWEST_TIMED} drafts, found {len(drafts)}. Two points "
                             "fit every line; add a draft.")
        self.drafts, self.clock = tuple(drafts), clock
        self.word_edits: list[int] = []
        self.seconds: list[float] = []
        self._started: float | None = None
        self.record = ipywidgets.HTML()
        self.text = ipywidgets.Textarea(rows=5, layout=ipywidgets.Layout(width="100%"))
        self.start = ipywidgets.Button(description="Start", tooltip="Show the draft and start the clock")
        self.done = ipywidgets.Button(description="Done", tooltip="Stop the clock: you would send it like this")
        self.status = ipywidgets.HTML()
        self.start.on_click(lambda _: self._begin())
        self.done.on_click(lambda _: self._finish())
        buttons = ipywidgets.HBox([self.start, self.done])
        self.form: ipywidgets.VBox = ipywidgets.VBox([self.record, buttons, self.text, self.status])
        self._wait("The clock starts when you press Start.")

    def calibration(self) -> Calibration:
        """Your calibration if every draft is timed; otherwise the authors' example, after a line that says so."""
        timed, total = len(self.seconds), len(self.drafts)
        if timed < total:
            print(f"{timed} of {total} drafts were timed, so this is not your speed. Used instead: {EXAMPLE}.")
            return EXAMPLE
        try:
            mine = Calibration.fit(self.word_edits, self.seconds, f"fitted to your {timed} timed drafts")
        except ValueError as error:
            print(f"Your times do not make a line: {error} Used instead: {EXAMPLE}.")
            return EXAMPLE
        print(f"Used: {mine}.")
        return mine

    def _wait(self, message: str) -> None:
        """Shows the next record; its draft stays hidden until the clock runs."""
        self._started, self.text.value, self.text.disabled = None, "", True
        self.start.description, self.done.disabled = "Start", True
        if len(self.seconds) == len(self.drafts):
            self.start.disabled, self.record.value = True, "All drafts are done."
        else:
            number, record = len(self.seconds) + 1, escape(self.drafts[len(self.seconds)].record)
            self.record.value = f"Draft {number} of {len(self.drafts)}. What the desk knows: <b>{record}</b>"
        self.status.value = escape(message)

    def _begin(self) -> None:
        """Shows the draft and starts the clock; pressed again, it begins the same draft anew."""
        if self.start.disabled:
            return
        self.text.value, self.text.disabled = self.drafts[len(self.seconds)].text, False
        self.start.description, self.done.disabled = "Start again", False
        self.status.value = "The clock runs. Change what is wrong or against the brand guide, then press Done."
        self._started = self.clock()

    def _finish(self) -> None:
        """Stops the clock, counts the edits and moves on."""
        if self._started is None:
            return
        elapsed_s = self.clock() - self._started
        if not self.text.value.strip():
            self.status.value = "The reply is empty, so it cannot be sent. The clock is still running."
            return
        sent = self.text.value.strip()
        edits = revisions(self.drafts[len(self.seconds)].text, sent).word_edits
        broken = [rule for rule, kept in brand.check(sent).items() if not kept]
        self.word_edits.append(edits)
        self.seconds.append(elapsed_s)
        self._wait(f"{elapsed_s:.0f} s, edits of words: {edits}. "
                   f"{'Rules of the brand guide still broken: ' + ', '.join(broken) + '.' if broken else ''}")
