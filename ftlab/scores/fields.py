"""A reply that a program reads: does it validate against a JSON Schema, and which of its fields are right?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ftlab.scores.reply_formats import json_format
from ftlab.values import normalize


def valid(reply: str, schema: Mapping) -> bool:
    """Whether the whole reply is one JSON object that the schema allows, with no key twice.

    Source: JSON Schema, draft 2020-12; checked by the package jsonschema.
    """
    from jsonschema import Draft202012Validator

    if (value := read(reply)) is None:
        return False
    return Draft202012Validator(schema).is_valid(value)


def read(reply: str) -> dict | None:
    """The reply's JSON object; None if it is anything else, has a word around it or a key twice."""
    if not json_format(reply, ["any"])["object"]:
        return None
    value = json.loads(reply)
    return value if json_format(reply, list(value) or ["any"])["keys"] or value == {} else None


def right_fields(reply: str, truth: Mapping[str, object]) -> dict[str, bool]:
    """Which fields of the truth the reply gives rightly, whatever else it says; all wrong if it is no JSON object.

    Texts are compared without case, spacing and final punctuation. A value of another JSON type is wrong, as it is for
    the program that reads it: "2" is not 2, and true is not 1, though Python thinks so. 2 and 2.0 are one number.
    """
    found = read(reply) or {}
    return {key: key in found and _same(found[key], value) for key, value in truth.items()}


def check_schema(schema: Mapping, replies: Sequence[str] = ()) -> str:
    """The schema as a grammar for ``ftlab.tuning.constrained``, if a reply can satisfy it.

    To be called before a model is loaded: whoever trains for, or holds a model to, a schema that nothing satisfies gets
    only failures, hours later.

    Args:
        schema: A JSON Schema, draft 2020-12, of an object: a record has names for its fields.
        replies: Replies that are known to be right, such as the training rows'; each must validate.
    Raises:
        ValueError: If it is no schema, it is not one of an object, nothing satisfies it, it asks for what the grammar
            cannot say, or one of the replies does not validate; says where.
    """
    from jsonschema import Draft202012Validator, SchemaError
    from llguidance import LLMatcher

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"schema{_where(error)}: expected a JSON Schema, found {error.message}. "
                         "Correct the schema; no model has been loaded.") from error
    if schema.get("type") != "object":
        raise ValueError(f"schema: expected one of an object, with \"type\": \"object\", found {schema.get('type')!r}. "
                         "A reply that is anything else never counts as valid here; no model has been loaded.")
    grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides={
        "whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "})  # as json.dumps writes
    if problem := LLMatcher.validate_grammar(grammar):
        raise ValueError(f"schema: expected one that some reply can satisfy and that the grammar can say, found: "
                         f"{problem.strip()}. Look for a required key that has no property, an empty enum, or a "
                         "minimum above its maximum, or leave out a keyword that llguidance does not know; no model "
                         "has been loaded.")
    validator = Draft202012Validator(schema)
    for place, reply in enumerate(replies, start=1):
        value = read(reply)
        error = None if value is None else next(validator.iter_errors(value), None)
        if value is None or error:
            found = f"{error.message}{_where(error)}" if error else f"no JSON object: {reply[:60]!r}"
            raise ValueError(f"replies, entry {place}: expected a reply that the schema allows, found {found}. Correct "
                             "the reply or the schema: they are to teach and to check the same thing.")
    return grammar


def _same(found: object, true: object) -> bool:
    if isinstance(true, str) or isinstance(found, str):
        return isinstance(true, str) and isinstance(found, str) and normalize(found) == normalize(true)
    if isinstance(true, bool) or isinstance(found, bool):
        return found is true
    return found == true


def _where(error) -> str:
    place = ".".join(str(step) for step in error.absolute_path)
    return f" at {place}" if place else ""
