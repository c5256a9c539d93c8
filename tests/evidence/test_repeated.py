import numpy as np
import pytest

from ftlab.evidence import intervals, repeated
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


def run(seed, effect, **arms):
    return {"seed": seed, "effect": effect, **arms}


def test_with_scores_the_prompts_are_taken_in():
    two = [run(0, 50.0, by_prompt="1010", against="0000"), run(1, 75.0, by_prompt="1110", against="0000")]
    found, whole = repeated.mean_effect(two, 100)
    assert whole and found == intervals.paired_difference([[1, 0, 1, 0], [1, 1, 1, 0]], [[0] * 4] * 2).times(100)
    alone, whole = repeated.mean_effect([run(0, 50.0), two[1]], 100)  # one run without scores: over seeds
    assert not whole and alone == intervals.seed_interval([50, 75])
    one_arm, whole = repeated.mean_effect([run(0, 50.0, by_prompt="1010"), run(1, 75.0, by_prompt="1110")], 100)
    assert whole and one_arm == intervals.mean_interval([[1, 0, 1, 0], [1, 1, 1, 0]]).times(100)
    assert not repeated.mean_effect([run(0, 50.0, by_prompt="10"), run(1, 75.0, by_prompt="1110")], 100)[1]


def test_scores_are_kept_only_with_their_own_effect():
    kept = repeated.pack_arms(25.0, [1, 0, 1, 0], [0, 0, 1, 0], 100)
    assert kept == {"by_prompt": "1010", "against": "0010"} and repeated.pack_arms(3.0, None, None) == {}
    with pytest.raises(ValueError, match="whose mean is the effect, 30, found 25"):
        repeated.pack_arms(30.0, [1, 0, 1, 0], [0, 0, 1, 0], 100)
    with pytest.raises(ValueError, match="found 4 and 3"):
        repeated.pack_arms(25.0, [1, 0, 1, 0], [0, 0, 1], 100)
