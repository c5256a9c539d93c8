"""The stored comparison, read: scores by question, their intervals, and what several seeds make of them."""

from __future__ import annotations

import pytest
from ways import EACH, LIED, asked, comparison, part, seeded

from ftlab import files, paths
from ftlab.evidence.intervals import Interval
from ftlab.retrieval import needs, unscreened
from ftlab.retrieval.compared import ASSISTANT, CLOSED, NO_ANSWER, ONE_FACT, READER, TOLD, WAYS, Compared, mixed


def test_scores_are_those_of_the_groups_that_ask_for_them() -> None:
    found = comparison({ASSISTANT: 0.5})
    assert found.scores(ASSISTANT, "facts").tolist() == [([1] * 10 + [0] * 10) * 4]
    shapes = [found.scores(ASSISTANT, *which).shape for which in (("fit",), ("fit", NO_ANSWER))]
    assert shapes == [(1, 100), (1, EACH)]
    shapes = [found.scores(ASSISTANT, "facts", which=which).shape[1] for which in ("unchanged", "early", "fresh")]
    assert shapes == [76, 20, 60]
    assert found.about(ASSISTANT, "facts")[:2] == ["p0", "p1"]
    assert found.share(ASSISTANT, "facts").value == 50 and found.gap(ASSISTANT, CLOSED, "facts").value == 50
    assert found.training_seconds(CLOSED) == 300 and found.training_seconds("template") == 0


def test_the_interval_is_over_products_and_so_is_the_test() -> None:
    found = comparison({ASSISTANT: 0.5})
    # Four questions on each of 20 products, all or none of them right: as unsure as 20 questions.
    assert found.share(ASSISTANT, "facts").low < 30 < 70 < found.share(ASSISTANT, "facts").high
    assert found.p_value(ASSISTANT, CLOSED, "facts") == pytest.approx(2 / 2**10, rel=0.6)


def test_several_seeds_are_rows_and_what_no_seed_changes_is_one() -> None:
    found = seeded(0.6, 0.7, 0.8)
    assert found.seeds == (0, 1, 2)
    assert found.scores(READER, "facts").shape == (3, 80) and found.scores(ASSISTANT, "facts").shape == (1, 80)
    assert found.share(READER, "facts").value == pytest.approx(70)
    assert found.gap(READER, ASSISTANT, "facts").value == pytest.approx(20)
    assert found.share(ASSISTANT, "facts") == seeded(0.6).share(ASSISTANT, "facts")
    assert found.at_recall(READER, 0.5).shape == (1, 80)  # with all and with nothing found all seeds are alike here
    assert found.lied_to(READER)[0].shape == (1, LIED) and found.learnt(READER)[0].shape == (1, EACH)
    assert found.part(READER) == found.parts[READER]  # replies and costs are the first seed's


def test_seeds_that_differ_widen_the_interval() -> None:
    widths = [seeded(*shares).share(READER, "facts") for shares in ((0.7, 0.7, 0.7), (0.5, 0.7, 0.9))]
    assert widths[0].value == pytest.approx(widths[1].value)
    assert widths[1].high - widths[1].low > widths[0].high - widths[0].low


def test_one_seed_of_several_can_be_read_alone_and_so_can_the_other_panel() -> None:
    runs = [comparison({READER: 0.6}), comparison({READER: 0.8})]
    stored = {"runs": {str(seed): run.parts | {f"one fact, {READER}": run.parts[READER]} for seed, run in
                       enumerate(runs)}}  # fmt: skip
    stored |= {"questions": runs[0].questions, "one fact questions": runs[0].questions}
    assert Compared(stored, seeds=[1]).share(READER, "facts").value == pytest.approx(80)
    single = Compared(stored, ONE_FACT)
    assert single.seeds == (0, 1) and single.ways == (READER,)
    assert single.share(READER, "facts").value == pytest.approx(70)


def test_arms_are_the_first_seeds_scores_with_what_they_are_about() -> None:
    found = comparison({READER: 0.6, ASSISTANT: 0.5})
    ours, theirs, about = found.arms(READER, ASSISTANT, "facts")
    assert len(ours) == len(theirs) == len(about) == 80 and len(set(about)) == EACH  # four questions on each
    assert 100 * (sum(ours) - sum(theirs)) / len(ours) == pytest.approx(10)


def test_questions_that_are_gone_or_read_otherwise_are_told() -> None:
    found = comparison({})
    for question in found.questions:
        question |= {"question": "Why?", "expected": ["1"]}
    rows = [{"id": each["id"], "messages": [{"content": "Why?"}], "expected": ["1"]} for each in found.questions]
    assert found.rows(rows[::-1]) == rows
    with pytest.raises(ValueError, match="expected 100 questions as they stand .*, found 98. Make it again: `python"):
        found.rows([*rows[:-2], {**rows[-2], "expected": ["2"]}])


def test_needs_and_advice_read_several_seeds() -> None:
    found = seeded(0.6, 0.7, 0.8)
    for need in needs.NEEDS:
        assert all(-1e-9 <= each.share.value <= 100 for each in needs.standings(found, need).values())
    assert asked(found).way == ASSISTANT


def test_a_way_that_is_not_stored_is_left_out() -> None:
    stored = comparison({READER: 0.6})
    parts = {key: value for key, value in stored.parts.items() if TOLD not in key}
    found = Compared({"runs": {"0": parts}, "questions": stored.questions})
    assert TOLD not in found.ways and len(found.ways) == len(WAYS) - 1
    assert TOLD not in needs.standings(found, needs.NEEDS[0]) and asked(found, must_cite=True).way == READER


def test_a_search_of_half_the_quality_gives_half_of_what_is_between() -> None:
    found = comparison({"RAFT, oracle": 0.8, "RAFT, damaged": 0.2})
    assert found.at_recall(READER, 0.5).mean() == pytest.approx(0.5)


def test_between_all_found_and_nothing_found_both_ends_are_mixed() -> None:
    assert mixed(0.25, Interval(80, 60, 96), Interval(0, 0, 8)) == Interval(20, 15, 30)
    none_right = comparison({}, **{f"{way}, oracle": part({"all": 0.0}) for way in ("RAFT", ASSISTANT, TOLD)})
    low = str(asked(none_right, facts_change=True, search_finds=0.05))
    assert "RAG, assistant has the facts right in 0 % [0, 5]" in low  # Wilson's interval for 0 of 80


def test_the_stored_comparison_can_be_read_and_gives_an_advice() -> None:
    stored = files.read_json(paths.data() / "stored" / "rag.json")
    found = Compared(stored)
    for need in needs.NEEDS:
        assert all(-1e-9 <= each.share.value <= 100 for each in needs.standings(found, need).values())
    assert found.rows(unscreened.rows("test")) and Compared(stored, ONE_FACT).share(READER, "facts").value >= 0
    assert str(asked(found, must_cite=True, search_finds=0.8))
