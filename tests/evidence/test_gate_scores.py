"""The scores of a gate: three kinds, each number checked, and files whose faults are said with name and line."""

import json

import numpy as np
import pytest

from ftlab.evidence import gate_scores
from ftlab.evidence.gate_rules import Rule

POINTS, SECONDS = Rule("facts", 2.0), Rule("speed", 2.0, unit="s")


@pytest.mark.parametrize(("rule", "raw", "expected"), [
    (POINTS, 1, 1.0), (POINTS, np.float32(0.5), 0.5), (POINTS, [True, 0], [1.0, 0.0]), (POINTS, (0, 1), [0.0, 1.0]),
    (POINTS, np.array([0.25, 1]), [0.25, 1.0]), (POINTS, {"q1": 1, "q2": 0}, {"q1": 1.0, "q2": 0.0}),
    (POINTS, np.array(0.5), 0.5), (SECONDS, 17, 17.0), (SECONDS, [-3, 250.5], [-3.0, 250.5]),
])
def test_three_kinds_of_scores_become_floats(rule, raw, expected):
    found = gate_scores.check(rule, raw, "baseline")
    assert found == expected and type(found) is type(expected)
    values = found.values() if isinstance(found, dict) else found if isinstance(found, list) else [found]
    assert {type(value) for value in values} == {float}


@pytest.mark.parametrize(("rule", "raw", "message"), [
    (POINTS, 50.0, r'^new, facts: expected finite numbers from 0 to 1 \(or a "unit" in its rule\), found 50.0. Write'),
    (POINTS, [0, -1], "found -1"), (POINTS, [1, None] * 100, "found None"), (POINTS, "0.5", "found '0.5'"),
    (POINTS, float("nan"), "found nan"), (POINTS, {"q1": 1, "q2": "yes"}, "found 'yes'"),
    (POINTS, [1], "expected at least 2 items, found 1. Write"), (POINTS, {"q1": 1}, "items, found 1. Write"),
    (POINTS, {0, 1}, r"found \{0, 1\}"), (SECONDS, b"ab", "found b'ab'"), (SECONDS, 10**400, "found 1000"),
    (SECONDS, np.array([[1, 0], [0, 1]]), r"found array\(\[1, 0\]\)"), (SECONDS, np.array(["1", "2"]), "found np.str_"),
    (POINTS, {}, "expected at least 2 items, found 0"), (POINTS, [[1, 0], [0, 1]], r"found \[1, 0\]"),
    (SECONDS, [1, float("inf")], "^new, speed: expected finite numbers, found inf"), (SECONDS, None, "found None"),
])
def test_what_is_no_score_is_named_with_its_metric(rule, raw, message):
    with pytest.raises(ValueError, match=message):
        gate_scores.check(rule, raw, "new")


def test_the_kinds_in_words():
    found = [gate_scores.kind(gate_scores.check(POINTS, raw, "x")) for raw in (0.5, [0, 1, 1], {"a": 0, "b": 1})]
    assert found == ["one figure", "3 scores as list", "2 scores as dict"]


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("a.json", b'\xef\xbb\xbf{"facts": [1, 0]}', {"facts": [1, 0]}),
    ("a.json", b"[]", []),
    ("rules.txt", b'{"facts": 0.5}', {"facts": 0.5}),  # whatever is not a table is taken for JSON
    ("rules.csv", b'\xef\xbb\xbfmetric,may_drop\r\n"facts, all",5\r\n',
     [{"metric": "facts, all", "may_drop": "5"}]),
    ("RULES.CSV", b"metric,may_drop\ntone,\n", [{"metric": "tone", "may_drop": ""}]),
])
def test_files_as_people_save_them(tmp_path, name, text, expected):
    (tmp_path / name).write_bytes(text)
    assert gate_scores.read(str(tmp_path / name)) == expected


@pytest.mark.parametrize(("name", "text", "message"), [
    ("a.json", b"", "a.json line 1: expected JSON, found Expecting value. Correct that line."),
    ("a.json", b'{"facts": [1,\n0]\n', "a.json line 3: expected JSON"),
    ("a.json", b'{"facts": {"q1": 1, "q1": 0, "q2": 1, "q2": 1}}',
     "expected each item once, found 2 more than once, such as 'q1'. Keep one score for each item."),
    ("a.json", b'{"facts": 1, "facts": 0}', "once, found 1 more than once, such as 'facts'"),
    ("a.json", b"\xff\xfe{", "a.json: expected UTF-8 text, found another encoding. Save it as UTF-8."),
    ("a.csv", b"metric,may_drop\nfacts,5\ntone,2,s\n", "a.csv line 3: expected 2 cells as in the header, found 3"),
])
def test_a_file_with_a_fault_is_named_with_its_line(tmp_path, name, text, message):
    (tmp_path / name).write_bytes(text)
    with pytest.raises(ValueError) as error:
        gate_scores.read(str(tmp_path / name))
    assert message in str(error.value) and str(tmp_path) in str(error.value)


def test_what_cannot_be_opened_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "gone.json"):
        with pytest.raises(ValueError, match="expected a file to read, found: .*. Check its name"):
            gate_scores.read(str(path))


def test_a_number_that_json_cannot_hold_is_no_score(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"facts": [1, float("nan")]}))
    with pytest.raises(ValueError, match="found nan"):
        gate_scores.check(POINTS, gate_scores.read(str(tmp_path / "a.json"))["facts"], "new")
