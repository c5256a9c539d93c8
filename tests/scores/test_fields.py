"""JSON replies: which validate, which fields are right, and which schemas are refused before a model is loaded."""

from __future__ import annotations

import json

import pytest

from ftlab.scores import fields

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "years": {"type": "integer", "minimum": 1}},
    "required": ["name", "years"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("reply", "is_valid"),
    [('{"name": "Gull", "years": 2}', True), ('  {"years": 2, "name": "Gull"}\n', True),
     ('{"name": "Gull", "years": "2"}', False), ('{"name": "Gull", "years": 0}', False),
     ('{"name": "Gull"}', False), ('{"name": "Gull", "years": 2, "more": 1}', False),
     ('Sure: {"name": "Gull", "years": 2}', False), ('{"name": "Gull", "years": 2, "years": 2}', False),
     ('{"name": "Gull", "years": NaN}', False), ("[]", False), ("", False)],
)  # fmt: skip
def test_a_reply_validates_whole_or_not_at_all(reply: str, is_valid: bool) -> None:
    assert fields.valid(reply, SCHEMA) is is_valid


def test_fields_are_right_by_value_and_by_json_type() -> None:
    truth = {"name": "Gull Kettle", "years": 1, "price": 40.0, "safe": True, "note": None}
    assert fields.right_fields(json.dumps(truth), truth) == dict.fromkeys(truth, True)
    # Case, spacing and a full stop aside; 40 and 40.0 are one number.
    reply = '{"name": "gull  kettle.", "years": true, "price": 40, "safe": 1}'
    assert fields.right_fields(reply, truth) == {
        "name": True, "years": False, "price": True, "safe": False, "note": False}  # fmt: skip
    assert fields.right_fields('{"price": "40.0", "note": null}', truth) == {
        "name": False, "years": False, "price": False, "safe": False, "note": True}  # fmt: skip
    assert not any(fields.right_fields("Sure! " + json.dumps(truth), truth).values())


def with_years(**years: object) -> dict:
    return SCHEMA | {"properties": SCHEMA["properties"] | {"years": years}}


@pytest.mark.parametrize(
    ("schema", "found"),
    [(SCHEMA | {"required": ["name", "years", "weight"]}, "'weight' is unsatisfiable"),
     (with_years(type="integer", minimum=5, maximum=3), "'years' is unsatisfiable"),
     (with_years(enum=[]), "'years' is unsatisfiable"),
     (with_years(type="string", enum=[1, 2]), "'years' is unsatisfiable"),
     (with_years(type="integr"), "schema at properties.years.type")],
)  # fmt: skip
def test_a_schema_that_nothing_satisfies_is_refused(schema: dict, found: str) -> None:
    with pytest.raises(ValueError, match=found) as refused:
        fields.check_schema(schema)
    assert "no model has been loaded" in str(refused.value)


def test_replies_that_the_schema_forbids_are_named_with_their_place() -> None:
    good = '{"name": "Gull", "years": 2}'
    assert "json_schema" in fields.check_schema(SCHEMA, [good])
    with pytest.raises(ValueError, match=r"replies, entry 2: .*0 is less than the minimum of 1 at years"):
        fields.check_schema(SCHEMA, [good, '{"name": "Gull", "years": 0}'])
    with pytest.raises(ValueError, match="entry 1: .*no JSON object: 'Gull, 2'"):
        fields.check_schema(SCHEMA, ["Gull, 2"])


@pytest.mark.parametrize("schema", [{"type": "array"}, {"enum": ["a"]}])
def test_a_schema_of_no_object_is_refused(schema: dict) -> None:
    with pytest.raises(ValueError, match='expected one of an object, with "type": "object"'):
        fields.check_schema(schema)
