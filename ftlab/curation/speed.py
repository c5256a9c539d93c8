"""``python -m ftlab.curation.speed``: what each step of the curation takes at three sizes, and how that grows.

It runs the stages of ``stream.run`` on dumps of those sizes, with the acts of the steps replaced by the same acts under
a clock. The clock of a step counts the seconds of all processes together, so a step that two processes share may take
more seconds than have passed.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from ftlab import files
from ftlab.curation import choose, duplicates, pipeline, records, shards, stream, wrong_intents

SIZES = (10_000, 100_000, 1_000_000)
BARS = {1_000_000: (600, 4e9)}  # seconds with two processes, and bytes


@dataclass
class Timing:
    """A run over one dump: seconds and records by step, seconds from start to end, and most memory in bytes."""

    steps: dict[str, tuple[int, float]]
    elapsed_s: float
    memory: int


class Clocks:
    """Seconds and calls by step."""

    def __init__(self) -> None:
        self.seconds: Counter = Counter()
        self.records: Counter = Counter()

    def around(self, step: str, act: Callable, count: Callable[..., int] = lambda *_: 1) -> Callable:
        """``act`` under the clock of ``step``; ``count`` says how many records a call with these arguments is."""
        def timed(*arguments, **options):
            start = time.perf_counter()
            try:
                return act(*arguments, **options)
            finally:
                self.seconds[step] += time.perf_counter() - start
                self.records[step] += count(*arguments, **options)
        return timed

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within it, every step of the curation in this process runs under its clock."""
        def none(*_, **__):
            return 0

        def timed(steps):
            return tuple((name, self.around(name, act)) for name, act in steps)

        acts = [(pipeline, "PREPARE", timed(pipeline.PREPARE)), (pipeline, "JUDGE", timed(pipeline.JUDGE))]
        for owner, name, step, count in (
                (records, "validate", "validate", lambda *_: 1),
                (duplicates, "exact_key", "exact_duplicates", lambda *_: 1),
                (duplicates, "find_repeats", "exact_duplicates", none),
                (duplicates, "signature", "near_duplicates", lambda *_: 1),
                (duplicates, "find_near", "near_duplicates", none),
                (wrong_intents, "train", "label_errors", none),
                (wrong_intents.Judges, "probabilities", "label_errors", lambda _, texts, __: len(texts)),
                (wrong_intents, "find_wrong", "label_errors", none),
                (choose, "balance", "balance", lambda rows, _: len(rows)),
                (choose, "split", "split", lambda rows, _: len(rows))):
            acts.append((owner, name, self.around(step, getattr(owner, name), count)))
        patches = [mock.patch.object(*act) for act in acts]
        for patch in patches:
            patch.start()
        try:
            yield
        finally:
            for patch in patches:
                patch.stop()


def prepare_shard(number: int, folder: Path, source: str) -> None:
    """``shards.prepare_shard`` under the clocks."""
    _timed(folder, f"prepared-{number}", shards.prepare_shard, number, folder, source)


def judge_shard(number: int, folder: Path) -> None:
    """``shards.judge_shard`` under the clocks."""
    _timed(folder, f"judged-{number}", shards.judge_shard, number, folder)


def _timed(folder: Path, name: str, act: Callable, *arguments: object) -> object:
    clocks = Clocks()
    with clocks.running():
        result = act(*arguments)
    files.write_json(folder / "clocks" / f"{name}.json", {step: [clocks.records[step], clocks.seconds[step]]
                                                          for step in clocks.seconds})
    return result


