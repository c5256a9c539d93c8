"""The stored comparison of weights and documents, read: scores by question, and what they say with its interval.

Two panels of questions: the desk's own, which all ways were asked, and plain ones on one fact, which three ways were
asked. Questions about one product stand or fall together: intervals and tests are over products and policies, and
intervals over seeds as well, where several are stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ftlab.evidence import clusters
from ftlab.evidence.intervals import Interval
from ftlab.retrieval.unscreened import GROUPS

ANSWERABLE, NO_ANSWER = GROUPS[:-1], GROUPS[-1:]
CLOSED, ASSISTANT, READER = "closed book, 3 rounds", "RAG, assistant", "RAFT, 3 rounds"
TOLD = "RAG, assistant, told"  # to keep to the passages and to cite them, in the prompt of the untuned model
WAYS = ("plain", "few-shot", "template", "assistant alone", "closed book", CLOSED, "RAG, untuned", ASSISTANT, TOLD,
        "RAFT", READER)  # fmt: skip
ONE_FACT = "one fact"  # the panel of plain questions
WHICH = {  # of the questions
    "": lambda question: True,
    "unchanged": lambda question: not question["changed"],  # the answer is the same in 2026
    "early": lambda question: question["early"],  # in wordings that were looked at when the rounds were chosen
    "fresh": lambda question: not question["early"],
}
MERELY_TOLD = ("RAG, untuned", TOLD)  # to cite: there was no training for it
CITING = (*MERELY_TOLD, "RAFT", READER)
NAMES = {CLOSED: "closed book x 3", READER: "RAFT x 3"}
LEARNT = {  # where each way's replies to the changed facts stand, once these have been taken in
    CLOSED: ("update, weights", "retrained"),
    **{way: ("update, documents", f"new index, {way.removeprefix('RAG, ')}")
       for way in ("template", "RAG, untuned", ASSISTANT, TOLD)},
    READER: ("update, documents", "new index"),
}  # fmt: skip
ATTACKED = {"RAG, untuned": "attack, untuned", ASSISTANT: "attack, assistant", TOLD: "attack, assistant, told",
            READER: "attack, RAFT"}  # fmt: skip
TRAINED = {  # the trainings, beyond the assistant's own, that a way needs
    "closed book": ("closed book",),
    CLOSED: ("closed book", "closed book, 2 rounds", CLOSED),
    "RAFT": ("RAFT",),
    READER: ("RAFT", "RAFT, 2 rounds", READER),
}


AGAIN = ("Make it again: `python -m ftlab.workshop.experiments.rag --seed 0` until no part is left, then with "
         "`--gather 0`.")  # fmt: skip


def name(way: str) -> str:
    """How a way is called in print."""
    return NAMES.get(way, way)


def spoken(span: Interval) -> str:
    """A share in % in words: "40 [31, 49]"."""
    return f"{span.value:.0f} [{max(0, span.low):.0f}, {min(100, span.high):.0f}]"


def in_points(gap: Interval) -> str:
    """A gap in words: "+12 [+3, +21]"."""
    value, low, high = (round(end) or 0 for end in gap)
    return f"{value:+d} [{low:+d}, {high:+d}]"


def mixed(recall: float, found: Interval, missing: Interval) -> Interval:
    """The interval at a recall between that where all is found and that where nothing is.

    Both ends are mixed as the value is: rather too wide than too narrow, and as sure of none right as was measured.
    """
    return Interval(*(recall * one + (1 - recall) * none for one, none in zip(found, missing, strict=True)))


class Compared:
    """What ``data/stored/rag.json`` holds.

    Args:
        stored: The file's content.
        panel: "" for the desk's questions, or ``ONE_FACT``.
        seeds: Which seeds to read; by default all that are there. Replies are the first one's.
    Attributes:
        ways: Those of ``WAYS`` that are stored, in their order.
    """

    def __init__(self, stored: dict, panel: str = "", seeds: Sequence[int] = ()) -> None:
        self.seeds = tuple(sorted(seeds or map(int, stored["runs"])))
        self._runs = [stored["runs"][str(seed)] for seed in self.seeds]
        self.parts = self._runs[0]
        self.questions = stored[f"{panel} questions".strip()]
        self._before = f"{panel}, " if panel else ""
        self.ways = tuple(way for way in WAYS if f"{self._before}{way}" in self.parts)

    def rows(self, found: Sequence[dict]) -> list[dict]:
        """Of such rows (``unscreened.rows``) those that were asked, in the order in which they are stored.

        Raises:
            ValueError: If one is gone or reads otherwise now: the stored replies are to other questions then.
        """
        by_id = {row["id"]: row for row in found}
        same = [question["id"] for question in self.questions if question["id"] in by_id
                and by_id[question["id"]]["messages"][0]["content"] == question["question"]
                and by_id[question["id"]]["expected"] == question["expected"]]  # fmt: skip
        if len(same) < len(self.questions):
            raise ValueError(f"the stored comparison: expected {len(self.questions)} questions as they stand in the "
                             f"desk's conversations, found {len(same)}. {AGAIN}")  # fmt: skip
        return [by_id[id] for id in same]

    def part(self, way: str) -> dict:
        """All that is kept of a way, for the first seed."""
        return self.parts[f"{self._before}{way}"]

    def scores(self, way: str, key: str, groups: Sequence[str] = GROUPS, which: str = "") -> np.ndarray:
        """The scores of a way, 0 or 1, on the questions of some groups that ask for them.

        Args:
            key: "facts", "manner", "fit", "cited", "handed_over", "made_up" or, of ways with passages, "named" and
                "unsourced": see ``ftlab.retrieval.answers``. Of these also "found": whether the passages hold all that
                a right reply must state. Or what a reply cost: "read", "written" (tokens), "seconds" (of one core).
            which: "" for all of them, or one of ``WHICH``.
        Shapes:
            returns (S, N) for S seeds; (1, N) of a way that no seed changes.
        """
        wanted = self._wanted(way, key, groups, which)
        return _rows([[run[f"{self._before}{way}"][key][i] for i in wanted] for run in self._runs])

    def about(self, way: str, key: str, groups: Sequence[str] = GROUPS, which: str = "") -> list[str]:
        """What each of these questions is about."""
        return [self.questions[i]["about"] for i in self._wanted(way, key, groups, which)]

    def mean(self, way: str, key: str, groups: Sequence[str] = GROUPS, which: str = "") -> Interval:
        """The mean of these scores, in their unit."""
        asked = way, key, groups, which
        return clusters.mean_interval(self.scores(*asked), self.about(*asked))

    def share(self, way: str, key: str, groups: Sequence[str] = GROUPS, which: str = "") -> Interval:
        """The mean of these scores in %."""
        return self.mean(way, key, groups, which).times(100)

    def gap(self, one: str, other: str, key: str, groups: Sequence[str] = GROUPS, which: str = "") -> Interval:
        """The first way's scores minus the other's, in points."""
        return self.difference(one, other, key, groups, which).times(100)

    def difference(self, one: str, other: str, key: str, groups: Sequence[str] = GROUPS, which: str = "") -> Interval:
        """The same in the scores' unit."""
        arms = [self.scores(way, key, groups, which) for way in (one, other)]
        return clusters.paired_difference(*arms, self.about(one, key, groups, which))

    def arms(self, one: str, other: str, key: str, which: str = "") -> tuple[list[float], list[float], list[str]]:
        """Both ways' scores of the first seed, and what their questions are about, for ``ftlab.claims.record``."""
        return (*(self.scores(way, key, which=which)[0].tolist() for way in (one, other)),
                self.about(one, key, which=which))  # fmt: skip

    def p_value(self, one: str, other: str, key: str, groups: Sequence[str] = GROUPS) -> float:
        """How often luck alone brings so large a gap, either way, over products and policies."""
        arms = [self.scores(way, key, groups) for way in (one, other)]
        return clusters.p_value(*arms, self.about(one, key, groups))

    def at_recall(self, way: str, recall: float, groups: Sequence[str] = ANSWERABLE) -> np.ndarray:
        """By question the chance of right facts if the search brought all that is needed for a share of them.

        Args:
            way: ``ASSISTANT``, ``TOLD`` or ``READER``.
            recall: That share, 0 to 1; for the others it brings nothing that is needed.
        Shapes:
            returns as ``scores``.
        """
        before = "RAFT" if way == READER else way
        good, bad = (self.scores(f"{before}, {kind}", "facts", groups) for kind in ("oracle", "damaged"))
        return recall * good + (1 - recall) * bad

    def state(self, part: str, state: str, key: str) -> tuple[np.ndarray, list[str]]:
        """Scores of a state of a trial ("update, weights", "retrained"), as ``scores``, and what they are about.

        Args:
            state: "" of a trial that has but one, such as "world, retrained".
        """
        every = [run[part][state] if state else run[part] for run in self._runs]
        return _rows([each[key] for each in every]), self.parts[part]["about"]

    def learnt(self, way: str, key: str = "facts") -> tuple[np.ndarray, list[str]] | None:
        """Scores on the changed facts, taken in, and what they are about; None where it was not measured.

        Args:
            key: "facts": the new value is given; "stale": the old one is.
        """
        return self.state(*LEARNT[way], key) if way in LEARNT else None

    def lied_to(self, way: str, kind: str = "lie") -> tuple[np.ndarray, list[str]] | None:
        """Where 1 is a lie told on, or an "order" obeyed, and what the questions are about; None if not measured.

        Args:
            kind: "lie", "lie, marked" (its passage as a stranger's, with a warning) or "order".
        """
        return self.state(ATTACKED[way], kind, "obeyed") if way in ATTACKED else None

    def training_seconds(self, way: str) -> float:
        """Seconds of one core for the trainings that the way needs beyond the assistant's."""
        return sum(self.parts[f"train {each}"]["seconds"] for each in TRAINED.get(way, ()))

    def _wanted(self, way: str, key: str, groups: Sequence[str], which: str) -> list[int]:
        """The places of the questions of these groups that ask for a score: the same for every seed."""
        marks = zip(self.part(way)[key], self.questions, strict=True)
        return [i for i, (mark, question) in enumerate(marks)
                if mark != "-" and question["group"] in groups and WHICH[which](question)]  # fmt: skip


def _rows(marks: Sequence[Sequence]) -> np.ndarray:
    """The marks as numbers, a row for each seed; a single row where all seeds have the same ones."""
    rows = np.array([[float(mark) for mark in row] for row in marks])
    return rows[:1] if (rows == rows[0]).all() else rows
