"""Which way of answering for a case of one's own: six questions, and an advice with the measurements behind it.

An answer rules out ways by what was measured; a danger counts until the whole interval shows that it is small. Of those
that are left and worth a person's reading it takes the cheapest that is not told from the best; where there is none, it
says so.
"""

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
    READER,
    TOLD,
    Compared,
    in_points,
    mixed,
    name,
    spoken,
)
from ftlab.retrieval.needs import NEEDS

if TYPE_CHECKING:
    import numpy as np

CHEAPEST_FIRST = ("template", ASSISTANT, TOLD, CLOSED, READER)  # by what to train beyond the assistant, and to read
READING = (ASSISTANT, TOLD, READER)
WORTH = 25  # % right: with fewer drafts right than one in four, reading them costs more than writing
SEVERAL = ANSWERABLE[2:]  # questions on more than one thing, at which a frame with one place may fail
LIES = 10  # % of lies told on that one could live with
NONE = "none of these is good enough yet"
LIED_TO = next(need for need in NEEDS if need.key == "lie")
CITED = next(need for need in NEEDS if need.key == "cited")


@dataclass(frozen=True)
class Secrets:
    """What came out of the weights in a trial: so many of so many secrets told, each so many times in the data."""

    told: int
    of: int
    copies: int


@dataclass(frozen=True)
class Advice:
    """The way to take, or ``NONE``; the way that comes nearest then; and the reasons, a line each."""

    way: str
    nearest: str | None
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        near = f" (nearest: {name(self.nearest)})" if self.way == NONE and self.nearest else ""
        return "\n  - ".join([name(self.way) + near, *self.reasons])


def recommend(
    compared: Compared,
    secrets: Secrets,
    *,
    one_fact: bool,
    facts_change: bool,
    must_cite: bool,
    not_for_all_eyes: bool,
    strangers_write: bool,
    search_finds: float,
) -> Advice:
    """The advice for a case.

    Args:
        compared: The measurements.
        secrets: What the trial of secrets found.
        one_fact: Does each question ask for one fact of one thing that it names?
        facts_change: Do facts change more often than you would retrain?
        must_cite: Must an answer name its source?
        not_for_all_eyes: Are there documents that some may not read, or that must be deletable?
        strangers_write: Can people outside write what is searched?
        search_finds: Share of your questions for which the search brings all that is needed, 0 to 1.
    Raises:
        ValueError: If ``search_finds`` is no share.
    """
    if not 0 <= search_finds <= 1:
        raise ValueError(f"search_finds: expected a share from 0 to 1, found {search_finds}. Divide percents by 100.")
    groups = ANSWERABLE[:1] if one_fact else ANSWERABLE
    ways = [way for way in CHEAPEST_FIRST if way in compared.ways]
    out: dict[str, str] = {}
    if facts_change:
        known = clusters.mean_interval(*compared.state("update, weights", CLOSED, "facts")).times(100)
        out[CLOSED] = f"facts change before it is retrained: of those that changed it had {_share(known)} right then"
    if must_cite:
        source = {way: compared.share(way, CITED.key, groups).value for way in ways if way in CITING}
        best = max(source, key=source.get)
        for way in ways:
            if way not in CITING:
                out[way] = "names no source"
            elif (gap := compared.gap(way, best, CITED.key, groups)).high < 0:
                out[way] = f"right with its source named, {_points(gap)} from {name(best)}"
    if not_for_all_eyes:
        out[CLOSED] = (f"of {secrets.of} secrets that stood {secrets.copies} times in training data {secrets.told} "
                       "were told (the lab model); weights have no filter by reader")  # fmt: skip
    if strangers_write:
        for way in (way for way in READING if way in ways):
            if (told := LIED_TO.share(compared, way)).high > LIES:
                out.setdefault(way, f"told on {_share(told)} of a page's lies, not shown to be under {LIES} %: index "
                                    "your own people's pages alone")  # fmt: skip
    if not one_fact and "template" in ways and (two := compared.share("template", "facts", SEVERAL)).high < WORTH:
        out["template"] = f"of questions on two things it has {_share(two)} right"
    ours = compared.share(ASSISTANT, "found", groups)
    if 100 * search_finds < ours.low:
        out.setdefault("template", f"measured with a search that finds {_share(ours)}, not with a poorer one")
    left = [way for way in ways if way not in out]
    lines = [f"not {name(way)}: {why}" for way, why in out.items()]
    if not left:
        return Advice(NONE, None, tuple(lines))
    about = compared.about(CLOSED, "facts", groups)
    ends = [{way: _rates(compared, way, recall, groups) for way in left} for recall in (1, 0)]

    def gap(one: str, other: str) -> Interval:
        gaps = (clusters.paired_difference(end[one], end[other], about).times(100) for end in ends)
        return mixed(search_finds, *gaps)

    shares = {way: mixed(search_finds, *(clusters.mean_interval(end[way], about).times(100) for end in ends))
              for way in left}  # fmt: skip
    best = max(left, key=lambda way: shares[way].value)
    behind = {way: gap(way, best) for way in left}
    worth = [way for way in left if shares[way].low >= WORTH and behind[way].high >= 0]
    way = worth[0] if worth else best
    for other in left:
        if behind[other].high < 0:
            lines.append(f"not {name(other)}: facts right, {_points(behind[other])} from {name(best)}")
        elif other != way:
            lines.append(f"{name(other)} has the facts right in {_share(shares[other])}, not told from {name(way)}: "
                         f"{_points(gap(other, way))}")  # fmt: skip
    lines.append(f"{name(way)} has the facts right in {_share(shares[way])} of such questions with such a search")
    if must_cite and way in CITING:
        lines.append(f"right with its source named, with our search: {_share(compared.share(way, CITED.key, groups))}")
    if strangers_write and way == "template":
        lines.append("template was not tested on lies: it fills its frame from records, so ask who writes those")
    lines.append("so a person must read every reply before it is sent" if worth else
                 f"that is not clearly above {WORTH} %, from where on drafts would be worth a person's reading")
    return Advice(way if worth else NONE, way, tuple(lines))


def _rates(compared: Compared, way: str, search_finds: float, groups: tuple[str, ...]) -> np.ndarray:
    """By question the chance of right facts with such a search; the template is taken as it did with ours."""
    if way in READING:
        return compared.at_recall(way, search_finds, groups)
    return compared.scores(way, "facts", groups)


def turned(compared: Compared, secrets: Secrets, case: dict, **answers: bool | float) -> str:
    """What some answers turned do to a case: whether they change the way, or the nearest one, and the new reasons."""
    before, now = (recommend(compared, secrets, **each) for each in (case, case | answers))
    headline, *reasons = str(now).splitlines()
    new = [reason for reason in reasons if reason not in str(before).splitlines()]
    what = " ".join(f"{key} = {value}" for key, value in answers.items())
    does = ("changes the way" if now.way != before.way else
            "changes the nearest alone" if now.nearest != before.nearest else "does not change it")
    return "\n".join([f"{what} {does}: {headline}", *new])


def _share(span: Interval) -> str:
    return spoken(span).replace(" [", " % [")


def _points(gap: Interval) -> str:
    return in_points(gap).replace(" [", " points [")
