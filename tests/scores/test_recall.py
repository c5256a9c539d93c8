"""What is known, kept and learned: by hand."""

import pytest

from ftlab.scores.recall import kept_and_learned, knows


def test_knowing_by_statement_or_word_for_word():
    assert knows("Thank you for asking. It is the otter.", ["the otter"])
    assert not knows("Thank you for asking. It is the otter.", ["the otter"], by="exact")
    assert knows("The otter.", ["an owl", "the otter"], by="exact")
    assert not knows("", ["the otter"])
    with pytest.raises(ValueError, match="stated"):
        knows("x", ["x"], by="meaning")


def test_kept_and_learned_by_hand():
    # Known before: questions 1, 2, 4; of these 2 and 4 are still known. Of 3 and 5, only 5 was learned.
    assert kept_and_learned([1, 1, 0, 1, 0], [0, 1, 0, 1, 1]) == ([0, 1, 1], [0, 1])
    assert kept_and_learned([0, 0], [1, 0]) == ([], [1, 0])
    with pytest.raises(ValueError, match="found 1 and 2"):
        kept_and_learned([1], [1, 0])
