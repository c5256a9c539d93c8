"""The checks of one vote: a better and a worse reply to the same prompt, as texts or as turns."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ftlab.data import cells, checks, column_advice, convert, turns
from ftlab.data.faults import Fault, kind, short

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SIDES = ("chosen", "rejected")
FORMS = (("prompt", *SIDES), SIDES)
SPOKEN = re.compile(r"\s*(?:Human|Assistant):")  # how a conversation in one text begins
WITHIN = re.compile(r"^(?:Human|Assistant):", re.MULTILINE)  # a turn that the text does not set apart by an empty line
JOINERS = "\u200c\u200d"
IDLE_JOINERS = re.compile(rf"(?<![^\0-\x7f])[{JOINERS}]+|[{JOINERS}]+(?![^\0-\x7f{JOINERS}])")
ADD_PROMPT = ("Add the prompt in a column of its own, or write whole conversations: lists of turns, or texts with "
              '"Human:" and "Assistant:" at the beginnings of paragraphs.')
ONE_PROMPT = ("A vote is between two replies to one prompt: leave the row out, or end both conversations at the first "
              "reply that differs.")


class Met:
    """Refuses a vote that the file holds already, and one against it: with a memory of 16 bytes and a number a row."""

    def __init__(self) -> None:
        self.rows: dict[bytes, int] = {}

    def __call__(self, number: int, row: dict) -> None:
        here, turned = (hashlib.blake2b(json.dumps([row["prompt"], row[one], row[other]]).encode(), digest_size=16)
                        .digest() for one, other in (SIDES, SIDES[::-1]))
        if here in self.rows:
            raise Fault("each vote once", f"the vote that stands at {self.rows[here]:,} already",
                        "Leave the row out, or say several_raters=True if it is another person's.")
        if turned in self.rows:
            raise Fault("one vote on a pair", f"the vote at {self.rows[turned]:,} turned round",
                        "Keep the vote that counts, or say several_raters=True if it is another person's.")
        self.rows[here] = number


def columns_of(names: Iterable[str], before: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Which of the two forms a row has, with a prompt or without; all rows of a file have the same."""
    names = list(names)
    found = next((form for form in FORMS if set(form) <= set(names)), None)
    if found is None or before not in (None, found):
        expected = f"keys {list(before)} as in the rows before" if before else "keys 'prompt', 'chosen' and 'rejected'"
        raise Fault(expected, short(names), "Use one form in a file." if found else
                    "Rename the columns of the prompt, the better and the worse reply, or leave the row out.")
    return found


def normal(values: dict, columns: tuple[str, ...]) -> tuple[dict, Counter]:
    """The row with ``prompt``, ``chosen`` and ``rejected``, and the keys inside its turns left out; or a fault."""
    for name, value in values.items():
        if name not in columns:
            checks.refuse_switched_off(name, value)
            _check_beside(name, value, values, columns)
    found = {name: _told(values[name], name) for name in columns}
    if "prompt" in found and isinstance(values["prompt"], str) and SPOKEN.match(values["prompt"]):
        for name in SIDES:  # beside a prompt with Human and Assistant a text may be the reply alone
            if isinstance(found[name], str):
                found[name] = [{"role": "assistant", "content": found[name].removeprefix(" ")}]
    kinds = {type(found[name]) for name in SIDES}
    if len(kinds) > 1:
        as_text = [name for name in SIDES if isinstance(values[name], str) and isinstance(found[name], list)]
        raise Fault("'chosen' and 'rejected' in one form", " and ".join(
            f"turns as text ({short(values[name])})" if name in as_text else kind(values[name]) for name in SIDES),
            " ".join(("Write both as texts, or both as turns.", *map(cells.as_a_turn, as_text))))
    if kinds == {str}:
        return _texts(found, values), Counter()
    talks = {name: _whole(found.get("prompt"), found[name], name, values) for name in SIDES}
    if talks["chosen"] == talks["rejected"]:
        _refuse_equal(*(talks[name][-1]["content"] for name in SIDES))
    left_out = Counter()
    for name in SIDES:
        try:
            talks[name], others = turns.check(talks[name], name, len(talks[name]) - 1, turns.NO_SPLIT)
        except Fault as fault:
            fault.args = (f"in {name!r}: {fault}",)
            raise
        left_out |= others  # the turns before the reply stand on both sides and count once
    _check_prompts(*(talks[name][:-1] for name in SIDES))
    _refuse_equal(*(talks[name][-1]["content"] for name in SIDES))
    return {"prompt": talks["chosen"][:-1], **{name: talks[name][-1:] for name in SIDES}}, left_out


def check_length(row: dict, tokenizer: PreTrainedTokenizerBase, limit: int) -> None:
    """Counts the tokens of both conversations."""
    for name in SIDES:
        checks.check_length({"prompt": row["prompt"], "completion": row[name]}, tokenizer, limit)


def _is_whole(value: object) -> bool:
    """Whether a column holds a whole conversation, and not the reply alone."""
    if isinstance(value, str) and SPOKEN.match(value):
        return True
    return checks.holds_turns(value) and len(cells.listed(value, "chosen")) > 1


