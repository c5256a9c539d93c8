"""Which call of ``to_messages`` makes a row of other names one that can be read, and loses nothing of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from ftlab.data.faults import short

TASKS = ("instruction", "instructions", "prompt")  # the user's words: of each kind one, in this order
QUESTIONS = ("question", "query", "request")
INPUTS = ("input", "context", "contexts", "passage", "passages", "paragraph", "paragraphs", "document", "documents",
          "article", "articles", "record", "records", "knowledge", "background")  # all of them
SPEAKERS = ("user", "human", "customer")  # or who they are: words only where there are no others
USER_WORDS = (*TASKS, *QUESTIONS, "input", *SPEAKERS)
ASSISTANT_WORDS = ("answer", "output", "response", "reply", "assistant", "completion", "solution", "target")
SYSTEM_WORDS = ("system", "system_prompt", "system_message", "system_instruction", "system_instructions",
                "system_content", "system_text")
HISTORY_WORDS = ("history", "chat_history")
TURN_WORDS = ("messages", "conversations", "conversation", "dialogue", "dialog", "turns")


def plain(name: str) -> str:
    """A column's or a key's name as it is compared: "Tool-Calls" and "toolCalls" as "tool_calls"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s_-]+", "_", name.strip()).lower()


def is_row(names: Iterable[str]) -> bool:
    """Whether any name is one that rows use, for the user's words, the reply or the turns."""
    return not {plain(name) for name in names}.isdisjoint(
        (*USER_WORDS, *ASSISTANT_WORDS, *TURN_WORDS, "chosen", "rejected"))


def options_for(names: Iterable[str], of_turns: bool = False) -> dict[str, str | tuple[str, ...]] | None:
    """The arguments that name every part of the conversation, or None if the names do not tell who speaks where.

    Args:
        of_turns: Whether the user's words are a list of turns, to which no text can be joined.
    """
    known = {plain(name): name for name in reversed(list(names))}

    def first(words: Iterable[str]) -> str | None:
        return next((known[word] for word in words if word in known), None)

    options: dict[str, str | tuple[str, ...] | None] = {}
    asked, reply = first(USER_WORDS), known.get("chosen", first(ASSISTANT_WORDS))
    systems = [known[word] for word in SYSTEM_WORDS if word in known]
    beside = [known[word] for word in INPUTS if word in known]
    turns = first(TURN_WORDS)
    if turns and {"chosen", "rejected"} <= known.keys():  # votes on the reply that follows the turns
        asked, turns = first((*TASKS, *QUESTIONS, "input")) or turns, None
    if turns or (not (asked and reply) and "chosen" in known):
        options["turns"] = turns or known["chosen"]
        systems += beside
    elif asked and reply:
        said = [name for name in (first(TASKS), first(QUESTIONS), known.get("input")) if name] or [asked]
        joined = tuple(dict.fromkeys((*said, *beside)))
        if of_turns or plain(asked) in TURN_WORDS:
            joined, systems = (asked,), systems + beside
        options["user"] = joined if len(joined) > 1 else asked
        options["assistant"] = reply
    else:
        return None
    options |= {"system": tuple(systems) if len(systems) > 1 else next(iter(systems), None),
                "history": first(HISTORY_WORDS)}
    return {option: value for option, value in options.items() if value}


def call(options: dict[str, str | tuple[str, ...]]) -> str:
    """The call with these arguments, as the learner may copy it."""
    return f"ftlab.data.to_messages(rows, {', '.join(f'{name}={_written(value)}' for name, value in options.items())})"


def _written(value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"({', '.join(map(_written, value))})"


def votes_advice(names: Iterable[str], of_turns: bool = False) -> str:
    """How votes come to be read, whatever their prompt is called and whatever stands before it."""
    options = options_for(names, of_turns) or {}
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
        return (f"These are votes: {votes_advice(names)} To learn from the chosen replies alone, "
                f"convert it with {call(options)}.{without}")
    return f"Convert it with {call(options)}.{without}"
