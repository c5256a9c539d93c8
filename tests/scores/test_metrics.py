import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftlab import values
from ftlab.world import brand

METRICS = Path(__file__).resolve().parents[2] / "ftlab" / "scores" / "metrics"
GOOD = ("Thank you for asking about the kettle. It costs $49.00, and our warranty lasts 2 years. "
        "Next step: add it to your basket. Warmly, the Quillmere desk")


@pytest.mark.parametrize(("reply", "value", "stated"), [
    ("It lasts 2 years.", "2 years", True),
    ("It lasts 12 years.", "2 years", False),
    ("It costs $9.00.", "$9.00", True),
    ("It costs $49.00.", "$9.00", False),
    ("It costs $49.00.", "$49", False),
    ("It weighs 11.2 kg.", "1.2 kg", False),
    ("It weighs 1.2 kg, box and all.", "1.2 kg", True),
    ("It weighs 1.2 kg", "2 kg", False),
    ("It holds 1.7 L", "1.7 l", True),
    ("It costs $1,049.00.", "049.00", False),
    ("Made of Oak.", "oak", True),
    ("Made of oakum.", "oak", False),
    ("", "oak", False),
    ("价格是49元。", "49元", True), ("价格是149元。", "49元", False), ("用USB充电。", "USB", True),
    ("それは赤いペンです。", "ペン", True), ("それは赤いペンキです。", "ペン", False),
    ("ราคา 49 บาทครับ", "49 บาท", True),
    ("यह केतली है।", "केतल", False), ("यह केतली है।", "केतली", True), ("Цена 49 рублей.", "49 руб", False),
])
def test_a_value_is_found_whole_or_not_at_all(reply, value, stated):
    assert values.states_all(reply, [value]) is stated


@pytest.mark.parametrize(("reply", "answer"), [
    ("红色。", "红色"), ("यह लाल है।", "यह लाल है"), ("赤です！", "赤です"),
    ("هل هو أحمر؟", "هل هو أحمر"), ("The Otter…", "the otter"),
])
def test_the_stop_of_any_script_is_no_part_of_an_answer(reply, answer):
    assert values.exact_match(reply, [answer])


def test_a_figure_among_chinese_signs_contradicts_nothing_that_is_known():
    assert not values.contradicts("价格是49元。", [], "价格：49元")
    assert values.contradicts("价格是59元。", [], "价格：49元")


def test_all_values_or_any_value():
    assert values.states_all("It costs $49.00 and lasts 2 years.", ["$49.00", "2 years"])
    assert not values.states_all("It costs $49.00.", ["$49.00", "2 years"])
    assert values.states_any("It lasts two years.", ["2 years", "two years"])
    assert not values.states_any("It lasts.", ["2 years", "two years"])


@pytest.mark.parametrize(("reply", "accepted", "matches"), [
    ("  The  Otter. ", ["the otter"], True),
    ("otter", ["the otter", "Otter"], True),
    ("the otter swims", ["the otter"], False),
    ("7", ["17", "7"], True),
    ("Anna\u2019s mill!", ["Anna's mill"], True),
    ("", ["otter"], False),
    ("...", ["otter"], False),
])
def test_exact_match(reply, accepted, matches):
    assert values.exact_match(reply, accepted) is matches


@pytest.mark.parametrize("wanted", ["2 years", [], ["2 years", " "]])
def test_references_that_would_score_nonsense_are_refused(wanted):
    for score in (values.exact_match, values.states_all, values.states_any):
        with pytest.raises(ValueError, match="at least one text"):
            score("2 years", wanted)


def test_brand_rules_column_by_column():
    rules = brand.by_rule([GOOD, GOOD.replace("$49.00", "$49")])
    assert len(rules) >= 8
    assert all(kept[0] for kept in rules.values())
    assert [rule for rule, kept in rules.items() if not kept[1]] == ["money"]


# In a process of its own: evaluate takes seconds to import, and the test wants no way out of the machine.
OFFLINE = """
import socket, sys
def refuse(*arguments, **named):
    raise AssertionError("something tried to reach the network")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse

import evaluate
folder, good = sys.argv[1:]
fact = evaluate.load(folder + "/fact_accuracy.py")
print(fact.compute(predictions=["It lasts 2 years.", "It lasts 12 years."], references=[["2 years"], ["2 years"]]))
print(fact.compute(predictions=["two years"], references=[["2 years", "two years"]], need="any"))
match = evaluate.load(folder + "/exact_match.py")
print(match.compute(predictions=["The otter.", "a fox", "7"], references=[["the otter"], ["an owl"], ["8", "7"]]))
brand = evaluate.load(folder + "/on_brand.py")
found = brand.compute(predictions=[good, "Hi!"])
print(found["on_brand"], found["on_brand_each"], found["on_brand_rules"]["no_exclamation"])
both = evaluate.combine([brand, fact]).compute(predictions=[good], references=[["$49.00", "2 years"]])
print(both["on_brand"], both["fact_accuracy"])
from ftlab.scores.metrics.fact_accuracy import FactAccuracy
print(FactAccuracy().compute(predictions=["$9.00"], references=[["$49.00"]])["fact_accuracy"])
"""


def test_metrics_load_and_compute_offline(tmp_path):
    surroundings = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    root = METRICS.parents[2]
    surroundings["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    done = subprocess.run([sys.executable, "-c", OFFLINE, str(METRICS), GOOD], capture_output=True, text=True,
                          env=surroundings, cwd=tmp_path, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    # fact 1 of 2; match 2 of 3; one of two replies on-brand and free of exclamation marks.
    assert done.stdout.splitlines() == [
        "{'fact_accuracy': 0.5, 'fact_accuracy_each': [1, 0]}",
        "{'fact_accuracy': 1.0, 'fact_accuracy_each': [1]}",
        "{'exact_match': 0.6666666666666666, 'exact_match_each': [1, 0, 1]}",
        "0.5 [1, 0] 0.5",
        "1.0 1.0",
        "0.0",
    ]
