"""Judges of drafts made of the real model and of the lab model, from the same labelled drafts: for notebook 08.

To train the real one takes minutes more than a lesson has, so what both said is stored: ``python -m
ftlab.workshop.experiments.tuned_judge`` makes what is missing (a quarter of an hour of one core with bf16; ``--judge
real --seed 0`` a part of it), then ``--gather`` writes what notebook 08 shows.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from itertools import product
from pathlib import Path

from ftlab import files, model, paths, texts
from ftlab.evidence.packed import pack
from ftlab.scores import desk, judge
from ftlab.tuning import sft
from ftlab.workshop import stored

# Fixed before the first run. Both learn from the same drafts, as many as notebook 08 trains the lab model on. The lab
# model's rate is the notebook's, the real one's that of notebook 00; neither was tried at another. Judged are drafts
# with our faults, the same with two sentences that change nothing, and what the assistant itself wrote about one fact:
# drafts as they are at work, with faults of their own. The real judge is the better one if it is right more often on
# the drafts with our faults, by an interval over drafts and seeds that is clear of zero.
LEARNT, BATCH_SIZE, SEEDS = 560, 8, (0, 1, 2)
JUDGES = {"lab": {"lr": 7e-4, "lora": None}, "real": {"lr": 1e-3, "lora": sft.LORA}}
ASSISTANT = "assistant-replies"  # the stored replies of the assistant
KIND = "fact"  # of its test conversations those that look like the drafts that a judge has learned from
FOLDER = "tuned-judge"


def written(replies: dict[str, str]) -> list[judge.Draft]:
    """What the assistant wrote to the test conversations about one fact, as drafts. "own" stands for its own faults.

    Args:
        replies: Of each conversation, by its id.
    """
    rows = [row for row in texts.conversations("test") if row["kind"] == KIND]
    scored = [(row, replies[row["id"]], desk.is_fit(replies[row["id"]], row)) for row in rows]
    return [judge.Draft(row, text, fit, "none" if fit else "own") for row, text, fit in scored]


def judged(seed: int, replies: dict[str, str]) -> dict[str, list[judge.Draft]]:
    """The drafts that every judge of this seed is asked about, by name."""
    planted = judge.drafts(texts.plain_conversations("test"), seed)
    padded = [draft._replace(text=judge.pad(draft.text)) for draft in planted]
    return {"planted": planted, "padded": padded, "written": written(replies)}


def learnt_from(seed: int) -> list[dict]:
    """The conversations that a judge learns from: a draft each, and the verdict of the rules as the reply."""
    drafts = judge.drafts(texts.sample(texts.plain_conversations("train"), LEARNT, seed), seed)
    return [judge.judge_row(draft.row, draft.text, judge.GOOD if draft.fit else judge.BAD) for draft in drafts]


def assistants_replies() -> dict[str, str]:
    """The assistant's stored replies, by the id of the test conversation."""
    return files.read_json(stored.stored_path(ASSISTANT))["replies"]


def measure(name: str, seed: int) -> dict:
    """A trained judge: whether it called each of those it was asked about good."""
    choice = model.lab() if name == "lab" else model.choose()
    run = sft.fine_tune(choice, learnt_from(seed), steps=LEARNT // BATCH_SIZE, batch_size=BATCH_SIZE, seed=seed,
                        disable_tqdm=True, **JUDGES[name])  # fmt: skip
    said = {}
    for kind, drafts in judged(seed, assistants_replies()).items():
        rows = [judge.judge_row(draft.row, draft.text) for draft in drafts]
        margins = judge.label_margins(run.model, run.tokenizer, rows)
        said[kind] = {"fit": pack([draft.fit for draft in drafts]), "good": pack([each > 0 for each in margins])}
        right = sum(draft.fit == (each > 0) for draft, each in zip(drafts, margins, strict=True))
        print(f"{name}, seed {seed}, {kind}: right on {right} of {len(drafts)}", flush=True)
    return {"judge": name, "model": choice.name, "dtype": choice.dtype, "seed": seed,
            "seconds": round(run.seconds), "said": said}  # fmt: skip


def kept(name: str, seed: int) -> Path:
    """Where what a judge said lies in ``runs``."""
    return paths.runs() / FOLDER / f"{name}-seed-{seed}.json"


def gather(runs: Sequence[dict]) -> dict:
    """What notebook 08 shows.

    Raises:
        ValueError: If a judge or a seed is missing.
    """
    if missing := sorted(set(product(JUDGES, SEEDS)) - {(run["judge"], run["seed"]) for run in runs}):
        raise ValueError(f"runs/{FOLDER}: expected both judges with seeds {SEEDS}, found none of {missing}. Run them: "
                         f"python -m {__name__}.")
    settings = {"judges": JUDGES, "learnt": LEARNT, "batch_size": BATCH_SIZE, "kind": KIND}
    return {"date": date.today().isoformat(), "settings": settings, "runs": list(runs)}


def main() -> None:
    """Trains judges and asks them, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.tuned_judge", description=__doc__)
    parser.add_argument("--judge", choices=list(JUDGES), nargs="+", default=list(JUDGES))
    parser.add_argument("--seed", choices=SEEDS, type=int, nargs="+", default=SEEDS)
    parser.add_argument("--gather", action="store_true", help="write data/stored/tuned-judge.json from the runs")
    args = parser.parse_args()
    if args.gather:
        parts = [path for each in product(JUDGES, SEEDS) if stored.is_kept(path := kept(*each))]
        stored.write(FOLDER, gather([files.read_json(path) for path in parts]), __name__, parts)
        return
    for name, seed in product(args.judge, args.seed):
        stored.part(kept(name, seed), lambda each=(name, seed): measure(*each), __name__)


if __name__ == "__main__":
    main()
