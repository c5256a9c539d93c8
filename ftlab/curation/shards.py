"""One shard of a large dump: what is written for it at each stage, and how the stages read it back.

Every file appears whole or not at all, and of a stage's files the ``.npz`` comes last: where it is, the shard is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import files
from ftlab.curation import choose, duplicates, lineage, pipeline, records, wrong_intents
from ftlab.curation.pipeline import Item

if TYPE_CHECKING:
    import numpy as np


def path_of(folder: Path, stage: str, number: int, ending: str) -> Path:
    return folder / stage / f"{number:05}.{ending}"


def is_done(folder: Path, stage: str, number: int) -> bool:
    """True if the shard needs no more work at this stage."""
    return path_of(folder, stage, number, "npz").exists()


def shard_lines(source: str | Path, folder: Path, number: int) -> Iterator[tuple[int, str]]:
    """The numbered lines of one shard of the export."""
    plan = files.read_json(folder / "plan.json")
    ends = [*plan["offsets"][1:], plan["bytes"]]
    with Path(source).open("rb") as file:
        file.seek(plan["offsets"][number])
        line = plan["first_lines"][number]
        while file.tell() < ends[number]:
            if text := records.decode(file.readline()):
                yield line, text
            line += 1


def prepare_shard(number: int, folder: Path, source: str) -> None:
    """Stage 2 for one shard: its prepared records, its rejects, its masks, and last what compares its records."""
    import numpy as np

    items, rejects = [], []
    for result in (pipeline.prepare(line, text) for line, text in shard_lines(source, folder, number)):
        (items if isinstance(result, Item) else rejects).append(result)
    write_rows(path_of(folder, "prepared", number, "jsonl"), ([i.line, i.record, i.changed] for i in items))
    write_rows(path_of(folder, "prepared", number, "rejected"), rejects)
    write_rows(path_of(folder, "prepared", number, "personal"),
                (row for item in items for row in pipeline.personal_rows(item)))
    write_arrays(
        path_of(folder, "prepared", number, "npz"),
        keys=np.array([duplicates.exact_key(i.record) for i in items], dtype="V16"),
        signatures=pipeline.stack([duplicates.signature(i.record) for i in items]),
        asked=np.array([duplicates.asked(i.record) for i in items], dtype=f"S{duplicates.ASKED}"),
        ranks=np.array([wrong_intents.rank(i.record["id"]) for i in items], dtype=np.uint64),
        ids=np.array([i.record["id"] for i in items], dtype=np.str_),
        intents=np.array([i.record["intent"] for i in items], dtype=np.str_),
        lines=np.array(len(items) + len(rejects)))


def judge_shard(number: int, folder: Path) -> None:
    """Stage 4 for one shard: label probabilities and the steps of ``pipeline.JUDGE``, for all that are no copies."""
    import joblib
    import numpy as np

    judges = joblib.load(folder / "judges.joblib")
    fresh = [item for item, original in zip(read_items(folder, number), copies_of(folder, number), strict=True)
             if original < 0]
    chances = (judges.probabilities([wrong_intents.text(i.record) for i in fresh], [i.record["id"] for i in fresh])
               if judges else np.zeros((len(fresh), 0), dtype=np.float32))
    judged = [pipeline.judge_record(item) for item in fresh]
    write_rows(path_of(folder, "judged", number, "jsonl"), (
        [j.line, j.record, j.changed] if isinstance(j, Item) else j for j in judged))
    rows = [pipeline.row_of(j.record) if isinstance(j, Item) else choose.Row("", "", "", "", -1.0) for j in judged]
    write_arrays(path_of(folder, "judged", number, "npz"), chances=chances,
                  given=np.array([i.record["intent"] for i in fresh], dtype=np.str_),
                  passed=np.array([isinstance(j, Item) for j in judged], dtype=bool),
                  quality=np.array([row.quality for row in rows]),
                  **{name: np.array([getattr(row, name) for row in rows], dtype=np.str_)
                     for name in ("id", "customer", "about", "intent")})


def read_items(folder: Path, number: int) -> Iterator[Item]:
    """The prepared records of one shard."""
    for line, record, changed in read_rows(path_of(folder, "prepared", number, "jsonl")):
        yield Item(line, record, tuple(changed))


def write_rows(path: Path, rows: Iterable[object]) -> None:
    with files.atomic_path(path) as temporary, temporary.open("wb") as file:
        for row in rows:
            file.write(lineage.to_line(row).encode("utf-8"))


def read_rows(path: Path) -> Iterator:
    with path.open("rb") as file:
        for raw in file:
            yield json.loads(raw)


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    import numpy as np

    with files.atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def gather(folder: Path, stage: str, count: int, name: str) -> list[np.ndarray]:
    import numpy as np

    parts = []
    for number in range(count):
        with np.load(path_of(folder, stage, number, "npz")) as arrays:
            parts.append(arrays[name])
    return parts


def find_starts(folder: Path, count: int) -> np.ndarray:
    """The place of each shard's first prepared record among all of them, and their number at the end."""
    import numpy as np

    return np.cumsum([0, *(len(part) for part in gather(folder, "prepared", count, "ranks"))])


def copies_of(folder: Path, number: int) -> np.ndarray:
    """For each prepared record of a shard the place of the one that it repeats, or -1."""
    import numpy as np

    with np.load(folder / "copies.npz") as copies:
        part = slice(*copies["starts"][number:number + 2].tolist())
        return np.maximum(copies["exact"][part], copies["near"][part])
