"""The course's figures: one style sheet, and the two drawings that more than one notebook needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLE = Path(__file__).with_name("ftlab.mplstyle")

# Okabe and Ito 2008, by name, for a figure that gives a colour a meaning: base grey, tuned blue, a limit vermilion.
BLUE, VERMILION, GREEN, PINK, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
GREY, PALE = "#777777", "#E4E4E4"
MARKED_POINTS = 15  # a curve with at most so many points shows each of them


# JupyterLab breaks a long printed line wherever the page ends, in the middle of a word; a printed reply reads badly so.
WHOLE_WORDS = "<style>div.jp-OutputArea-output pre {word-break: normal; overflow-wrap: anywhere}</style>"


def style() -> None:
    """Gives every later figure the course's look, and in a notebook lets printed lines break between words.

    For a single figure: ``plt.style.context(figures.STYLE)``.
    """
    import matplotlib.pyplot as plt
    from IPython import get_ipython
    from IPython.display import HTML, display

    plt.style.use(STYLE)
    if hasattr(get_ipython(), "kernel"):
        display(HTML(WHOLE_WORDS))


def curve(ax: Axes, x: Sequence[float], y: Sequence[float], low: Sequence[float] | None = None,
          high: Sequence[float] | None = None, label: str | None = None, **line: object) -> Axes:
    """Draws ``y`` over ``x``, with its interval as a band of the same colour where ``low`` and ``high`` are given.

    Args:
        line: What ``ax.plot`` takes, such as ``color=figures.GREY``.
    Shapes:
        x, y, low, high: (N,).
    Raises:
        ValueError: If the lengths differ, or only one of ``low`` and ``high`` is given.
    """
    _same_length(x=x, y=y, low=low, high=high)
    _both_or_none("curve", low, high)
    marker = "o" if len(x) <= MARKED_POINTS else None
    (drawn,) = ax.plot(x, y, **{"label": label, "marker": marker, **line})
    if low is not None:
        ax.fill_between(x, low, high, color=drawn.get_color(), alpha=0.16, linewidth=0)
    return ax


def bars(ax: Axes, labels: Sequence[str], values: Sequence[float], lows: Sequence[float] | None = None,
         highs: Sequence[float] | None = None, number: str = "{:.0f}", colors: Sequence[str] | str = BLUE) -> Axes:
    """Draws one bar for each value, its interval as a whisker, and the number above it.

    Args:
        number: Format of the printed number, such as ``"{:.0f} %"``.
        colors: One colour, or one for each bar.
    Shapes:
        labels, values, lows, highs: (N,).
    Raises:
        ValueError: If the lengths differ, or only one of ``lows`` and ``highs`` is given.
    """
    _same_length(labels=labels, values=values, lows=lows, highs=highs)
    _both_or_none("bars", lows, highs)
    places, whiskers = range(len(labels)), None
    if lows is not None:
        whiskers = [[max(0.0, value - low) for value, low in zip(values, lows, strict=True)],
                    [max(0.0, high - value) for value, high in zip(values, highs, strict=True)]]
    drawn = ax.bar(places, values, width=0.62, color=colors, linestyle="-", yerr=whiskers,
                   error_kw={"ecolor": "#222222", "elinewidth": 1.3})
    ax.bar_label(drawn, [number.format(value) for value in values], padding=5, fontweight="bold", fontsize="small")
    if min(values, default=0) < 0:
        ax.axhline(0, color="#555555", linewidth=0.9, linestyle="-")
    ax.set_xticks(list(places), list(labels))
    ax.tick_params(axis="x", length=0)
    ax.margins(y=0.12)
    return ax


def _same_length(**rows: Sequence | None) -> None:
    lengths = {name: len(row) for name, row in rows.items() if row is not None}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"expected rows of one length, found {lengths}. Give one entry for each point.")


def _both_or_none(where: str, low: object, high: object) -> None:
    if (low is None) != (high is None):
        raise ValueError(f"{where}: expected both ends of the interval or neither, found one. Give the other one too.")
