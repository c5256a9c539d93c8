import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlab import figures
from ftlab.evidence import clusters, comparison, intervals

# 40 items. The tuned model wins 12 of them and loses 2; graded scores rise by 0.2 on the mean.
BASE = [1] * 20 + [0] * 20
TUNED = [1] * 18 + [0] * 2 + [1] * 12 + [0] * 8
GRADED = [0.1 * (i % 7) for i in range(40)]
SCORES = {"base": {"facts": BASE, "style": GRADED},
          "tuned": {"facts": TUNED, "style": [score + 0.2 + 0.1 * (-1) ** i for i, score in enumerate(GRADED)]}}


def row(found, metric, model):
    return next(row for row in found.rows if (row.metric, row.model) == (metric, model))


def test_rows_hold_the_values_of_stats():
    found = comparison.compare(SCORES, "base")
    facts = row(found, "facts", "tuned")
    assert facts.value == intervals.rate_interval(30, 40) and facts.items == 40
    assert facts.difference == intervals.paired_difference(TUNED, BASE) and facts.difference.value == 0.25
    # p = 2 * (C(14,0) + C(14,1) + C(14,2)) / 2^14 = 2 * 106 / 16384 = 0.01294.
    assert facts.p_value == pytest.approx(0.01294, abs=1e-5)
    style = row(found, "style", "tuned")
    assert not style.is_rate and style.difference.value == pytest.approx(0.2)
    assert style.p_value == 2 / 10000  # every difference is 0.1 or 0.3, all one way: no flip in 9,999 goes further
    assert row(found, "facts", "base").difference is None


def test_the_table_in_text_and_html():
    found = comparison.compare({"<b>": SCORES["base"], "tuned": SCORES["tuned"]}, "<b>")
    text = str(found).splitlines()
    assert text[0].split() == ["metric", "model", "items", "value", "[95%", "interval]", "minus", "<b>", "p"]
    assert text[3].startswith("facts   tuned  40     75.0 [59.8, 85.8] %") and text[3].endswith("points  0.013")
    assert "+25.0 [" in text[3]
    html = found._repr_html_()
    assert "&lt;b&gt;" in html and "<b>" not in html and html.count("<tr>") == 5


def test_equal_models_have_a_width_and_no_verdict():
    found = row(comparison.compare({"base": {"facts": BASE}, "twin": {"facts": BASE}}, "base"), "facts", "twin")
    assert found.difference.low < 0 == found.difference.value < found.difference.high and found.p_value == 1


@pytest.mark.parametrize(("scores", "message"), [
    ({"base": {"facts": [1, 0]}, "tuned": {"facts": [1, 0, 1]}}, r"tuned, facts: expected 2 finite scores.*\(3,\)"),
    ({"base": {"facts": [1, 0]}, "tuned": {"style": [1, 0]}}, r"tuned: expected the metrics of base, \['facts'\]"),
    ({"base": {"facts": [1, 0], "style": [1, 0]}, "tuned": {"facts": [1, 0]}}, "tuned: expected the metrics"),
    ({"base": {"facts": [1, 0]}, "tuned": {"facts": [1, float("nan")]}}, "1 not finite"),
    ({"tuned": {"facts": [1, 0]}}, "baseline 'base'"),
    ({"base": {}}, "at least one metric"),
])
def test_scores_that_do_not_match_are_refused(scores, message):
    with pytest.raises(ValueError, match=message):
        comparison.compare(scores, "base")


def test_figure_shows_every_interval_and_marks_what_is_clear():
    with plt.style.context(figures.STYLE):
        figure, ax = plt.subplots()
        scores = {**SCORES, "twin": SCORES["base"]}
        assert comparison.compare(scores, "base").draw(ax, ["facts"]) is ax
        figure.canvas.draw()
        assert ax.get_ylabel() == "items scored 1 (%)"
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["base", "tuned", "twin"]
        points = [container.lines[0] for container in ax.containers]
        assert [float(point.get_ydata()[0]) for point in points] == [50, 75, 50]
        assert [point.get_markerfacecolor() for point in points] == [figures.GREY, figures.BLUE, "white"]
        assert len({point.get_marker() for point in points}) == 3
        with pytest.raises(ValueError, match="one unit"):
            comparison.compare(scores, "base").draw(ax)
        with pytest.raises(ValueError, match="out of"):
            comparison.compare(scores, "base").draw(ax, ["fact"])
        plt.close(figure)


