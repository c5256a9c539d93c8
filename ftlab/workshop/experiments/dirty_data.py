"""How dirty must data be before curation pays? Notebook 01's trial on the real model, over seeds and more prompts.

Too long for a lesson (about two minutes an arm with bf16), so it is stored, and the notebook shows what is stored.
``python -m ftlab.workshop.experiments.dirty_data`` runs the next arm that is missing in ``runs/curation-trial`` and
ends; ``--all`` goes on until none is missing, ``--gather`` writes ``data/stored/curation-trial.json`` from what there
is. ``--best real`` and ``--best lab`` run the arms of ``--seed`` at their best number of steps, each chosen on
validation prompts: on one thread about seven minutes a seed on the lab model, and half an hour on the real one.
"""

from __future__ import annotations

import argparse
import time
from functools import lru_cache
from pathlib import Path

from ftlab import files, model, paths, texts
from ftlab.curation import pipeline, trial_rows
from ftlab.scores import desk as scores
from ftlab.tuning import chat, generate, sft
from ftlab.workshop import stored
from ftlab.world import brand, desk

RECORDS, EXCELLENT = 6000, 100
LR, STEPS, BATCH_SIZE = 1e-3, 25, 4
PROMPTS, REPLY_TOKENS = 240, 64
FAULTS, DOSES = ("off_brand", "contradicting_fact"), (20, 60, 95)
# In the order in which they are run: first one seed of all, and the manner before the facts.
ARMS = ("excellent", "clean", *(f"{FAULTS[0]}@{dose}" for dose in DOSES))
WRONG = tuple(f"{FAULTS[1]}@{dose}" for dose in DOSES)
SEEDS = (0, 1, 2)
BEST = {"real": (LR, (25, 50, 100)), "lab": (2e-3, (40, 80, 160))}  # by model: rate, and steps to choose from
VALID = 60  # prompts to choose them by
ORDER = [(arm, seed) for arms in (ARMS, WRONG) for seed in SEEDS for arm in arms]


def folder() -> Path:
    """Where the runs lie until they are gathered."""
    return paths.runs() / "curation-trial"


def rows(seed: int, count: int = STEPS * BATCH_SIZE) -> dict[str, list[dict]]:
    """What each arm is trained on: conversations by arm, made once for a seed and then kept beside the runs.

    Args:
        count: How many rows each arm but the excellent one has.
    """
    path = folder() / (f"rows-{seed}.json" if count == STEPS * BATCH_SIZE else f"rows-{seed}-{count}.json")
    return stored.part(path, lambda: choose(seed, count), __name__)


def choose(seed: int, count: int) -> dict[str, list[dict]]:
    """The rows of ``rows``, and under "kept" how many records the clean arm is drawn from."""
    raw, truth, kept = dump(seed)
    chosen = {"excellent": trial_rows.pick_excellent(kept, EXCELLENT),
              "clean": texts.sample(trial_rows.training_side(kept), count, seed)}
    for arm in (*ARMS[2:], *(WRONG if count <= 200 else ())):  # there are not more wrong replies than that
        fault, dose = arm.split("@")
        chosen[arm] = trial_rows.with_dose(raw, truth, fault, float(dose), count, seed)
    found = {arm: [trial_rows.to_row(record) for record in records] for arm, records in chosen.items()}
    return found | {"kept": len(trial_rows.training_side(kept))}


@lru_cache(maxsize=1)
def dump(seed: int) -> tuple[dict[int, dict], list[dict], list[dict]]:
    """An export of the desk: what can be read of it, its truth, and the records that the curation keeps."""
    found = list(desk.records(RECORDS, seed))
    lines = [(i, desk.line(record)) for i, (record, _) in enumerate(found, 1)]
    return trial_rows.readable(lines), [truth for _, truth in found], pipeline.run(lines).kept


