"""The curation of a dump that does not fit in memory: shard by shard, in worker processes, resumable after a kill.

Five stages, each made of files that appear whole or not at all. A killed run, started again, keeps every finished file
and does the rest; what it keeps is what ``pipeline.run`` keeps.

1. ``plan.json``: where each shard of the export begins, and which export and settings this folder is for.
2. ``prepared/``: for each shard the records after "personal", and what is needed to compare them.
3. ``copies.npz``, ``judges.joblib``: which records repeat others; the models that judge the labels.
4. ``judged/``: for each shard the label probabilities and the result of "contradictions" to "decontaminate".
5. ``kept.jsonl``, ``rejected.jsonl``, ``personal.jsonl``, ``card.json``: as ``pipeline.write`` writes them, in order of
   the export's lines for the kept ones, and by shard for the others.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import files
from ftlab.curation import choose, duplicates, lineage, pipeline, records, shards, wrong_intents
from ftlab.curation.pipeline import Item

if TYPE_CHECKING:
    import numpy as np

SHARD_ROWS = 10_000
OUTPUT = ("kept.jsonl", "rejected.jsonl", "personal.jsonl", "card.json", "plan.json", "copies.npz", "judges.joblib")
VERSION = 3  # raise it when a step changes what it keeps: folders of older code are then refused


def run(source: str | Path, folder: str | Path, *, size: int | None = None, held_out: float = choose.HELD_OUT,
        workers: int = 2, shard_rows: int = SHARD_ROWS, progress: bool = True) -> dict:
    """Curates the export ``source`` into ``folder`` and returns the data card.

    Args:
        size, held_out: As for ``pipeline.run``.
        workers: Processes; 1 works in this process.
        shard_rows: Lines of a shard. Memory grows with it, and so does the work that a kill can cost.
        progress: Whether to show a bar for each stage.
    Raises:
        DataError: If there is no such export, or nothing in it.
        ValueError: If an argument is out of range, or the folder holds the work of another export or other settings,
            or another process is at work in it.
    """
    source, folder, settings = Path(source), Path(folder), {"size": size, "held_out": held_out}
    with begun(source, folder, settings, workers, shard_rows) as plan:
        count = len(plan["offsets"])
        for_each(shards.prepare_shard, count, folder, (str(source),), workers, progress, "prepared")
        compare(folder, count)
        train_judges(folder, count)
        for_each(shards.judge_shard, count, folder, (), workers, progress, "judged")
        return finish(folder, count, source, plan, settings, progress)


@contextmanager
def begun(source: Path, folder: Path, settings: dict, workers: int, shard_rows: int) -> Iterator[dict]:
    """Stage 1, after a look at the arguments, which are those of ``run``; the folder is this process's alone.

    What a killed process was writing in the folder is removed.
    """
    from filelock import FileLock, Timeout

    records.check_export(source)
    choose.check(**settings)
    if workers < 1 or shard_rows < 1:
        raise ValueError(f"expected at least 1 worker and 1 row in a shard, found workers={workers} and "
                         f"shard_rows={shard_rows}.")
    lock = FileLock(folder / ".lock")
    try:
        with files.writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
    except Timeout:
        raise ValueError(f"{folder}: expected no other curation at work here, found one. Wait until it is done, or "
                         "choose another folder.") from None
    try:
        plan = make_plan(source, folder, {**settings, "shard_rows": shard_rows, "version": VERSION})
        for place, names in ((folder, OUTPUT), (folder / "prepared", ["[0-9]*"]), (folder / "judged", ["[0-9]*"])):
            for left in (left for name in names for left in place.glob(f".{name}.*.tmp")):
                left.unlink(missing_ok=True)
        yield plan
    finally:
        lock.release()


def make_plan(source: Path, folder: Path, settings: dict) -> dict:
    """The plan of the folder: made, or read and found to be for this export and these settings."""
    offsets, lines, digest = [], [], hashlib.sha256()
    position, number = 0, 0
    with source.open("rb") as file:
        for raw in file:
            if number % settings["shard_rows"] == 0:
                offsets.append(position)
                lines.append(number + 1)
            digest.update(raw)
            position += len(raw)
            number += 1
    plan = {"sha256": digest.hexdigest(), "bytes": position, "lines": number, "offsets": offsets, "first_lines": lines,
            "settings": settings}
    path = folder / "plan.json"
    if path.exists():
        old = files.read_json(path)
        if old != plan:
            differs = [key for key in ("sha256", "settings") if old.get(key) != plan[key]]
            raise ValueError(f"{path}: expected the work of {source} with {settings}, found that of another export or "
                             f"other settings ({', '.join(differs)}). Choose a new folder, or delete this one.")
    else:
        files.write_json(path, plan)
    return plan


def for_each(act: Callable[..., None], count: int, folder: Path, arguments: tuple, workers: int, progress: bool,
             stage: str) -> None:
    """Calls ``act(number, folder, *arguments)`` for every shard whose work is not yet there."""
    from tqdm import tqdm

    todo = [number for number in range(count) if not shards.is_done(folder, stage, number)]
    bar = tqdm(total=count, initial=count - len(todo), desc=stage, unit="shard", disable=not progress)
    with bar:
        if workers < 2 or len(todo) < 2:
            for number in todo:
                act(number, folder, *arguments)
                bar.update()
            return
        context = multiprocessing.get_context("spawn")  # the same on every system, and safe with threads
        with ProcessPoolExecutor(min(workers, len(todo)), context, initializer=_start_worker) as pool:
            for future in as_completed([pool.submit(act, number, folder, *arguments) for number in todo]):
                future.result()
                bar.update()


def _start_worker() -> None:
    """A worker ends with the process that started it, also if that one is killed."""
    os.environ["OMP_NUM_THREADS"] = "1"
    parent = multiprocessing.parent_process()

    def watch() -> None:
        parent.join()
        os._exit(1)

    if parent is not None:
        threading.Thread(target=watch, daemon=True).start()


def compare(folder: Path, count: int) -> None:
    """Stage 3: for every prepared record the one it repeats, exactly or nearly."""
    import numpy as np

    if (folder / "copies.npz").exists():
        return
    keys = [key.tobytes() for part in shards.gather(folder, "prepared", count, "keys") for key in part]
    signatures = np.concatenate([*shards.gather(folder, "prepared", count, "signatures"), pipeline.stack([])])
    asked = np.concatenate([*shards.gather(folder, "prepared", count, "asked"), np.zeros(0, f"S{duplicates.ASKED}")])
    exact, near = pipeline.find_copies(keys, signatures, asked)
    shards.write_arrays(folder / "copies.npz", exact=exact, near=near, starts=shards.find_starts(folder, count))


def train_judges(folder: Path, count: int) -> None:
    """Stage 3: the models that judge the labels, from the records that ``wrong_intents.sample`` draws."""
    import joblib
    import numpy as np

    path = folder / "judges.joblib"
    if path.exists():
        return
    with np.load(folder / "copies.npz") as copies:
        fresh = np.flatnonzero((copies["exact"] < 0) & (copies["near"] < 0))
        starts = copies["starts"]
    ranks = np.concatenate([*shards.gather(folder, "prepared", count, "ranks"), np.zeros(0, dtype=np.uint64)])[fresh]
    wanted = set(fresh[wrong_intents.sample(ranks)].tolist())
    drawn = [item.record for number in range(count)
             for place, item in enumerate(_read_some(folder, number, starts, wanted))
             if item is not None]
    judges = wrong_intents.train([wrong_intents.text(r) for r in drawn], [r["intent"] for r in drawn],
                                 [r["id"] for r in drawn])
    with files.atomic_path(path) as temporary:
        joblib.dump(judges, temporary)


def _read_some(folder: Path, number: int, starts: np.ndarray, wanted: set[int]) -> Iterator[Item | None]:
    with shards.path_of(folder, "prepared", number, "jsonl").open("rb") as file:
        for place, raw in enumerate(file, start=int(starts[number])):
            if place in wanted:
                line, record, changed = json.loads(raw)
                yield Item(line, record, tuple(changed))


def finish(folder: Path, count: int, source: Path, plan: dict, settings: dict, progress: bool) -> dict:
    """Stage 5: label errors, balance and split over all records, then the four files of the result."""
    import joblib
    import numpy as np
    from tqdm import tqdm

    card_path = folder / "card.json"  # the last file: with it, all is done
    if card_path.exists():
        return files.read_json(card_path)
    judges = joblib.load(folder / "judges.joblib")
    chances = np.concatenate(shards.gather(folder, "judged", count, "chances") or [np.zeros((0, 0))])
    given = [str(name) for part in shards.gather(folder, "judged", count, "given") for name in part]
    wrong = wrong_intents.find_wrong(given, chances, judges.intents) if judges else np.zeros(len(given), dtype=bool)
    passed = np.concatenate([*shards.gather(folder, "judged", count, "passed"), np.zeros(0, dtype=bool)])
    columns = [np.concatenate([*shards.gather(folder, "judged", count, name), np.zeros(0, dtype=kind)]).tolist()
               for name, kind in zip(choose.Row._fields, ("U1", "U1", "U1", "U1", float), strict=True)]
    rows = [choose.Row(*values) for values in zip(*columns, strict=True)]
    good = np.flatnonzero(passed & ~wrong)
    sides = dict(zip(good.tolist(), pipeline.choose_sides([rows[i] for i in good], settings["size"],
                                                          settings["held_out"]), strict=True))
    with np.load(folder / "copies.npz") as copies:
        exact, near, starts = copies["exact"], copies["near"], copies["starts"]
    ids = [str(name) for part in shards.gather(folder, "prepared", count, "ids") for name in part]
    dropped: Counter = Counter()
    changed: Counter = Counter()
    kept_rows: list[dict] = []
    with (files.atomic_path(folder / "kept.jsonl") as kept_path, kept_path.open("wb") as kept,
          files.atomic_path(folder / "rejected.jsonl") as rejected_path, rejected_path.open("wb") as rejected,
          files.atomic_path(folder / "personal.jsonl") as personal_path, personal_path.open("wb") as personal):
        place = 0  # among the records that are no copies
        for number in tqdm(range(count), desc="finish", unit="shard", disable=not progress):
            personal.write(shards.path_of(folder, "prepared", number, "personal").read_bytes())
            for row in shards.read_rows(shards.path_of(folder, "prepared", number, "rejected")):
                dropped[row["step"]] += 1
                rejected.write(lineage.to_line(row).encode())
            judged = shards.read_rows(shards.path_of(folder, "judged", number, "jsonl"))
            for index, item in enumerate(shards.read_items(folder, number), start=int(starts[number])):
                changed.update(item.changed)
                if exact[index] >= 0 or near[index] >= 0:
                    original = ids[exact[index] if exact[index] >= 0 else near[index]]
                    row = pipeline.copy_row(item, original, exact=exact[index] >= 0)
                else:
                    row = next(judged)
                    if wrong[place]:
                        row = pipeline.label_row(item, chances[place], judges.intents)
                    elif place in sides:
                        row = pipeline.finish(Item(row[0], row[1], tuple(row[2])), sides[place])
                    place += 1
                if "lineage" in row:
                    kept.write(lineage.to_line(row).encode())
                    kept_rows.append({name: row[name] for name in ("split", "intent", "product", "policy", "customer",
                                                                   "lineage")})
                else:
                    dropped[row["step"]] += 1
                    rejected.write(lineage.to_line(row).encode())
    total = sum(int(lines) for lines in shards.gather(folder, "prepared", count, "lines"))
    table = lineage.funnel(total, pipeline.STEPS, dropped, changed)
    card = lineage.data_card(str(source), plan["sha256"], kept_rows, table, settings)
    files.write_json(card_path, card)
    return card
