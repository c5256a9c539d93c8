"""What the untuned model wrote when it was asked well, stored: notebook 08 puts its replies under every score.

The three prompts take longer than a lesson has, so notebook 08 reads them from ``data/stored/rival-replies.json``.
They are the replies behind ``desk-work.json``: ``python -m ftlab.workshop.experiments.desk_work --rivals`` writes
them to ``runs/desk-work``, and ``python -m ftlab.workshop.experiments.evaluation`` stores them.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from ftlab import files, paths
from ftlab.course import doctor

WAYS = ("plain", "guide", "examples")


def gather(run: Path) -> dict:
    """The stored replies from a run of the rivals: for each way the replies, and what a reply took.

    Args:
        run: ``rivals.json`` of ``ftlab.workshop.experiments.desk_work``, made on this computer.
    """
    asked = files.read_json(run)
    date = datetime.fromtimestamp(run.stat().st_mtime).date().isoformat()
    note = (f"{asked['model']} asked in three ways about {len(asked['ids'])} test conversations on {date}, in "
            f"{asked['dtype']}; the replies are stored.")
    return {"note": note, "date": date, "machine": doctor.machine(), "model": asked["model"], "dtype": asked["dtype"],
            "ids": asked["ids"],
            **{way: {key: asked[way][key] for key in ("prompt_tokens", "seconds_each", "replies")} for way in WAYS}}


def main() -> None:
    """Writes ``data/stored/rival-replies.json`` from ``runs/desk-work/rivals.json``."""
    found = gather(paths.runs() / "desk-work" / "rivals.json")
    files.write_text(paths.data() / "stored" / "rival-replies.json", json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
