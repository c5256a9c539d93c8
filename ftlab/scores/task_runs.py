"""The stored runs of the four tasks as arrays of scores, and the rivals of the tuned adapters on the same test rows."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab import files
from ftlab.evidence.packed import unpack
from ftlab.scores import frames
from ftlab.scores import task_scores as scored
from ftlab.scores.overlap import rouge_l
from ftlab.world import tasks

if TYPE_CHECKING:
    import numpy as np

PROMPTS = {"asked plainly": "plain", "examples in prompt": "shown"}  # by name: the part of the untuned model's runs


class TaskRuns:
    """What ``data/stored/tasks.json`` holds.

    Args:
        path: That file, as ``ftlab.workshop.experiments.four_tasks`` gathers it.
    """

    def __init__(self, path: str | Path):
        self.about = files.read_json(path)
        self.settings = self.about["settings"]
        self.parts: dict[str, list[dict]] = {}  # by part: its runs, one a seed
        for run in self.about["runs"]:
            self.parts.setdefault(run["part"], []).append(run)

    @cached_property
    def framed(self) -> dict[str, list[str]]:
        """What the frame writes for each test row, by task, made now."""
        return {task: [frames.reply(row) for row in tasks.held_out(task)] for task in frames.FRAMES}

    def jobs(self, part: str, task: str, held: bool = False) -> list[dict]:
        """A part's replies to a task's test rows, with their scores, for each seed; ``held``: under the grammar."""
        found = [run["tasks"][task] for run in self.parts[part]]
        return [job["held"] for job in found] if held else found

    def marks(self, part: str, task: str, key: str = "done", held: bool = False) -> np.ndarray:
        """Scores of one kind: "form", "right", "done" or "rouge".

        Args:
            part: One of the experiment's parts, or "frame".
        Shapes:
            returns (S, N) for S seeds (one for the frame) and the N test rows that all of them answered.
        """
        import numpy as np

        if part != "frame":
            found = [unpack(job[key]) for job in self.jobs(part, task, held)]
        elif key == "rouge":
            found = [rouge_l(self.framed[task], [row["messages"][-1]["content"] for row in tasks.held_out(task)])]
        else:
            found = [[getattr(mark, key) for mark in scored.scores(self.framed[task], tasks.held_out(task))]]
        return np.array([row[: min(map(len, found))] for row in found], dtype=float)

    def rivals(self, task: str) -> dict[str, np.ndarray]:
        """What is done without tuning, by name: two prompts, the same under a grammar where there is one, the frame."""
        found = {name: self.marks(part, task) for name, part in PROMPTS.items()}
        if "held" in self.parts["plain"][0]["tasks"][task]:
            found |= {f"{name}, held": self.marks(part, task, held=True) for name, part in PROMPTS.items()}
        return found | ({"a frame": self.marks("frame", task)} if task in frames.FRAMES else {})