def test_slices_say_higher_lower_cannot_say_and_too_few():
    groups = ["price"] * 30 + ["care"] * 30 + ["size"] * 30 + ["gift"] * 3 + ["once"]
    base = [0] * 30 + [1] * 30 + [1, 0] * 15 + [0] * 3 + [1]
    tuned = [1] * 12 + [0] * 18 + [0] * 15 + [1] * 15 + [0, 1] * 3 + [1, 0] * 12 + [1] * 3 + [1]
    found = comparison.slices({"base": {"facts": base}, "tuned": {"facts": tuned}}, groups, "base")
    assert [(one.group, one.row.items, one.verdict) for one in found.rows] == [
        ("price", 30, "higher"), ("care", 30, "lower"), ("size", 30, "cannot say"), ("gift", 3, "too few items"),
        ("once", 1, "too few items")]
    assert found.looks == 3  # Holm: the middle p of 2 / 2^12 is doubled
    assert found.rows[0].p_holm == pytest.approx(2 * 2 / 2**12)
    assert "allow for 3 looks" in str(found) and "Holm" in found._repr_html_()
    with pytest.raises(ValueError, match="94 items of 'facts', found 2"):
        comparison.slices({"base": {"facts": base}}, ["a", "b"], "base")


def test_holm_by_hand():
    # In order 0.01, 0.02, 0.03, 0.2 times 4, 3, 2, 1 = 0.04, 0.06, 0.06, 0.2.
    assert intervals.holm([0.03, 0.2, 0.01, 0.02]) == pytest.approx([0.06, 0.2, 0.04, 0.06])
    assert intervals.holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=30))
def test_holm_is_between_the_p_value_and_bonferroni(p_values):
    for p, corrected in zip(p_values, intervals.holm(p_values), strict=True):
        assert p <= corrected <= 1 and corrected <= max(1.0 if p > 1 / 30 else 0, len(p_values) * max(p_values))


def test_twenty_slices_of_equal_models_raise_few_false_alarms():
    random, alarms = np.random.default_rng(0), 0
    groups = np.repeat(np.arange(20), 40)
    for _ in range(60):
        a, b = ((random.random(800) < 0.5).astype(int) for _ in "ab")
        found = comparison.slices({"base": {"facts": a}, "twin": {"facts": b}}, groups, "base")
        alarms += any(one.verdict in (comparison.BETTER, comparison.WORSE) for one in found.rows)
    # At most 5 % of families: 3 of 60, and 3 standard errors of sqrt(60 * 0.05 * 0.95) = 1.7 more.
    assert alarms <= 8


def test_sign_flip_test_is_mcnemar_for_zeros_and_ones():
    differences = np.array(TUNED) - np.array(BASE)
    exact = intervals.mcnemar(TUNED, BASE).p_value
    # Standard error over 9,999 flips: sqrt(0.013 * 0.987 / 9999) = 0.0011; four of them.
    assert intervals.sign_flip_test(differences) == pytest.approx(exact, abs=0.0045)
    assert intervals.sign_flip_test([0.0, 0.0]) == 1


def test_items_about_one_thing_count_once_if_it_is_said_what_they_are_about():
    about = [i // 2 for i in range(40)]  # each thing in two items
    found = comparison.compare(SCORES, "base", about=about)
    facts = row(found, "facts", "tuned")
    assert facts.difference == clusters.paired_difference(TUNED, BASE, about)
    assert facts.value == clusters.mean_interval(TUNED, about) and facts.p_value == clusters.p_value(TUNED, BASE, about)
    assert str(found).endswith(comparison.ABOUT)
    halves = comparison.slices(SCORES, ["a"] * 20 + ["b"] * 20, "base", about=about)
    assert halves.rows[0].row.difference == clusters.paired_difference(TUNED[:20], BASE[:20], about[:20])
    one = comparison.slices(SCORES, ["a"] * 20 + ["b"] * 20, "base", about=["x"] * 20 + about[20:])
    assert one.rows[0].row.difference[1:] == (-1, 1) and one.rows[0].verdict == comparison.UNCLEAR
