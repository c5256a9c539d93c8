"""Edits from draft to approved text, and the time they take."""

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftlab.scores.revision import Calibration, minutes_to_publish, revisions

FUZZ = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text("ab c", min_size=1, max_size=12).filter(str.strip)


def test_revisions_by_hand():
    # "dog" for "cat" and "on" at the end: 2 word edits of 4 words. Characters: cat -> dog 3, " on" 3, of 14.
    found = revisions("the cat sat", "the dog sat on")
    assert (found.word_edits, found.char_edits) == (2, 6)
    assert (found.word_rate, found.char_rate) == (2 / 4, 6 / 14)
    assert found.revised


@pytest.mark.parametrize(("draft", "approved", "word_rate", "revised"), [
    ("Yes.", "Yes.", 0, False),
    ("", "We can help.", 1, True),  # write it all: 3 of 3
    (" \n ", "We can help.", 1, True),
    ("a b c d e f", "a b", 2, True),  # take out 4 words before 2 are left: above 1, and not cut off
    ("  Yes.\n", "Yes.", 0, False),
    ("one\r\ntwo", "one\ntwo", 0, False),
    (unicodedata.normalize("NFD", "café"), "café", 0, False),
    ("one  two", "one two", 0, True),  # a double space: no word, one character
])
def test_range_and_edges(draft, approved, word_rate, revised):
    found = revisions(draft, approved)
    assert (found.word_rate, found.revised) == (word_rate, revised)


@FUZZ
@given(TEXTS, TEXTS)
def test_laws(a, b):
    there, back = revisions(a, b), revisions(b, a)
    assert (there.word_edits, there.char_edits) == (back.word_edits, back.char_edits)
    assert not revisions(a, a).revised
    assert there.revised == (a.strip() != b.strip())
    assert there.word_edits <= max(len(a.split()), len(b.split()))


@pytest.mark.parametrize(("draft", "approved"), [("a", ""), ("a", " \n"), (None, "a"), (["a"], "a"), ("a", 3)])
def test_what_was_never_approved_is_refused(draft, approved):
    with pytest.raises(ValueError, match="approved text that is not empty"):
        revisions(draft, approved)


def test_calibration_by_hand():
    # 10 s to read + 4 s an edit, without noise.
    exact = Calibration.fit([0, 5, 10], [10, 30, 50])
    assert (exact.seconds_per_edit, exact.seconds_to_read) == pytest.approx((4, 10))
    # Edits 0 1 2 (mean 1), seconds 1 2 6 (mean 3): slope (-1 * -2 + 0 + 1 * 3) / 2 = 2.5, start 3 - 2.5 = 0.5.
    rough = Calibration.fit([0, 1, 2], [1, 2, 6])
    assert (rough.seconds_per_edit, rough.seconds_to_read) == pytest.approx((2.5, 0.5))
    # Edits 1 2 3, seconds 1 2 6: slope 2.5, start 3 - 5 = -2. Through 0: (1 + 4 + 18) / (1 + 4 + 9) = 23 / 14.
    through_zero = Calibration.fit([1, 2, 3], [1, 2, 6])
    assert (through_zero.seconds_per_edit, through_zero.seconds_to_read) == pytest.approx((23 / 14, 0))
    # 2 edits at 4 s and 10 s to read: 18 s.
    assert minutes_to_publish("the cat sat", "the dog sat on", exact) == pytest.approx(18 / 60)
    assert minutes_to_publish("Yes.", "Yes.", exact) == pytest.approx(10 / 60)


@FUZZ
@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0.5, 300)), min_size=3, max_size=8))
def test_a_fit_is_a_speed_or_refused_and_no_line_is_nearer(drafts):
    edits, seconds = zip(*drafts, strict=True)
    try:
        found = Calibration.fit(edits, seconds)
    except ValueError:
        return

    def distance(start, slope):
        return sum((start + slope * edit - time) ** 2 for edit, time in drafts)

    best = distance(found.seconds_to_read, found.seconds_per_edit)
    for start, slope in ((1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99)):
        assert best <= distance(found.seconds_to_read * start, found.seconds_per_edit * slope) + 1e-6 * (1 + best)


@pytest.mark.parametrize(("edits", "seconds", "message"), [
    ([1, 2], [3, 4], "at least 3 timed drafts"),
    ([1, 2, 3], [3, 4], "3 counts and 2 times"),
    ([1, 2, 3], [3, 0, 5], "found 0 s and 2 edits for draft 2"),
    ([1, 2, 3], [3, -1, 5], "above 0 s"),
    ([1, 2, 3], [3, float("nan"), 5], "above 0 s"),
    ([1, -2, 3], [3, 4, 5], "0 or more edits"),
    ([2, 2, 2], [3, 4, 5], "different numbers of edits"),
    ([1, 2, 3], [9, 5, 1], "more edits to take more time"),
])
def test_times_that_make_no_calibration_are_refused(edits, seconds, message):
    with pytest.raises(ValueError, match=message):
        Calibration.fit(edits, seconds)


@pytest.mark.parametrize(("per_edit", "to_read"), [(0, 1), (-1, 1), (1, -1), (float("inf"), 1), ("4", 1), (True, 1)])
def test_numbers_that_are_no_speed_are_refused(per_edit, to_read):
    with pytest.raises(ValueError, match="seconds_per_edit above 0"):
        Calibration(per_edit, to_read)


def test_where_no_blanks_stand_each_sign_is_a_word():
    # 7 signs and the stop; one sign replaced: 1/8.
    assert revisions("价格是四十九元。", "价格是五十九元。").word_rate == 1 / 8
    assert revisions("the kettle", "the kettles").word_rate == 1 / 2  # and with blanks a word is a word
    found = revisions("ราคาสิบบาท", "ราคาหกบาท")
    assert 0 < found.word_rate < 1
