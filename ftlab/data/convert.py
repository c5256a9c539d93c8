"""Turning rows with other names, such as question and answer, into ``messages``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ftlab.data.checks import ROLE_WORDS
from ftlab.data.faults import DataError, short


def to_messages(rows: Iterable[dict], *, user: str | Sequence[str] = "question", assistant: str = "answer",
                system: str | None = None, turns: str | None = None) -> Iterator[dict]:
    """Yields ``{"messages": [...]}`` for rows that use other names, such as question and answer.

    ``ftlab.files.write_jsonl("mine.messages.jsonl", to_messages(ftlab.data.rows("mine.csv")))`` converts a file.

    Args:
        user: The column with the user's words; of several columns, those that are filled are joined by a blank line.
        assistant: The column with the reply to learn.
        system: A column with the system turn, if there is one.
        turns: Instead of all these, a column with a list of ``{"from", "value"}``; "human" becomes "user" and "gpt"
            becomes "assistant".
    Raises:
        DataError: If a row lacks a named column.
    """
    names = (user,) if isinstance(user, str) else tuple(user)
    wanted = [turns] if turns else [*names, assistant, *([system] if system else [])]
    for number, row in enumerate(rows, start=1):
        if missing := [name for name in wanted if name not in row]:
            raise DataError(f"row {number}: expected keys {wanted}, found {list(row)}. Every row needs {missing} too.")
        if turns:
            talk = row[turns] if isinstance(row[turns], list) else [row[turns]]
            yield {"messages": [_turn(turn, number) for turn in talk]}
            continue
        asked = row[names[0]] if len(names) == 1 else "\n\n".join(str(row[name]) for name in names if row[name])
        talk = [("system", row[system])] if system and row[system] else []
        talk += [("user", asked), ("assistant", row[assistant])]
        yield {"messages": [{"role": role, "content": content} for role, content in talk]}


def _turn(turn: object, number: int) -> dict:
    if not isinstance(turn, dict) or not {"from", "value"} <= turn.keys() or not isinstance(turn["from"], str):
        raise DataError(f"row {number}: expected turns with 'from' and 'value', found {short(turn)}. "
                        "Name the column that holds a list of such turns.")
    return {"role": ROLE_WORDS.get(turn["from"], turn["from"]), "content": turn["value"]}
