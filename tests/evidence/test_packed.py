"""Scores by prompt as one short text, and back."""

import numpy as np
import pytest

from ftlab.evidence.packed import pack, unpack


@pytest.mark.parametrize(("scores", "text"), [([1, 0, True, False], "1010"), ([0.25, 1, 1 / 3], "0.25 1 0.333333"),
                                              ([2, 0], "2 0")])
def test_scores_come_back_from_their_text(scores, text):
    assert pack(scores) == text
    assert unpack(text) == pytest.approx(np.array(scores, dtype=float), abs=1e-6)


def test_bad_scores_and_texts_are_named():
    with pytest.raises(ValueError, match="at least 2 finite"):
        pack([1])
    for wrong in ("1x1", {"a": 1}):
        with pytest.raises(ValueError, match="packed.pack"):
            unpack(wrong)


def test_what_is_packed_again_is_the_same_text():
    for text in ("0110", "1" * 400, "0.25 1 0.333333", "2 0", "-1.5 0 1e-07", "1 0.5"):
        scores = unpack(text)
        assert pack(scores) == text and scores.dtype == float
    assert pack(np.array([True, False])) == pack([1.0, 0.0]) == "10"  # whatever kind of number 1 and 0 are


def test_graded_scores_keep_six_digits():
    assert pack([1234567.0, 0.000123456789]) == "1.23457e+06 0.000123457"
    assert unpack("1.23457e+06 0.000123457").tolist() == [1234570.0, 0.000123457]


def test_a_gap_among_the_scores_is_not_packed():
    with pytest.raises(ValueError, match=r"scores: expected .* found shape \(2,\) with 1 that are not finite"):
        pack([1, float("nan")])
    with pytest.raises(ValueError, match="expected scores such as '1011' or '0.25 1 0.5', found '0.25 one'. Pack them"):
        unpack("0.25 one")
