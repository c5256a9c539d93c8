"""LoRA against full fine-tuning on the real model: the course's desk run, each way at four rates fixed in advance.

Such trainings take one to two minutes each, too long for a lesson, so they are stored, and notebook 04 shows what is
stored: ``python -m ftlab.workshop.experiments.lora_against_full --way full --lr 1e-4 --seed 0`` for each rate (the
lower ones first), once without arguments for the untuned model, then ``--gather``. What is there already, of these rows
and this base model, is not run again.

What was fixed before these runs, and why. An earlier try had the three lower rates of each way, ten times apart, and
for both ways the highest was the best. So there is one more at the upper end, and whether LoRA wants ten times the rate
is asked of validation losses only where neither best rate is the first or the last. The highest rate is judged on test
conversations only if its validation loss is below that of the rate before it: if it is not, it cannot be the best.
"""

from __future__ import annotations

import argparse
import time
from datetime import date
from pathlib import Path
from statistics import fmean

from ftlab import files, model, paths, texts
from ftlab.course import doctor
from ftlab.evidence.packed import pack
from ftlab.scores import desk
from ftlab.scores.manner import leaks
from ftlab.tuning import chat, generate, sft
from ftlab.workshop import stored
from ftlab.workshop.experiments import bound
from ftlab.workshop.experiments.memory_peaks import peak_bytes
from ftlab.world import brand, house, real

# Full tuning around what people use for a model of this size, LoRA at ten times that.
RATES = {"full": (3e-5, 1e-4, 3e-4, 1e-3), "lora": (3e-4, 1e-3, 3e-3, 1e-2)}
PER_KIND, STEPS, BATCH_SIZE = 16, 36, 4  # the desk run of notebooks 02 and 08
VALID_PER_KIND, TEST_PER_KIND = 5, 25  # conversations to choose a rate by (its loss on them), and to report
FACTS = 240  # questions about the real world
REPLY_TOKENS, FACT_TOKENS = 80, 60
FOLDER, STORED = "lora-against-full", "lora"
PACKED = ("valid_losses", "on_brand", "right", "both", "knows", "leaks")  # scores by prompt, as they are stored


def score_replies(tuned, tokenizer, rows: list[dict]) -> tuple[dict[str, list[int]], list[str]]:
    """Of each reply to a conversation: on-brand, right, and both; and the replies."""
    replies = generate.replies(tuned, tokenizer, chat.prompts(tokenizer, rows), REPLY_TOKENS)
    on_brand = [int(brand.on_brand(reply)) for reply in replies]
    right = [int(desk.is_right(reply, row)) for reply, row in zip(replies, rows, strict=True)]
    both = [a * b for a, b in zip(on_brand, right, strict=True)]
    return {"on_brand": on_brand, "right": right, "both": both}, replies


def facts(some_model, tokenizer, count: int | None = None) -> tuple[dict[str, list[int]], list[str]]:
    """Of each answer to so many questions about the world: right, and in the desk's manner; and the answers."""
    asked = real.questions(count or FACTS)
    prompts = [chat.render(tokenizer, [{"role": "user", "content": row["question"]}], True) for row in asked]
    answers = generate.replies(some_model, tokenizer, prompts, FACT_TOKENS)
    knows = [int(real.knows(answer, row["answers"])) for answer, row in zip(answers, asked, strict=True)]
    return {"knows": knows, "leaks": [int(leaks(answer)) for answer in answers]}, answers


def valid_rows() -> list[dict]:
    """Validation conversations, each with its reply in the house's plainest words."""
    return [house.in_house_words(row) for row in texts.balanced(texts.conversations("valid"), VALID_PER_KIND, seed=0)]


def made_of(choice: model.Choice) -> dict[str, str]:
    """The fingerprints of the base model and of all that these runs may read."""
    return bound.made_of(choice, *(map(house.in_house_words, texts.conversations(split)) for split in
                                   ("train", "valid", "test")), real.questions())  # fmt: skip


def examine(tuned, tokenizer, per_kind: int | None = None, count: int | None = None) -> dict:
    """What a model scores on test conversations, what it knows of the world, and all that it wrote.

    Args:
        per_kind, count: Test conversations of each kind and questions about the world; by default as fixed above.
    """
    started = time.perf_counter()
    test = texts.balanced(texts.conversations("test"), per_kind or TEST_PER_KIND, seed=0)
    scored, replies = score_replies(tuned, tokenizer, test)
    kept, answers = facts(tuned, tokenizer, count)
    return {**scored, **kept, "kinds": [row["kind"] for row in test], "replies": replies, "answers": answers,
            "judged_s": round(time.perf_counter() - started)}  # fmt: skip