def measure(arm: str, seed: int) -> dict:
    """One arm of the trial: the real model tuned on its rows, and every reply to the test prompts with its scores."""
    choice, test = model.choose(), texts.plain_conversations("test")[:PROMPTS]
    run = sft.fine_tune(
        choice, rows(seed)[arm], lr=LR, steps=STEPS, batch_size=BATCH_SIZE, seed=seed, lora=sft.LORA
    )
    start = time.perf_counter()
    replies = generate.replies(run.model, run.tokenizer, chat.prompts(run.tokenizer, test), REPLY_TOKENS)
    return {"arm": arm, "seed": seed, "model": choice.name, "dtype": choice.dtype, "train_s": round(run.seconds),
            "write_s": round(time.perf_counter() - start), "replies": replies, **scored(replies, test)}


def measure_best(which: str, arm: str, seed: int) -> dict:
    """One arm trained for every number of steps in ``BEST``; the best on validation prompts is scored on the test.

    A raw or clean arm reads new rows at every step, the excellent one its hundred again and again.

    Args:
        which: "real" or "lab".
    """
    choice, lora = (model.choose(), sft.LORA) if which == "real" else (model.lab(), None)
    valid, test = texts.plain_conversations("valid")[:VALID], texts.plain_conversations("test")
    test, (lr, numbers), found, fits = test[:PROMPTS] if which == "real" else test, BEST[which], {}, {}
    for steps in numbers:
        chosen = rows(seed, steps * BATCH_SIZE)[arm]
        run = sft.fine_tune(choice, chosen, lr=lr, steps=steps, batch_size=BATCH_SIZE, seed=seed, lora=lora)

        def asked(rows, run=run):
            return generate.replies(run.model, run.tokenizer, chat.prompts(run.tokenizer, rows), REPLY_TOKENS)

        marks = scored(asked(valid), valid)
        fits[steps] = sum(a == b == "1" for a, b in zip(marks["on_brand"], marks["right"], strict=True))
        if max(fits, key=fits.get) == steps:  # of equals the shortest
            found = {"steps": steps, "replies": asked(test)}
    print(arm, seed, fits, flush=True)
    return {"arm": arm, "seed": seed, "model": choice.name, "dtype": choice.dtype, "valid": fits, **found}


def scored(replies: list[str], test: list[dict]) -> dict[str, str]:
    """A mark for each reply, 1 or 0: on-brand, and right."""
    return {"on_brand": "".join(str(int(brand.on_brand(reply))) for reply in replies),
            "right": "".join(str(int(scores.is_right(reply, row))) for reply, row in zip(replies, test, strict=True))}


def missing() -> list[tuple[str, int]]:
    """The arms and seeds still to be run, in their order."""
    return [(arm, seed) for arm, seed in ORDER if not stored.is_kept(place(arm, seed))]


def place(arm: str, seed: int) -> Path:
    """The file of one arm's run."""
    return folder() / f"{arm.replace('@', '-')}-{seed}.json"


def parts() -> list[Path]:
    """The files of the arms to gather: a seed is taken once all the arms of a fault have it, so that every arm is the
    mean over the same seeds.
    """
    each = [[place(arm, seed) for arm in arms] for arms in (ARMS, WRONG) for seed in SEEDS]
    return [path for whole in each if all(map(stored.is_kept, whole)) for path in whole]


def best_place(which: str, arm: str, seed: int) -> Path:
    """The file of one arm's run at its best number of steps."""
    return folder() / f"best-{which}-{arm.replace('@', '-')}-{seed}.json"


def best_parts(which: str) -> list[Path]:
    """The files of a model's arms at their best number of steps, of each seed that has all of them."""
    each = [[best_place(which, arm, seed) for arm in ARMS] for seed in SEEDS]
    return [path for whole in each if all(map(stored.is_kept, whole)) for path in whole]


