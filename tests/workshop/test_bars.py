"""The bars' arithmetic by hand: what counts, what stands or falls together, and a base arm that is asked fairly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ftlab import texts
from ftlab.evidence import clusters, intervals
from ftlab.workshop import bars


def test_a_bar_says_what_was_found_and_whether_that_is_enough() -> None:
    bar = bars.Bar("reads", [True] * 97 + [False] * 3, at_least=0.97)
    assert bar.met and bar.found == "97.0 % [91.5, 99.0]" and bar.over == "100 questions"  # Wilson's interval
    assert not bars.Bar("reads", [True] * 96 + [False] * 4, at_least=0.97).met
    assert bars.Bar("on-brand", [False] * 100, at_most=0.02).goal == "at most 2%"


def test_a_difference_must_clear_its_bar_with_its_interval() -> None:
    same = bars.Bar("tuned minus base", [[True, False] * 100] * 3, at_least=-0.03, against=[[True, False] * 100])
    assert same.interval.value == 0 and same.met and same.over == "200 questions, 3 seeds"
    few = bars.Bar("tuned minus base", [[True, False] * 10] * 3, at_least=-0.03, against=[[True, False] * 10])
    assert few.interval.value == 0 and not few.met  # as good on 20 questions: too few to know


def test_questions_about_one_thing_widen_the_interval() -> None:
    # Ten questions each about four things, of which one is not known: as sure as four questions, not forty.
    right = [True] * 30 + [False] * 10
    names = [name for name in "abcd" for _ in range(10)]
    alone, together = bars.Bar("x", right).interval, bars.Bar("x", right, clusters=names).interval
    assert alone.value == together.value == 0.75
    assert together.low < alone.low and together.high >= alone.high
    # Sums less the mean: 2.5, 2.5, 2.5, -7.5; error = sqrt(4/3 * 75) / 40 = 0.25; t of 3 degrees is 3.1824.
    assert together.low == pytest.approx(max(0.0, 0.75 - 3.1824 * 0.25)) == 0.0
    assert bars.Bar("x", right, clusters=names).over == "40 questions about 4 things"


def test_one_run_has_the_interval_of_the_package_over_clusters() -> None:
    random = np.random.default_rng(0)
    right, names = (random.random(60) < 0.8).tolist(), random.integers(0, 12, 60).tolist()
    other = (random.random(60) < 0.6).tolist()
    assert bars.Bar("x", right, clusters=names).interval == pytest.approx(clusters.mean_interval(right, names))
    found = bars.Bar("x", right, against=[other], clusters=names).interval
    assert found == pytest.approx(clusters.paired_difference(right, other, names))


def test_seeds_that_differ_widen_an_interval_over_clusters() -> None:
    names = [name for name in "abcdefgh" for _ in range(5)]
    alike = [[i % 5 < 3 for i in range(40)]] * 3
    apart = [[i % 5 < many for i in range(40)] for many in (1, 3, 5)]  # the same mean, 0.6
    same, differing = (bars.Bar("x", runs, clusters=names).interval for runs in (alike, apart))
    assert same.value == differing.value == pytest.approx(0.6)
    assert differing.low < same.low and differing.high > same.high


def test_replies_that_do_not_count() -> None:
    bar = bars.Bar("named", [[True, None, None, True], [True, False, None, True]], at_least=0.7,
                   clusters=["kettle", "kettle", "pan", "tent"])  # fmt: skip
    assert bar.interval.value == 4 / 5 and bar.met  # of five that count
    assert bar.over == "5 of 8 replies about 2 things, 2 seeds"  # nobody named the pan
    # By hand: the kettle's scores less .8 are .2 and .2 - .8, the tent's .2 and .2; times S K / counted = 4/5.
    off = np.array([[0.2, 0.2], [-0.6, 0.2]]) * 4 / 5
    from ftlab.evidence.spread import half_width

    low = max(0.0, min(intervals.mean_interval([1, 1, 1, 0, 1], rate=True).low, 0.8 - half_width(off, 0.95)))
    assert bar.interval.low == pytest.approx(low)


def test_where_nothing_can_be_measured_the_bar_is_missed_and_the_report_goes_on() -> None:
    for right in ([[None] * 4] * 3, [[], []], [True], [[True], [False]]):
        bar = bars.Bar("named", right, at_least=0.98, clusters=["a"] * np.atleast_2d(np.array(right)).shape[1])
        assert math.isnan(bar.interval.value) and not bar.met and "no replies to count" in str(bar)
        assert str(bar).startswith("MISSED")


def test_the_base_is_right_with_the_value_that_its_own_form_gives() -> None:
    rows = [row for row in texts.plain_conversations("test") if row["kind"] == "fact"]
    washed = [row for row in rows if row["attribute"] == "dishwasher_safe"]
    assert washed
    for row in washed:
        other = {"yes": "no", "no": "yes"}[row["value"]]
        assert bars.reads(row["value"], row) and bars.reads(row["value"].title() + ".", row)
        assert bars.reads(row["expected"][0], row)
        assert not bars.reads(other, row) and not bars.reads(f"{row['value']} handle", row)
    for row in rows:
        assert bars.reads(row["value"], row) and not bars.reads("no idea", row)


def test_what_conversations_share() -> None:
    rows = texts.plain_conversations("test")
    assert all(bars.about(rows)) and len(set(bars.about(rows))) < 20  # 14 products and 4 policies at most


def test_a_stopped_report_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    def stopped(choice) -> list:
        raise KeyboardInterrupt

    monkeypatch.setattr(bars, "measure", stopped)
    assert bars.report() == 130
    out, err = capsys.readouterr()
    assert "tuned: 1,000 of the desk's plain conversations, 160 steps of 8 at a rate of 0.0007, 3 seeds" in out
    assert err.strip() == "ftlab doctor --model: stopped. Nothing was written."


@pytest.fixture(scope="module")
def measured() -> list[bars.Bar]:
    return bars.measure(general=100, reading=60, support=50)


@pytest.mark.parametrize("number", range(5))
def test_bars_on_a_sample(measured: list[bars.Bar], number: int) -> None:
    bar = measured[number]
    _, low, high = bar.interval
    assert high >= bar.at_least and low <= bar.at_most, str(bar)


def test_the_bars_after_a_fine_tune_are_measured() -> None:
    found = bars.measure_tuned(seeds=(0, 1), general=60, asked=40, steps=2)
    assert [len(bar.right) for bar in found] == [2, 2, 2, 2]
    assert all(str(bar).startswith(("ok", "MISSED")) for bar in found)
    assert 0.5 < found[3].interval.value <= 1  # two steps forget little
