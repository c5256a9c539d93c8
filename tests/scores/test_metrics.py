"""Every metric file loads and computes without a network, refuses bad input, and combines with the others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

METRICS = Path(__file__).resolve().parents[2] / "ftlab" / "scores" / "metrics"
GOOD = ("Thank you for asking about the kettle. It costs $49.00, and our warranty lasts 2 years. "
        "Next step: add it to your basket. Warmly, the Quillmere desk")
OVER = "A colleague will call you."

# In a process of its own: evaluate takes seconds to import, and the test wants no way out of the machine.
OFFLINE = """
import json, socket, sys
def refuse(*arguments, **named):
    raise AssertionError("something tried to reach the network")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse

import evaluate
folder, calls = sys.argv[1], json.load(sys.stdin)
names = ["format_compliance", "hallucination", "intent_f1", "retention", "revision_rate", "rouge_l",
         "support_resolution", "exact_match", "fact_accuracy", "on_brand"]
metrics = {name: evaluate.load(f"{folder}/{name}.py") for name in names}
print(json.dumps({name: metric.inputs_description for name, metric in metrics.items()}))
for which, inputs in calls:
    try:
        if isinstance(which, str):
            found = metrics[which].compute(**inputs)
        else:
            combined = evaluate.combine([metrics[name] for name in which])
            if set(inputs) <= {"predictions", "references"}:
                found = combined.compute(**inputs)
            else:
                combined.add_batch(**inputs)
                found = combined.compute()
    except (ValueError, TypeError) as error:
        found = f"{type(error).__name__}: {error}"
    print(json.dumps(found))
