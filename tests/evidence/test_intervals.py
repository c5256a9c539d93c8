import numpy as np
import pytest

from ftlab.evidence import intervals


def test_mean_interval_of_a_fair_split():
    # 50 of 100 right: mean 0.5, standard error sqrt(0.5 * 0.5 / 100) = 0.05, so about 0.5 +- 1.96 * 0.05.
    found = intervals.mean_interval([0, 1] * 50)
    assert found.value == 0.5
    assert found.low == pytest.approx(0.402, abs=0.012)
    assert found.high == pytest.approx(0.598, abs=0.012)
    assert found == intervals.mean_interval([0, 1] * 50)  # the same seed gives the same interval


def test_mean_interval_works_in_blocks(monkeypatch):
    whole = intervals.mean_interval([1.0, 2.0, 6.0])
    monkeypatch.setattr(intervals, "BLOCK_NUMBERS", 3 * 500)
    assert intervals.mean_interval([1.0, 2.0, 6.0]) == whole


def test_rate_interval_by_hand():
    # Wilson, 8 of 10, z = 1.96: centre (0.8 + 0.19207) / 1.38415 = 0.71674,
    # half 1.96 / 1.38415 * sqrt(0.016 + 0.0096036) = 0.22658.
    found = intervals.rate_interval(8, 10)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=2e-4)
    # 10 of 10: the lower end is 10 / (10 + z * z) = 10 / 13.8415 = 0.7225; not a width of zero.
    sure = intervals.rate_interval(10, 10)
    assert (sure.low, sure.high) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert intervals.rate_interval(0, 10).low == 0.0


def test_paired_difference_ignores_what_the_models_share():
    # B is wrong on every fourth question that A gets right and the hard half is wrong for both: the mean of a - b is
    # 10 / 80 = 0.125, and only 10 of the 80 differences are not 0.
    a = [1] * 40 + [0] * 40
    b = [0] * 10 + [1] * 30 + [0] * 40
    found = intervals.paired_difference(a, b)
    assert found.value == 0.125
    assert 0 < found.low < 0.125 < found.high
    apart = intervals.mean_interval(a), intervals.mean_interval(b)
    assert found.high - found.low < apart[0].high - apart[0].low
    constant = intervals.paired_difference([3, 5, 7], [1, 3, 5])  # 2 in each question: nothing left to vary
    assert constant == (2, 2, 2)


def test_mcnemar_by_hand():
    # Right in A alone 5 times, in B alone once: p = 2 * (C(6,0) + C(6,1)) / 2^6 = 14 / 64 = 0.21875.
    a = [1, 1, 1, 1, 1, 0, 1, 0]
    b = [0, 0, 0, 0, 0, 1, 1, 0]
    assert intervals.mcnemar(a, b) == (0.21875, 5, 1)
    assert intervals.mcnemar([1, 0], [1, 0]) == (1.0, 0, 0)  # no question tells them apart
    assert intervals.mcnemar([True] * 2000, [False] * 2000).p_value < 1e-300  # and no overflow


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (5, 2.5706),
                                                    (9, 2.2622), (30, 2.0423), (200, 1.9719)])
def test_t_quantiles_are_those_of_the_printed_tables(freedom, quantile):
    assert intervals._t_quantile(0.95, freedom) == pytest.approx(quantile, abs=1e-4)


def test_seed_and_prediction_intervals_by_hand():
    # 1..5: mean 3, s = sqrt(10 / 4) = 1.5811, t(4) = 2.7764.
    # Mean: 2.7764 * 1.5811 / sqrt(5) = 1.9632. One more run: 2.7764 * 1.5811 * sqrt(1.2) = 4.8089.
    assert intervals.seed_interval([1, 2, 3, 4, 5]) == pytest.approx((3, 1.0368, 4.9632), abs=1e-4)
    assert intervals.prediction_interval([1, 2, 3, 4, 5]) == pytest.approx((3, -1.8089, 7.8089), abs=1e-4)


def test_intervals_cover_the_truth_as_often_as_they_say(monkeypatch):
    monkeypatch.setattr(intervals, "RESAMPLES", 1000)  # enough here, and quicker
    random, trials = np.random.default_rng(1), 400
    covered = {"questions": 0, "pairs": 0, "seeds": 0, "one more run": 0, "share": 0}
    for trial in range(trials):
        scores = (random.random(120) < 0.7).astype(float)
        mean = intervals.mean_interval(scores, seed=trial)
        covered["questions"] += mean.low <= 0.7 <= mean.high
        share = intervals.rate_interval(int(scores.sum()), 120)
        covered["share"] += share.low <= 0.7 <= share.high
        hard = random.normal(size=60)
        pair = intervals.paired_difference(hard + random.normal(0.5, 1, 60), hard + random.normal(0, 1, 60), seed=trial)
        covered["pairs"] += pair.low <= 0.5 <= pair.high
        runs = random.normal(40, 3, 6)
        covered["seeds"] += intervals.seed_interval(runs[:5]).low <= 40 <= intervals.seed_interval(runs[:5]).high
        expected = intervals.prediction_interval(runs[:5])
        covered["one more run"] += expected.low <= runs[5] <= expected.high
    # Standard error of a coverage over 400 trials: sqrt(0.95 * 0.05 / 400) = 1.1 points; three of them either way.
    for name, count in covered.items():
        assert 0.917 <= count / trials <= 0.983, (name, count / trials)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: intervals.mean_interval([1.0]), "at least 2 finite"),
    (lambda: intervals.seed_interval([1.0, float("nan")]), "1 that are not finite"),
    (lambda: intervals.paired_difference([1, 0], [1, 0, 1]), "found 2 and 3"),
    (lambda: intervals.mcnemar([0.5, 1], [0, 1]), "0 and 1"),
    (lambda: intervals.mean_interval([0, 1], level=95), "between 0 and 1"),
    (lambda: intervals.rate_interval(3, 2), "found 3 of 2"),
])
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_interval_changes_unit():
    assert intervals.Interval(0.5, 0.25, 0.75).times(100) == (50, 25, 75)
    assert intervals.Interval(0.5, 0.25, 0.75).times(-1) == (-0.5, -0.75, -0.25)
    assert str(intervals.Interval(50, 25, 75)) == "50 [25, 75]"
