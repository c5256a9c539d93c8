"""The form that times three drafts."""

from __future__ import annotations

import pytest

from ftlab.scores.revision import EXAMPLE, revisions
from ftlab.scores.revision_widget import DRAFTS, Draft, RevisionTimer
from ftlab.scores.unsupported import unsupported_values
from ftlab.world import brand


def test_drafts_can_be_set_right_by_the_guide_and_differ():
    for draft in DRAFTS:
        assert brand.on_brand(draft.approved)
        assert unsupported_values(draft.approved, draft.record) == []
        assert not brand.on_brand(draft.text) or unsupported_values(draft.text, draft.record)
    assert [revisions(draft.text, draft.approved).word_edits for draft in DRAFTS] == [1, 9, 24]


class Clock:
    """A clock that only moves when told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def edit(timer, clock, seconds, text):
    timer.start.click()
    clock.now += seconds
    timer.text.value = text
    timer.done.click()


def test_form_times_three_drafts(capsys):
    clock = Clock()
    timer = RevisionTimer(clock=clock)
    assert timer.text.value == "" and timer.text.disabled  # nobody reads ahead
    for draft in DRAFTS:
        # 1, 9 and 24 edits at 4 s, and 10 s to read
        edit(timer, clock, 10 + 4 * revisions(draft.text, draft.approved).word_edits, draft.approved)
    assert (timer.word_edits, timer.seconds) == ([1, 9, 24], [14, 46, 106])
    assert timer.start.disabled and timer.done.disabled and "All drafts are done" in timer.record.value
    found = timer.calibration()
    assert (found.seconds_per_edit, found.seconds_to_read) == pytest.approx((4, 10))
    assert "fitted to your 3 timed drafts" in capsys.readouterr().out
    timer.start.click(), timer.done.click()  # nothing is left to time
    assert len(timer.seconds) == 3


def test_form_without_a_reader_says_whose_numbers_it_uses(capsys):
    timer = RevisionTimer(clock=Clock())
    timer.done.click()  # before the start: no effect
    assert timer.calibration() is EXAMPLE
    assert "0 of 3 drafts were timed, so this is not your speed" in capsys.readouterr().out
    assert "assumption" in str(EXAMPLE)


def test_form_with_times_that_make_no_line(capsys):
    clock = Clock()
    timer = RevisionTimer(clock=clock)
    for seconds, draft in zip((90, 50, 10), DRAFTS, strict=True):
        edit(timer, clock, seconds, draft.approved)
    assert timer.calibration() is EXAMPLE
    assert "more edits to take more time" in capsys.readouterr().out


def test_form_starts_again_and_keeps_the_clock_running_on_an_empty_reply():
    clock = Clock()
    timer = RevisionTimer(clock=clock)
    timer.start.click()
    clock.now += 500  # the telephone rang
    edit(timer, clock, 7, " ")
    assert timer.seconds == [] and "empty" in timer.status.value
    clock.now += 5
    timer.text.value = DRAFTS[0].text + " Bye!"
    timer.done.click()
    assert (timer.seconds, timer.word_edits) == ([12], [1])
    assert "no_exclamation" in timer.status.value and "sign_off" in timer.status.value


def test_form_needs_three_drafts():
    with pytest.raises(ValueError, match="at least 3 drafts, found 2"):
        RevisionTimer(DRAFTS[:2])


def test_messages_name_draft_and_rules_and_carry_no_markup():
    clock = Clock()
    timer = RevisionTimer([Draft("<b>Kettle</b> & co", "It's <i>here</i>.", ""), *DRAFTS[:2]], clock=clock)
    assert "Draft 1 of 3" in timer.record.value and "<b>&lt;b&gt;Kettle&lt;/b&gt; &amp; co</b>" in timer.record.value
    timer.start.click()
    assert timer.text.value == "It's <i>here</i>." and not timer.text.disabled
    assert timer.start.description == "Start again" and not timer.done.disabled
    clock.now += 8
    timer.done.click()
    assert timer.status.value.startswith("8 s, edits of words: 0. Rules of the brand guide still broken: thanks, ")
    assert "no_contraction" in timer.status.value and "units" not in timer.status.value
    assert "Draft 2 of 3" in timer.record.value and timer.text.value == "" and timer.done.disabled


def test_a_reply_by_the_guide_breaks_no_rule_and_blanks_around_it_are_no_edits():
    clock = Clock()
    timer = RevisionTimer(clock=clock)
    edit(timer, clock, 9, f"\n {DRAFTS[0].approved} \n")
    assert timer.word_edits == [1] and timer.status.value.strip() == "9 s, edits of words: 1."


def test_more_drafts_than_three_must_all_be_timed(capsys):
    clock = Clock()
    timer = RevisionTimer([*DRAFTS, DRAFTS[0]], clock=clock)
    for draft in DRAFTS:
        edit(timer, clock, 10 + 4 * revisions(draft.text, draft.approved).word_edits, draft.approved)
    assert timer.calibration() is EXAMPLE and "3 of 4 drafts were timed" in capsys.readouterr().out
    edit(timer, clock, 14, DRAFTS[0].approved)
    assert timer.calibration().seconds_per_edit == pytest.approx(4)
