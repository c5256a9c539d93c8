"""LoRA against full fine-tuning on the real model: the course's desk run, each way at three rates fixed in advance.

Six trainings of one to two minutes are too long for a lesson, so they are stored, and notebook 04 shows what is stored:
``python -m ftlab.workshop.experiments.lora --way full --lr 1e-4 --seed 0`` for each, then ``--gather``.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date

from ftlab import files, model, paths, texts
from ftlab.evidence.packed import pack
from ftlab.scores import desk
from ftlab.scores.manner import leaks
from ftlab.tuning import chat, generate, sft
from ftlab.world import brand, house, real

# Fixed before the first run: full tuning around what people use for a model of this size, LoRA at ten times that.
RATES = {"full": (3e-5, 1e-4, 3e-4), "lora": (3e-4, 1e-3, 3e-3)}
PER_KIND, STEPS, BATCH_SIZE = 16, 36, 4  # the desk run of notebooks 02 and 08
VALID_PER_KIND, TEST_PER_KIND = 5, 15  # conversations to choose a rate by (its loss on them), and to report
FACTS = 80  # questions about the real world
REPLY_TOKENS, FACT_TOKENS = 80, 60
FOLDER = "lora-against-full"


def judge(tuned, tokenizer, rows: list[dict]) -> tuple[dict[str, list[int]], list[str]]:
    """Of each reply to a conversation: on-brand, right, and both; and the replies."""
    replies = generate.replies(tuned, tokenizer, chat.prompts(tokenizer, rows), REPLY_TOKENS)
    on_brand = [int(brand.on_brand(reply)) for reply in replies]
    right = [int(desk.is_right(reply, row)) for reply, row in zip(replies, rows, strict=True)]
    both = [a * b for a, b in zip(on_brand, right, strict=True)]
    return {"on_brand": on_brand, "right": right, "both": both}, replies


def facts(some_model, tokenizer) -> tuple[dict[str, list[int]], list[str]]:
    """Of each answer to a question about the world: right, and in the desk's manner; and the answers."""
    asked = real.questions(FACTS)
    prompts = [chat.render(tokenizer, [{"role": "user", "content": row["question"]}], True) for row in asked]
    answers = generate.replies(some_model, tokenizer, prompts, FACT_TOKENS)
    knows = [int(real.knows(answer, row["answers"])) for answer, row in zip(answers, asked, strict=True)]
    return {"knows": knows, "leaks": [int(leaks(answer)) for answer in answers]}, answers


def valid_rows() -> list[dict]:
    """Validation conversations, each with its reply in the house's plainest words."""
    return [house.in_house_words(row) for row in texts.balanced(texts.conversations("valid"), VALID_PER_KIND, seed=0)]


def examine(tuned, tokenizer) -> dict:
    """What a tuned model scores on test conversations, what it knows, its validation losses, and all that it wrote."""
    started = time.perf_counter()
    test = texts.balanced(texts.conversations("test"), TEST_PER_KIND, seed=0)
    scored, replies = judge(tuned, tokenizer, test)
    kept, answers = facts(tuned, tokenizer)
    losses = sft.row_losses(tuned, tokenizer, valid_rows())
    return {"valid_losses": losses, **scored, **kept, "kinds": [row["kind"] for row in test], "replies": replies,
            "answers": answers, "judged_s": round(time.perf_counter() - started)}  # fmt: skip


def peak_bytes(device: str) -> int:
    """The most memory held so far: of the GPU if the model is on one, else of this process."""
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated()
    import psutil

    return getattr(psutil.Process().memory_info(), "peak_wset", None) or _high_water_bytes()


def summary(found: dict) -> str:
    """One line for the log: how many of each score, the validation loss, the seconds and the peak."""
    counts = {key: sum(found[key]) for key in ("on_brand", "right", "both", "knows", "leaks")}
    counts["valid loss"] = round(sum(found["valid_losses"]) / len(found["valid_losses"]), 4)
    return f"{counts} {found['seconds']:.0f} s {found['peak_bytes'] / 2**30:.1f} GiB"


