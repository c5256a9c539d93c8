"""What a JSON file may hold in place of rows: a table by columns, an object around the rows, conversations alone."""

from __future__ import annotations

import json
from pathlib import Path

from ftlab.data import column_advice, lines, turns
from ftlab.data.faults import Fault, short

TABLE = "a whole table in one"
TALK = "a list of turns"
COLUMNS_HELP = ('Write it again with frame.to_json(path, orient="records", lines=True), under a name ending in '
                '.jsonl.')


def refuse_columns(values: dict, path: Path) -> None:
    """A whole table in one object, as pandas writes it unless told otherwise, is no row."""
    nested = bool(values) and all(isinstance(value, dict) and value for value in values.values())
    by_column = nested and all(key.isdecimal() for value in values.values() for key in value)
    by_row = nested and all(map(str.isdecimal, values))
    if by_column or by_row or values.keys() == {"columns", "index", "data"}:
        raise Fault("an object for each row", f"{TABLE}, as pandas' to_json() writes it", COLUMNS_HELP)
    if _are_columns(values):
        old, new = (json.dumps(str(name), ensure_ascii=False) for name in (path, path.with_suffix(".rows.jsonl")))
        lined = path.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson"))
        tables = f"ftlab.files.read_jsonl({old})" if lined else f"[ftlab.files.read_json({old})]"
        raise Fault("an object for each row", f"{TABLE}, a list for each column", "Write it again as rows: "
                    f"ftlab.files.write_jsonl({new}, [dict(zip(table, cells)) for table in {tables} for cells in "
                    "zip(*table.values())])")


def _are_columns(values: dict) -> bool:
    """Whether these are lists of one length, and those of the conversation hold texts or conversations, not turns."""
    if len(values) < 2 or not all(isinstance(column, list) for column in values.values()):
        return False
    cells = [cell for name, column in values.items() if column_advice.is_row([name]) for cell in column]
    return len(set(map(len, values.values()))) == 1 and any(cells) and all(
        cell is None or isinstance(cell, str) or (isinstance(cell, list) and all(isinstance(turn, dict)
                                                                                 for turn in cell))
        for cell in cells)


def refuse_envelope(values: dict, path: Path) -> None:
    """One object around a list of rows, such as ``{"data": [...]}``, is not itself a row."""
    lists = {name: value for name, value in values.items()
             if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)}
    rows = [name for name, value in lists.items() if _are_rows(value)]
    if not lists or (column_advice.is_row(values)
                     and any(column_advice.is_row([name]) and name not in rows for name in values)):
        return
    name, *others = rows or lists
    old, new = (json.dumps(str(name), ensure_ascii=False) for name in (path, path.with_suffix(".jsonl")))
    rest = f" The same holds for {short(others)}, each to a file of its own." if others else ""
    raise Fault("an array of rows", f"an object with a list in {short(name)}", "Write the list alone: "
                f"ftlab.files.write_jsonl({new}, ftlab.files.read_json({old})[{json.dumps(name, ensure_ascii=False)}])."
                f"{rest}")


def _are_rows(items: list[dict]) -> bool:
    """Whether these are rows, and not the turns of one."""
    return all(column_advice.is_row(item) and not {"role", "content"} <= item.keys()
               and not {"from", "value"} <= item.keys() for item in items)


def refuse_talk_a_line(values: object, path: Path, first: bool) -> None:
    """A line that is a conversation without its column."""
    if is_talk(values):
        raise Fault("a JSON object", TALK, _as_rows("ftlab.files.read_jsonl({})", path) if first else
                    'Write {"messages": [...]} around it.')


def refuse_talks(first: object, text: str, path: Path) -> None:
    """Conversations without their column: in an array, or one alone, or one after the other; ``first`` is in brackets.

    Args:
        text: The whole file.
    """
    alone = isinstance(first, dict) and is_talk([first])
    if not alone and not is_talk(first):
        return
    try:
        json.loads(text)
    except ValueError:
        remedy = ("Rename it to .jsonl, since each list is a line of its own." if _each_line_is_talk(text) else
                  "Write '[' above the first list, ',' between the lists and ']' below the last.")
    else:
        remedy = _as_rows("[ftlab.files.read_json({})]" if alone else "ftlab.files.read_json({})", path)
    raise Fault("an object for each row", TALK, remedy)


def _as_rows(talks: str, path: Path) -> str:
    old, new = (json.dumps(str(name), ensure_ascii=False) for name in (path, path.with_suffix(".messages.jsonl")))
    return (f'Write them as rows: ftlab.files.write_jsonl({new}, [{{"messages": talk}} for talk in '
            f"{talks.format(old)}])")


def is_talk(value: object) -> bool:
    """Whether it is a list of turns, and not of rows."""
    if not isinstance(value, list) or not value:
        return False
    keys = [turns.who_and_said(turn) if isinstance(turn, dict) and not column_advice.is_row(turn) else None
            for turn in value]
    return all(keys) and any(turns.is_spoken(turn[who]) for turn, (who, _) in zip(value, keys, strict=True))


def _each_line_is_talk(text: str) -> bool:
    try:
        return all(is_talk(json.loads(line)) for line in text.split("\n") if line.strip(lines.BLANK))
    except ValueError:
        return False
