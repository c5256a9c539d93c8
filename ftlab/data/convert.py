"""Turning rows of other names and forms, such as question and answer, into ones that ``read`` takes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ftlab.data import cells, column_advice, formats
from ftlab.data.checks import VERDICTS
from ftlab.data.faults import DataError, Fault, kind, short
from ftlab.data.plain import plain, plain_turn
from ftlab.data.turns import ROLE_WORDS, filled, is_switch, learnt, refuse_part, who_and_said

SPOKEN = re.compile(r"\n\n(Human|Assistant):")  # how the votes of Bai et al. 2022, arXiv:2204.05862, are written


def to_messages(rows: Iterable[dict], *, user: str | Sequence[str] | None = None, assistant: str | None = None,
                system: str | Sequence[str] | None = None, history: str | None = None,
                turns: str | None = None) -> Iterator[dict]:
    """Yields ``{"messages": [...]}`` for rows that use other names, such as question and answer.

    ``ftlab.files.write_jsonl("mine.messages.jsonl", to_messages(ftlab.data.rows("mine.csv")))`` converts a file.
    Every turn keeps its other keys, as JSON can hold them (a date as text, NaN as null), and every row the columns that
    may say not to learn it (``label``, ``weight``), for ``read`` to judge. Columns that are left out are named in a
    printed line at the end, with the number of rows.

    Args:
        user: The column with the user's words; of several columns, those that are filled are joined by a blank line,
            and so are the texts of a list, or the passages of one. Turns in place of a text are taken as they are.
            "question" if left out.
        assistant: The column with the reply to learn, or with the whole conversation. "answer" if left out.
        system: A column with the system turn, where there is one; several are joined as those of the user are.
        history: A column with the turns before: a list of pairs of a question and a reply, or of turns.
        turns: Instead of user and assistant, a column with a list of ``{"from", "value"}`` or ``{"role", "content"}``,
            also as JSON or as Python writes it; "human" becomes "user" and "gpt" becomes "assistant".
    Raises:
        DataError: If a row lacks a column, no row has a column that was named, a filled system or history column was
            not named, or a text holds what no file can.
        ValueError: If ``turns`` is named together with ``user`` or ``assistant``, or ``user`` names no column.
    """
    if turns is not None and not user is assistant is None:
        raise ValueError(f"turns={turns!r} holds the user's words and the replies, so expected neither user nor "
                         f"assistant, found user={user!r}, assistant={assistant!r}. Leave out one or the other.")
    if turns is None:
        user, assistant = "question" if user is None else user, "answer" if assistant is None else assistant
    asked = [user] if isinstance(user, str) else list(user or ())
    if not asked and turns is None:
        raise ValueError(f"expected a column with the user's words, found user={user!r}. Name at least one.")
    systems = [system] if isinstance(system, str) else list(system or ())
    return _converted(rows, asked, assistant, systems, history, turns)


def to_votes(rows: Iterable[dict], *, user: str | Sequence[str] | None = None,
             system: str | Sequence[str] | None = None, history: str | None = None) -> Iterator[dict]:
    """Yields ``{"chosen": [turns], "rejected": [turns]}``, whole conversations, for votes with other names.

    ``ftlab.files.write_jsonl("votes.jsonl", to_votes(ftlab.data.rows("mine.jsonl"), user="question"))`` makes a file
    that ``read_preferences`` takes. The arguments are those of ``to_messages``; without ``user`` the columns ``chosen``
    and ``rejected`` hold whole conversations already. All rows are held in memory.

    Raises:
        DataError: As ``to_messages`` does.
    """
    rows = list(rows)
    named = {name for option in (user, system, history) if option
             for name in ([option] if isinstance(option, str) else option)}
    better = [{name: value for name, value in row.items() if name != "rejected"} for row in rows]
    worse = [{name: value for name, value in row.items() if name in {*named, "rejected"}} for row in rows]
    talks = [to_messages(part, system=system, history=history,
                         **({"turns": side} if user is None else {"user": user, "assistant": side}))
             for side, part in (("chosen", better), ("rejected", worse))]
    for chosen, rejected in zip(*talks, strict=True):
        verdicts = {name: value for name, value in chosen.items() if name != "messages"}
        yield {"chosen": chosen["messages"], "rejected": rejected["messages"], **verdicts}


def _converted(rows: Iterable[dict], asked: list[str], assistant: str | None, systems: list[str], history: str | None,
               turns: str | None) -> Iterator[dict]:
    named = [name for name in (*asked, assistant, *systems, history, turns) if name is not None]
    missing, left_out, number = dict.fromkeys(named), Counter(), 0
    for number, row in enumerate(rows, start=1):
        try:
            _check_names(row, named, [name for name in (assistant, turns) if name], asked, systems)
            talk = turns_of(row[turns]) if turns else _asked_and_answered(row, asked, assistant)
            if history and filled(row.get(history)) and (before := _history(row[history], history)):
                talk = _after(before, talk)
            if said := list(dict.fromkeys(filter(None, (_text(row.get(name), name) for name in systems)))):
                talk = _after([{"role": "system", "content": "\n\n".join(said)}], talk)
            talk = [plain_turn(turn, place) for place, turn in enumerate(talk, start=1)]
            verdicts = {name: plain(value, repr(name)) for name, value in row.items()
                        if column_advice.plain(name) in VERDICTS and name not in named}
        except Fault as fault:
            raise DataError(f"row {number}: {fault}") from None
        for name, value in row.items():
            missing.pop(name, None)
            left_out[name] += name not in named and name not in verdicts and cells.filled(value, name)
        yield {"messages": talk, **verdicts}
    if number and missing:
        raise DataError(f"expected the columns {named}, found none named {list(missing)} in any of {number:,} rows. "
                        "Check the names.")
    if left_out := [f"{name!r} ({count:,} rows)" for name, count in left_out.items() if count]:
        print(f"Columns left out: {', '.join(left_out)}.")


def _check_names(row: dict, named: list[str], needed: list[str], asked: list[str], systems: list[str]) -> None:
    missing = [name for name in needed if name not in row]
    if asked and not any(name in row for name in asked):
        missing = [*asked, *missing]
    if missing:
        raise Fault(f"keys {named}", list(row), f"Every row needs {missing} too.")
    for option, words in (("system", column_advice.SYSTEM_WORDS), ("history", column_advice.HISTORY_WORDS)):
        for name in row:
            if column_advice.plain(name) in words and name not in named and cells.filled(row[name], name):
                both = (*systems, name) if option == "system" and systems else name
                raise Fault("every part of the conversation to be named", f"{name!r}, filled and not named",
                            f"Add {option}={name!r}." if both == name else f"Name both: system={both!r}.")


def _asked_and_answered(row: dict, asked: list[str], assistant: str) -> list[dict]:
    values = [_joined(row.get(name), name) for name in asked]
    parts = [value for value in values if filled(value)] if len(asked) > 1 else values
    if len(parts) > 1 and (bad := next((part for part in parts if isinstance(part, list | dict)), None)) is not None:
        raise Fault(f"texts in {asked}, to be joined", kind(bad), "Name one column, or make it a text first.")
    question = _words("\n\n".join(map(str, parts)) if len(parts) != 1 else parts[0], "user", asked[0])
    said = cells.listed(row[assistant], assistant)
    if isinstance(said, list) and all(isinstance(reply, str) for reply in said):
        raise Fault(f"one reply in {assistant!r}", f"a list of {len(said)}", "Choose one, or write a row for each."
                    + f" {cells.AS_IT_IS}" * isinstance(row[assistant], str))
    reply = _words(said, "assistant", assistant)
    if reply[:1] and reply[0]["role"] != "assistant":  # the whole conversation, as votes are often stored
        bare = [turn for turn in reply if turn["role"] != "system"]
        if [turn["content"] for turn in bare[:len(question)]] != [turn["content"] for turn in question]:
            raise Fault(f"a conversation in {assistant!r} that begins with {asked}", short(row[assistant]),
                        f'If it is whole without them, name it alone: turns="{assistant}"'
                        + f", and system={tuple(asked[1:])} if these are not in it" * (len(asked) > 1) + ".")
        return reply
    return question + reply


def _joined(value: object, column: str) -> object:
    """The texts of a list as one, such as passages beside a question; anything else as it is.

    A passage may be an object; its title and its text are lines of one text then.
    """
    listed = cells.passages(value, column)
    if not isinstance(listed, list | dict) or not listed:
        return listed
    said = [_lines(part) if isinstance(part, dict) and cells.is_passage(part) and not who_and_said(part) else part
            for part in (listed if isinstance(listed, list) else [listed])]
    if all(part is None or isinstance(part, str) for part in said):
        return "\n\n".join(filter(filled, said))
    return listed


def _lines(passage: dict) -> str | dict:
    """Its title and its text, a line each, without an id or an address; or itself, if these are no texts."""
    parts = [part for name, part in passage.items() if name in ("title", *cells.PASSAGE_KEYS) and filled(part)]
    return "\n".join(parts) if all(isinstance(part, str) for part in parts) else passage


def _text(value: object, column: str) -> str:
    """What stands in a column of the system turn, as one text; an empty one if nothing does."""
    value = _joined(value, column)
    if not filled(value):
        return ""
    if isinstance(value, list | dict):
        raise Fault(f"text in {column!r}", kind(value), "Make it a text first.")
    return str(value)


def _after(before: list[dict], talk: list[dict]) -> list[dict]:
    """The turns before and the conversation; a system turn stays first, and the same one twice counts once."""
    if talk and talk[0]["role"] == "system" and before[0]["role"] == "system":
        if talk[0]["content"] != before[0]["content"]:
            raise Fault("one system turn", f"two that differ, {short(before[0]['content'])} and "
                        f"{short(talk[0]['content'])}", "Join them in one place, and empty the other.")
        talk = talk[1:]
    head = talk[:1] if talk and talk[0]["role"] == "system" else []
    return head + before + talk[len(head):]


def _history(value: object, column: str) -> list[dict]:
    pairs = formats.parse_list(value) if isinstance(value, str) else value
    if not isinstance(pairs, list):
        raise Fault(f"a list of pairs in {column!r}", kind(value), 'Write [["question", "reply"], ...].')
    talk = []
    for pair in pairs:
        if isinstance(pair, list | tuple) and len(pair) == 2:
            talk += [{"role": "user", "content": pair[0]}, {"role": "assistant", "content": pair[1]}]
        else:
            talk.append(_turn(pair))
    return talk


def _words(value: object, role: str, column: str) -> list[dict]:
    """What stands in a column of words: they make one turn of ``role``, unless there are turns instead."""
    value = cells.listed(value, column)
    if isinstance(value, list) or (isinstance(value, str) and SPOKEN.match(value)):
        return turns_of(value)
    return [{"role": role, "content": value}]


def turns_of(value: object) -> list[dict]:
    """The turns of a list, which may be written as text."""
    if isinstance(value, str) and SPOKEN.match(value):
        _, *parts = SPOKEN.split(value)
        return [_turn({"from": who, "value": said.removeprefix(" ")})
                for who, said in zip(parts[::2], parts[1::2], strict=True)]
    value = formats.parse_list(value) if isinstance(value, str) else value
    return [_turn(turn) for turn in (value if isinstance(value, list) else [value])]


def _turn(turn: object) -> dict:
    if isinstance(turn, dict) and (keys := who_and_said(turn)):
        who, said = keys
        word = turn[who].strip().lower()
        others = {name: value for name, value in turn.items() if name not in (*keys, "role", "content")}
        return {"role": ROLE_WORDS.get(word, word), "content": turn[said], **others}
    raise Fault("turns with 'from' and 'value', or 'role' and 'content'", short(turn),
                f"Rename these keys of the turns: {short(list(turn))}." if isinstance(turn, dict) else
                "Name the column that holds a list of such turns.")


def learnt_turns(rows: Iterable[dict]) -> Iterator[dict]:
    """Yields ``{"prompt": [turns], "completion": [turn]}`` for each assistant turn of ``messages`` to be learnt.

    A turn that is switched off (``"weight": 0``, ``"train": false``, ``"masked": true``) is context in the prompts of
    the turns after it and never a completion. Other columns stay. Conversations without a turn to learn are counted
    in a printed line.

    Raises:
        DataError: If a row has no list ``messages``, or a switch is neither on nor off.
    Source: the conversational prompt-completion form of TRL, whose trainer learns completions alone.
    """
    empty = 0
    for number, row in enumerate(rows, start=1):
        try:
            if "messages" not in row:
                raise Fault("key 'messages'", list(row), "Convert the rows with ftlab.data.to_messages first.")
            talk = turns_of(row["messages"])
            talk = [plain_turn(turn, place) for place, turn in enumerate(talk, start=1)]
            places = [place for place, turn in enumerate(talk) if turn["role"] == "assistant" and learnt(turn)]
            for place in places:
                refuse_part(talk[place], place + 1)
            others = {name: plain(value, repr(name)) for name, value in row.items() if name != "messages"}
        except Fault as fault:
            raise DataError(f"row {number}: {fault}") from None
        empty += not places
        bare = [{name: value for name, value in turn.items() if not is_switch(name)} for turn in talk]
        for place in places:
            yield {"prompt": bare[:place], "completion": [bare[place]], **others}
    if empty:
        print(f"{empty:,} conversations have no turn to learn, so none of their turns is among the rows.")