def summary(found: dict) -> str:
    """One line for the log: how many of each score, the validation loss, the seconds and the peak."""
    counts = {key: sum(found[key]) for key in ("on_brand", "right", "both", "knows", "leaks") if key in found}
    counts["valid loss"] = round(fmean(found["valid_losses"]), 4)
    return f"{counts} {found['seconds']:.0f} s {found['peak_bytes'] / 2**30:.1f} GiB"


def tune(choice: model.Choice, way: str, lr: float, seed: int, batch_size: int = BATCH_SIZE, **changes) -> dict:
    """One training and its validation losses; the model and its tokenizer under "run"."""
    rows = [house.in_house_words(row) for row in texts.balanced(texts.conversations("train"), PER_KIND, seed)]
    lora = sft.LORA | changes if way == "lora" else None
    steps = STEPS * BATCH_SIZE // batch_size
    run = sft.fine_tune(choice, rows, lr=lr, steps=steps, batch_size=batch_size, seed=seed, lora=lora)
    return {
        "way": way, "lr": lr, "seed": seed, "model": choice.name, "dtype": choice.dtype, "machine": doctor.machine(),
        bound.KEY: made_of(choice), "batch_size": batch_size, "steps": steps,
        "trained": sum(p.numel() for p in run.model.parameters() if p.requires_grad),
        "seconds": round(run.seconds, 1),
        "peak_bytes": peak_bytes(choice.device),  # the tuning's highest mark: nothing has been written yet
        "losses": [entry["loss"] for entry in run.log if "loss" in entry],
        "valid_losses": sft.row_losses(run.model, run.tokenizer, valid_rows()), "run": run,
    }  # fmt: skip


def measure(choice: model.Choice, way: str, lr: float, seed: int, beat: float | None = None) -> dict:
    """One way at one rate: what it scores, what it keeps, what it took.

    Args:
        beat: A mean validation loss: a run that is not below it is not judged on test conversations.
    """
    found = tune(choice, way, lr, seed)
    run = found.pop("run")
    if beat is None or fmean(found["valid_losses"]) < beat:
        found |= examine(run.model, run.tokenizer)
    print(way, f"{lr:g}", f"seed {seed}", summary(found), flush=True)
    return found


def untuned(choice: model.Choice) -> dict:
    """The model before any tuning: what of the desk's work it does, and what it knows of the world."""
    some_model, tokenizer = sft.load(choice)
    losses = sft.row_losses(some_model, tokenizer, valid_rows())
    return {bound.KEY: made_of(choice), "valid_losses": losses, **examine(some_model, tokenizer)}


def kept(way: str, lr: float, seed: int) -> Path:
    """Where one run's result lies in ``runs``."""
    return paths.runs() / FOLDER / f"{way}-{lr:g}-seed-{seed}.json"


def kept_untuned() -> Path:
    """Where the untuned model's scores lie in ``runs``."""
    return paths.runs() / FOLDER / "untuned.json"


def done(choice: model.Choice, way: str, lr: float, seed: int) -> dict:
    """One run: as it is kept, or made now and kept. The highest rate needs the one before it."""
    path, rates = kept(way, lr, seed), RATES[way]
    if not bound.is_there(path, made_of(choice)):
        below = done(choice, way, rates[-2], seed) if lr == rates[-1] else None
        found = measure(choice, way, lr, seed, below and fmean(below["valid_losses"]))
        stored.keep(path, found, __name__)
    return files.read_json(path)


def done_untuned(choice: model.Choice) -> dict:
    """The untuned model's scores: as they are kept, or made now and kept."""
    path = kept_untuned()
    if not bound.is_there(path, made_of(choice)):
        stored.keep(path, untuned(choice), __name__)
    return files.read_json(path)


def tried(choice: model.Choice, seed: int) -> dict[tuple[str, float], dict]:
    """Each way at each rate with one seed: as stored, if that is of the present code and has all of them; else what is
    not in ``runs`` is trained now.
    """
    wanted = [(way, lr) for way, rates in RATES.items() for lr in rates]
    known = bound.current(STORED, made_of(choice)) or {"runs": []}
    rows = {(row["way"], row["lr"]): bound.unpacked(row, PACKED) for row in known["runs"] if row["seed"] == seed}
    if rows.keys() >= set(wanted):
        return rows
    return {(way, lr): done(choice, way, lr, seed) for way, lr in wanted}


def tried_untuned(choice: model.Choice) -> dict:
    """The untuned model's scores: as stored, if that is of the present code; else as they are kept, or made now."""
    known = bound.current(STORED, made_of(choice))
    return bound.unpacked(known["untuned"], PACKED) if known else done_untuned(choice)


