"""The stored comparison, read: scores by question, standings on each need, and the advice that follows."""

from __future__ import annotations

import pytest

from ftlab import files, paths
from ftlab.evidence.intervals import Interval
from ftlab.retrieval import advice, needs, unscreened
from ftlab.retrieval.compared import (
    ANSWERABLE,
    ASSISTANT,
    CITING,
    CLOSED,
    NO_ANSWER,
    ONE_FACT,
    READER,
    TOLD,
    WAYS,
    Compared,
    mixed,
)
from ftlab.retrieval.unscreened import GROUPS

EACH = 20  # questions of each group, one a product
LIED = 40  # lies: that many of them, and none told on, show that fewer than one in ten is
TRIAL = advice.Secrets(told=4, of=6, copies=64)


def marks(share: float, count: int) -> str:
    """So many ones, the rest zeros."""
    ones = round(share * count)
    return "1" * ones + "0" * (count - ones)


def part(facts: dict[str, float], cited: float = 0, fit: float = 0.3, handed_over: float = 0.1) -> dict:
    """A way whose facts are right in these shares of the groups' questions."""
    by_group = [marks(facts.get(group, facts.get("all", 0)), EACH) for group in ANSWERABLE]
    return {
        "facts": "".join(by_group) + "-" * EACH,
        "cited": "".join(marks(cited, EACH) for _ in ANSWERABLE) + "-" * EACH,
        **{key: "".join(marks(share, EACH) for _ in GROUPS)
           for key, share in (("manner", 1), ("fit", fit), ("handed_over", handed_over), ("made_up", 0.1))},
        **{key: [1.0] * EACH * len(GROUPS) for key in ("seconds", "read")},
    }  # fmt: skip


def comparison(shares: dict[str, float], **special: dict) -> Compared:
    """A comparison in which each way is right so often; special parts take the place of the usual ones."""
    full = dict.fromkeys(WAYS, 0.0)
    for reader in ("RAFT", ASSISTANT, TOLD):
        full |= {f"{reader}, oracle": 0.9, f"{reader}, damaged": 0.0}
    runs = {way: part({"all": share}, cited=share * (way in CITING)) for way, share in (full | shares).items()}
    about = [f"p{i}" for i in range(EACH)]
    runs["update, weights"] = {"retrained": {"facts": marks(0.1, EACH)}, CLOSED: {"facts": marks(0, EACH)},
                               "about": about}  # fmt: skip
    runs["update, documents"] = {"about": about} | {
        state: {"facts": marks(0.9, EACH)}
        for state in ("new index", *(f"new index, {name}" for name in ("assistant", "assistant, told", "untuned",
                                                                       "template")))  # fmt: skip
    }
    for way in (ASSISTANT, READER):
        runs[way]["found"] = marks(0.8, EACH) * len(ANSWERABLE) + "-" * EACH
    for name, told in (("untuned", 0.5), ("assistant", 0.5), ("assistant, told", 0.5), ("RAFT", 0.0)):
        runs[f"attack, {name}"] = {"lie": {"obeyed": marks(told, LIED)}, "about": list(range(LIED))}
    for name in ("closed book", "closed book, 2 rounds", CLOSED, "RAFT", "RAFT, 2 rounds", READER):
        runs[f"train {name}"] = {"seconds": 100}
    runs["train retrained"] = {"seconds": 60}
    questions = [{"id": f"{group}{i}", "group": group, "about": f"p{i}", "changed": i == 0, "early": i < 5}
                 for group in GROUPS for i in range(EACH)]  # fmt: skip
    return Compared({"runs": {"0": runs | special}, "questions": questions})


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


def seeded(*shares: float) -> Compared:
    """A comparison in which each seed has RAFT x 3 right so often; all else is the same for all."""
    runs = [comparison({READER: share, ASSISTANT: 0.5, TOLD: 0.4}) for share in shares]
    questions = runs[0].questions
    return Compared({"runs": {str(seed): run.parts for seed, run in enumerate(runs)}, "questions": questions})


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


def test_only_ways_that_cite_stand_in_the_row_of_citations_and_a_loss_is_best_where_it_is_lowest() -> None:
    found = comparison({READER: 0.6, ASSISTANT: 0.5, "few-shot": 0.1})
    rows = {need.name: needs.standings(found, need) for need in needs.NEEDS}
    assert set(rows["right, and the source named"]) == set(CITING)
    assert next(iter(rows["facts right"])) == READER and rows["facts right"][READER].behind is None
    assert rows["facts right"]["few-shot"].worse and not rows["on-brand"]["plain"].worse
    lies = rows["a page's lie told on"]
    assert list(lies) == [READER, ASSISTANT]  # not the untuned model, whose facts are worse
    assert lies[ASSISTANT].worse and lies[ASSISTANT].behind.value == -50


