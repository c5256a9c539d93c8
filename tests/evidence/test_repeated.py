import pytest

from ftlab.evidence import intervals, repeated


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
    kept = repeated.pack_scores(25.0, 100, by_prompt=[1, 0, 1, 0], against=[0, 0, 1, 0])
    assert kept == {"by_prompt": "1010", "against": "0010"} and repeated.pack_scores(3.0) == {}
    with pytest.raises(ValueError, match="whose mean is the effect, 30, found 25"):
        repeated.pack_scores(30.0, 100, by_prompt=[1, 0, 1, 0], against=[0, 0, 1, 0])
    with pytest.raises(ValueError, match="found 4 and 3"):
        repeated.pack_scores(25.0, 100, by_prompt=[1, 0, 1, 0], against=[0, 0, 1])


def test_what_prompts_are_about_is_kept_by_number():
    kept = repeated.pack_scores(50.0, 100, by_prompt=[1, 0, 1, 0], about=["cup", "cup", "pan", ("a", 1)])
    assert kept["about"] == "0 0 1 2" and repeated.about([{}, kept]) == [0, 0, 1, 2]
    assert repeated.about([run(0, 50.0)]) is None
    with pytest.raises(ValueError, match="each of 4 prompts is about, found 2"):
        repeated.pack_scores(50.0, 100, by_prompt=[1, 0, 1, 0], about=["cup", "pan"])


def test_prompts_about_one_thing_are_taken_together_over_seeds():
    from ftlab.evidence import clusters

    two = [run(seed, 50.0, by_prompt=row, about="0011") for seed, row in enumerate(("1100", "1101"))]
    found, whole = repeated.mean_effect(two, 100)
    assert whole and found == clusters.mean_interval([[1, 1, 0, 0], [1, 1, 0, 1]], [0, 0, 1, 1]).times(100)


def test_an_effect_that_is_no_mean_is_over_seeds_and_its_own_draws():
    # Effects 1 and 3: mean 2, s = 1.4142, t(1) = 12.7062, half over seeds 12.7062. Draws of variance 4 add
    # 1.95996 * 2 = 3.9199 in squares: sqrt(161.45 + 15.37) = 13.2972.
    two = [run(seed, effect, by_draw="0 2 4") for seed, effect in enumerate((1.0, 3.0))]
    found, whole = repeated.mean_effect(two)
    assert whole and (found.low, found.high) == pytest.approx((2 - 13.2972, 2 + 13.2972), abs=1e-3)
    by_width = [run(0, 1.0, low=1 - 3.919928, high=1 + 3.919928), run(1, 3.0, low=3 - 3.919928, high=3 + 3.919928)]
    assert repeated.mean_effect(by_width)[0] == pytest.approx(found, abs=1e-5)
    assert not repeated.mean_effect([by_width[0], run(1, 3.0)])[1]  # one of them does not say


def test_a_run_on_fewer_prompts_has_the_luck_of_what_they_are_about():
    # Eight prompts about two things, one all right and one all wrong: over things the mean has a variance of
    # 0.5 / 2 = 0.25, so one prompt brings 8 * 0.25 = 2. Of four prompts: sqrt(2 * (1/4 - 1/8)) = 0.5, times 1.95996.
    # Taken apart, a prompt brings 8 / 7 * 0.25 = 2 / 7: sqrt(2 / 7 / 8) = 0.18898, times 1.95996.
    for about, half in (({"about": "00001111"}, 0.97998), ({}, 0.37040), ({"about": "01010101"}, 0.37040)):
        two = [run(seed, 0.5, by_prompt="11110000", **about) for seed in range(2)]
        assert repeated.next_run(two, prompts=4) == pytest.approx((0.5, 0.5 - half, 0.5 + half), abs=1e-4)
        assert repeated.next_run(two, prompts=8) == repeated.next_run(two) == (0.5, 0.5, 0.5)
