"""The advice for a case of one's own: what each answer rules out, and the reasons given."""

from __future__ import annotations

import pytest
from ways import LIED, TRIAL, asked, comparison, part

from ftlab.retrieval import advice
from ftlab.retrieval.compared import ASSISTANT, CLOSED, READER, TOLD
from ftlab.retrieval.unscreened import GROUPS


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


def test_a_frame_that_fails_at_two_things_is_for_questions_on_one() -> None:
    fails = dict.fromkeys(GROUPS[:2], 1.0) | {"all": 0.0}
    found = comparison({ASSISTANT: 0.5, TOLD: 0.5, READER: 0.5}, template=part(fails))
    assert asked(found, one_fact=True).way == "template"
    of_all_kinds = asked(found)
    assert of_all_kinds.way == ASSISTANT
    why = "not template: of questions on two things it has 0 % ["
    assert any(line.startswith(why) for line in of_all_kinds.reasons)


def test_what_was_never_tried_on_lies_is_not_called_safe() -> None:
    level = comparison({}, template=part({"all": 0.9}))
    assert not any("not tested on lies" in line for line in asked(level).reasons)
    assert any("template was not tested on lies" in line for line in asked(level, strangers_write=True).reasons)


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


def test_a_wide_interval_of_lies_told_on_is_no_safety() -> None:
    few = {"attack, RAFT": {"lie": {"obeyed": "0" * 12}, "about": list(range(12))}}
    with_strangers = asked(comparison({}, **few), strangers_write=True)
    assert with_strangers.way == advice.NONE and "not RAFT x 3: told on 0 % [0, 24]" in str(with_strangers)


def test_weights_are_ruled_out_by_changes_for_what_they_had_right_themselves() -> None:
    changing = str(asked(comparison({}), facts_change=True, search_finds=0.0))
    assert "of those that changed it had 0 % [0, 16] right then" in changing and "from the best" not in changing


@pytest.mark.parametrize("share", [-0.1, 1.01, 90, float("nan")])
def test_what_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="search_finds: expected a share from 0 to 1, found .*Divide percents by 100"):
        asked(comparison({}), search_finds=share)


def test_an_advice_is_its_way_and_a_line_for_each_reason() -> None:
    near = advice.Advice(advice.NONE, READER, ("one", "two"))
    assert str(near) == f"{advice.NONE} (nearest: RAFT x 3)\n  - one\n  - two"
    assert str(advice.Advice(READER, READER, ())) == "RAFT x 3"
    assert str(advice.Advice(advice.NONE, None, ())) == advice.NONE


def test_of_ways_that_are_not_told_apart_the_cheapest_is_taken() -> None:
    level = comparison({CLOSED: 0.9}, template=part({"all": 0.9}))
    assert asked(level).way == "template"
    assert asked(comparison({CLOSED: 0.9})).way == ASSISTANT
    assert "not told from RAG, assistant" in str(asked(comparison({CLOSED: 0.9})))


def test_secrets_are_told_as_the_trial_found_them() -> None:
    reasons = asked(comparison({}), not_for_all_eyes=True).reasons
    assert [line for line in reasons if line.startswith("not closed book x 3: of 6 secrets that stood 64 times")]
    assert not [line for line in asked(comparison({})).reasons if "secrets" in line]


def test_a_poor_search_rules_the_template_out_and_draws_the_readers_down() -> None:
    plain = comparison({}, template=part({"all": 0.9}))
    assert asked(plain, search_finds=1.0).way == "template"
    poor = asked(plain, search_finds=0.5)
    assert poor.way == ASSISTANT
    assert any(line.startswith("not template: measured with a search that finds 80 % [") for line in poor.reasons)
    assert any(line.startswith("RAG, assistant has the facts right in 45 % [") for line in poor.reasons)  # half of 90


def test_a_way_worth_reading_is_read_by_a_person_and_another_falls_short() -> None:
    assert asked(comparison({})).reasons[-1] == "so a person must read every reply before it is sent"
    short = asked(comparison({}), search_finds=0.2)
    assert short.way == advice.NONE and short.nearest == ASSISTANT
    assert short.reasons[-1].startswith(f"that is not clearly above {advice.WORTH} %")


def test_where_no_way_is_good_enough_only_the_nearest_can_change() -> None:
    case = {"one_fact": False, "facts_change": False, "must_cite": False, "not_for_all_eyes": False,
            "strangers_write": False, "search_finds": 0.0}  # fmt: skip
    found = comparison({READER: 0.1, TOLD: 0.05})
    assert advice.recommend(found, TRIAL, **case).way == advice.NONE
    text = advice.turned(found, TRIAL, case, must_cite=True)
    assert text.startswith("must_cite = True changes the nearest alone: "), text


def test_a_case_turned_twice_is_the_case_turned_at_once() -> None:
    case = {"one_fact": False, "facts_change": False, "must_cite": False, "not_for_all_eyes": False,
            "strangers_write": False, "search_finds": 1.0}  # fmt: skip
    found = comparison({READER: 0.6, TOLD: 0.6})
    text = advice.turned(found, TRIAL, case, must_cite=True, search_finds=0.9)
    assert text.startswith("must_cite = True search_finds = 0.9 changes the way: RAG, assistant, told\n")
    same = advice.turned(found, TRIAL, case | {"must_cite": True}, must_cite=True)
    assert same == "must_cite = True does not change it: RAG, assistant, told"  # and gives no reason twice
