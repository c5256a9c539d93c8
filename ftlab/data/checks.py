"""The checks of one row: which form it has, whose turn it is, whether there is text, whether it fits the context."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ftlab.data import formats
from ftlab.data.faults import Fault, kind, short

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FORMS = (("messages",), ("prompt", "completion"))
USER_WORDS = ("question", "instruction", "input", "query", "user", "human", "customer", "prompt", "request")
ASSISTANT_WORDS = ("answer", "output", "response", "reply", "assistant", "completion", "solution", "target")
ROLES = ("system", "user", "assistant")
ROLE_WORDS = {"human": "user", "customer": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant",
              "ai": "assistant", "agent": "assistant"}
NOT_TEXT = re.compile("[\ud800-\udfff\0]")


def columns_of(names: Iterable[str], before: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Which of the two forms a row has, by its keys; all rows of a file have the same."""
    names = list(names)
    found = [form for form in FORMS if set(form) <= set(names)]
    if len(found) == 1 and before in (None, found[0]):
        return found[0]
    if len(found) == 2:
        raise Fault("either 'messages' or 'prompt' and 'completion'", "both", "Leave one of them out.")
    if found:
        raise Fault(f"keys {list(before)} as in the rows before", list(found[0]), "Use one form in a file.")
    expected = f"keys {list(before)}" if before else "key 'messages', or 'prompt' and 'completion'"
    raise Fault(expected, short(names), _key_remedy(names))


def _key_remedy(names: list[str]) -> str:
    plain = {name.strip().lower(): name for name in reversed(names)}
    if "messages" in plain:
        return f"Rename {plain['messages']!r} to 'messages'."
    if "conversations" in plain:
        return f"Convert it with ftlab.data.to_messages(rows, turns={json.dumps(plain['conversations'])})."
    user = next((plain[word] for word in USER_WORDS if word in plain), None)
    assistant = next((plain[word] for word in ASSISTANT_WORDS if word in plain), None)
    if user is None or assistant is None:
        return "Rename the columns, or convert the file with ftlab.data.to_messages."
    both = plain.keys() >= {"instruction", "input"} and user == plain["instruction"]
    asked = f"({json.dumps(user)}, {json.dumps(plain['input'])})" if both else json.dumps(user)
    return f"Convert it with ftlab.data.to_messages(rows, user={asked}, assistant={json.dumps(assistant)})."


def normal(values: dict, columns: tuple[str, ...]) -> dict:
    """The row in the form that a trainer reads, or a fault."""
    if columns == ("messages",):
        return {"messages": _messages(values["messages"])}
    for column in columns:
        if isinstance(values[column], list):
            raise Fault(f"text in '{column}'", "a list", "Put all turns into one list 'messages'.")
    return {column: _text(values[column], f"'{column}'") for column in columns}


def _messages(turns: object) -> list[dict]:
    if isinstance(turns, str):
        turns = formats.parse(_text(turns, "'messages'"))
    if not isinstance(turns, list) or not turns:
        raise Fault("a list of turns in 'messages'", "an empty list" if turns == [] else kind(turns),
                    'Write [{"role": "user", "content": ...}, {"role": "assistant", "content": ...}].')
    messages = []
    for place, turn in enumerate(turns, start=1):
        if not isinstance(turn, dict) or not {"role", "content"} <= turn.keys():
            found = short(list(turn)) if isinstance(turn, dict) else kind(turn)
            raise Fault(f"'role' and 'content' in turn {place}", found, 'Write {"role": ..., "content": ...}.')
        messages.append({"role": turn["role"], "content": turn["content"]})
    _check_roles([message["role"] for message in messages])
    for place, message in enumerate(messages, start=1):
        _text(message["content"], f"'content' of turn {place}")
    return messages


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


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise Fault(f"text in {where}", kind(value), "Write a text, or leave the row out.")
    if not value.strip():
        found = "only white space" if value else "an empty text"
        raise Fault(f"text in {where}", found, "Fill it in, or leave the row out.")
    if len(value) > formats.ROW_LIMIT:
        raise Fault(f"at most {formats.ROW_LIMIT:,} characters in {where}", f"{len(value):,}", "Split the row.")
    if bad := NOT_TEXT.search(value):
        found = "a NUL character" if bad[0] == "\0" else f"half of a surrogate pair, {bad[0]!r},"
        raise Fault(f"text in {where}", f"{found} at character {bad.start() + 1}",
                    "Remove it, or write the character that was meant.")
    return value


def token_limit(tokenizer: PreTrainedTokenizerBase | None, max_length: int | None) -> int | None:
    """The model's context in tokens, or None if rows are not to be counted."""
    if tokenizer is None:
        if max_length is not None:
            raise ValueError(f"max_length={max_length} counts tokens, so pass the model's tokenizer too.")
        return None
    limit = tokenizer.model_max_length if max_length is None else max_length
    if limit < 1 or limit > 10**9:  # a tokenizer without a known limit says 10**30
        raise ValueError(f"expected a context length in tokens, found {limit:g}. "
                         "Pass max_length=model.config.max_position_embeddings.")
    return limit


def check_length(row: dict, tokenizer: PreTrainedTokenizerBase, limit: int) -> None:
    """Counts what the trainer will feed: the chat template's text, or prompt, completion and the end token."""
    import jinja2

    if "messages" in row and not tokenizer.chat_template:
        raise ValueError("expected a tokenizer with a chat template, since the rows hold 'messages'; found none. "
                         "Set tokenizer.chat_template first.")
    try:
        chat = "messages" in row
        text = (tokenizer.apply_chat_template(row["messages"], tokenize=False) if chat
                else row["prompt"] + row["completion"] + (tokenizer.eos_token or ""))
    except jinja2.TemplateError as error:
        raise Fault("turns that the chat template takes", short(str(error)), "Change the turns.") from None
    tokens = len(tokenizer(text, add_special_tokens=not chat, verbose=False)["input_ids"])
    if tokens > limit:
        raise Fault(f"at most {limit:,} tokens, the model's context", f"{tokens:,}",
                    "Shorten or split the row, or choose a model with a longer context.")
