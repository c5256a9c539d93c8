"""Models side by side: one table with intervals, one figure, and the same by group without fooling ourselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ftlab.evidence import clusters, intervals
from ftlab.evidence.intervals import Interval
from ftlab.evidence.tables import html_table, plain_table

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

Scores = Mapping[str, Mapping[str, Sequence[float]]]  # model -> metric -> one score for each item

FEWEST_ITEMS = 20  # a slice with fewer is shown and not judged: a single item would move it by 5 points or more
TOO_FEW, BETTER, WORSE, UNCLEAR = "too few items", "higher", "lower", "cannot say"
TESTS = "p: exact McNemar test for scores of 0 and 1, sign-flip test of the paired differences for others."
ABOUT = "Intervals and p (sign-flip test) count what items are about, as those about one thing stand or fall together."


class Row(NamedTuple):
    """One model on one metric; ``difference`` and ``p_value`` are against the baseline, which has None there."""

    metric: str
    model: str
    items: int
    is_rate: bool  # every score of this metric is 0 or 1
    value: Interval
    difference: Interval | None
    p_value: float | None


class Slice(NamedTuple):
    """One model on one metric within one group; ``p_holm`` is None where there are too few items to say."""

    group: str
    row: Row
    p_holm: float | None
    verdict: str


@dataclass(frozen=True)
class Comparison:
    """Rows of a comparison. Prints as a table, as HTML in a notebook, and draws itself."""

    rows: tuple[Row, ...]
    baseline: str
    level: float
    note: str = TESTS

    def _table(self) -> tuple[list[str], list[list[str]], str]:
        header = ["metric", "model", "items", f"value [{self.level:.0%} interval]", f"minus {self.baseline}", "p"]
        return header, [_cells(row) for row in self.rows], self.note

    def __str__(self) -> str:
        return plain_table(*self._table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(*self._table())

    def draw(self, ax: Axes, metrics: Sequence[str] | None = None) -> Axes:
        """Draws every model's value with its interval, metric by metric.

        The intervals are each model's own. Where the paired difference from the baseline is clear of 0 the marker is
        filled, elsewhere it is hollow: two intervals that overlap do not mean that the difference is unclear.

        Args:
            metrics: Which metrics to draw, default all.
        Raises:
            ValueError: If a metric is unknown, or metrics with scores of 0 and 1 are mixed with others.
        """
        from ftlab import figures

        known = list(dict.fromkeys(row.metric for row in self.rows))
        chosen = known if metrics is None else list(metrics)
        if not chosen or set(chosen) - set(known):
            raise ValueError(f"draw: expected metrics out of {known}, found {chosen}. Correct the names.")
        rows = [row for row in self.rows if row.metric in chosen]
        if len({row.is_rate for row in rows}) > 1:
            raise ValueError(f"draw: expected metrics of one unit on one axis, found {chosen}, of which "
                             f"{[row.metric for row in rows if row.is_rate][:1]} is a rate and another is not. "
                             "Draw them on axes of their own with metrics=[...].")
        models = list(dict.fromkeys(row.model for row in rows))
        colours = [figures.BLUE, figures.VERMILION, figures.GREEN, figures.PINK, figures.ORANGE, figures.SKY]
        others = [model for model in models if model != self.baseline]
        for row in rows:
            place = 0 if row.model == self.baseline else others.index(row.model) + 1
            colour = figures.GREY if not place else colours[(place - 1) % len(colours)]
            clear = row.difference is None or not row.difference.low <= 0 <= row.difference.high
            value, low, high = row.value.times(100 if row.is_rate else 1)
            across = chosen.index(row.metric) + 0.7 * ((place + 0.5) / len(models) - 0.5)
            ax.errorbar([across], [value], yerr=[[max(0, value - low)], [max(0, high - value)]],
                        fmt="osD^vP*X"[place % 8], color=colour, markerfacecolor=colour if clear else "white",
                        linestyle="none", markersize=8, elinewidth=1.6, zorder=3)
            if row.metric == chosen[0]:  # the legend's mark is filled, whatever the first metric shows
                ax.plot([], [], "osD^vP*X"[place % 8], color=colour, markersize=8, label=row.model)
        ax.set_xticks(range(len(chosen)), chosen)
        ax.set_xlim(-0.5, len(chosen) - 0.5)
        ax.tick_params(axis="x", length=0)
        ax.set_ylabel("items scored 1 (%)" if rows[0].is_rate else "mean score (per item)")
        ax.legend(title=f"hollow in the figure:\nnot clear of {self.baseline}")
        return ax


@dataclass(frozen=True)
class Slices:
    """Rows of a comparison by group. Prints as a table and as HTML in a notebook."""

    rows: tuple[Slice, ...]
    baseline: str
    level: float
    looks: int
    note: str = TESTS

    def _table(self) -> tuple[list[str], list[list[str]], str]:
        header = ["group", "metric", "model", "items", f"value [{self.level:.0%} interval]", f"minus {self.baseline}",
                  "p (Holm)", "verdict"]
        cells = [[item.group, *_cells(item.row)[:-1], _p(item.p_holm), item.verdict] for item in self.rows]
        note = (f"Each interval is for its own slice. The verdicts allow for {self.looks} looks: p-values are "
                f"corrected by Holm's method. Under {FEWEST_ITEMS} items: not judged. {self.note}")
        return header, cells, note

    def __str__(self) -> str:
        return plain_table(*self._table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(*self._table())


def compare(scores: Scores, baseline: str, level: float = 0.95, seed: int = 0,
            about: Sequence[object] | None = None) -> Comparison:
    """Compares models on the same items: values and paired differences from the baseline, each with its interval.

    Scores of 0 and 1 get the Wilson interval, Tango's paired interval and the exact McNemar test; other scores get
    Student's intervals and a sign-flip test. The p-values are those of single looks.

    Args:
        scores: For each model, for each metric, one score for each item; item i is the same for every model. Metrics
            may have items of their own.
        baseline: The model that the others are compared with.
        about: What each item is about, where some stand or fall together (``ftlab.evidence.clusters``).
    Raises:
        ValueError: If a model lacks a metric or has other items, a score is missing, or the baseline is unknown.
    """
    table = _check(scores, baseline)
    rows = []
    for metric in table[baseline]:
        is_rate = _is_rate(table, metric)
        rows += [_row(metric, model, table, baseline, is_rate, level, seed, about) for model in table]
    return Comparison(tuple(rows), baseline, level, TESTS if about is None else ABOUT)


def slices(scores: Scores, groups: Sequence[object], baseline: str, level: float = 0.95, seed: int = 0,
           about: Sequence[object] | None = None) -> Slices:
    """The same comparison within each group of items: intent, category, length.

    Twenty slices of two equal models show one "significant" difference on average. So every p-value is corrected for
    the number of looks (groups x metrics x models) by Holm's method, and a slice is called higher or lower only if it
    survives. Groups with fewer than 20 items are listed and not judged.

    Args:
        groups: The group of each item, in the order of the scores.
        about: What each item is about, as in ``compare``.
    Raises:
        ValueError: As ``compare``, or if a metric has not one score for each entry of ``groups``.
    Source: Holm 1979, Scandinavian Journal of Statistics 6(2).
    """
    import numpy as np

    table = _check(scores, baseline)
    labels = np.array([str(group) for group in groups])
    for metric, values in table[baseline].items():
        if len(values) != len(labels):
            raise ValueError(f"slices: expected one group for each of the {len(values)} items of {metric!r}, found "
                             f"{len(labels)}. Give groups in the order of the scores.")
    found = []
    for group in dict.fromkeys(labels.tolist()):
        part = {model: {name: values[labels == group] for name, values in metrics.items()}
                for model, metrics in table.items()}
        things = None if about is None else [about[i] for i in np.flatnonzero(labels == group)]
        for metric in table[baseline]:
            is_rate = _is_rate(table, metric)
            found += [(group, _row(metric, model, part, baseline, is_rate, level, seed, things))
                      for model in table if model != baseline]
    judged = [row.p_value for _, row in found if row.items >= FEWEST_ITEMS]
    corrected, rows = iter(intervals.holm(judged)), []
    for group, row in found:
        p = next(corrected) if row.items >= FEWEST_ITEMS else None
        verdict = TOO_FEW if p is None else UNCLEAR if p > 1 - level else BETTER if row.difference.value > 0 else WORSE
        rows.append(Slice(group, row, p, verdict))
    return Slices(tuple(rows), baseline, level, len(judged), TESTS if about is None else ABOUT)


def _row(metric: str, model: str, table: dict, baseline: str, is_rate: bool, level: float, seed: int,
         about: Sequence | None) -> Row:
    values, base = table[model][metric], table[baseline][metric]
    value = difference = p = None
    if len(values if about is None else set(about)) < 2:  # one thing has no interval: the whole range is possible
        edge = 1.0 if is_rate else float("inf")
        value, p = Interval(float(values.mean()), 0.0 if is_rate else -edge, edge), 1.0
        difference = Interval(float((values - base).mean()), -edge, edge)
    elif about is not None:
        value = clusters.mean_interval(values, about, level)
        difference = clusters.paired_difference(values, base, about, level)
        p = clusters.p_value(values, base, about)
    else:
        value = intervals.mean_interval(values, level, is_rate)
        difference = intervals.paired_difference(values, base, level, is_rate)
        p = intervals.mcnemar(values, base).p_value if is_rate else intervals.sign_flip_test(values - base, seed)
    if model == baseline:
        difference = p = None
    return Row(metric, model, len(values), is_rate, value, difference, p)


def _is_rate(table: dict, metric: str) -> bool:
    return all(intervals.is_rate(metrics[metric]) for metrics in table.values())


def _cells(row: Row) -> list[str]:
    factor, unit, name = (100, " %", " points") if row.is_rate else (1, "", "")
    value = f"{_show(row.value.times(factor), row.is_rate)}{unit}"
    change = "" if row.difference is None else f"{_show(row.difference.times(factor), row.is_rate, '+')}{name}"
    return [row.metric, row.model, str(row.items), value, change, "" if row.difference is None else _p(row.p_value)]


def _show(interval: Interval, is_rate: bool, sign: str = "") -> str:
    form = f"{{:{sign}.1f}}" if is_rate else f"{{:{sign}.3g}}"
    value, low, high = (form.format(number + 0.0) for number in interval)
    return f"{value} [{low}, {high}]"


def _p(p: float | None) -> str:
    return "-" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def _check(scores: Scores, baseline: str) -> dict[str, dict[str, np.ndarray]]:
    """The scores as arrays, after every model was seen to have the baseline's metrics and as many items."""
    import numpy as np

    if baseline not in scores or not scores[baseline]:
        raise ValueError(f"expected the baseline {baseline!r} among the models with at least one metric, found "
                         f"{list(scores)}. Correct the name or add its scores.")
    table = {}
    for model, metrics in scores.items():
        if set(metrics) != set(scores[baseline]):
            raise ValueError(f"{model}: expected the metrics of {baseline}, {sorted(scores[baseline])}, found "
                             f"{sorted(metrics)}. Score every model with the same metrics.")
        table[model] = {}
        for metric, values in metrics.items():
            numbers, wanted = np.asarray(values, dtype=float), len(scores[baseline][metric])
            missing = int((~np.isfinite(numbers)).sum())
            if numbers.shape != (wanted,) or wanted < 2 or missing:
                raise ValueError(f"{model}, {metric}: expected {wanted} finite scores as {baseline} has, and at least "
                                 f"2, found shape {numbers.shape} with {missing} not finite. "
                                 "Score every model on the same items, in one order; a failed item scores 0.")
            table[model][metric] = numbers
    return table
