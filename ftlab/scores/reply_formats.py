"""Does a reply have the form that the next program, or the customer, expects? Nothing here looks at what it says."""

from __future__ import annotations

import json
from collections.abc import Sequence

HOUSE_RULES = ("thanks", "one_paragraph", "next_step", "sign_off", "length")  # names in ftlab.world.brand.RULES
JSON_RULES = ("parses", "object", "keys")


def house_format(reply: str) -> dict[str, bool]:
    """Which structural rules of the brand guide a reply keeps: opening, one paragraph, next step, sign-off, length."""
    from ftlab.world import brand

    return {rule: brand.RULES[rule](reply) for rule in HOUSE_RULES}


def json_format(reply: str, keys: Sequence[str]) -> dict[str, bool]:
    """Whether a reply is JSON, an object, and one with exactly the keys, in any order.

    The whole reply has to be JSON, space around it aside: a word before it or a fence of backticks stops a program
    that reads it. NaN and Infinity are no JSON, though Python reads them. A key that stands twice is a wrong key,
    since programs disagree on which of the two counts.

    Returns:
        parses, object, keys: each True only if the ones before it are.
    Raises:
        ValueError: If ``keys`` is no list of different texts.
    Source: RFC 8259, The JavaScript Object Notation Data Interchange Format, sections 4 and 6.
    """
    if isinstance(keys, str) or not keys or not all(isinstance(key, str) for key in keys) or len({*keys}) < len(keys):
        raise ValueError(f'keys: expected a list of different texts such as ["intent", "urgent"], found {keys!r}.')
    try:
        value = json.loads(reply, parse_constant=_refuse_constant, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):  # RecursionError: brackets nested thousands deep
        return dict.fromkeys(JSON_RULES, False)
    is_object = isinstance(value, _Pairs)
    return {"parses": True, "object": is_object,
            "keys": is_object and sorted(key for key, _ in value.pairs) == sorted(keys)}


class _Pairs:
    """A JSON object before a dict forgets that a key stood twice."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        self.pairs = pairs


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
