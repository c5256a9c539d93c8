"""The four jobs of ``ftlab.world.tasks``, each reply scored on two questions: has it the form, and is it right?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from ftlab.scores import fields
from ftlab.scores.unsupported import house_values, unsupported_values
from ftlab.values import normalize, states_all
from ftlab.world import articles, tasks


class Score(NamedTuple):
    """What a reply is worth.

    Attributes:
        form: Whether it can be taken as it is: a known label, valid JSON, every rule of the house format.
        right: The share of what it has to say that it says, 0 to 1. A post that says what the article does not has 0.
        done: Whether both are whole.
    """

    form: bool
    right: float
    done: bool


def score(reply: str, row: dict) -> Score:
    """Scores a reply to a row of ``ftlab.world.tasks.rows``.

    What is right: an intent, its label; fields, the share of them that is right; a description, the share of name,
    weight, size, price, feature and care that it states, 0 if it states a value that its record does not; a post,
    that it states a fact of the article and no value or name that the article has not.
    """
    gold = row["messages"][-1]["content"]
    form, right = _SCORES[row["task"]](reply, gold, row["source"])
    return Score(form, right, form and right == 1)


def scores(replies: Sequence[str], rows: Sequence[dict]) -> list[Score]:
    """One score for each reply."""
    return [score(reply, row) for reply, row in zip(replies, rows, strict=True)]


def _intent(reply: str, gold: str, source: str) -> tuple[bool, float]:
    return normalize(reply) in tasks.INTENTS, float(normalize(reply) == gold)


def _fields(reply: str, gold: str, source: str) -> tuple[bool, float]:
    kept = fields.right_fields(reply, json.loads(gold))
    return fields.valid(reply, tasks.SCHEMA), sum(kept.values()) / len(kept)


def _description(reply: str, gold: str, source: str) -> tuple[bool, float]:
    facts = description_facts(gold, source)
    stated = [states_all(house_values(reply), [house_values(fact)]) for fact in facts]
    invented = unsupported_values(reply, source)
    return articles.is_description(reply), 0.0 if invented else sum(stated) / len(stated)


def description_facts(gold: str, record: str) -> list[str]:
    """What a description has to state: name, weight, size and price as in the gold text, feature and care."""
    name, _, line, _ = gold.split("\n")
    values = [part.partition(" ")[2] for part in line.removeprefix("Facts: ").removesuffix(".").split(", ")]
    feature, _, care = record.partition("Feature: ")[2].partition(". Care: ")
    return [name, *values, feature, care.removesuffix(".")]


def _post(reply: str, gold: str, source: str) -> tuple[bool, float]:
    body = articles.HASHTAG.sub("", reply)
    grounded = bool(articles.NUMBER.search(body)) and not unsupported_values(body, source)
    return articles.is_post(reply), float(grounded)


_SCORES = {"intent": _intent, "fields": _fields, "description": _description, "post": _post}
