"""The form for marking replies: one at a time, in order, and honest about whose marks it returns."""

from __future__ import annotations

import pytest

from ftlab.scores.mark_widget import MarkForm

ITEMS = [("Screen one", "Reply <one>"), ("Screen two", "Reply two"), ("Screen three", "Reply three")]


def test_marks_in_order_with_a_way_back(capsys):
    form = MarkForm(ITEMS)
    assert "Reply &lt;one&gt;" in form.text.value and "Reply two" not in form.text.value
    assert form.back.disabled
    form.send.click()
    form.send.click()
    form.back.click()  # the second was a slip
    assert "Reply two" in form.text.value
    form.hold.click()
    form.send.click()
    assert form.send.disabled and "you would send 2" in form.text.value
    form.hold.click()  # nothing is left to mark
    assert form.marks([False] * 3, "nobody") == [True, False, True]
    assert capsys.readouterr().out == "These are your own 3 marks.\n"


def test_half_a_form_gives_the_stored_marks_and_says_whose(capsys):
    form = MarkForm(ITEMS)
    form.hold.click()
    assert form.marks([True, True, False], "an editor") == [True, True, False]
    assert capsys.readouterr().out == "1 of 3 replies were marked here, so these are the stored marks, by an editor.\n"


def test_nothing_to_mark_is_refused():
    with pytest.raises(ValueError, match="at least one reply"):
        MarkForm([])
