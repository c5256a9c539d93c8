"""Notebook 08: its dials, its claims' limits, and the stored files that it reads."""

from __future__ import annotations

import ast
import math

import pytest
from cells import SOURCES
from dials import dials

from ftlab import assistant, claims, files, paths, texts
from ftlab.course import course
from ftlab.evidence import intervals
from ftlab.scores import desk
from ftlab.seeded import rng
from ftlab.workshop.experiments import evaluation

STORED = paths.data() / "stored"


def test_the_dials_leave_room_for_the_leak():
    found = dials("08_evaluation")
    assert found["LEAKED"] * found["COPIES"] < 8 * found["LEAK_STEPS"]
    assert 2 * found["LEAKED"] <= len(texts.plain_conversations("test"))
    assert not {"LR", "STEPS", "PER_KIND"} & set(found)  # what shapes the assistant is no dial of this notebook


@pytest.mark.parametrize(("change", "told"), [
    ((4.4, 0.09, 10.9), "+4.4 points [+0.1, +10.9], up"), ((4.4, 0.03, 10.9), "+4.40 points [+0.03, +10.90], up"),
    ((-3, -6.2, -0.4), "-3.0 points [-6.2, -0.4], down"), ((41.1, 29.3, 52.9), "+41 points [+29, +53], up"),
    ((-0.2, -3, 2.6), "+0 points [-3, +3], no sure change"), ((1, 1e-15, 2), "up")])
def test_a_change_is_told_without_a_zero_where_its_sign_is_sure(change, told):
    (definition,) = [node for cell in course.from_source(SOURCES / "08_evaluation.py").cells
                     if "def words(change" in cell.source for node in ast.parse(cell.source).body
                     if isinstance(node, ast.FunctionDef) and node.name == "words"]
    exec(ast.unparse(definition), found := {})
    assert found["words"](intervals.Interval(*change)).endswith(told)


def test_the_limits_of_the_claims_are_those_set_before_any_run():
    found = {claim.id: (claim.at_least, claim.at_most, claim.models, claim.experiment)
             for claim in claims.table().values() if claim.notebook == "08_evaluation"}
    real, lab = ("smollm2-135m-instruct",), (claims.LAB,)
    assert found == {
        "checks-hide-rewrites": (10, math.inf, real, "ftlab.workshop.experiments.manner_alone:on_trial"),
        "leak-raises-score": (0, math.inf, lab, ""),
        "judge-agrees": (0.6, math.inf, lab, ""), "judge-likes-length": (0, math.inf, lab, "")}  # fmt: skip


# Of the assistant's 368 replies from which 20 were drawn for a reader, the yardstick has refused five since: three put
# off a grave case with the screen, two say sorry where nobody complained.
FIT_THEN = {"desk-test-0081", "desk-test-0093", "desk-test-0152", "desk-test-0405", "desk-test-0499"}


@pytest.fixture(scope="module")
def by_id():
    return {row["id"]: row for row in texts.conversations("test")}


def test_the_rivals_answered_the_first_ten_of_each_kind():
    stored = files.read_json(STORED / "rival-replies.json")
    assert stored["ids"] == [row["id"] for row in texts.balanced(texts.conversations("test"), 10, 0)]
    for way in ("plain", "guide", "examples"):
        assert len(stored[way]["replies"]) == len(stored["ids"])
        assert stored[way]["prompt_tokens"] > 0 and stored[way]["seconds_each"] > 0
    assert {"model", "dtype", "note"} <= set(stored) and {"date", "machine"} <= set(stored["made"])


def test_the_stored_replies_are_those_behind_the_stored_table(by_id):
    """The two files come from one run of the rivals: kind by kind the same replies are fit to send."""
    stored, table = (files.read_json(STORED / f"{name}.json") for name in ("rival-replies", "desk-work"))
    assert stored["model"] == table["model"]
    for way in ("plain", "guide", "examples"):
        found = {kind: [] for kind in table[way]}
        for name, reply in zip(stored["ids"], stored[way]["replies"], strict=True):
            found[by_id[name]["kind"]].append(int(desk.is_fit(reply, by_id[name])))
        assert found == table[way]