def gather() -> dict:
    """What notebook 01 shows: for each arm and seed a mark for each prompt, by the scorer of today; and the settings.

    Raises:
        ValueError: If no seed has every arm of a fault.
    """
    runs, test = [files.read_json(path) for path in parts()], texts.plain_conversations("test")
    if not runs:
        raise ValueError(f"{folder()}: expected every arm of at least one seed, found none. Run this module first.")
    found: dict[str, dict] = {}
    for run in runs:
        found.setdefault(run["arm"], {})[str(run["seed"])] = scored(run["replies"], test[:PROMPTS])
    first, best = runs[0], {}
    for which in BEST:
        for path in best_parts(which):
            run = files.read_json(path)
            asked = test[: len(run["replies"])]
            best.setdefault(which, {}).setdefault(run["arm"], {})[str(run["seed"])] = {
                "steps": run["steps"], "valid": run["valid"], **scored(run["replies"], asked)}
    return {
        "note": f"{first['model']}, LoRA, {STEPS} steps of {BATCH_SIZE}, {PROMPTS} test prompts, {first['dtype']}",
        "model": first["model"], "dtype": first["dtype"],
        "settings": {"records": RECORDS, "excellent": EXCELLENT, "lr": LR, "steps": STEPS, "batch_size": BATCH_SIZE,
                     "lora": sft.LORA, "reply_tokens": REPLY_TOKENS},
        "train_s": round(sum(run["train_s"] for run in runs) / len(runs)),
        "write_s": round(sum(run["write_s"] for run in runs) / len(runs)),
        "ids": [row["id"] for row in test[:PROMPTS]], "arms": found, "best": best,
    }  # fmt: skip


def against_clean(seed: int) -> dict[str, dict]:
    """The claim about the real model for one seed: the excellent arm's fit replies minus the clean one's."""
    return {"hundred-matches-clean": apart(ARMS[0], ARMS[1], seed)}


def against_dirty(seed: int) -> dict[str, dict]:
    """Notebook 01's first claim for one seed, over all of ``PROMPTS``: the excellent arm's fit replies minus those of
    the arm at the highest dose of off-brand rows.
    """
    return {"hundred-beats-dirty": apart(ARMS[0], ARMS[-1], seed)}


def apart(one: str, other: str, seed: int) -> dict:
    """How many more of the replies are fit to send after one arm than after another, and which.

    An arm that is not kept in ``runs`` is trained now: about three minutes each without bf16.
    """
    test = texts.plain_conversations("test")[:PROMPTS]
    found = [stored.part(place(arm, seed), lambda arm=arm: measure(arm, seed), __name__) for arm in (one, other)]
    marks = [scored(run["replies"], test) for run in found]
    ours, theirs = ([int(a == b == "1") for a, b in zip(run["on_brand"], run["right"], strict=True)] for run in marks)
    return {"effect": 100 * (sum(ours) - sum(theirs)) / len(test), "by_prompt": ours, "against": theirs}


def main() -> None:
    """Runs the next missing arm, or all of them; or gathers what lies there into ``data/stored``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.dirty_data", description=__doc__)
    parser.add_argument("--arm", choices=[*ARMS, *WRONG], help="run this arm and no other")
    parser.add_argument("--seed", type=int, default=0, help="the seed of --arm or --best")
    parser.add_argument("--all", action="store_true", help="go on until no arm is missing")
    parser.add_argument("--best", choices=list(BEST), help="a model's arms of --seed at their best number of steps")
    parser.add_argument("--rows", action="store_true", help="only make the rows of every seed")
    parser.add_argument("--gather", action="store_true", help="write data/stored/curation-trial.json")
    args = parser.parse_args()
    if args.gather:
        stored.write("curation-trial", gather(), __name__,
                     [*parts(), *(path for which in BEST for path in best_parts(which))])
        return
    if args.rows:
        print([len(rows(seed)) for seed in SEEDS])
        return
    if args.best:
        for arm in [args.arm] if args.arm else ARMS:
            kept_at = best_place(args.best, arm, args.seed)
            stored.part(kept_at, lambda arm=arm: measure_best(args.best, arm, args.seed), __name__)
        return
    wanted = [(args.arm, args.seed)] if args.arm else missing()[: None if args.all else 1]
    for arm, seed in wanted:
        found = measure(arm, seed)
        stored.keep(place(arm, seed), found, __name__)
        print(arm, seed, found["on_brand"].count("1"), found["right"].count("1"), f"of {PROMPTS}", flush=True)


if __name__ == "__main__":
    main()
