"""How different replies are: by hand, and how sure a change of it is."""

from __future__ import annotations

import pytest

from ftlab.scores.diversity import diversity, narrowing


def test_diversity_by_hand() -> None:
    # Twice "a b. c d": 6 word pairs, of which "a b.", "b. c", "c d" are distinct; one opening, so 0 bits.
    assert diversity(["a b. c d"] * 2) == {"distinct_pairs": 50, "unique_replies": 50, "opening_bits": 0}
    # Four different openings with a chance of 1/4 each: 2 bits.
    assert diversity(["a b", "c d", "e f", "g h"]) == {
        "distinct_pairs": 100, "unique_replies": 100, "opening_bits": 2}
    assert diversity(["", ""])["distinct_pairs"] == 0  # a model that falls silent


def test_narrowing_by_hand() -> None:
    # Before: 8 pairs, all distinct. After: the same two pairs four times, 2 of 8. From 100 to 25 is a change of -75 %.
    before, after = ["a b c", "d e f", "g h i", "j k l"], ["a b c"] * 4
    change = narrowing(before, after)
    assert change.value == -75 and change.low <= -75 <= change.high < 0
    assert narrowing(before, before) == (0, 0, 0)
    # Before: "a b" twice and "c d", 2 of 3 pairs; after: all three distinct, so +50 %. Left out one by one: before 1,
    # 1 and 1/2, after 1 each: 0, 0, +100 %; mean 33.33, squares 6666.7, times 2/3, root 66.667; t(2) = 4.3027.
    change = narrowing(["a b", "a b", "c d"], ["e f", "g h", "i j"])
    assert change == pytest.approx((50, max(-100, 50 - 4.3027 * 66.667), 50 + 4.3027 * 66.667), abs=0.01)


def replies(random, count: int, words: int = 120) -> list[str]:
    """Replies of about 14 words, the k-th word with a chance of 1 / k, as in real texts a few words are common."""
    import numpy as np

    chances = 1 / np.arange(1, words + 1)
    return [" ".join(f"w{i}" for i in random.choice(words, random.integers(10, 19), p=chances / chances.sum()))
            for _ in range(count)]


def test_texts_of_one_source_do_not_narrow() -> None:
    import numpy as np

    random, held, effects = np.random.default_rng(0), 0, []
    for _ in range(200):
        change = narrowing(replies(random, 60), replies(random, 60))
        held += change.low <= 0 <= change.high
        effects.append(change.value)
    # 0.95 with a standard error of 1.5 points over 200 trials, two below; the jackknife is rather too wide.
    assert 0.92 <= held / 200 <= 0.995
    # No bias: the mean effect is within three standard errors of 0, and the interval is not moved from the effect.
    assert abs(np.mean(effects)) < 3 * np.std(effects) / 200**0.5
    assert change.high - change.value == pytest.approx(change.value - change.low)


def test_fewer_words_to_choose_from_are_seen_as_narrowing() -> None:
    import numpy as np

    random = np.random.default_rng(1)
    assert narrowing(replies(random, 150), replies(random, 150, words=40)).high < -10


def test_replies_without_blanks_have_pairs_of_signs() -> None:
    # "价格高。" has the pairs 价格, 格高, 高。; "价格低。" has 价格, 格低, 低。: 5 distinct of 6.
    assert diversity(["价格高。是的", "价格低。是的"])["opening_bits"] == 1
    assert diversity(["价格高。", "价格低。"])["distinct_pairs"] == pytest.approx(100 * 5 / 6)
    assert narrowing(["价格高。", "颜色红。"], ["价格高。", "价格高。"]).value == -50