def against_full(seed: int) -> dict[str, dict]:
    """Two claims about the real model for one seed; trainings that are neither stored nor in ``runs`` are made now."""
    from ftlab.evidence.matched import Point, kept_at

    choice = model.choose()
    runs = tried(choice, seed)
    before, curves, best = tried_untuned(choice), {}, {}
    for way, rates in RATES.items():
        top = min(rates, key=lambda lr, way=way: fmean(runs[way, lr]["valid_losses"]))
        best[way] = runs[way, top]
        lower = [before, *(runs[way, lr] for lr in rates if lr <= top)]
        curves[way] = [Point(1 - fmean(run["both"]), run["knows"]) for run in lower]
    equal = max(min(point.loss for point in curve) for curve in curves.values())
    left = {way: kept_at(curve, equal) for way, curve in curves.items()}

    def effect(lora: list, full: list) -> dict:
        gap = 100 * (sum(lora) - sum(full)) / len(lora)
        return {"effect": gap, "by_prompt": lora, "against": full}

    return {
        "lora-reaches-full": effect(best["lora"]["both"], best["full"]["both"]),
        "lora-forgets-less-real": effect(left["lora"], left["full"]),
    }


def best_rates(seed: int) -> dict[str, dict]:
    """How many times full tuning's best rate LoRA's is, for one seed, from the losses on validation conversations.

    Raises:
        ValueError: If a best rate is the lowest or the highest that was tried: what lies beyond is not known.
    """
    from ftlab.evidence.best_rate import best_rate, is_inside

    runs = tried(model.choose(), seed)
    curves = {way: {lr: runs[way, lr]["valid_losses"] for lr in rates} for way, rates in RATES.items()}
    for way, curve in curves.items():
        if not is_inside(curve):
            raise ValueError(f"{way}, seed {seed}: expected a best rate between {min(curve):g} and {max(curve):g}, "
                             "found it at an end. Add a rate beyond it to RATES.")  # fmt: skip
    return {"lora-ten-times-rate-real": {"effect": float(best_rate(curves["lora"]) / best_rate(curves["full"]))}}


def parts() -> list[Path]:
    """The files of the runs of the present code, after that of the untuned model."""
    return [kept_untuned(), *bound.finished(paths.runs() / FOLDER)]


def gather() -> dict:
    """What notebook 04 shows, from the runs: a row for each of them, with its scores by prompt.

    Raises:
        ValueError: If the untuned model was not asked by the present code, or the runs are not of one base model.
    """
    if not stored.is_kept(kept_untuned()):
        raise ValueError(f"{kept_untuned()}: expected the untuned model's scores by the present code, found none. Run: "
                         "python -m ftlab.workshop.experiments.lora_against_full")
    before, *runs = map(files.read_json, parts())
    made = bound.of_all([*runs, before], paths.runs() / FOLDER)
    plain = ("way", "lr", "seed", "trained", "seconds", "peak_bytes")
    judged = next(run for run in runs if "both" in run)

    def row(run: dict) -> dict:
        scores = {key: pack(run[key]) for key in PACKED if key in run}  # not every run was judged
        return {**{key: run[key] for key in plain}, **scores, "first_replies": run.get("replies", [])[:3]}

    return {
        "date": date.today().isoformat(), "model": judged["model"], "dtype": judged["dtype"],
        "machine": judged["machine"], bound.KEY: made, "kinds": judged["kinds"],
        "untuned": {key: pack(before[key]) for key in PACKED},
        "settings": {"per_kind": PER_KIND, "steps": STEPS, "batch_size": BATCH_SIZE, "rates": RATES,
                     "valid_per_kind": VALID_PER_KIND, "test_per_kind": TEST_PER_KIND, "facts": FACTS,
                     "lora": sft.LORA},
        "runs": [row(run) for run in runs],
    }  # fmt: skip


def main() -> None:
    """Runs one way at one rate with one seed, or asks the untuned model, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.lora_against_full", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--way", choices=list(RATES))
    parser.add_argument("--lr", type=float, help="one of the way's RATES")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gather", action="store_true", help="write data/stored/lora.json from the runs")
    args = parser.parse_args()
    if args.gather:
        stored.write(STORED, gather(), __name__, parts())
    elif args.way is None:
        done_untuned(model.choose())
    elif args.lr not in RATES[args.way]:
        parser.error(f"--way {args.way}: expected --lr with one of " + ", ".join(f"{lr:g}" for lr in RATES[args.way]))
    else:
        done(model.choose(), args.way, args.lr, args.seed)


if __name__ == "__main__":
    main()