def measure(choice: model.Choice, way: str, lr: float, seed: int) -> dict:
    """One way at one rate: what it scores, what it keeps, what it took."""
    rows = [house.in_house_words(row) for row in texts.balanced(texts.conversations("train"), PER_KIND, seed)]
    lora = sft.LORA if way == "lora" else None
    run = sft.fine_tune(choice, rows, lr=lr, steps=STEPS, batch_size=BATCH_SIZE, seed=seed, lora=lora)
    found = {
        "way": way, "lr": lr, "seed": seed, "model": choice.name, "dtype": choice.dtype,
        "trained": sum(p.numel() for p in run.model.parameters() if p.requires_grad),
        "seconds": round(run.seconds, 1),
        "peak_bytes": peak_bytes(choice.device),  # the tuning's highest mark: nothing has been written yet
        "losses": [entry["loss"] for entry in run.log if "loss" in entry],
        **examine(run.model, run.tokenizer),
    }  # fmt: skip
    print(way, f"{lr:g}", f"seed {seed}", summary(found), flush=True)
    return found


def _high_water_bytes() -> int:
    """The most memory that this process has held so far, where psutil does not say."""
    import resource
    import sys

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def untuned(choice: model.Choice) -> dict:
    """The model before any tuning: what it knows of the world."""
    kept, answers = facts(*sft.load(choice))
    return {**kept, "answers": answers}


def against_full(seed: int) -> dict[str, dict]:
    """Both claims about the real model for one seed; the six trainings that are not in ``runs`` are made now."""
    from ftlab.evidence.matched import Point, kept_at

    folder, runs = paths.runs() / FOLDER, {}
    for way, rates in RATES.items():
        for lr in rates:
            path = folder / f"{way}-{lr:g}-seed-{seed}.json"
            if not path.exists():
                files.write_json(path, measure(model.choose(), way, lr, seed))
            runs[way, lr] = files.read_json(path)
    if not (folder / "untuned.json").exists():
        files.write_json(folder / "untuned.json", untuned(model.choose()))
    knew, curves, best = files.read_json(folder / "untuned.json")["knows"], {}, {}
    for way, rates in RATES.items():
        top = min(rates, key=lambda lr, way=way: sum(runs[way, lr]["valid_losses"]))
        best[way] = runs[way, top]
        tried = [runs[way, lr] for lr in rates if lr <= top]
        curves[way] = [Point(1.0, knew)] + [Point(1 - sum(r["both"]) / len(r["both"]), r["knows"]) for r in tried]
    equal = max(min(point.loss for point in curve) for curve in curves.values())
    kept = {way: kept_at(curve, equal) for way, curve in curves.items()}

    def effect(lora: list, full: list) -> dict:
        gap = 100 * (sum(lora) - sum(full)) / len(lora)
        return {"effect": gap, "by_prompt": lora, "against": full}

    return {
        "lora-reaches-full": effect(best["lora"]["both"], best["full"]["both"]),
        "lora-forgets-less-real": effect(kept["lora"], kept["full"]),
    }


def gather() -> dict:
    """What notebook 04 shows, from the stored runs: a row for each of them, with its scores by prompt."""
    folder = paths.runs() / FOLDER
    runs = [files.read_json(path) for path in sorted(folder.glob("*-seed-*.json"))]
    first = runs[0]
    known = files.read_json(folder / "untuned.json")["knows"]
    packed = ("valid_losses", "on_brand", "right", "both", "knows", "leaks")
    plain = ("way", "lr", "seed", "trained", "seconds", "peak_bytes")
    return {
        "date": date.today().isoformat(), "model": first["model"], "dtype": first["dtype"],
        "kinds": first["kinds"], "knew": pack(known),
        "settings": {"per_kind": PER_KIND, "steps": STEPS, "batch_size": BATCH_SIZE, "rates": RATES,
                     "valid_per_kind": VALID_PER_KIND, "test_per_kind": TEST_PER_KIND, "facts": FACTS},
        "runs": [{**{key: run[key] for key in plain}, **{key: pack(run[key]) for key in packed},
                  "first_replies": run["replies"][:3]} for run in runs],
    }  # fmt: skip


def main() -> None:
    """Runs one way at one rate with one seed, or asks the untuned model, or gathers what lies in ``runs``."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.lora", description=__doc__)
    parser.add_argument("--way", choices=list(RATES))
    parser.add_argument("--lr", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gather", action="store_true", help="write data/stored/lora.json from the runs")
    args = parser.parse_args()
    folder = paths.runs() / FOLDER
    if args.gather:
        files.write_text(paths.data() / "stored" / "lora.json", json.dumps(gather()) + "\n")
        return
    choice = model.choose()
    if args.way is None:
        files.write_json(folder / "untuned.json", untuned(choice))
        return
    found = measure(choice, args.way, args.lr, args.seed)
    files.write_json(folder / f"{args.way}-{args.lr:g}-seed-{args.seed}.json", found)


if __name__ == "__main__":
    main()
