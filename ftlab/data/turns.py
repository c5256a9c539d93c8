"""The checks of one conversation: what each turn holds, whose turn it is, whether there is text that can be seen."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from ftlab.data import lines
from ftlab.data.column_advice import plain
from ftlab.data.faults import Fault, kind, short
from ftlab.data.plain import is_missing

ROLES = ("system", "user", "assistant")
ROLE_WORDS = {"human": "user", "customer": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant",
              "ai": "assistant", "agent": "assistant", "chatgpt": "assistant"}
# How trainers write: learn this turn, or do not. What says so the other way round is in ``HIDDEN``.
SWITCHES = ("weight", "train", "training", "trainable", "loss", "loss_weight", "loss_mask", "train_on_turn",
            "should_train", "do_train", "is_trainable", "compute_loss")
HIDDEN = ("masked", "is_masked", "no_loss")
DETAILS = ("training_detail", "train_detail")  # parts of a turn, each with its own "train", as axolotl reads them
# Columns that judge a reply, and how they do it besides false, no and 0. Another "label" may be the name of a class.
OPINIONS = ("label", "kto_tag", "is_good", "accepted", "is_accepted", "desirable", "is_desirable")
NUMBER = re.compile(r"\s*-?[\d.]+\s*")
BAD_WORDS = ("bad", "rejected", "undesirable", "-1", "-1.0")
SPLIT = "Split the row with ftlab.data.learnt_turns(rows), which keeps such turns as context."
NO_SPLIT = "Leave the row out, or take the key out if the reply is a good one."
CALL_HELP = "Training here is on texts alone: leave the row out, or write what is called into 'content'."
THOUGHT_HELP = ("Write it into 'content', in the form that your model's template uses, or remove it if the model "
                "should not learn to think aloud.")
MEDIA_HELP = "Training here is on 'content' alone: write it there, or leave the row out."
LOST = {  # keys that hold what the model should write and that no trainer here would show to it
    **dict.fromkeys(("tool_calls", "tool_call", "function_call", "function_calls"), CALL_HELP),
    **dict.fromkeys(("reasoning_content", "reasoning", "reasoning_details", "reasoning_text", "thinking", "thought",
                     "thinking_content", "thinking_blocks", "thoughts", "chain_of_thought"), THOUGHT_HELP),
    **dict.fromkeys(("images", "image", "audio", "videos", "video", "refusal"), MEDIA_HELP),
    # and one that means to learn the turn in some files, and to hide it in others
    "mask": "Name it 'masked' if 1 hides the turn, or 'loss_mask' if 1 is to learn it.",
}
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # drawn as nothing, though letters or signs
NOT_TEXT = re.compile("[\ud800-\udfff\0]")
# The keys of a turn that say who speaks and what is said: those of a kind first, then as some files mix them.
TURN_KEYS = (("from", "value"), ("role", "content"), ("role", "value"), ("from", "content"), ("role", "text"),
             ("from", "text"), ("speaker", "text"), ("speaker", "content"), ("speaker", "value"))


def check(turns: list, where: str, learnt_from: int = 0, off_help: str = SPLIT) -> tuple[list[dict], Counter]:
    """The turns with role and content alone, and how often each other key was left out.

    Args:
        where: The column that holds the turns, to name it.
        learnt_from: The index of the first turn that the trainer learns from; those before are only shown.
        off_help: What to do about a turn to learn that is switched off.
    """
    left_out, messages = Counter(), []
    for place, turn in enumerate(turns, start=1):
        if not isinstance(turn, dict) or not {"role", "content"} <= turn.keys():
            found = short(list(turn)) if isinstance(turn, dict) else kind(turn)
            remedy = 'Write {"role": ..., "content": ...}.'
            if isinstance(turn, dict) and who_and_said(turn):
                remedy = f'Convert it with ftlab.data.to_messages(rows, turns="{where}").'
            raise Fault(f"'role' and 'content' in turn {place}", found, remedy)
        left_out.update(_other_keys(turn, place, place <= learnt_from, off_help))
        messages.append({"role": turn["role"], "content": turn["content"]})
    _check_roles([message["role"] for message in messages])
    for place, message in enumerate(messages, start=1):
        check_text(message["content"], f"'content' of turn {place}")
    return messages, left_out


def who_and_said(turn: dict) -> tuple[str, str] | None:
    """The two keys of a turn that say who speaks and what is said, or None if it has none."""
    return next(((who, said) for who, said in TURN_KEYS
                 if who in turn and said in turn and isinstance(turn[who], str)), None)


def is_spoken(who: str) -> bool:
    """Whether the word names somebody who speaks in a conversation."""
    return (word := who.strip().lower()) in ROLES or word in ROLE_WORDS


def filled(value: object) -> bool:
    """Whether a key or a column says anything; Parquet gives every turn every key, most of them null or NaN."""
    if is_missing(value):
        return False
    return value not in ("", [], {}) and not (isinstance(value, str) and not value.strip())


def is_off(value: object) -> bool:
    """Whether a switch or a verdict says no, as a truth value, a number or a text."""
    if isinstance(value, str):
        return value.strip().lower() in ("false", "no", "off", "0", "0.0")
    return isinstance(value, bool | int | float) and value == 0


def is_on(value: object) -> bool:
    """Whether a switch says yes, as a truth value, a number or a text."""
    if isinstance(value, str):
        return value.strip().lower() in ("true", "yes", "on", "1", "1.0")
    return isinstance(value, bool | int | float) and value == 1


def is_switch(name: str) -> bool:
    """Whether a key says to learn a turn or not, however its name is written."""
    return plain(name) in (*SWITCHES, *HIDDEN)


def says_no(name: str, value: object) -> bool:
    """Whether a switch or a label, a key or a column, says not to learn what it stands beside."""
    if plain(name) in HIDDEN:
        return is_on(value)
    if plain(name) == "accepted" and NUMBER.fullmatch(str(value)):
        return False  # a number of something: only words and truth values judge here
    if plain(name) in OPINIONS:
        return is_off(value) or str(value).strip().lower() in BAD_WORDS
    return plain(name) in SWITCHES and is_off(value)


def learnt(turn: dict) -> bool:
    """Whether the turn is one to learn, by the switches that exporters write; without any it is.

    Raises:
        Fault: If a switch is neither on nor off: no trainer here weighs a turn by a half.
    """
    for name, value in turn.items():
        if is_switch(name) and value is not None and value not in (0, 1):  # True and False are 1 and 0
            raise Fault(f"{name} 0 or 1, true or false", kind(value), "Write the number or the truth value, without "
                        "quotes." if isinstance(value, str) else "Turns are learnt or not, nothing between.")
    return not any(says_no(name, value) for name, value in turn.items())


def refuse_part(turn: dict, place: int) -> None:
    """Refuses a turn to learn of which a part is switched off."""
    for name, value in turn.items():
        if plain(name) in DETAILS and isinstance(value, list) and any(
                says_no(key, said) for part in value if isinstance(part, dict) for key, said in part.items()):
            raise Fault("assistant turns that are learnt whole", f"{name!r} with a part that is not, in turn {place}",
                        "Training here learns whole replies: leave the row out, or take the key out.")


def _other_keys(turn: dict, place: int, shown_only: bool, off_help: str) -> list[str]:
    """The keys that are left out; a fault where that would change what the model learns."""
    is_reply = turn["role"] == "assistant"
    for name, value in turn.items():
        if plain(name) in LOST and filled(value):
            raise Fault(f"nothing but text in turn {place}", f"{name!r}", LOST[plain(name)])
    if is_reply and not shown_only and not learnt(turn):
        found = next(name for name, value in turn.items() if says_no(name, value))
        raise Fault("assistant turns that are all to be learnt", f"{found} {turn[found]!r} in turn {place}".lower(),
                    off_help)
    if is_reply and not shown_only:
        refuse_part(turn, place)
    # A switch is left out in silence only where it says what training does anyway: a reply counts, the others do not.
    is_learnt = is_reply and not shown_only
    return [name for name, value in turn.items() if name not in ("role", "content") and filled(value)
            and not (is_switch(name) and value == (is_learnt != (plain(name) in HIDDEN)))]


def _check_roles(roles: list) -> None:
    for place, role in enumerate(roles, start=1):
        if role not in ROLES:
            better = ROLE_WORDS.get(role.strip().lower(), role.strip().lower()) if isinstance(role, str) else None
            remedy = f"Write '{better}'." if better in ROLES else "Rename it, or leave the row out."
            raise Fault(f"role 'system', 'user' or 'assistant' in turn {place}", short(role), remedy)
    if "assistant" not in roles:
        raise Fault("an assistant turn", f"only {short(roles)}", "Add the reply that the model should learn.")
    start = 1 if roles[0] == "system" else 0
    for index in range(start, len(roles)):
        role, wanted = roles[index], ROLES[1 + (index - start) % 2]
        if role != wanted:
            remedy = "Join the two turns, or add the one that is missing between them."
            if role == "system":
                remedy = "A system turn may only come first."
            elif index == start:
                remedy = "Begin with the user's words."
            raise Fault(f"role '{wanted}' in turn {index + 1}", repr(role), remedy)
    if roles[-1] != "assistant":
        raise Fault("the assistant's turn last", repr(roles[-1]), "Add the reply, or remove the last turn.")


def check_text(value: object, where: str) -> str:
    """The value if it is a text that can be seen, stored and learnt."""
    if not isinstance(value, str):
        raise Fault(f"text in {where}", kind(value), "Write a text, or leave the row out.")
    if bad := NOT_TEXT.search(value):
        found = "a NUL character" if bad[0] == "\0" else f"half of a surrogate pair, {bad[0]!r},"
        raise Fault(f"text in {where}", f"{found} at character {bad.start() + 1}",
                    "Remove it, or write the character that was meant.")
    if not is_visible(value):
        found = "only white space" if value.isspace() else f"only invisible characters ({ascii(value[:10])})"
        raise Fault(f"text in {where}", found if value else "an empty text", "Fill it in, or leave the row out.")
    if len(value) > lines.ROW_LIMIT:
        raise Fault(f"at most {lines.ROW_LIMIT:,} characters in {where}", f"{len(value):,}", "Split the row.")
    return str(value)


def is_visible(text: str) -> bool:
    """Whether anything of the text can be seen."""
    return not all(map(_invisible, text))


def _invisible(letter: str) -> bool:
    """Spaces, controls, format characters such as the zero-width space, variation selectors, fillers."""
    return (letter.isspace() or letter in BLANKS or unicodedata.category(letter) in ("Cc", "Cf")
            or "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef")