def test_the_slide_draws_a_number_for_all_that_was_measured() -> None:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    needs.slide(comparison({READER: 0.6, ASSISTANT: 0.55}), ax, indexing=2.4)
    drawn = [text.get_text() for text in ax.texts]
    assert {"60±24", "–", "300", "2"} <= set(drawn)  # 12 of 20 products: t(19) = 2.093 times √(0.24 / 19)
    assert any(text.endswith("†") for text in drawn)
    assert any(text.startswith("(50±") for text in drawn)  # the untuned model told on half the lies; it is not ranked
    bold = {text.get_text().split("±")[0] for text in ax.texts if text.get_weight() == "bold"}
    assert bold == {"60", "90", "0"}  # no bold hundred: all are as much on-brand; the zero is RAFT's, of lies told on
    assert len(ax.get_yticklabels()) == len(needs.NEEDS) + 4
    plt.close(figure)


def asked(found: Compared, **turned) -> advice.Advice:
    """The advice for a case with a good search in which nothing is asked for, but for what is turned."""
    usual = {"one_fact": False, "facts_change": False, "must_cite": False, "not_for_all_eyes": False,
             "strangers_write": False, "search_finds": 1.0}  # fmt: skip
    return advice.recommend(found, TRIAL, **usual | turned)


def test_each_answer_changes_the_advice_in_some_case() -> None:
    plain = {GROUPS[0]: 0.9, "all": 0.1}
    usual = comparison({}, template=part(plain))
    assert asked(usual).way == ASSISTANT  # level with RAFT x 3, and without a training
    assert asked(usual, one_fact=True).way == "template"
    assert asked(usual, must_cite=True).way == TOLD  # nobody names a source rightly here, and this needs no training
    assert asked(comparison({READER: 0.6}), must_cite=True).way == READER
    assert "RAG, assistant, told: right with its source named, -60 points" in str(
        asked(comparison({READER: 0.6}), must_cite=True)
    )
    assert asked(comparison({READER: 0.6, TOLD: 0.6}), must_cite=True).way == TOLD
    assert asked(usual, strangers_write=True).way == READER  # which tells on no lie here
    assert asked(usual, one_fact=True, search_finds=0.0).way == advice.NONE
    learned = comparison({CLOSED: 0.95} | {f"{reader}, oracle": 0.5 for reader in (ASSISTANT, TOLD, "RAFT")})
    assert asked(learned).way == CLOSED
    assert asked(learned, facts_change=True).way == ASSISTANT
    assert asked(learned, not_for_all_eyes=True).way == ASSISTANT


def test_where_nothing_is_left_or_good_enough_it_says_so_with_reasons() -> None:
    found = comparison({})
    nothing = asked(found, must_cite=True, strangers_write=True, search_finds=0.1)
    assert nothing.way == advice.NONE and nothing.nearest == READER
    assert "none of these is good enough yet (nearest: RAFT x 3)" in str(nothing)
    assert "names no source" in str(nothing) and "25 %" in str(nothing)
    ruled_out = comparison({}, **{"attack, RAFT": {"lie": {"obeyed": "1" * LIED}, "about": list(range(LIED))}})
    assert asked(ruled_out, must_cite=True, strangers_write=True).nearest is None
    with pytest.raises(ValueError, match="Divide percents by 100"):
        asked(found, search_finds=90)


def test_turned_answers_say_whether_they_change_the_way_and_give_new_reasons() -> None:
    case = {"one_fact": False, "facts_change": False, "must_cite": False, "not_for_all_eyes": False,
            "strangers_write": False, "search_finds": 1.0}  # fmt: skip
    found = comparison({})
    same = advice.turned(found, TRIAL, case, not_for_all_eyes=True).splitlines()
    assert same[0] == "not_for_all_eyes = True does not change it: RAG, assistant"
    assert len(same) == 2 and "4 were told" in same[1]
    assert "strangers_write = True changes the way: RAFT x 3" in advice.turned(found, TRIAL, case, strangers_write=True)


def test_the_decision_table_has_a_row_for_each_need_and_prices() -> None:
    header, rows, _ = needs.table(comparison({READER: 0.6, ASSISTANT: 0.5}))
    assert [row[0] for row in rows] == [need.name.strip() for need in needs.NEEDS]
    assert rows[0][1] == "RAFT x 3: 60 [36, 84] %" and rows[0][4].endswith("300 s trained")
    assert "closed book -60" in rows[0][3] and all(len(row) == len(header) for row in rows)


def test_a_wide_interval_of_lies_told_on_is_no_safety() -> None:
    few = {"attack, RAFT": {"lie": {"obeyed": "0" * 12}, "about": list(range(12))}}
    with_strangers = asked(comparison({}, **few), strangers_write=True)
    assert with_strangers.way == advice.NONE and "not RAFT x 3: told on 0 % [0, 24]" in str(with_strangers)


def test_weights_are_ruled_out_by_changes_for_what_they_had_right_themselves() -> None:
    changing = str(asked(comparison({}), facts_change=True, search_finds=0.0))
    assert "of those that changed it had 0 % [0, 16] right then" in changing and "from the best" not in changing


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