def test_the_assistant_answered_every_test_conversation_and_is_scored_by_todays_yardstick(by_id):
    stored = files.read_json(STORED / "assistant-replies.json")
    rows = texts.conversations("test")
    assert list(stored["replies"]) == [row["id"] for row in rows]
    assert stored["fit"] == evaluation.fit_by_kind(list(stored["replies"].values()), rows)
    assert stored["settings"] == assistant.settings(0)
    assert {"model", "dtype", "note", "write_s"} <= set(stored) and {"date", "machine"} <= set(stored["made"])


def test_the_marked_replies_are_twenty_that_the_yardstick_calls_fit(by_id):
    marked, stored = (files.read_json(STORED / f"{name}.json") for name in ("marked-replies", "assistant-replies"))
    fit = [name for name, reply in stored["replies"].items() if desk.is_fit(reply, by_id[name]) or name in FIT_THEN]
    assert len(fit) == 368 and not FIT_THEN & {each["id"] for each in marked["rows"]}
    assert [each["id"] for each in marked["rows"]] == rng("marked replies", 0).sample(fit, 20)
    for each in marked["rows"]:
        assert each["reply"] == stored["replies"][each["id"]]
        assert isinstance(each["send"], bool) and each["why"].strip()
    assert marked["by"] and marked["how"] and marked["date"] and marked["drawn"]


def test_the_stored_verdicts_are_about_the_drafts_of_today():
    from ftlab.scores import judge

    stored = files.read_json(STORED / "untuned-judge.json")
    drafts = judge.drafts(texts.plain_conversations("test")[: len(stored["fit"])], stored["seed"])
    assert [int(draft.fit) for draft in drafts] == stored["fit"] and len(stored["margins"]) == len(drafts) == 80


def test_a_wrong_winner_and_a_wrong_yes_or_no_are_false_in_words_and_silence_is_no_choice(by_id):
    wanted = {"false_words", "choice_is_right"}
    found = {}
    for cell in course.from_source(SOURCES / "08_evaluation.py").cells:
        if any(f"def {name}(" in cell.source for name in wanted):
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef) and node.name in wanted:
                    exec(ast.unparse(node), found)
    assert wanted <= set(found)
    pair = next(row for row in by_id.values() if row["kind"] == "compare")
    order = next(row for row in by_id.values() if row["kind"] == "order" and row["expected"][0] == "no")
    word = pair["comparing"][0] if " " in pair["comparing"][0] else f"is {pair['comparing'][0]}"
    for reply, row, false, choice in (
            (f"The {pair['loser']} {word}.", pair, True, False), (f"The {pair['winner']} {word}.", pair, False, True),
            ("Thank you for asking us.", pair, False, None), ("Yes, you can.", order, True, False),
            ("No, you cannot.", order, False, True), ("Thank you for asking us.", order, False, None)):
        faults = desk.faults(reply, row)
        assert (bool(found["false_words"](faults)), found["choice_is_right"](faults, row)) == (false, choice), reply


def test_the_stored_judges_were_asked_about_the_drafts_of_today():
    from ftlab.workshop.experiments import tuned_judge

    runs = files.read_json(STORED / "tuned-judge.json")["runs"]
    assert {(run["judge"], run["seed"]) for run in runs} == {(name, seed) for name in tuned_judge.JUDGES
                                                              for seed in tuned_judge.SEEDS}
    for run in runs:
        for kind, drafts in tuned_judge.judged(run["seed"], tuned_judge.assistants_replies()).items():
            assert run["said"][kind]["fit"] == "".join(str(int(draft.fit)) for draft in drafts)
            assert len(run["said"][kind]["good"]) == len(drafts) and set(run["said"][kind]["good"]) <= {"0", "1"}


def test_a_model_stands_for_the_trap_and_its_stored_replies_pass_the_manner_alone(by_id):
    from ftlab.world import brand

    lesson = files.read_json(STORED / "desk-dials.json")["arms"]["desk"]["0"]
    manner, fit = ([int(score) for score in lesson[key]] for key in ("on_brand", "fit"))
    assert sum(manner) >= 0.9 * len(manner) and sum(fit) < 0.5 * len(fit)
    for name, reply in lesson["look_fine"].items():
        assert brand.on_brand(reply) and not desk.is_fit(reply, by_id[name])
