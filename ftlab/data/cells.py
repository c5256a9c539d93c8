"""Lists that stand in a text, as tables hold them: turns in any text, and texts in a cell of a CSV file."""

from __future__ import annotations

import json
import re
from contextlib import suppress

from ftlab.data import formats, lines, turns
from ftlab.data.faults import Fault, short
from ftlab.data.table_files import Cell
from ftlab.data.turns import is_spoken, who_and_said

TURNS_AS_TEXT = re.compile(r"""\s*\[\s*\{\s*['"](role|content|from|value)['"]\s*:""")
OTHER_KEY_FIRST = re.compile(r"""\s*\[\s*\{\s*'(?=.*'(?:role|from)'\s*:)(?=.*'(?:content|value)'\s*:)""", re.DOTALL)
QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\.\.\.)"""
NUMPY_TEXTS = re.compile(rf"\[\s*{QUOTED}(?:\s+{QUOTED})+\s*\]", re.DOTALL)  # which Python would read as one text
NO_NUMBER = re.compile(r"(:\s*)(?:nan|NaN|-?inf)\b")
TURNS_AS_JSON = "json.dumps([{name: value for name, value in turn.items() if value == value} for turn in turns])"
PASSAGE_KEYS = frozenset(("text", "content", "passage", "body", "paragraph"))
AS_IT_IS = ('Where the brackets are a part of the text, keep it as it is in a new file: '
            'ftlab.files.write_jsonl("mine.new.jsonl", rows).')


def listed(value: object, name: str) -> object:
    """The list that a text is, of turns, or in a CSV's cell of texts; anything else as it is.

    A turn alone becomes a list of one. "[urgent] Where is it?" is no list, and neither is a list of numbers. A text of
    JSON Lines may be JSON that the model is to write: of these only a list that begins as turns do is one.

    Raises:
        Fault: If it is a list that cannot be read back; ``name`` is its column.
    """
    if isinstance(value, dict):
        return [value] if _is_turn(value) else value
    bare = value.strip(lines.BLANK) if isinstance(value, str) else ""
    as_turns = TURNS_AS_TEXT.match(bare)
    if not as_turns and not (isinstance(value, Cell) and bare[:1] in ("[", "{") and bare[-1:] in ("]", "}")):
        return value
    if isinstance(value, Cell) and NUMPY_TEXTS.fullmatch(bare):
        raise _misprint(bare, name, "an array as NumPy prints it", "texts", "json.dumps(list(texts))")
    try:
        found = formats.parse_list(bare)
    except Fault as fault:
        if problem := misprinted_turns(bare, name) or (fault if as_turns else None):
            said = str(problem).replace(formats.ARRAY_HELP, formats.JSON_HELP)  # it is a text, and no file
            problem.args = (f"{said} {as_a_turn(name)}",)
            raise problem from None
        return value
    if isinstance(found, dict):
        return [found] if _is_turn(found) else value
    if isinstance(found, list) and any(isinstance(turn, dict) and _is_turn(turn) for turn in found):
        return found
    return found if isinstance(value, Cell) and _printed(found, bare) else value


def filled(value: object, name: str) -> bool:
    """Whether a column says anything, which an empty list in a CSV's cell does not."""
    with suppress(Fault):
        value = listed(value, name)
    return turns.filled(value)


def as_a_turn(name: str) -> str:
    """How to keep a text that looks like turns, whatever file it stands in."""
    return ("Where that is a text to learn, write the row in lists of turns, whose content is taken as it is: "
            f'{{"role": ..., "content": row[{json.dumps(name, ensure_ascii=False)}]}}.')


def passages(value: object, name: str) -> object:
    """As ``listed``, for what is asked about: a passage that Python wrote as an object is one too."""
    found = listed(value, name)
    if isinstance(found, Cell) and found[:1] == "{":
        with suppress(Fault):
            part = formats.parse_list(found)
            return part if isinstance(part, dict) and repr(part) == found.strip() and is_passage(part) else found
    return found


def is_passage(value: dict) -> bool:
    """Whether an object is a passage, such as one with a title and a text; the names of its keys are not told then."""
    return not PASSAGE_KEYS.isdisjoint(value)


def _is_turn(value: dict) -> bool:
    """Whether an object is a turn of somebody known; a reply may be an object of such keys itself."""
    return (pair := who_and_said(value)) is not None and is_spoken(value[pair[0]])


def _printed(found: object, bare: str) -> bool:
    """Whether it is a list of texts, or one of objects in Python's own writing: JSON may be what the model learns."""
    if not isinstance(found, list):
        return False
    return all(text is None or isinstance(text, str) for text in found) or (
        repr(found) == bare and all(isinstance(part, dict) for part in found))


def misprinted_turns(text: str, name: str) -> Fault | None:
    """The fault of a list of turns that was written so that it cannot be read back, if the text is one."""
    if not ((TURNS_AS_TEXT.match(text) and "'" in text[:10]) or OTHER_KEY_FIRST.match(text)):
        return None
    found = "an array as NumPy prints it"
    if (bare := NO_NUMBER.sub(r"\1None", text)) != text and is_list(bare):
        found = "a list as Python writes it, with nan for what is missing"
    return _misprint(text, name, found, "turns", TURNS_AS_JSON)


def _misprint(text: str, name: str, found: str, what: str, dumped: str) -> Fault:
    return Fault(f"a list as JSON in {name!r}", f"{found} ({short(text)})",  # NaN is not itself, and no word of JSON
                 f"It cannot be read back for certain. Write the file again: frame[{name!r}] = frame[{name!r}].map("
                 f"lambda {what}: {dumped}) comes before frame.to_csv.")


def is_list(text: str) -> bool:
    """Whether the text is a list as JSON or Python writes it."""
    try:
        return isinstance(formats.parse_list(text), list)
    except Fault:
        return False
