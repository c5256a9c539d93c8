"""The same curation as a job of datatrove: its executor gives the shards to the workers and notes which are done.

Three jobs, one after the other, because the middle one needs all shards of the first: ``Prepare``, ``Compare`` and
``Judge``, then ``Finish``. On a cluster, ``SlurmPipelineExecutor`` takes the same steps in place of the local one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from datatrove.data import DocumentsPipeline
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep

from ftlab import files
from ftlab.curation import choose, shards, stream


class _Shards(PipelineStep):
    """Calls a function for the shards of one rank: number ``rank``, ``rank + world_size``, and so on."""

    type = "CURATION"

    def __init__(self, folder: Path, stage: str, act: Callable[..., None], *arguments: str) -> None:
        super().__init__()
        self.folder, self.stage, self.act, self.arguments = folder, stage, act, arguments

    def run(self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1) -> None:
        for number in range(rank, len(files.read_json(self.folder / "plan.json")["offsets"]), world_size):
            if not shards.is_done(self.folder, self.stage, number):
                with self.track_time():
                    self.act(number, self.folder, *self.arguments)
            self.stat_update("shards")


class Prepare(_Shards):
    """The steps from "validate" to "personal"."""

    name = "prepare"

    def __init__(self, source: Path, folder: Path) -> None:
        super().__init__(folder, "prepared", shards.prepare_shard, str(source))


class Compare(PipelineStep):
    """Exact and near duplicates, and the models that judge the labels: one task that sees every shard."""

    type = "CURATION"
    name = "compare"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def run(self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1) -> None:
        count = len(files.read_json(self.folder / "plan.json")["offsets"])
        with self.track_time():
            stream.compare(self.folder, count)
            stream.train_judges(self.folder, count)


class Judge(_Shards):
    """The label probabilities and the steps from "contradictions" to "decontaminate"."""

    name = "judge"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "judged", shards.judge_shard)


def run(source: str | Path, folder: str | Path, *, size: int | None = None, held_out: float = choose.HELD_OUT,
        workers: int = 2, shard_rows: int = stream.SHARD_ROWS) -> dict:
    """Curates the export like ``stream.run``, with datatrove's executor in place of a pool of processes.

    Returns:
        The data card. What is kept is what ``stream.run`` and ``pipeline.run`` keep.
    """
    source, folder, settings = Path(source), Path(folder), {"size": size, "held_out": held_out}
    with stream.begun(source, folder, settings, workers, shard_rows) as plan:
        previous = None
        for step, tasks in ((Prepare(source, folder), workers), (Compare(folder), 1), (Judge(folder), workers)):
            previous = LocalPipelineExecutor(
                [step], tasks=tasks, workers=tasks, start_method="spawn", depends=previous,
                logging_dir=str(folder / "datatrove" / step.name))
        previous.run()  # runs the jobs that it depends on first
        return stream.finish(folder, len(plan["offsets"]), source, plan, settings, progress=False)