def _advice(values: dict) -> str:
    """How to convert a row of which a part stands in columns of other names."""
    of_turns = _is_whole(values["chosen"]) or checks.holds_turns(values.get("prompt"))
    advice = column_advice.votes_advice(values, of_turns)
    return advice[0].upper() + advice[1:]


def _add_prompt(values: dict) -> str:
    advice = _advice(values)
    return advice if "user=" in advice else ADD_PROMPT


def _check_beside(name: str, value: object, values: dict, columns: tuple[str, ...]) -> None:
    """Refuses a column beside the form that holds a part of the conversation."""
    word = column_advice.plain(name)
    if word not in checks.BESIDE or not cells.filled(value, name):
        return
    if "prompt" not in columns and not _is_whole(values["chosen"]):
        return  # a prompt is missing, and advice on that names all columns
    advice = _advice(values)
    if word in column_advice.INPUTS:
        if not checks.is_passage(word, value) or checks.told_already(value, values, columns):
            return
        advice += f" Or take {name!r} out, if the model will not be shown it."
    raise Fault("the whole conversation in the columns that are trained on", f"{name!r} beside them, filled", advice)


def _told(value: object, name: str) -> str | list[dict]:
    """A text, or the turns that a column holds in whatever form."""
    value = cells.listed(value, name)
    if isinstance(value, str) and SPOKEN.match(value):
        told = convert.turns_of("\n\n" + value.lstrip().replace("\r\n", "\n"))
        if hidden := next(filter(None, (WITHIN.search(turn["content"]) for turn in told)), None):
            raise Fault(f'each "Human:" and "Assistant:" in {name!r} at the beginning of a paragraph',
                        f"{hidden[0]!r} at the beginning of a line within a turn", "Write an empty line before it.")
        # A prompt that ends where the reply is to begin; an empty reply stays, to be refused.
        return told[:-1] if name == "prompt" and not told[-1]["content"].strip() else told
    if isinstance(value, list):
        if not value:
            raise Fault(f"turns in {name!r}", "an empty list", "Fill it in, or leave the row out.")
        if all(isinstance(text, str) for text in value):
            raise Fault(f"a text or turns in {name!r}", f"a list of {len(value)} texts",
                        f"Choose one, or write a row for each. {cells.AS_IT_IS}")
        return convert.turns_of(value)
    return turns.check_text(value, f"{name!r}")


def _texts(found: dict, values: dict) -> dict:
    if not isinstance(found.get("prompt"), str):
        raise Fault("'prompt' as text, as the replies are" if "prompt" in found else
                    "a prompt, or whole conversations in 'chosen' and 'rejected'",
                    "a list" if "prompt" in found else "texts in which nobody speaks as Human or Assistant",
                    "Write the replies as turns too." if "prompt" in found else _add_prompt(values))
    _refuse_equal(found["chosen"], found["rejected"])
    return {name: found[name] for name in FORMS[0]}


def _whole(prompt: str | list[dict] | None, said: list[dict], name: str, values: dict) -> list[dict]:
    """The whole conversation of one side."""
    before = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    if said[0]["role"] == "assistant":
        if before is None:
            raise Fault(f"the whole conversation in {name!r}", "the reply alone", _add_prompt(values))
        return [*before, *said]
    if before is not None:
        first = before[0]["role"] == "system" and said[0]["role"] != "system"
        said = [*before[:1], *said] if first else said
        shown = before if before[0]["role"] == "system" or said[0]["role"] != "system" else [said[0], *before]
        if said[: len(shown)] != shown:
            raise Fault(f"a conversation in {name!r} that begins with the prompt", short(said[0]["content"]),
                        "Write the reply alone, or leave out the column 'prompt'.")
    return said


def _check_prompts(chosen: list[dict], rejected: list[dict]) -> None:
    if len(chosen) != len(rejected):
        raise Fault("the same turns before both replies", f"{len(chosen)} before the chosen and {len(rejected)} before "
                    "the rejected one", ONE_PROMPT)
    for place, (one, other) in enumerate(zip(chosen, rejected, strict=True), start=1):
        if one != other:
            raise Fault("the same turns before both replies", f"in turn {place} {short(one['content'])} and "
                        f"{short(other['content'])}", ONE_PROMPT)


def _refuse_equal(chosen: object, rejected: object) -> None:
    if _seen(str(chosen)) == _seen(str(rejected)):  # of turns not yet checked, which may hold something else
        raise Fault("two replies that differ", f"the same twice ({short(chosen)})",
                    "Leave the row out: a vote between equal replies teaches nothing.")


def _seen(text: str) -> list[str]:
    """The words of a text as they look; a joiner counts between letters beyond ASCII, which it may change."""
    letters = "".join(letter for letter in unicodedata.normalize("NFC", text)
                      if letter.isspace() or letter in JOINERS or turns.is_visible(letter))
    return IDLE_JOINERS.sub("", letters).split()
