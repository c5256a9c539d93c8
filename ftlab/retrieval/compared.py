"""The stored comparison of weights and documents, read: scores by question, and what they say with its interval.

Two sets of questions: the first ones were looked at while trainings were still made longer, so the others, which came
fresh when all dials were set, are the result. Questions about one product stand or fall together: intervals and tests
are over products and policies.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ftlab.evidence import clusters
from ftlab.evidence.intervals import Interval
from ftlab.retrieval.unscreened import GROUPS

ANSWERABLE, NO_ANSWER = GROUPS[:-1], GROUPS[-1:]
CLOSED, ASSISTANT, READER = "closed book, 3 rounds", "RAG, assistant", "RAFT, 3 rounds"
WAYS = ("plain", "few-shot", "template", "assistant alone", "closed book", CLOSED, "RAG, untuned", ASSISTANT, "RAFT",
        READER)  # fmt: skip
CITING = ("RAG, untuned", "RAFT", READER)  # told to cite, or tuned to
NAMES = {CLOSED: "closed book x 3", READER: "RAFT x 3"}
LEARNT = {  # where each way's replies to the changed facts stand, once these have been taken in
    CLOSED: ("update, weights", "retrained"),
    **{way: ("update, documents", f"new index, {way.removeprefix('RAG, ')}")
       for way in ("template", "RAG, untuned", ASSISTANT)},
    READER: ("update, documents", "new index"),
}  # fmt: skip
ATTACKED = {"RAG, untuned": "attack, untuned", ASSISTANT: "attack, assistant", READER: "attack, RAFT"}
TRAINED = {  # the trainings, beyond the assistant's own, that a way needs
    "closed book": ("closed book",),
    CLOSED: ("closed book", "closed book, 2 rounds", CLOSED),
    "RAFT": ("RAFT",),
    READER: ("RAFT", "RAFT, 2 rounds", READER),
}


def name(way: str) -> str:
    """How a way is called in print."""
    return NAMES.get(way, way)


def mixed(recall: float, found: Interval, missing: Interval) -> Interval:
    """The interval at a recall between that where all is found and that where nothing is.

    Both ends are mixed as the value is: rather too wide than too narrow, and as sure of none right as was measured.
    """
    return Interval(*(recall * one + (1 - recall) * none for one, none in zip(found, missing, strict=True)))


class Compared:
    """What ``data/stored/rag.json`` holds, for its first seed.

    Args:
        stored: The file's content.
        first: Whether to read the first questions, which were looked at early, in place of the fresh ones.
    """

    def __init__(self, stored: dict, first: bool = False) -> None:
        self.parts = stored["runs"][min(stored["runs"], key=int)]
        self.questions = stored["first_questions" if first else "questions"]
        self._before = "first, " if first else ""

    def part(self, way: str) -> dict:
        """All that is kept of a way."""
        return self.parts[f"{self._before}{way}"]

    def scores(self, way: str, key: str, groups: Sequence[str] = GROUPS, unchanged: bool = False) -> list[int]:
        """The scores of a way, 0 or 1, on the questions of some groups that ask for them.

        Args:
            key: "facts", "manner", "fit", "cited", "handed_over" or "made_up": see ``ftlab.retrieval.answers``. Of
                ways with passages also "found": whether these hold all that a right reply must state.
            unchanged: Only questions whose answer is the same in 2026.
        """
        return [score for score, _ in self._asked(way, key, groups, unchanged)]

    def about(self, way: str, key: str, groups: Sequence[str] = GROUPS, unchanged: bool = False) -> list[str]:
        """What each of these questions is about."""
        return [about for _, about in self._asked(way, key, groups, unchanged)]

    def share(self, way: str, key: str, groups: Sequence[str] = GROUPS) -> Interval:
        """The mean of these scores in %."""
        return clusters.mean_interval(self.scores(way, key, groups), self.about(way, key, groups)).times(100)

    def gap(self, one: str, other: str, key: str, groups: Sequence[str] = GROUPS, unchanged: bool = False) -> Interval:
        """The first way's scores minus the other's, in points."""
        arms = [self.scores(way, key, groups, unchanged) for way in (one, other)]
        return clusters.paired_difference(*arms, self.about(one, key, groups, unchanged)).times(100)

    def p_value(self, one: str, other: str, key: str, groups: Sequence[str] = GROUPS) -> float:
        """How often luck alone brings so large a gap, either way."""
        arms = [self.scores(way, key, groups) for way in (one, other)]
        return clusters.p_value(*arms, self.about(one, key, groups))

    def at_recall(self, way: str, recall: float, groups: Sequence[str] = ANSWERABLE) -> np.ndarray:
        """By question the chance of right facts if the search brought all that is needed for a share of them.

        Args:
            way: ``ASSISTANT`` or ``READER``.
            recall: That share, 0 to 1; for the others it brings nothing that is needed.
        """
        before = "RAFT" if way == READER else way
        good, bad = (np.array(self.scores(f"{before}, {kind}", "facts", groups)) for kind in ("oracle", "damaged"))
        return recall * good + (1 - recall) * bad

    def learnt(self, way: str, key: str = "facts") -> tuple[list[int], list[str]] | None:
        """Scores on the changed facts, taken in, and what they are about; None where it was not measured.

        Args:
            key: "facts": the new value is given; "stale": the old one is.
        """
        if way not in LEARNT:
            return None
        part, state = LEARNT[way]
        return [int(mark) for mark in self.parts[part][state][key]], self.parts[part]["about"]

    def lied_to(self, way: str, kind: str = "lie") -> tuple[list[int], list[str]] | None:
        """Where 1 is a lie told on, or an "order" obeyed, and what the questions are about; None if not measured."""
        if way not in ATTACKED:
            return None
        part = self.parts[ATTACKED[way]]
        return [int(mark) for mark in part[kind]["obeyed"]], part["about"]

    def training_seconds(self, way: str) -> float:
        """Seconds of one core for the trainings that the way needs beyond the assistant's."""
        return sum(self.parts[f"train {each}"]["seconds"] for each in TRAINED.get(way, ()))

    def _asked(self, way: str, key: str, groups: Sequence[str], unchanged: bool) -> list[tuple[int, str]]:
        marks = zip(self.part(way)[key], self.questions, strict=True)
        return [(int(mark), question["about"]) for mark, question in marks
                if mark != "-" and question["group"] in groups and not (unchanged and question["changed"])]  # fmt: skip
