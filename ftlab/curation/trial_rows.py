"""The rows of a trial on curation: a few excellent ones, all the clean ones, or raw ones with a stated dose of a fault.

What is tuned on them, and how it is scored, is the trial's own business: notebook 01 has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ftlab import texts
from ftlab.curation import choose, pipeline, records
from ftlab.curation.records import Reject

LEAKED = "leaked_test"  # never in a trial: a test question that was learnt by heart measures nothing


def to_row(record: dict) -> dict:
    """A record of the desk as a conversation to train on: screen, customer, reply."""
    roles = (("system", "record"), ("user", "question"), ("assistant", "reply"))
    return {"messages": [{"role": role, "content": record[field]} for role, field in roles]}


def readable(lines: Iterable[tuple[int, str]]) -> dict[int, dict]:
    """The records that can be read at all, by their line; nothing else is looked at."""
    found = {}
    for number, line in lines:
        try:
            found[number] = records.validate(line)
        except Reject:
            continue  # no model can be trained on a broken line
    return found


def with_dose(
    raw: dict[int, dict], truth: Sequence[dict], fault: str, dose: float, count: int, seed: int
) -> list[dict]:
    """``count`` raw records by chance, of which ``dose`` per cent have one fault; other faults as they fall.

    Draws of one seed nest: a larger dose has the faulty records of the smaller one, and fewer of the same others.

    Args:
        raw: Records by their line, as ``readable`` finds them.
        truth: Row i belongs to line i + 1 of the export.
    Raises:
        ValueError: If the export has too few records with the fault, or without it.
    """
    usable = [line for line in raw if LEAKED not in truth[line - 1]["faults"]]
    faulty = [line for line in usable if fault in truth[line - 1]["faults"]]
    others = [line for line in usable if fault not in truth[line - 1]["faults"]]
    wanted = round(count * dose / 100)
    if wanted > len(faulty) or count - wanted > len(others):
        raise ValueError(
            f"with_dose: expected {wanted} records with {fault} and {count - wanted} without, found {len(faulty)} and "
            f"{len(others)}. Ask for fewer rows, or make a larger export."
        )
    drawn = texts.sample(faulty, wanted, seed) + texts.sample(others, count - wanted, seed)
    return [raw[line] for line in texts.sample(drawn, count, seed)]


def training_side(kept: list[dict]) -> list[dict]:
    """The curated records that are not held out."""
    return [row for row in kept if row["split"] == choose.TRAIN]


def pick_excellent(kept: list[dict], count: int) -> list[dict]:
    """The best records of the training side, in turns over intents and products."""
    train = training_side(kept)
    return [train[i] for i in choose.balance([pipeline.row_of(row) for row in train], count)]