from ftlab.scores.metrics.rouge_l import RougeL
print(json.dumps(RougeL().compute(predictions=["a b"], references=["a b"])))
"""

CASES = [{"escalate": True, "expected": []}, {"escalate": False, "expected": ["$49.00"]},
         {"escalate": False, "expected": ["$49.00"]}, {"escalate": True, "expected": ["colleague"]}]
# name, inputs, what must come out
RIGHT = [
    ("format_compliance", {"predictions": [GOOD, f"{GOOD} Bye."]},
     {"format_compliance": 0.5, "format_compliance_each": [1, 0],
      "format_compliance_rules": {"thanks": 1.0, "one_paragraph": 1.0, "next_step": 1.0, "sign_off": 0.5,
                                  "length": 1.0}}),
    ("format_compliance", {"predictions": ['{"a": 1}', "{}", "a"], "format": "json", "keys": ["a"]},
     {"format_compliance": 1 / 3, "format_compliance_each": [1, 0, 0],
      "format_compliance_rules": {"parses": 2 / 3, "object": 2 / 3, "keys": 1 / 3}}),
    ("hallucination", {"predictions": ["$9.00", "2 kg or 3 kg", ""], "sources": [["$9.00"], ["a", "2 kg"], []]},
     {"hallucination": 1 / 3, "hallucination_each": [0, 1, 0], "hallucination_values": [[], ["3 kg"], []]}),
    # Handed over: 1st and 3rd. Right: 1st (over, as it should be) and 2nd (answered). 3rd: needless, 4th: missed.
    ("support_resolution", {"predictions": [OVER, "It is $49.00.", OVER, "It is $49.00."], "references": CASES},
     {"support_resolution": 0.5, "support_resolution_of": 4, "support_resolution_each": [1, 1, 0, 0],
      "containment": 0.5, "containment_of": 4, "containment_each": [0, 1, 0, 1],
      "missed_escalations": 0.5, "missed_escalations_of": 2, "missed_escalations_each": [0, 1],
      "needless_escalations": 0.5, "needless_escalations_of": 2, "needless_escalations_each": [0, 1]}),
    # Known before: the first two; the second was lost. The third was learned.
    ("retention", {"predictions": ["an otter", "x", "an owl"], "before": ["otter", "an elk", "x"],
                   "references": [["otter"], ["elk"], ["owl"]]},
     {"retention": 0.5, "retention_of": 2, "retention_each": [1, 0], "newly_learned": 1.0, "newly_learned_of": 1,
      "newly_learned_each": [1], "retention_before_each": [1, 1, 0], "retention_after_each": [1, 0, 1]}),
    ("retention", {"predictions": ["otter"], "before": ["an otter"], "references": [["otter"]], "by": "exact"},
     {"retention": None, "retention_of": 0, "retention_each": [], "newly_learned": 1.0, "newly_learned_of": 1,
      "newly_learned_each": [1], "retention_before_each": [0], "retention_after_each": [1]}),
    # Word edits 0 of 2 and 1 of 2; characters 0 of 3 and 1 of 3; 10 s to read and 4 s an edit.
    ("revision_rate", {"predictions": ["a b", "a c"], "references": ["a b", "a b"], "seconds_per_edit": 4,
                       "seconds_to_read": 10},
     {"revision_rate": 0.25, "revision_rate_chars": 1 / 6, "revised": 0.5, "seconds_to_publish": 12.0,
      "revision_rate_each": [0.0, 0.5], "revision_rate_chars_each": [0.0, 1 / 3], "revised_each": [0, 1],
      "seconds_to_publish_each": [10, 14]}),
    ("rouge_l", {"predictions": ["It lasts", ""], "references": ["it lasting", "a"]},
     {"rouge_l": 0.25, "rouge_l_each": [0.5, 0.0]}),
    ("rouge_l", {"predictions": ["It lasts"], "references": ["it lasting"], "stemmer": True},
     {"rouge_l": 1.0, "rouge_l_each": [1.0]}),
    ("intent_f1", {"predictions": ["refund", "huh"], "references": ["refund", "praise"],
                   "labels": ["refund", "praise"]},
     {"intent_f1": 0.5, "intent_f1_each": [1, 0], "intent_precision": 0.5, "intent_recall": 0.5,
      "intent_accuracy": 0.5, "intent_f1_unknown": {"huh": 1},
      "intent_f1_by_intent": {"refund": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "of": 1},
                              "praise": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "of": 1}}}),
]
TEXT, LISTS = {"predictions": ["a"], "references": ["a"]}, {"predictions": ["a"], "references": [["a"]]}
WRONG = [  # name, inputs, what the message must say
    ("format_compliance", {"predictions": []}, "format_compliance: expected at least one entry in predictions"),
    ("format_compliance", {"predictions": "a"}, "expected a list in predictions"),
    ("format_compliance", {"predictions": ["a", None]}, "predictions, entry 2: expected a text, found NoneType"),
    ("format_compliance", {"predictions": ["a"], "format": "json"}, "with keys=None"),
    ("format_compliance", {"predictions": ["a"], "format": "xml"}, 'expected "house"'),
    ("hallucination", {"predictions": ["a"], "sources": ["a"]}, "sources, entry 1: expected a list, found str"),
    ("hallucination", TEXT, "['sources']"),
    ("rouge_l", {"predictions": ["a", "b"], "references": ["a", ["b"]]}, "references, entry 2: expected a text"),
    ("rouge_l", {"predictions": ["a", "b"], "references": ["a"]}, "predictions (2) and references (1)"),
    ("rouge_l", {"predictions": ["a"], "references": [" "]}, "a word in Latin letters"),
    ("revision_rate", {"predictions": ["a"], "references": [" "]}, "approved text that is not empty"),
    ("revision_rate", {**TEXT, "seconds_per_edit": 4}, "or neither"),
    ("revision_rate", {**TEXT, "seconds_per_edit": 0, "seconds_to_read": 1}, "above 0"),
    ("intent_f1", {"predictions": [3], "references": ["a"]}, "expected a text, found int 3"),
    ("intent_f1", {**TEXT, "labels": ["b"]}, "one of the labels"),
    ("retention", {**LISTS, "before": ["a"], "by": "heart"}, "by: expected one of"),
    ("retention", {**LISTS, "before": ["a", "b"]}, "Mismatch in the number of"),
    ("retention", {"predictions": ["a", "b"], "before": ["a", "b"], "references": [["a"], "bc"]},
     "entry 2: expected a list, found str 'bc'"),
    ("support_resolution", {"predictions": ["a"], "references": [{"escalate": "no", "expected": []}]},
     "entry 1, 'escalate': expected True or False, found str 'no'"),
    ("support_resolution", {"predictions": ["a"], "references": [{"expected": []}]}, "keys ['escalate', 'expected']"),
    ("support_resolution", {"predictions": ["a"], "references": [{"escalate": False, "expected": []}]},
     "at least one text"),
]
TOGETHER = [  # names, inputs, some of what must come out
    (["rouge_l", "revision_rate", "format_compliance", "on_brand"], {"predictions": [GOOD], "references": [GOOD]},
     {"rouge_l": 1.0, "revision_rate": 0.0, "revised_each": [0], "format_compliance_each": [1], "on_brand": 1.0}),
    (["fact_accuracy", "hallucination", "retention", "exact_match"],
     {"predictions": ["2 years"], "references": [["2 years"]], "sources": [["3 years"]], "before": ["x"]},
     {"fact_accuracy": 1.0, "hallucination_values": [["2 years"]], "newly_learned": 1.0, "retention": None,
      "exact_match_each": [1]}),
]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What one process without a network prints for all the calls, a line each."""
    folder, root = tmp_path_factory.mktemp("offline"), METRICS.parents[2]
    surroundings = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder), "OMP_NUM_THREADS": "1"}
    surroundings["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    calls = json.dumps([call[:2] for call in (*RIGHT, *WRONG, *TOGETHER)])
    done = subprocess.run([sys.executable, "-c", OFFLINE, str(METRICS)], input=calls, capture_output=True, text=True,
                          encoding="utf-8", env=surroundings, cwd=folder, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    inputs, *results, direct = [json.loads(line) for line in done.stdout.splitlines()]
    return inputs, results, direct


@pytest.mark.parametrize("index", range(len(RIGHT)), ids=[name for name, *_ in RIGHT])
def test_values_by_hand(printed, index):
    found, expected = printed[1][index], RIGHT[index][2]
    assert isinstance(found, dict), found
    assert set(found) == set(expected)
    for key, value in expected.items():
        assert found[key] == (pytest.approx(value) if isinstance(value, (float, dict)) and "by" not in key else value)


@pytest.mark.parametrize("index", range(len(WRONG)), ids=[f"{name} {says[:25]}" for name, _, says in WRONG])
def test_wrong_input_is_named(printed, index):
    found = printed[1][len(RIGHT) + index]
    assert isinstance(found, str) and found.startswith("ValueError") and WRONG[index][2] in found


@pytest.mark.parametrize("index", range(len(TOGETHER)))
def test_metrics_combine_without_a_clash_of_keys(printed, index):
    names, _, expected = TOGETHER[index]
    found = printed[1][len(RIGHT) + len(WRONG) + index]
    assert {key: found[key] for key in expected} == expected
    # A clash would put the name of a metric before a key: rouge_l_rouge_l.
    assert not [key for key in found for name in names if key.startswith(f"{name}_{name}")]


def test_every_metric_says_what_goes_in_and_comes_out(printed):
    inputs, _, direct = printed
    assert {f"{name}.py" for name in inputs} == {path.name for path in METRICS.glob("*.py")} - {"__init__.py"}
    for name, text in inputs.items():
        assert "Args:" in text and "Returns" in text and name in text and f"{name}_each" in text.replace(
            "<name>_each", f"{name}_each")
    assert direct == {"rouge_l": 1.0, "rouge_l_each": [1.0]}


THREE_METRICS = """
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
    done = subprocess.run([sys.executable, "-c", THREE_METRICS, str(METRICS), GOOD], capture_output=True, text=True,
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
