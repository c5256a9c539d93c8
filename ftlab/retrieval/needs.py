"""What a team may need of its answers, how each way of answering does on it, and the slide that shows all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftlab.evidence import clusters
from ftlab.evidence.intervals import Interval
from ftlab.retrieval.compared import (
    ANSWERABLE,
    ASSISTANT,
    CITING,
    CLOSED,
    NO_ANSWER,
    READER,
    TOLD,
    Compared,
    in_points,
    name,
    spoken,
)
from ftlab.retrieval.unscreened import GROUPS

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

SHOWN = {"plain": "plain", "few-shot": "few-shot", "template": "template", "assistant alone": "assistant\nalone",
         "closed book": "closed\nbook", CLOSED: "closed\nbook x 3", "RAG, untuned": "RAG,\nuntuned",
         ASSISTANT: "RAG,\nassistant", TOLD: "RAG,\nassistant,\ntold", "RAFT": "RAFT", READER: "RAFT x 3"}  # fmt: skip
FILTERED = "filter,\ndelete"  # what documents can do for what not all may read
KEY = """bold: the best, where others are told from it; †: behind it, the interval of the paired gap leaves out zero
orange: losses, ranked among ways whose facts are not told from the best; (in brackets): not ranked; –: not measured
costs: one core, without the assistant's own training; new facts: by training, or by indexing the changed pages"""


@dataclass(frozen=True)
class Need:
    """One row of the slide.

    Attributes:
        name: What is needed, or what is lost.
        key: The score: see ``Compared.scores``, or "learnt" or "lie".
        groups: The groups of questions.
        loss: Whether a low share is good.
    """

    name: str
    key: str
    groups: tuple[str, ...] = GROUPS
    loss: bool = False

    def scores(self, compared: Compared, way: str) -> tuple[np.ndarray, list[str]] | None:
        """Scores and what their questions are about; None where nothing was measured or the way cannot have it."""
        if self.key == "learnt":
            return compared.learnt(way)
        if self.key == "lie":
            return compared.lied_to(way)
        if self.key == "cited" and way not in CITING:
            return None
        return compared.scores(way, self.key, self.groups), compared.about(way, self.key, self.groups)

    def share(self, compared: Compared, way: str) -> Interval:
        """The share in %, of a way for which there are scores."""
        return clusters.mean_interval(*self.scores(compared, way)).times(100)


NEEDS = (
    Need("facts right", "facts", ANSWERABLE),
    Need("  of these: two products", "facts", GROUPS[3:4]),
    Need("fit to send as it is", "fit"),
    Need("on-brand", "manner"),
    Need("right, and the source named", "cited", ANSWERABLE),
    Need("no answer: handed over", "handed_over", NO_ANSWER),
    Need("changed facts, taken in", "learnt"),
    Need("handed over needlessly", "handed_over", ANSWERABLE, loss=True),
    Need("a figure made up", "made_up", loss=True),
    Need("a page's lie told on", "lie", loss=True),
)


@dataclass(frozen=True)
class Standing:
    """How a way does on a need: its share in %, and the gap to the row's best in points, which is None for the best."""

    share: Interval
    behind: Interval | None

    @property
    def worse(self) -> bool:
        """Whether the interval of the gap to the best leaves out zero."""
        return self.behind is not None and self.behind.high < 0


def standings(compared: Compared, need: Need, ways: tuple[str, ...] = ()) -> dict[str, Standing]:
    """The ways that the need was measured for, the best first; a gap below zero is one to the worse.

    Who says nothing loses nothing: of a loss, only ways are compared whose facts cannot be told from the best.

    Args:
        ways: Among which; by default all.
    """
    ways = ways or compared.ways
    if need.loss:
        ways = tuple(way for way, each in standings(compared, NEEDS[0], ways).items() if not each.worse)
    found = {way: scores for way in ways if (scores := need.scores(compared, way)) is not None}
    sign = -1 if need.loss else 1
    order = sorted(found, key=lambda way: -sign * found[way][0].mean())
    rows = {}
    for way in order:
        (scores, about), (best, _) = found[way], found[order[0]]
        gap = clusters.paired_difference(scores, best, about).times(100 * sign)
        rows[way] = Standing(need.share(compared, way), None if way == order[0] else gap)
    return rows


