"""The whole curation in memory: for a dump of some thousand records, and to see what ``stream`` does at scale.

Steps that look at one record are ``prepare`` and ``judge_record``; between and after them come those that need all
records.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ftlab import files
from ftlab.curation import (
    choose,
    duplicates,
    injection,
    language,
    leaks,
    lineage,
    normalize,
    personal,
    quality,
    records,
    wrong_intents,
)
from ftlab.curation.records import Reject

if TYPE_CHECKING:
    import numpy as np

Act = Callable[[dict], dict]
PREPARE: tuple[tuple[str, Act], ...] = (
    ("normalize", normalize.normalize),
    ("license", records.check_license),
    ("empty_or_truncated", quality.check_reply_whole),
    ("language", language.check_language),
    ("injection", injection.check_injection),
    ("personal", personal.mask),
)
JUDGE: tuple[tuple[str, Act], ...] = (
    ("contradictions", quality.check_facts),
    ("quality", quality.check_quality),
    ("decontaminate", leaks.check_leak),
)
STEPS = ("validate", *(name for name, _ in PREPARE), "exact_duplicates", "near_duplicates", "label_errors",
         *(name for name, _ in JUDGE), "balance", "split")


class Item(NamedTuple):
    """A record on its way: its line in the export, the steps that changed it, what was masked in it."""

    line: int
    record: dict
    changed: tuple[str, ...] = ()
    masked: tuple[dict, ...] = ()


@dataclass
class Curated:
    """What the curation made of a dump: kept and rejected rows, the mapping of the masks, the funnel."""

    kept: list[dict] = field(default_factory=list)
    rejected: list[dict] = field(default_factory=list)
    personal: list[dict] = field(default_factory=list)
    funnel: list[dict] = field(default_factory=list)


def walk(item: Item, steps: Iterable[tuple[str, Act]]) -> Item | dict:
    """The record after the steps, or its reject row; a record that breaks a step is rejected, and the run goes on."""
    line, record, changed, masked = item
    for step, act in steps:
        try:
            after = act(record)
        except Reject as reason:
            return lineage.reject_row(line, step, str(reason), record)
        except Exception as error:  # whatever one record does to a library, the others are not to suffer from it
            return lineage.reject_row(line, step, f"the step broke: {type(error).__name__}: {error}", record)
        if after is not record:
            masked += tuple(after.get("personal", ()))
            record = {name: value for name, value in after.items() if name != "personal"}
            if step != "quality":  # which adds a score and leaves the texts alone
                changed += (step,)
    return Item(line, record, changed, masked)


def prepare(line: int, text: str) -> Item | dict:
    """One line of the export through the steps from "validate" to "personal": an ``Item``, or a reject row."""
    try:
        record = records.validate(text)
    except Reject as reason:
        return lineage.reject_row(line, "validate", str(reason), text)
    return walk(Item(line, record), PREPARE)


def judge_record(item: Item) -> Item | dict:
    """A record through the steps from "contradictions" to "decontaminate"."""
    return walk(item, JUDGE)


def find_copies(keys: Sequence[bytes], signatures: np.ndarray,
                questions: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """For each record the place of the one that it repeats exactly, and of the one that it nearly repeats; -1 if none.

    Nearly equal records are looked for among those that repeat nothing exactly.
    """
    import numpy as np

    exact = duplicates.find_repeats(keys)
    first = np.flatnonzero(exact < 0)
    near = np.full(len(keys), -1, dtype=np.int64)
    found = duplicates.find_near(signatures[first], [questions[i] for i in first])
    near[first] = np.where(found >= 0, first[found], -1)
    return exact, near


def run(lines: Iterable[tuple[int, str]], size: int | None = None, held_out: float = choose.HELD_OUT) -> Curated:
    """Curates numbered lines of an export, as ``records.read_lines`` yields them.

    Args:
        size: How many records to keep at most, before the split; all that are good if left out.
        held_out: The share to hold out, see ``choose.split``.
    Raises:
        ValueError: If ``size`` or ``held_out`` is out of range.
    """
    import numpy as np

    choose.check(size, held_out)
    outcome, items, total = Curated(), [], 0
    changed: Counter = Counter()

    def sort(results: Iterable[Item | dict]) -> list[Item]:
        good = []
        for result in results:
            (good if isinstance(result, Item) else outcome.rejected).append(result)
        return good

    found = [prepare(number, text) for number, text in lines]
    total, items = len(found), sort(found)
    for item in items:
        outcome.personal += personal_rows(item)
        changed.update(item.changed)

    exact, near = find_copies([duplicates.exact_key(item.record) for item in items],
                              stack([duplicates.signature(item.record) for item in items]),
                              [duplicates.asked(item.record) for item in items])
    items = sort(item if original < 0 else copy_row(item, items[original].record["id"], exact[i] >= 0)
                 for i, (item, original) in enumerate(zip(items, np.maximum(exact, near).tolist(), strict=True)))

    ids, given = [item.record["id"] for item in items], [item.record["intent"] for item in items]
    places = wrong_intents.sample(np.array([wrong_intents.rank(name) for name in ids], dtype=np.uint64))
    texts = [wrong_intents.text(item.record) for item in items]
    judges = wrong_intents.train([texts[i] for i in places], [given[i] for i in places], [ids[i] for i in places])
    if judges:
        chances = judges.probabilities(texts, ids)
        wrong = wrong_intents.find_wrong(given, chances, judges.intents)
        items = sort(label_row(item, chances[i], judges.intents) if wrong[i] else item
                     for i, item in enumerate(items))

    items = sort(judge_record(item) for item in items)
    rows = [row_of(item.record) for item in items]
    sides = choose_sides(rows, size, held_out)
    for item, side in zip(items, sides, strict=True):
        finished = finish(item, side)
        (outcome.kept if "lineage" in finished else outcome.rejected).append(finished)
    outcome.funnel = lineage.funnel(total, STEPS, Counter(row["step"] for row in outcome.rejected), changed)
    return outcome


def stack(signatures: Sequence[np.ndarray]) -> np.ndarray:
    """The signatures as one array, (N, HASHES), also where there is none."""
    import numpy as np

    return np.stack(signatures) if len(signatures) else np.zeros((0, duplicates.HASHES), dtype=np.uint32)


def personal_rows(item: Item) -> list[dict]:
    """The mapping of a record's masks, for the file that is kept apart."""
    return [{"id": item.record["id"], "line": item.line, **masked} for masked in item.masked]


