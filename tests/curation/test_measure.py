"""Precision and recall of the steps, on a few records whose faults are known.

``test_pipeline.py`` measures them on thousands.
"""

import json

import pytest
from dump_record import RECORD

from ftlab.curation import measure, pipeline, records
from ftlab.world import desk


def test_a_score_by_hand():
    # 4 planted, 3 flagged, 2 of them planted: precision 2 / 3, recall 2 / 4; line 9 is wrong unless it is relevant.
    score = measure.score("card", "personal", [1, 2, 3, 4], [1, 2, 9])
    assert (score.precision.value, score.recall.value, score.wrong, score.missed) == (2 / 3, 0.5, (9,), (3, 4))
    assert measure.score("card", "personal", [1, 2, 3, 4], [1, 2, 9], [9]).precision.value == 1
    assert measure.score("card", "personal", [], []).recall is None


def test_each_planted_fault_is_looked_for_by_a_step_of_the_pipeline():
    assert not set(measure.FILTERS) - set(pipeline.STEPS) and not measure.HARMLESS - set(desk.FAULTS)
    looked_for = [fault for faults in measure.FILTERS.values() for fault in faults]
    assert len(looked_for) == len(set(looked_for))
    repaired_or_masked = {"html_remains", "signature", "email", "phone", "card"}
    assert repaired_or_masked == set(desk.FAULTS) - set(looked_for)


def test_the_table_by_hand():
    scores = [measure.score("card", "personal", [1, 2, 3, 4], [1, 2, 9]), measure.score("email", "personal", [], []),
              measure.score("injection", "injection", range(2000), [])]
    assert measure.table(scores).splitlines() == [
        "fault               step                 planted flagged  precision     recall",
        "card                personal                   4       3      0.667      0.500",
        "email               personal                   0       0          -          -",
        "injection           injection              2,000       0          -      0.000"]


def measured(*pairs):
    """The scores by fault of an export whose records differ from a good one, with the truth about each."""
    lines, truth = [], []
    for number, (change, about) in enumerate(pairs, start=1):
        record = {**RECORD, "id": f"d-{number}", **change}
        lines.append((number, json.dumps(record)))
        truth.append({"id": record["id"], "faults": [], "duplicate_of": None, "personal": [],
                      "question": RECORD["question"], "reply": RECORD["reply"], **about})
    return {score.fault: score for score in measure.measure(lines, truth, pipeline.run(lines))}


NO_LICENSE = ({"license": "none", "question": "How much is the kettle?"}, {"faults": ["no_license"]})


def test_what_is_found_missed_and_wrongly_dropped():
    scores = measured(({}, {}), NO_LICENSE, ({"license": "none", "question": "Is it dear?"}, {}),
                      ({"question": "And the price of it?"}, {"faults": ["injection"]}),
                      ({}, {"faults": ["exact_duplicate"], "duplicate_of": "d-1"}))
    license = scores["no_license"]
    assert (license.planted, license.flagged, license.wrong, license.missed) == (1, 2, (3,), ())
    assert (license.precision.value, license.recall.value) == (0.5, 1)
    assert scores["injection"].missed == (4,) and scores["injection"].precision is None
    copy = scores["exact_duplicate"]
    assert (copy.planted, copy.flagged, copy.precision.value, copy.recall.value) == (1, 1, 1, 1)


def test_a_copy_whose_original_was_dropped_before_is_no_copy():
    copy = ({"question": NO_LICENSE[0]["question"]}, {"faults": ["exact_duplicate"], "duplicate_of": "d-1"})
    assert measured(NO_LICENSE, copy)["exact_duplicate"].planted == 0


@pytest.mark.parametrize(("kind", "secret"), [
    ("email", "anna@post.example"), ("phone", "+44 20 7946 0958"), ("card", "4111 1111 1111 1111")])
def test_masks_are_judged_by_the_text_that_they_leave(kind, secret):
    asked = f"What does it cost? Please write or call: {secret}."
    if kind == "card":
        asked = f"What does it cost? I paid with my card {secret}."
    truth = {"faults": [kind], "personal": [secret], "question": asked}
    score = measured(({"question": asked}, truth))[kind]
    assert (score.planted, score.flagged, score.precision.value, score.recall.value) == (1, 1, 1, 1)
    unplanted = measured(({"question": asked}, {"question": asked}))[kind]
    assert (unplanted.planted, unplanted.wrong) == (0, (1,))
    hidden = "a secret that no step can see"
    missed = measured(({"question": f"What does it cost, {hidden}?"}, {"faults": ["email"], "personal": [hidden]}))
    assert missed["email"].missed == (1,)


@pytest.mark.parametrize(("fault", "question"), [
    ("html_remains", "<p>What does the Emberline&nbsp;Kettle <b>cost</b>?</p>"),
    ("signature", "What does the Emberline Kettle cost?\n\nKind regards\nAnna Bell"),
])
def test_a_repair_counts_if_the_clean_question_comes_back(fault, question):
    whole = measured(({"question": question}, {"faults": [fault]}))[fault]
    assert (whole.planted, whole.recall.value, whole.precision.value) == (1, 1, 1)
    other = {"faults": [fault], "question": "What was it that the customer asked?"}
    assert measured(({"question": question}, other))[fault].missed == (1,)
    assert measured(({"question": question}, {}))[fault].wrong == (1,)


def test_a_broken_line_is_found_as_one():
    lines = [(1, "nonsense"), (2, json.dumps({**RECORD, "id": "d-2"}))]
    truth = [{"id": "d-1", "faults": ["malformed"], "duplicate_of": None, "personal": [], "question": "", "reply": ""},
             {"id": "d-2", "faults": [], "duplicate_of": None, "personal": [], "question": RECORD["question"]}]
    with pytest.raises(records.Reject):
        records.validate(lines[0][1])
    scores = {score.fault: score for score in measure.measure(lines, truth, pipeline.run(lines))}
    assert (scores["malformed"].planted, scores["malformed"].precision.value, scores["malformed"].recall.value) == (
        1, 1, 1)
