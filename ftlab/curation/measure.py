"""How well each step finds its fault: precision and recall against the truth, which no step ever sees.

A step is judged on the records that reach it. Of those that it drops, the share with its fault is its precision; of
those with its fault, the share that it drops is its recall. Repairs are judged by the text that they leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from ftlab.curation import duplicates, leaks, normalize, personal, pipeline, records
from ftlab.curation.records import Reject
from ftlab.evidence.intervals import Interval, rate_interval

FILTERS = {  # the faults that each step is there for
    "validate": ("malformed",), "license": ("no_license",), "empty_or_truncated": ("empty_reply", "truncated_reply"),
    "language": ("other_language",), "injection": ("injection",), "exact_duplicates": ("exact_duplicate",),
    "near_duplicates": ("near_duplicate",), "label_errors": ("wrong_intent",),
    "contradictions": ("contradicting_fact",), "quality": ("off_brand",), "decontaminate": ("leaked_test",)}
COPIES = ("exact_duplicate", "near_duplicate")
HARMLESS = {"html_remains", "signature", "wrong_intent", "no_license", "exact_duplicate", "off_brand", "empty_reply",
            "truncated_reply", "contradicting_fact"}  # faults that leave the question as the customer wrote it
DIGITS = re.compile(r"\D")


class Score(NamedTuple):
    """How well one fault is found; ``wrong`` and ``missed`` hold line numbers to look at."""

    fault: str
    step: str
    planted: int
    flagged: int
    precision: Interval | None
    recall: Interval | None
    wrong: tuple[int, ...]
    missed: tuple[int, ...]

    def __str__(self) -> str:
        parts = [f"{self.fault:20}{self.step:20}{self.planted:8,}{self.flagged:8,}"]
        return "".join(parts) + "".join(f"{'-' if share is None else f'{share.value:.3f}':>11}"
                                        for share in (self.precision, self.recall))


def score(fault: str, step: str, planted: Iterable[int], flagged: Iterable[int], relevant: Iterable[int] = ()) -> Score:
    """The score of one fault.

    Args:
        planted: Lines with the fault, among those that reach the step.
        flagged: Lines that the step drops or changes.
        relevant: Lines that may be flagged without blame although this fault is not theirs.
    """
    planted, flagged = set(planted), set(flagged)
    right, missed = planted & flagged, planted - flagged
    wrong = flagged - planted - set(relevant)
    return Score(fault, step, len(planted), len(flagged),
                 rate_interval(len(flagged) - len(wrong), len(flagged)) if flagged else None,
                 rate_interval(len(right), len(planted)) if planted else None,
                 tuple(sorted(wrong)), tuple(sorted(missed)))


def measure(lines: Sequence[tuple[int, str]], truth: Sequence[dict], outcome: pipeline.Curated) -> list[Score]:
    """Scores of every kind of fault.

    Args:
        lines: The numbered lines of the export.
        truth: Row i belongs to line i + 1 of the export.
        outcome: What ``pipeline.run`` made of the lines.
    """
    facts = {number: truth[number - 1] for number, _ in lines}
    return [*_filter_scores(facts, outcome), *_repair_scores(lines, facts), *_personal_scores(lines, facts)]


def table(scores: Iterable[Score]) -> str:
    """The scores as a table to print."""
    head = f"{'fault':20}{'step':20}{'planted':>8}{'flagged':>8}{'precision':>11}{'recall':>11}"
    return "\n".join([head, *map(str, scores)])


def _filter_scores(facts: dict[int, dict], outcome: pipeline.Curated) -> Iterable[Score]:
    dropped = {row["line"]: row["step"] for row in outcome.rejected}
    rows = {row["line"]: row["row"] for row in outcome.rejected}
    place = {step: i for i, step in enumerate(pipeline.STEPS)}
    line_of = {fact["id"]: line for line, fact in facts.items()}
    for step, faults in FILTERS.items():
        reached = [line for line in facts if line not in dropped or place[dropped[line]] >= place[step]]
        there = set(reached)
        flagged = [line for line in reached if dropped.get(line) == step]
        for fault in faults:
            planted = [line for line in reached if fault in facts[line]["faults"]]
            if fault in COPIES:  # a copy whose original went before is no copy any more
                planted = [line for line in planted if line_of.get(facts[line]["duplicate_of"]) in there]
            blameless = COPIES if fault in COPIES else faults  # a copy that differs by a comma is found as an exact one
            relevant = [line for line in flagged if any(other in facts[line]["faults"] for other in blameless)]
            if fault == "leaked_test":  # the export's own words may hold a test text too, and that is no false alarm
                relevant += [line for line in flagged if _holds_test_text(rows[line])]
            yield score(fault, step, planted, flagged, relevant)


def _holds_test_text(record: dict) -> bool:
    plain = [f" {duplicates.plain(record[name])} " for name in ("question", "reply")]
    return any(f" {text} " in own for own in plain for text in _plain_test_texts())


@cache
def _plain_test_texts() -> frozenset[str]:
    return frozenset(text for test in leaks.test_texts() if (text := duplicates.plain(test.text)).count(" ") >= 5)


def _repair_scores(lines: Sequence[tuple[int, str]], facts: dict[int, dict]) -> Iterable[Score]:
    """HTML and signatures: found where the text changes, missed unless the customer's clean question comes back."""
    html, mail, whole = set(), set(), set()
    for line, record in _readable(lines):
        texts = [normalize.repair_letters(record[name]) for name in normalize.TEXTS]
        bare = [normalize.strip_html(text) for text in texts]
        html.update([line] if any(a != b for a, b in zip(texts, bare, strict=True)) else [])
        mail.update([line] if any(a.split() != normalize.strip_mail(a).split() for a in bare) else [])
        if normalize.clean_text(record["question"]) == normalize.clean_text(facts[line]["question"]):
            whole.add(line)
    for fault, changed in (("html_remains", html), ("signature", mail)):
        alone = {line for line, fact in facts.items() if fault in fact["faults"] and set(fact["faults"]) <= HARMLESS}
        relevant = {line for line in changed if fault in facts[line]["faults"]}
        yield score(fault, "normalize", alone, (changed & whole & alone) | (changed - alone), relevant)


