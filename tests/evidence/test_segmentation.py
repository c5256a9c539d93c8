"""Words in several scripts, cut by hand."""

from __future__ import annotations

import pytest

from ftlab.evidence.segmentation import units, words


@pytest.mark.parametrize(("text", "expected"), [
    ("Don't cut $49.00, a_b!", ["don", "t", "cut", "49", "00", "a", "b"]),
    ("Caf\u00e9 cafe\u0301", ["caf\u00e9", "caf\u00e9"]),  # one letter, or a letter and a mark
    ("नई केतली किसने भेजी है?", ["नई", "केतली", "किसने", "भेजी", "है"]),
    ("क्\u200dष", ["क्ष"]),  # the joiner shapes letters and is none
    ("புதிய கெட்டில்", ["புதிய", "கெட்டில்"]),
    ("שָׁלוֹם רב", ["שָׁלוֹם", "רב"]),
    ("水壶 OK", ["水", "壶", "ok"]),
])
def test_words_and_units_by_hand(text, expected):
    assert words(text) == units(text) == expected


def test_thai_is_whole_as_a_word_and_a_letter_with_its_marks_as_a_unit():
    assert words("กาน้ำดี สีแดง") == ["กาน้\u0e4dาดี", "สีแดง"]  # NFKC writes the sign for am as two
    assert units("สีแดง ok") == ["สี", "แ", "ด", "ง", "ok"]
    assert "".join(units("ราคาเท่าไหร่")) == "ราคาเท่าไหร่"  # nothing is lost
