"""``python -m ftlab.curation.bench``: records a second of each step at three sizes, and how the time grows."""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from ftlab.curation import choose, duplicates, labels, pipeline, records
from ftlab.curation.pipeline import Item

SIZES = (10_000, 100_000, 1_000_000)


def time_steps(path: Path, limit: int | None = None) -> dict[str, tuple[int, float]]:
    """For each step how many records it took and the seconds of one process, in memory.

    Args:
        limit: How many lines to read; all if left out. The steps on all records at once see every one that is left.
    """
    import numpy as np

    spent: dict[str, float] = defaultdict(float)
    taken: dict[str, int] = defaultdict(int)

    def clock(step: str, count: int, start: float) -> None:
        spent[step] += time.perf_counter() - start
        taken[step] += count

    keys, signatures, items = [], [], []
    for number, text in records.read_lines(path):
        if limit is not None and number > limit:
            break
        start = time.perf_counter()
        try:
            item: Item | dict = Item(number, records.validate(text))
        except records.Reject:
            item = {}
        clock("validate", 1, start)
        for step in pipeline.PREPARE:
            if isinstance(item, Item):
                start = time.perf_counter()
                item = pipeline.walk(item, [step])
                clock(step[0], 1, start)
        if isinstance(item, Item):
            items.append(item)
            start = time.perf_counter()
            keys.append(duplicates.exact_key(item.record))
            clock("exact_duplicates", 1, start)
            start = time.perf_counter()
            signatures.append(duplicates.signature(item.record))
            clock("near_duplicates", 1, start)
    start = time.perf_counter()
    exact = duplicates.find_repeats(keys)
    clock("exact_duplicates", 0, start)
    start = time.perf_counter()
    near = duplicates.find_near(pipeline.stack(signatures))
    clock("near_duplicates", 0, start)
    items = [item for i, item in enumerate(items) if exact[i] < 0 and near[i] < 0]
    del signatures
    start, ids = time.perf_counter(), [item.record["id"] for item in items]
    given, texts = [item.record["intent"] for item in items], [labels.text(item.record) for item in items]
    places = labels.sample(np.array([labels.rank(name) for name in ids], dtype=np.uint64))
    judges = labels.train([texts[i] for i in places], [given[i] for i in places], [ids[i] for i in places])
    if judges:
        labels.find_wrong(given, judges.probabilities(texts, ids), judges.intents)
    clock("label_errors", len(items), start)
    judged = []
    for item in items:
        for step in pipeline.JUDGE:
            if isinstance(item, Item):
                start = time.perf_counter()
                item = pipeline.walk(item, [step])
                clock(step[0], 1, start)
        if isinstance(item, Item):
            judged.append(pipeline.row_of(item.record))
    start = time.perf_counter()
    choose.balance(judged, len(judged) // 2)
    clock("balance", len(judged), start)
    start = time.perf_counter()
    choose.split(judged)
    clock("split", len(judged), start)
    return {step: (taken[step], spent[step]) for step in pipeline.STEPS if step in taken}


def growth(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The exponent g in seconds = c * size ** g, by least squares on the logarithms: 1 is in step with the size.

    Shapes:
        sizes, seconds: (n,), n >= 2, all above 0.
    """
    x, y = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    return (sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
            / sum((a - middle_x) ** 2 for a in x))


def table(results: dict[int, dict[str, tuple[int, float]]]) -> str:
    """Records a second for each step and size, and the growth over the sizes, each step by the records it took."""
    sizes = sorted(results)
    head = f"{'step':20}" + "".join(f"{size:>14,}" for size in sizes) + f"{'growth':>10}"
    lines = [head]
    for step in pipeline.STEPS:
        found = [results[size][step] for size in sizes if results[size].get(step, (0, 0.0))[0]]
        rates = "".join(f"{count / max(seconds, 1e-9):>12,.0f}/s" for count, seconds in found)
        known = [(count, seconds) for count, seconds in found if seconds > 0]
        exponent = f"{growth(*zip(*known, strict=True)):>10.2f}" if len({c for c, _ in known}) > 1 else f"{'-':>10}"
        lines.append(f"{step:20}{rates:>{14 * len(sizes)}}{exponent}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Times the steps on dumps of the sizes given and prints the table."""
    from ftlab.world import desk

    parser = argparse.ArgumentParser(prog="python -m ftlab.curation.bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="records in the dumps")
    parser.add_argument("--stream", action="store_true", help="time ftlab.curation.stream as a whole at each size too")
    parser.add_argument("--workers", type=int, default=2, help="processes of --stream")
    options = parser.parse_args(arguments)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            path, _ = desk.write(Path(folder) / str(size), size)
            results[size] = time_steps(path)
            if options.stream:
                from ftlab.curation import stream

                start = time.perf_counter()
                stream.run(path, Path(folder) / f"{size}-out", workers=options.workers, progress=False)
                elapsed_s = time.perf_counter() - start
                print(f"stream, {options.workers} processes: {size:,} records in {elapsed_s:,.1f} s, "
                      f"{size / elapsed_s:,.0f} records/s")
    print(table(results))


if __name__ == "__main__":
    main()
