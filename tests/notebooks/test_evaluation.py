"""Notebook 08: its dials, its claims' limits, and the two stored files that it reads."""

from __future__ import annotations

import math

import pytest
from dials import dials

from ftlab import claims, files, paths, texts
from ftlab.scores import desk
from ftlab.world import brand

STORED = paths.data() / "stored"


def test_the_tuned_model_is_the_courses_desk_run():
    found = dials("08_evaluation")
    assert {key: found[key] for key in ("PER_KIND", "STEPS", "BATCH_SIZE", "LR")} == {
        "PER_KIND": 16, "STEPS": 36, "BATCH_SIZE": 4, "LR": 1e-3}  # so that 02's model is found on the shelf
    assert found["LEAKED"] * found["COPIES"] < 8 * found["LEAK_STEPS"]
    assert 2 * found["LEAKED"] <= len(texts.plain_conversations("test"))


def test_the_limits_of_the_claims_are_those_set_before_any_run():
    found = {claim.id: (claim.at_least, claim.at_most, claim.models, claim.experiment)
             for claim in claims.table().values() if claim.notebook == "08_evaluation"}
    real, lab = ("smollm2-135m-instruct",), (claims.LAB,)
    assert found == {
        "checks-hide-rewrites": (20, math.inf, real, ""), "leak-raises-score": (5, math.inf, lab, ""),
        "judge-agrees": (0.6, math.inf, lab, ""), "judge-likes-length": (5, math.inf, lab, "")}  # fmt: skip


@pytest.fixture(scope="module")
def by_id():
    return {row["id"]: row for row in texts.conversations("test")}


def test_the_rivals_answered_the_first_ten_of_each_kind():
    stored = files.read_json(STORED / "rival-replies.json")
    assert stored["ids"] == [row["id"] for row in texts.balanced(texts.conversations("test"), 10, 0)]
    for way in ("plain", "guide", "examples"):
        assert len(stored[way]["replies"]) == len(stored["ids"])
        assert stored[way]["prompt_tokens"] > 0 and stored[way]["seconds_each"] > 0
    assert {"date", "machine", "model", "dtype", "note"} <= set(stored)


def test_the_stored_replies_are_those_behind_the_stored_table(by_id):
    """The two files come from one run of the rivals: kind by kind the same replies are fit to send."""
    stored, table = (files.read_json(STORED / f"{name}.json") for name in ("rival-replies", "desk-work"))
    assert stored["model"] == table["model"]
    for way in ("plain", "guide", "examples"):
        found = {kind: [] for kind in table[way]}
        for name, reply in zip(stored["ids"], stored[way]["replies"], strict=True):
            found[by_id[name]["kind"]].append(int(desk.is_fit(reply, by_id[name])))
        assert found == table[way]


def test_the_marked_replies_are_twenty_that_the_yardstick_calls_fit(by_id):
    marked = files.read_json(STORED / "marked-replies.json")
    assert len(marked["rows"]) == 20 and len({each["id"] for each in marked["rows"]}) == 20
    for each in marked["rows"]:
        assert brand.on_brand(each["reply"]) and desk.is_right(each["reply"], by_id[each["id"]])
        assert isinstance(each["send"], bool) and each["why"].strip()
    assert marked["by"] and marked["how"] and marked["date"] and marked["drawn"]


def test_the_stored_verdicts_are_about_the_drafts_of_today():
    from ftlab.scores import judge

    stored = files.read_json(STORED / "untuned-judge.json")
    drafts = judge.drafts(texts.plain_conversations("test")[: len(stored["fit"])], stored["seed"])
    assert [int(draft.fit) for draft in drafts] == stored["fit"] and len(stored["margins"]) == len(drafts) == 80
