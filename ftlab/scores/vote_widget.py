"""Two replies side by side, blind: which is better? A form for people, who vote by button or by key."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab.scores import vote_log
from ftlab.seeded import rng

if TYPE_CHECKING:
    import ipywidgets

KEYS = {"1": "left", "2": "right", "0": "tie", "s": "skip", "u": "undo"}
HELP = "Keys: click here, then 1 left, 2 right, 0 equal, s skip, u undo"
SPEAKERS = {"system": "The desk's screen", "user": "Customer", "assistant": "Desk"}
CARD = ("border:1px solid #8888;border-radius:8px;padding:10px 14px;line-height:1.5;white-space:pre-wrap;"
        "overflow-wrap:anywhere;")


class VoteForm:
    """Pair after pair: what the customer asked, and two replies of which nobody says where they are from.

    Show ``form.form`` in a notebook cell; every vote is in the file at once (``ftlab.scores.vote_log``). Made anew with
    the same file, the form goes on where this rater stopped. Which reply stands on the left is drawn for each rater
    and pair, and the same each time it is shown.

    Args:
        pairs: With ``id``, the replies ``a`` and ``b``, and the conversation before them as ``row["messages"]``, whose
            last message is not shown (``votes.stored_pairs``); or as ``prompt``, a text or messages, shown whole.
        path: The JSON Lines file that the votes are added to; other people's votes may be in it.
        rater: Who votes.
        clock: A function that returns seconds and never goes back.
    Raises:
        ValueError: If there is no pair, two have one id, the rater has no name, or the file holds something else, such
            as votes on other replies under the same ids.
    """

    def __init__(self, pairs: Sequence[dict], path: str | Path, rater: str = "me",
                 clock: Callable[[], float] = time.monotonic) -> None:
        import ipywidgets

        names = [pair["id"] for pair in pairs]
        if not names or len(set(names)) < len(names) or not rater.strip():
            raise ValueError(f"VoteForm: expected a rater's name and pairs whose ids differ, found {rater!r} and "
                             f"{len(names)} pairs with {len(set(names))} ids. Name the rater, give each pair its id.")
        self.pairs, self.path, self.rater, self.clock = {pair["id"]: pair for pair in pairs}, Path(path), rater, clock
        cast = [vote for vote in vote_log.read(self.path) if vote["pair"] in self.pairs]
        if others := [vote["pair"] for vote in cast if vote.get("replies", "") not in (
                "", replies_of(self.pairs[vote["pair"]]))]:
            raise ValueError(f"{path}: expected votes on the replies that are shown, found {len(others)} on others of "
                             f"the same ids, such as {others[0]!r}: the pairs have been made anew since. Give the new "
                             "votes a new file.")
        self.votes = {vote["pair"]: vote["vote"] for vote in cast if vote["rater"] == rater}  # the last cast comes last
        self.talk, self.left_text, self.right_text, self.status = (ipywidgets.HTML() for _ in range(4))
        self.bar = ipywidgets.IntProgress(max=len(names), layout=ipywidgets.Layout(width="100%", height="20px"))
        self.keys = ipywidgets.Text(placeholder=HELP, layout=ipywidgets.Layout(width="auto"))
        self.keys.observe(self._typed, names="value")
        labels = {"left": "Left is better (1)", "tie": "Equally good (0)", "right": "Right is better (2)",
                  "skip": "Skip (s)", "undo": "Undo (u)"}
        self.buttons: dict[str, ipywidgets.Button] = {
            name: ipywidgets.Button(description=label, layout=ipywidgets.Layout(width="auto", flex="1 1 auto"))
            for name, label in labels.items()}
        for name, button in self.buttons.items():
            button.add_class(f"vote-{name}")
            button.on_click(lambda _, name=name: self.press(name))
        for name in ("left", "right"):
            self.buttons[name].button_style = "primary"
        half = ipywidgets.Layout(width="50%")
        sides = [ipywidgets.VBox([text], layout=half) for text in (self.left_text, self.right_text)]
        self.form: ipywidgets.VBox = ipywidgets.VBox(
            [self.bar, self.status, self.talk, ipywidgets.HBox(sides),
             ipywidgets.HBox(list(self.buttons.values()), layout=ipywidgets.Layout(width="100%", flex_flow="row wrap")),
             self.keys], layout=ipywidgets.Layout(max_width="900px"))
        self.form.add_class("vote-form")
        self._show()

    @property
    def pair(self) -> dict | None:
        """The pair on view: the first without a vote; None if all have one."""
        return next((pair for name, pair in self.pairs.items() if name not in self.votes), None)

    def order(self, pair: dict) -> list[str]:
        """The replies from left to right: ["a", "b"] or ["b", "a"]."""
        return rng("left and right", self.rater, pair["id"]).sample(["a", "b"], 2)

    def press(self, what: str) -> None:
        """Does what a button says: "left", "right", "tie", "skip" or "undo"; nothing where there is nothing to do."""
        pair, row = self.pair, {}
        if what == "undo" and self.votes:
            last = next(reversed(self.votes))
            row = {"pair": last, "rater": self.rater, "vote": "undo"}
        elif what != "undo" and pair:
            order = self.order(pair)
            vote = {"left": order[0], "right": order[1]}.get(what, what)
            row = {"pair": pair["id"], "rater": self.rater, "vote": vote, "order": order,
                   "replies": replies_of(pair), "seconds": round(self.clock() - self._shown, 1)}
        if not row:
            return
        try:
            vote_log.append(self.path, {**row, "time": datetime.now(UTC).isoformat(timespec="seconds")})
        except OSError as error:
            self.status.value = f"<b>{escape(str(error))}</b>"
            return
        if what == "undo":
            del self.votes[row["pair"]]
        else:
            self.votes[row["pair"]] = row["vote"]
        self._show()

    def _typed(self, change: dict) -> None:
        """Takes the keys that were added since the last look: the kernel may see several at once, and clears none."""
        old, new = change["old"], change["new"]
        for key in new[len(old):].lower() if new.startswith(old) else "":
            if key in KEYS:
                self.press(KEYS[key])

    def _show(self) -> None:
        pair, done = self.pair, len(self.votes)
        skipped = list(self.votes.values()).count("skip")
        self.bar.value = done
        note = f" ({skipped} skipped)" if skipped else ""
        for name, button in self.buttons.items():
            button.disabled = not self.votes if name == "undo" else pair is None
        if pair is None:
            self.status.value = f"All {done} pairs are done{note}. The votes are in {escape(str(self.path))}."
            self.talk.value = self.left_text.value = self.right_text.value = ""
            return
        self.status.value = (f"Pair {done + 1} of {len(self.pairs)}{note}. Which reply would you rather send? "
                             "A pair without a difference that matters is equally good.")
        prompt = pair["prompt"] if "prompt" in pair else pair["row"]["messages"][:-1]
        turns = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        self.talk.value = "".join(
            f'<div style="margin:4px 0;line-height:1.5;white-space:pre-wrap">'
            f"<b>{escape(SPEAKERS.get(turn['role'], turn['role']))}:</b> {escape(turn['content'])}</div>"
            for turn in turns)
        left, right = self.order(pair)
        for text, side in ((self.left_text, left), (self.right_text, right)):
            text.value = f'<div style="{CARD}">{escape(pair[side])}</div>'
        self._shown = self.clock()


def replies_of(pair: dict) -> str:
    """A hash of a pair's replies, ``a`` first: pairs made anew may have the ids of others, or the two exchanged."""
    return hashlib.sha256(json.dumps([pair["a"], pair["b"]]).encode()).hexdigest()[:16]
