"""The rules of a gate: defaults filled in, every field checked, and what looks like a share questioned."""

import pytest

from ftlab.evidence.gate import gate
from ftlab.evidence.gate_rules import Rule, check_rules

HALF = [1, 0] * 100  # 200 items, 50 %


@pytest.mark.parametrize(("rules", "message"), [
    ([], "at least one rule"),
    ([{"metric": "facts"}], r"rule 1 \(facts\): expected may_drop or at_least"),
    ([{"metric": "facts", "may_drop": -2}], "0 or more"),
    ([{"metric": "facts", "may_drop": "two"}], "a number in may_drop, found 'two'"),
    ([{"metric": "facts", "may_drop": True}], "found True"),
    ([{"metric": "facts", "at_least": 0.8}], "Write 80 for a share of 0.8"),
    *(([{"metric": "facts", "at_least": 0.8, "unit": unit}], "at_least in percent, found 0.8. Write 80 for a share")
      for unit in ("%", "percent", "Percent ", "percentage points", "pct", "per cent")),
    ([{"metric": "facts", "at_most": 80}], "at_least for direction up"),
    ([{"metric": "facts", "maydrop": 2}], "expected a metric and fields"),
    ([{"metric": "facts", "may_drop": 2}] * 2, "found a second one"),
    ([{"metric": "facts", "may_drop": 2, "direction": "left"}], "direction up or"),
    ({"facts": {"may_drop": 2}}, "rule 1: expected an object with fields .* found 'facts'"),
    ([{"metric": "facts", "may_drop": "5 %"}], "a number in may_drop, found '5 %'. Write it without its unit"),
    ([{"metric": "facts", "at_least": "inf"}], "a number in at_least, found 'inf'"),
    ([{"metric": "facts", "at_least": [80]}], r"a number in at_least, found \[80\]"),
    ([{"metric": "facts", "at_least": 101}], "expected at_least in percent, found 101"),
    ([{"metric": "facts", "at_most": -1, "direction": "down"}], "expected at_most in percent, found -1"),
    ([{"metric": "facts", "at_least": 80, "direction": "down"}], "expected may_drop or at_most for direction down"),
    ([{"metric": "facts", "may_drop": "", "at_least": None}], "expected may_drop or at_least"),  # empty cells
    ([{"metric": 7, "may_drop": 2}], r"rule 1 \(7\): expected a metric and fields"),
    ([{"may_drop": 2}], r"rule 1 \(None\): expected a metric and fields"),
    ([{"metric": "a", "may_drop": 2}, {"metric": "b"}], r"rule 2 \(b\): expected may_drop"),
    (["facts"], "rule 1: expected an object with fields .* found 'facts'. See the top of"),
])
def test_bad_rules_are_named(rules, message):
    for act in (check_rules, lambda rules: gate(rules, {"facts": HALF}, {"facts": HALF})):
        with pytest.raises(ValueError, match=message):
            act(rules)


@pytest.mark.parametrize(("raw", "rule"), [
    ({"metric": "facts", "may_drop": 2}, Rule("facts", may_drop=2.0)),
    ({"metric": "facts", "may_drop": "0"}, Rule("facts", may_drop=0.0)),  # as a table holds it
    ({"metric": "facts", "at_least": "80", "may_drop": "", "unit": None, "direction": ""}, Rule("facts", limit=80.0)),
    ({"metric": "wrong", "at_most": 0.5, "direction": "down"}, Rule("wrong", limit=0.5, direction="down")),
    ({"metric": "tone", "at_least": 0.8, "unit": "score"}, Rule("tone", limit=0.8, unit="score")),
    ({"metric": "tone", "at_least": -3, "unit": "score"}, Rule("tone", limit=-3.0, unit="score")),
    ({"metric": "s", "at_most": 300, "may_drop": 5, "direction": "down", "unit": "s"},
     Rule("s", 5.0, 300.0, "down", "s")),
])
def test_a_rule_with_its_defaults(raw, rule):
    before = dict(raw)
    assert check_rules([raw]) == [rule] and raw == before


def test_the_order_of_the_rules_is_kept():
    assert [rule.metric for rule in check_rules({"metric": name, "may_drop": 1} for name in "bca")] == ["b", "c", "a"]


@pytest.mark.parametrize(("may_drop", "unit", "question"), [
    (0.02, "points", "is may_drop 0.02 points meant, 1 item in 5,000? For 2 points write 2"),
    (0.5, "points", "is may_drop 0.5 points meant, 1 item in 200? For 50 points write 50"),
    (0.02, "%", "is may_drop 0.02 % meant? For 2 % write 2"),
    (0.1, " Percent", "is may_drop 0.1  Percent meant"),
    (0.02, "percentage points", "is may_drop 0.02 percentage points meant"),
    (0.02, "accuracy in %", "is may_drop 0.02 accuracy in % meant"), (0.02, "in percent", "is may_drop 0.02 in"),
    (0.02, "0-100", "is may_drop"), (0.02, "score out of 100", "is may_drop"), (0.02, "ROUGE x100", "is may_drop"),
    (0.02, "Prozent", "is may_drop"), (0.02, "pts", "is may_drop"), (0.02, "ROUGE", ""), (0.02, "weight points", ""),
    (0, "points", ""), (1, "points", ""), (2, "%", ""), (None, "points", ""), (0.02, "s", ""), (0.02, "ppm", ""),
])
def test_a_drop_that_looks_like_a_share_is_questioned(may_drop, unit, question):
    doubt = Rule("facts", may_drop, unit=unit).doubt(1.0)
    assert doubt.startswith(question) and bool(doubt) == bool(question)
