"""Where a kept record comes from, why a dropped one was dropped, and the card that tells both."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from ftlab.curation import personal

CONTENT = ("product", "policy", "intent", "record", "question", "reply")
LIBRARIES = ("selectolax", "ftfy", "py3langid", "phonenumbers", "python-stdnum", "rensa", "scikit-learn", "numpy")


def content_hash(record: dict) -> str:
    """sha256 of what a model can learn from: two records with one hash hold the same example."""
    content = json.dumps([record[name] for name in CONTENT], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def kept_row(record: dict, line: int, steps: Iterable[str]) -> dict:
    """A kept record with its lineage: id, line in the export, steps that changed it, content hash, and what was cut."""
    example = {name: value for name, value in record.items() if name != "cut"}
    return {**example, "lineage": {"id": record["id"], "line": line, "steps": list(steps),
                                   "sha256": content_hash(record), "cut": record.get("cut", [])}}


def reject_row(line: int, step: str, reason: str, row: object) -> dict:
    """A dropped record: its line in the export, the step, the reason, and the record as it was at that step.

    Until the step "personal" that is with names and numbers unmasked: keep the rejects where the export is kept.
    """
    return {"line": line, "id": row.get("id") if isinstance(row, dict) else None, "step": step, "reason": reason,
            "row": row}


def to_line(row: dict) -> str:
    """One line of JSON; half a surrogate pair, which UTF-8 cannot hold, becomes its escape."""
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def funnel(total: int, steps: Iterable[str], dropped: Mapping[str, int], changed: Mapping[str, int]) -> list[dict]:
    """For every step how many records came in, were changed, were dropped and went on."""
    rows, left = [], total
    for step in steps:
        out = dropped.get(step, 0)
        rows.append({"step": step, "in": left, "changed": changed.get(step, 0), "dropped": out, "out": left - out})
        left -= out
    return rows


def data_card(source: str, source_sha256: str, rows: Iterable[dict], table: list[dict],
              settings: Mapping[str, object]) -> dict:
    """What a reader must know before training on the kept records.

    Args:
        rows: The kept records, each with its lineage and its ``split``. ``cut`` counts the parts that cleaning took
            off them, by kind.
        table: The funnel.
    """
    splits: Counter = Counter()
    intents: Counter = Counter()
    subjects, customers = set(), set()
    cut: Counter = Counter()
    digests = {"train": hashlib.sha256(), "test": hashlib.sha256()}
    for row in rows:
        splits[row["split"]] += 1
        intents[row["intent"]] += 1
        subjects.add(row["product"] or row["policy"])
        customers.add(row["customer"])
        cut.update(part["kind"] for part in row["lineage"]["cut"])
        digests[row["split"]].update(row["lineage"]["sha256"].encode())
    return {
        "source": Path(source).name, "source_sha256": source_sha256,
        "records": dict(sorted(splits.items())),
        "content_sha256": {split: digest.hexdigest() for split, digest in digests.items()},
        "intents": dict(sorted(intents.items())), "products_and_policies": len(subjects), "customers": len(customers),
        "cut": dict(sorted(cut.items())),
        "funnel": table, "settings": dict(settings),
        "masked": ["mail addresses", "phone numbers", "payment cards"], "not_looked_for": list(personal.NOT_LOOKED_FOR),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