def time_stream(source: Path, folder: Path, size: int | None = None, workers: int = 2,
                shard_rows: int = stream.SHARD_ROWS, progress: bool = False) -> Timing:
    """Curates the export as ``stream.run`` does with the same arguments, and says what that took."""
    settings = {"size": size, "held_out": choose.HELD_OUT}
    start = time.perf_counter()
    with watched_memory() as most, stream.begun(source, folder, settings, workers, shard_rows) as plan:
        count = len(plan["offsets"])
        stream.for_each(prepare_shard, count, folder, (str(source),), workers, progress, "prepared")
        _timed(folder, "compare", stream.compare, folder, count)
        _timed(folder, "train", stream.train_judges, folder, count)
        stream.for_each(judge_shard, count, folder, (), workers, progress, "judged")
        _timed(folder, "finish", stream.finish, folder, count, source, plan, settings, progress)
    elapsed_s = time.perf_counter() - start
    taken: Counter = Counter()
    spent: Counter = Counter()
    for path in sorted((folder / "clocks").glob("*.json")):
        for step, (number, seconds) in files.read_json(path).items():
            taken[step] += number
            spent[step] += seconds
    return Timing({step: (taken[step], spent[step]) for step in pipeline.STEPS}, elapsed_s, most[0])


@contextmanager
def watched_memory(every_s: float = 0.5) -> Iterator[list[int]]:
    """Yields a list whose one number becomes the most memory that this process and its children held, in bytes.

    Pages that two processes share are counted twice, so the truth is at most this much.
    """
    import psutil

    most, stop, me = [0], threading.Event(), psutil.Process()

    def look() -> None:
        while True:
            held = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    held += process.memory_info().rss
                except psutil.Error:
                    continue  # it has just ended
            most[0] = max(most[0], held)
            if stop.wait(every_s):
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        stop.set()
        thread.join()


def growth(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The exponent g in seconds = c * size ** g, by least squares on the logarithms: 1 is in step with the size.

    Shapes:
        sizes, seconds: (n,), n >= 2, all above 0.
    """
    x, y = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    return (sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
            / sum((a - middle_x) ** 2 for a in x))


def table(results: dict[int, Timing]) -> str:
    """Records a second of one process for each step and size, and the growth over the sizes; then the whole."""
    sizes = sorted(results)

    def line(name: str, known: list[tuple[int, float]]) -> str:
        rates = "".join(f"{count / seconds:>12,.0f}/s" if count and seconds else f"{'-':>14}"
                        for count, seconds in known)
        known = [pair for pair in known if all(pair)]
        exponent = f"{growth(*zip(*known, strict=True)):.2f}" if len({count for count, _ in known}) > 1 else "-"
        return f"{name:20}{rates}{exponent:>10}"

    lines = [f"{'step':20}" + "".join(f"{size:>14,}" for size in sizes) + f"{'growth':>10}"]
    lines += [line(step, [results[size].steps[step] for size in sizes]) for step in pipeline.STEPS]
    lines.append(line("start to end", [(size, results[size].elapsed_s) for size in sizes]))
    lines.append(f"{'minutes':20}" + "".join(f"{results[size].elapsed_s / 60:>14.1f}" for size in sizes))
    lines.append(f"{'memory (GB)':20}" + "".join(f"{results[size].memory / 1e9:>14.1f}" for size in sizes))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Times the curation of dumps of the sizes given and prints the table; returns 1 if a bar is missed."""
    from ftlab.world import desk

    parser = argparse.ArgumentParser(prog="python -m ftlab.curation.speed",
                                     description="How fast the curation is at three sizes, step by step.")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="records in the dumps")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    options = parser.parse_args(arguments)
    results = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            print(f"making a dump of {size:,} records", flush=True)
            path, _ = desk.write(folder, size)
            results[size] = time_stream(path, Path(folder) / "out", size // 4, options.workers, progress=True)
    print(f"\nRecords a second of one process by step; start to end with {options.workers} processes.\n")
    print(table(results))
    missed = 0
    for size, (seconds, memory) in BARS.items():
        if size in results:
            met = results[size].elapsed_s <= seconds and results[size].memory <= memory
            missed += not met
            print(f"\n{size:,} records within {seconds // 60} minutes and {memory / 1e9:.0f} GB: "
                  f"{'yes' if met else 'NO'}")
    return min(1, missed)


if __name__ == "__main__":
    raise SystemExit(main())
