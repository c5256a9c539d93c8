"""The form of a reply: the house format rule by rule, and JSON with exactly the keys."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftlab.scores.reply_formats import HOUSE_RULES, house_format, json_format
from ftlab.world import brand

FUZZ = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
GOOD = ("Thank you for asking about the kettle. It costs $49.00, and our warranty lasts 2 years. "
        "Next step: add it to your basket. Warmly, the Quillmere desk")


@pytest.mark.parametrize(("reply", "broken"), [
    (GOOD, []),
    (GOOD.replace("$49.00", "49 bucks"), []),  # a rule of style, not of form
    (GOOD.replace("Thank you for asking", "You ask"), ["thanks"]),
    (GOOD.replace(". Next", ".\nNext"), ["one_paragraph"]),
    (GOOD.replace("Next step: add", "Please add"), ["next_step"]),
    (GOOD.replace("Warmly", "Yours"), ["sign_off"]),
    (GOOD.replace("It costs", "It costs" + " very" * 55), ["length"]),
    ("", ["thanks", "next_step", "sign_off", "length"]),
])
def test_house_format_rule_by_rule(reply, broken):
    found = house_format(reply)
    assert list(found) == list(HOUSE_RULES) and set(HOUSE_RULES) < set(brand.RULES)
    assert [rule for rule, kept in found.items() if not kept] == broken


@pytest.mark.parametrize(("reply", "kept"), [
    ('{"intent": "refund", "urgent": true}', ["parses", "object", "keys"]),
    (' \n{"urgent": null, "intent": {}} ', ["parses", "object", "keys"]),  # any order, any value, space around
    ('{"intent": "refund"}', ["parses", "object"]),
    ('{"intent": 1, "urgent": 2, "why": 3}', ["parses", "object"]),
    ('{"intent": 1, "intent": 2, "urgent": 3}', ["parses", "object"]),  # a key that stands twice
    ('["intent", "urgent"]', ["parses"]),
    ("3", ["parses"]),
    ('{"intent": NaN, "urgent": 1}', []),  # Python would read it
    ('```json\n{"intent": 1, "urgent": 2}\n```', []),
    ('Here it is: {"intent": 1, "urgent": 2}', []),
    ("{'intent': 1, 'urgent': 2}", []),
    ("", []),
    ("[" * 100_000, []),  # deeper than the parser goes
])
def test_json_format(reply, kept):
    assert [rule for rule, yes in json_format(reply, ["intent", "urgent"]).items() if yes] == kept


@FUZZ
@given(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3) | st.none(), min_size=1, max_size=4))
def test_what_json_writes_has_the_format(value):
    assert all(json_format(json.dumps(value), list(value)).values())
    assert not json_format(json.dumps(value), [*value, "one more key"])["keys"]


@pytest.mark.parametrize("keys", ["intent", [], ["a", "a"], [1]])
def test_keys_that_are_no_keys_are_refused(keys):
    with pytest.raises(ValueError, match="list of different texts"):
        json_format("{}", keys)
