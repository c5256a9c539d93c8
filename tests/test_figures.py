import matplotlib
import pytest

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from ftlab import figures


@pytest.fixture
def ax():
    with plt.style.context(figures.STYLE):
        figure, ax = plt.subplots()
        yield ax
        figure.canvas.draw()  # whatever was drawn can be rendered
        plt.close(figure)


def test_the_style_lets_printed_lines_break_between_words_in_a_notebook_alone(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    figures.style()
    assert not shown and not capsys.readouterr().out  # a program has no page to style
    monkeypatch.setattr("IPython.get_ipython", type("Shell", (), {"kernel": None}))
    figures.style()
    assert [each.data for each in shown] == [figures.WHOLE_WORDS]


def test_the_style_backs_up_colour_with_line_style(ax):
    cycle = plt.rcParams["axes.prop_cycle"].by_key()
    assert len(set(cycle["color"])) == len(cycle["color"]) == len({str(line) for line in cycle["linestyle"]})
    assert not ax.spines["top"].get_visible() and not ax.spines["right"].get_visible()
    assert tuple(plt.rcParams["figure.figsize"]) == (7, 4)


def test_style_sheet_has_no_unknown_setting(caplog):
    with plt.style.context(figures.STYLE), matplotlib.rc_context():
        figures.style()
    assert not caplog.records


def test_curve_draws_a_line_and_its_band(ax):
    assert figures.curve(ax, [10, 100], [1, 2], low=[0.5, 1.5], high=[1.5, 2.5], label="tuned") is ax
    figures.curve(ax, range(50), range(50), label="base", color=figures.GREY)
    tuned, base = ax.get_lines()
    assert tuned.get_label() == "tuned" and list(tuned.get_ydata()) == [1, 2]
    assert (tuned.get_marker(), base.get_marker()) == ("o", "None")  # points are shown where they are few
    assert tuned.get_linestyle() != base.get_linestyle()
    assert len(ax.collections) == 1


def test_bars_show_their_numbers_beyond_the_whisker(ax):
    assert figures.bars(ax, ["base", "tuned"], [-2, 93.4], lows=[-3, 90], highs=[-1, 96], number="{:.0f} %") is ax
    assert [text.get_text() for text in ax.texts] == ["-2 %", "93 %"]
    assert [text.xy for text in ax.texts] == [(0, -3), (1, 96)]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["base", "tuned"]


def test_bad_rows_are_named(ax):
    with pytest.raises(ValueError, match=r"'x': 2, 'y': 1"):
        figures.curve(ax, [1, 2], [1])
    with pytest.raises(ValueError, match="both ends"):
        figures.bars(ax, ["a"], [1], lows=[0])
