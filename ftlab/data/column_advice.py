"""Which call of ``to_messages`` makes a row of other names one that can be read, and loses nothing of it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ftlab.data.faults import short

USER_WORDS = ("question", "instruction", "input", "query", "user", "human", "customer", "prompt", "request")
ASSISTANT_WORDS = ("answer", "output", "response", "reply", "assistant", "completion", "solution", "target")
SYSTEM_WORDS = ("system", "system_prompt", "system_message")
HISTORY_WORDS = ("history", "chat_history")
TURN_WORDS = ("messages", "conversations", "conversation", "dialogue", "dialog", "turns")
BEFORE = ("instruction",)  # what goes before the user's words, and what after them
AFTER = ("input", "context", "passage", "document", "article", "record")


def plain(name: str) -> str:
    """A column's name as it is compared."""
    return name.strip().lower()


def is_row(names: Iterable[str]) -> bool:
    """Whether any name is one that rows use, for the user's words, the reply or the turns."""
    return not {plain(name) for name in names}.isdisjoint(
        (*USER_WORDS, *ASSISTANT_WORDS, *TURN_WORDS, "chosen", "rejected"))


def options_for(names: Iterable[str]) -> dict[str, str | tuple[str, ...]] | None:
    """The arguments that name every part of the conversation, or None if the names do not tell who speaks where."""
    known = {plain(name): name for name in reversed(list(names))}

    def first(words: Iterable[str]) -> str | None:
        return next((known[word] for word in words if word in known), None)

    options: dict[str, str | tuple[str, ...] | None] = {}
    asked, reply = first(USER_WORDS), known.get("chosen", first(ASSISTANT_WORDS))
    if turns := first(TURN_WORDS):
        options["turns"] = turns
    elif asked and reply:
        joined = dict.fromkeys((*(known[word] for word in BEFORE if word in known), asked,
                                *(known[word] for word in AFTER if word in known)))
        options["user"] = tuple(joined) if len(joined) > 1 else asked
        options["assistant"] = reply
    elif "chosen" in known:
        options["turns"] = known["chosen"]
    else:
        return None
    systems = tuple(known[word] for word in SYSTEM_WORDS if word in known)
    options |= {"system": systems if len(systems) > 1 else first(SYSTEM_WORDS), "history": first(HISTORY_WORDS)}
    return {option: value for option, value in options.items() if value}


def call(options: dict[str, str | tuple[str, ...]]) -> str:
    """The call with these arguments, as the learner may copy it."""
    return f"ftlab.data.to_messages(rows, {', '.join(f'{name}={_written(value)}' for name, value in options.items())})"


def _written(value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"({', '.join(map(_written, value))})"


def _votes_advice(options: dict[str, str | tuple[str, ...]]) -> str:
    """How votes come to be read, whatever their prompt is called and whatever stands before it."""
    parts = {name: value for name, value in options.items() if name in ("user", "system", "history")}
    if parts in ({}, {"user": "prompt"}):
        return "read them with ftlab.data.read_preferences."
    written = ", ".join(f"{name}={_written(value)}" for name, value in parts.items())
    return (f"convert them with ftlab.data.to_votes(rows, {written}) and read the new file with "
            "ftlab.data.read_preferences.")


def remedy(names: Iterable[str]) -> str:
    """What to do with rows of these names."""
    names = list(names)
    known = {plain(name): name for name in names}
    if (options := options_for(names)) is None:
        return ("Rename the columns, or convert the file with ftlab.data.to_messages(rows, user=..., assistant=...), "
                "with the names of the columns that hold the user's words and the reply.")
    if "messages" in known and known["messages"] != "messages":
        return f"Rename {known['messages']!r} to 'messages', or convert it with {call(options)}."
    used = {name for value in options.values() for name in ([value] if isinstance(value, str) else value)}
    rest = [name for name in names if name and name not in used]
    without = f" It leaves out {short(rest)}." if rest else ""
    if {"chosen", "rejected"} <= known.keys():
        return (f"These are votes: {_votes_advice(options)} To learn from the chosen replies alone, "
                f"convert it with {call(options)}.{without}")
    return f"Convert it with {call(options)}.{without}"
