"""The drafts that trained judges learn from and are asked about, and what is gathered of their verdicts."""

from __future__ import annotations

from itertools import product

import pytest

from ftlab import texts
from ftlab.scores import desk, judge
from ftlab.workshop.experiments import tuned_judge as trial


def test_a_judge_learns_the_verdicts_of_the_rules():
    rows = trial.learnt_from(seed=1)
    said = [row["messages"][-1]["content"] for row in rows]
    assert len(rows) == trial.LEARNT and set(said) == {judge.GOOD, judge.BAD}
    chosen = texts.sample(texts.plain_conversations("train"), trial.LEARNT, 1)
    for row, of, word in zip(rows[:60], chosen, said, strict=False):
        draft = row["messages"][1]["content"].partition("\n\nDraft: ")[2]
        assert (word == judge.GOOD) == desk.is_fit(draft, of)


def test_the_judged_drafts_are_of_test_conversations_and_padding_changes_no_truth():
    replies = trial.assistants_replies()
    drafts = trial.judged(2, replies)
    assert list(drafts) == ["planted", "padded", "written"]
    assert [draft.fit for draft in drafts["planted"]] == [draft.fit for draft in drafts["padded"]]
    assert all(desk.is_fit(draft.text, draft.row) == draft.fit for draft in drafts["padded"])
    assert {draft.text for draft in drafts["written"]} == {
        replies[row["id"]] for row in texts.conversations("test") if row["kind"] == trial.KIND}
    assert 0 < sum(draft.fit for draft in drafts["written"]) < len(drafts["written"])
    seen = {row["product"] for row in texts.plain_conversations("train")} - {None}
    assert not seen & {draft.row["product"] for each in drafts.values() for draft in each}


def test_nothing_is_gathered_while_a_judge_is_missing():
    runs = [{"judge": name, "seed": seed} for name, seed in product(trial.JUDGES, trial.SEEDS)]
    assert trial.gather(runs)["runs"] == runs
    with pytest.raises(ValueError, match=r"found none of \[\('real', 2\)\]"):
        trial.gather(runs[:-1])