def _personal_scores(lines: Sequence[tuple[int, str]], facts: dict[int, dict]) -> Iterable[Score]:
    """Masks: missed where a planted string is still to be read, wrong where something else was masked."""
    planted: dict[str, set] = {"email": set(), "phone": set(), "card": set()}
    flagged: dict[str, set] = {"email": set(), "phone": set(), "card": set()}
    blameless: dict[str, set] = {"email": set(), "phone": set(), "card": set()}
    for line, record in _readable(lines):
        clean = normalize.normalize(record)
        masked = personal.mask({name: clean[name] for name in personal.TEXTS})  # what was cut is not judged
        secrets = {_bare(text): text for text in facts[line]["personal"]}
        left = _bare(f"{masked['question']} {masked['reply']}")
        for kind in planted:
            if kind in facts[line]["faults"]:
                planted[kind].add(line)
                mine = [bare for bare in secrets if _kind(bare) == kind]
                if not any(bare in left for bare in mine):
                    flagged[kind].add(line)
        for item in masked.get("personal", ()):
            kind = item["kind"]
            flagged[kind].add(line) if line not in planted[kind] else None
            if any(_bare(item["value"]) in bare or bare in _bare(item["value"]) for bare in secrets):
                blameless[kind].add(line)
    for kind in planted:
        yield score(kind, "personal", planted[kind], flagged[kind], blameless[kind])


def _kind(bare: str) -> str:
    if not DIGITS.sub("", bare) or re.search("[a-z]", bare):
        return "email"
    return "card" if len(bare) >= 13 and not bare.startswith("+") else "phone"


def _bare(text: str) -> str:
    """A text without what people put between the parts of a number or an address."""
    return re.sub(r"[\s().–—-]", "", text.casefold())


def _readable(lines: Sequence[tuple[int, str]]) -> Iterable[tuple[int, dict]]:
    for line, text in lines:
        try:
            yield line, records.validate(text)
        except Reject:
            continue