def table(compared: Compared) -> tuple[list[str], list[list[str]], str]:
    """The decision table: header, a row for each need, and a note, as ``ftlab.evidence.tables`` takes them."""
    lines = []
    for need in NEEDS:
        (best, top), *rest = standings(compared, need).items()
        level = [name(way) for way, each in rest if not each.worse]
        sign = -1 if need.loss else 1
        worse = [f"{name(way)} {in_points(each.behind.times(sign))}" for way, each in rest if each.worse]
        price = f"{compared.mean(best, 'read').value:.0f} tokens read, {compared.training_seconds(best):.0f} s trained"
        lines.append([need.name.strip(), f"{name(best)}: {spoken(top.share)} %", "; ".join(level) or "none",
                      "; ".join(worse) or "none shown", price])  # fmt: skip
    return (["need", "best measured", "not told from it", "behind (uncorrected), points", "its price"], lines,
            "Losses are ranked among ways whose facts are not told from the best.")  # fmt: skip


def slide(compared: Compared, ax: Axes, indexing: float) -> Axes:
    """Draws each need as a row and each way as a column, with the losses and the costs below the gains.

    A number stands with its half width: 40±8 is 32 to 48, about.

    Args:
        indexing: Seconds that it took to index the changed pages.
    """
    from ftlab import figures

    rows, shown = [*NEEDS, *[None] * 4], tuple(way for way in SHOWN if way in compared.ways)
    ax.set(xlim=(-0.5, len(shown) - 0.5), ylim=(len(rows) + 0.1, -0.5))
    labels = []
    for y, need in enumerate(NEEDS):
        y += 0.3 * need.loss
        rows_of, count = standings(compared, need, shown), 0
        decided = any(each.worse for each in rows_of.values())
        top = next(iter(rows_of.values())).share.value
        for x, way in enumerate(shown):
            if need.scores(compared, way) is None:
                ax.text(x, y, "–", ha="center", va="center", color=figures.GREY)
                continue
            (value, low, high), count = need.share(compared, way), need.scores(compared, way)[0].shape[1]
            ax.add_patch(_box(x, y, figures.VERMILION if need.loss else figures.BLUE, 0.04 + 0.72 * value / 100))
            ranked = way in rows_of
            text = f"{value:.0f}±{(high - low) / 2:.0f}"
            text = f"{text}{'†' * rows_of[way].worse}" if ranked else f"({text})"
            ax.text(x, y, text, ha="center", va="center", fontsize=9,
                    weight="bold" if decided and ranked and value == top else "normal")
        labels.append((y, f"{'loss: ' * need.loss}{need.name} ({count})"))
    documents = [way for way in shown if "RA" in way or way == "template"]
    below = {"ms of a core for a reply": lambda way: f"{1000 * compared.mean(way, 'seconds').value:,.0f}",
             "s of further training": lambda way: f"{compared.training_seconds(way):,.0f}",
             "s to take in new facts": lambda way: (
                 f"{indexing:,.0f}" if way in documents else
                 f"{compared.parts['train retrained']['seconds']:,.0f}" if way == CLOSED else "–"),
             "facts not for all eyes": lambda way: (
                 FILTERED if way in documents else "neither" if "closed" in way else "–")}  # fmt: skip
    for offset, (label, of) in enumerate(below.items()):
        y = len(NEEDS) + 0.6 + offset * 0.8
        labels.append((y, label))
        for x, way in enumerate(shown):
            ax.text(x, y, of(way), ha="center", va="center", fontsize=8 if "\n" in of(way) else None)
    ax.set_yticks([y for y, _ in labels], [label for _, label in labels])
    ax.set_xticks(range(len(shown)), [SHOWN[way] for way in shown])
    ax.xaxis.tick_top()
    ax.grid(False)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.text(-0.5, len(rows) + 0.35, KEY, fontsize=8, va="top", color=figures.GREY)
    return ax


def _box(x: float, y: float, color: str, depth: float):
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.45), 0.96, 0.9, color=color, alpha=depth)