def copy_row(item: Item, original: str, exact: bool) -> dict:
    """The reject row of an item that repeats the record with the id ``original``."""
    if exact:
        return lineage.reject_row(item.line, "exact_duplicates", f"the same as {original}.", item.record)
    return lineage.reject_row(item.line, "near_duplicates", f"nearly the same as {original}.", item.record)


def label_row(item: Item, chances: np.ndarray, intents: Sequence[str]) -> dict:
    """The reject row of an item whose intent is taken for an error."""
    best = int(chances.argmax())
    return lineage.reject_row(item.line, "label_errors", f"expected the intent {intents[best]!r} (sure to "
                              f"{chances[best]:.2f}), found {item.record['intent']!r}.", item.record)


def row_of(record: dict) -> choose.Row:
    """What choosing needs to know of a judged record."""
    return choose.Row(record["id"], record["customer"], records.about(record), record["intent"], record["quality"])


def choose_sides(rows: Sequence[choose.Row], size: int | None, held_out: float) -> list[str]:
    """For each row "train" or "test", "balance" if it is not among those chosen, "split" if it would cross."""
    chosen = choose.balance(rows, size)
    sides = ["balance"] * len(rows)
    for place, side in zip(chosen, choose.split([rows[i] for i in chosen], held_out), strict=True):
        sides[place] = side or "split"
    return sides


def finish(item: Item, side: str) -> dict:
    """The kept row of a record on its side of the split, or its reject row."""
    if side == "balance":
        return lineage.reject_row(item.line, side, "good, but not among the number to choose.", item.record)
    if side == "split":
        return lineage.reject_row(item.line, side, "its customer and its product are on different sides.", item.record)
    return lineage.kept_row({**item.record, "split": side}, item.line, item.changed)


def write(outcome: Curated, source: str | Path, folder: str | Path,
          settings: Mapping[str, object] | None = None) -> dict:
    """Writes ``kept.jsonl``, ``rejected.jsonl``, ``personal.jsonl`` and ``card.json``; returns the card."""
    folder = Path(folder)
    for name in ("kept", "rejected", "personal"):
        files.write_text(folder / f"{name}.jsonl", "".join(map(lineage.to_line, getattr(outcome, name))))
    digest = hashlib.sha256(Path(source).read_bytes()).hexdigest()
    card = lineage.data_card(str(source), digest, outcome.kept, outcome.funnel, settings or {})
    files.write_json(folder / "card.json", card)
    return card
