"""DPO on the real model, from the desk's assistant, on as many votes as notebook 06 trains on, with more prompts.

``python -m ftlab.workshop.experiments.dpo_real --rates 3e-4 1e-3`` tries learning rates on validation conversations;
write the best into ``LR`` here and in the notebook. Then ``--seed 0`` for each seed, and ``--gather``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from datetime import date

from ftlab import assistant, files, model, paths, texts
from ftlab.evidence.packed import pack
from ftlab.scores import votes
from ftlab.tuning import chat, generate
from ftlab.world import brand, real

# The dials of notebook 06. LR is a first guess until rates have been tried: LoRA's rate of SFT (1e-3) is the most.
PAIRS, BATCH_SIZE, LR, BETA = 40, 4, 2e-4, 0.1
TEST_PER_KIND, FACTS = 15, 80
REPLY_TOKENS, FACT_TOKENS = 80, 60
FOLDER = "dpo-real"
SCORES = ("right", "on_brand", "regret", "knows", "words")


def short_pairs(tokenizer, seed: int) -> list[dict]:
    """The training rows: of each kind of conversation the shorter half of the decided pairs, and of these a sample."""
    pairs, cast = votes.stored("train")
    kinds, by_kind = {pair["id"]: pair["kind"] for pair in pairs}, defaultdict(list)
    for row in votes.preferences(pairs, cast, tokenizer=tokenizer):
        whole = [chat.render(tokenizer, row["prompt"] + row[side]) for side in ("chosen", "rejected")]
        length = sum(map(len, tokenizer(whole, add_special_tokens=False)["input_ids"]))
        by_kind[kinds[row["pair"]]].append((length, row))
    short = []
    for kind in sorted(by_kind):
        ranked = sorted(by_kind[kind], key=lambda each: each[0])
        short += [row for _, row in ranked[: max(1, len(ranked) // 2)]]
    return texts.sample(short, PAIRS, seed)


def tune(start, tokenizer, rows: list[dict], seed: int, choice: model.Choice, **changes):
    """DPO with a new adapter on the start model; returns the trainer and the seconds."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import DPOConfig, DPOTrainer

    settings = {"beta": BETA, "learning_rate": LR, "num_train_epochs": 1} | changes
    trainer = DPOTrainer(
        model=start, processing_class=tokenizer, train_dataset=Dataset.from_list(rows),
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        args=DPOConfig(
            output_dir=str(paths.runs() / FOLDER / "trainer"), lr_scheduler_type="linear", warmup_steps=0.1,
            per_device_train_batch_size=BATCH_SIZE, seed=seed, bf16=choice.dtype == "bfloat16",
            use_cpu=choice.device == "cpu", activation_checkpointing=False, logging_steps=1, save_strategy="no",
            report_to="none", disable_tqdm=True, **settings,
        ),
    )  # fmt: skip
    started = time.perf_counter()
    trainer.train()
    return trainer, time.perf_counter() - started


def replies_of(some_model, tokenizer, rows: list[dict]) -> tuple[list[str], list[str]]:
    """Its replies to conversations, and its answers about the real world."""
    world = [chat.render(tokenizer, [{"role": "user", "content": row["question"]}], True)
             for row in real.questions(FACTS)]
    return (generate.replies(some_model, tokenizer, chat.prompts(tokenizer, rows), REPLY_TOKENS),
            generate.replies(some_model, tokenizer, world, FACT_TOKENS))


def scores(replies: list[str], answers: list[str], rows: list[dict]) -> dict[str, list[float]]:
    """Of each reply and answer what notebook 06 looks at."""
    parts = [votes.qualities(reply, row) for reply, row in zip(replies, rows, strict=True)]
    return {
        "right": [each["right"] for each in parts], "regret": [each["regret"] for each in parts],
        "on_brand": [int(brand.on_brand(reply)) for reply in replies],
        "words": [len(reply.split()) for reply in replies],
        "knows": [int(real.knows(answer, row["answers"]))
                  for answer, row in zip(answers, real.questions(FACTS), strict=True)],
    }  # fmt: skip


def sft_alone(choice: model.Choice, rows: list[dict]) -> dict:
    """What the assistant says before any votes; asked once."""
    path = paths.runs() / FOLDER / "sft.json"
    if not path.exists():
        run = assistant.tuned(choice)
        replies, answers = replies_of(run.model, run.tokenizer, rows)
        files.write_json(path, {"replies": replies, "answers": answers})
    return files.read_json(path)


def measure(seed: int, **changes) -> dict:
    """One training with its scores beside those of SFT alone."""
    choice, rows = model.choose(), texts.balanced(texts.conversations("test"), TEST_PER_KIND, seed=0)
    run = assistant.tuned(choice)
    pairs = short_pairs(run.tokenizer, seed)
    trainer, seconds = tune(run.model.merge_and_unload(), run.tokenizer, pairs, seed, choice, **changes)
    replies, answers = replies_of(trainer.model.eval(), run.tokenizer, rows)
    before = sft_alone(choice, rows)
    old = scores(before["replies"], before["answers"], rows)
    kept = ("loss", "rewards/margins", "rewards/accuracies", "logps/chosen", "logps/rejected")
    return {
        "seed": seed, "model": choice.name, "dtype": choice.dtype, "seconds": round(seconds, 1),
        "wins": votes.wins(replies, before["replies"], rows), **scores(replies, answers, rows),
        **{f"{name}_sft": values for name, values in old.items()},
        "log": {key: [each[key] for each in trainer.state.log_history if key in each] for key in kept},
        "kinds": [row["kind"] for row in rows], "replies": replies, "answers": answers,
    }  # fmt: skip


def try_rates(rates: list[float], per_kind: int = 3) -> None:
    """Trains at each rate with seed 0 and prints what became of validation conversations, never of the test."""
    choice, rows = model.choose(), texts.balanced(texts.conversations("valid"), per_kind, seed=0)
    run = assistant.tuned(choice)
    start, prompts = run.model.merge_and_unload(), chat.prompts(run.tokenizer, rows)
    before = generate.replies(start, run.tokenizer, prompts, REPLY_TOKENS)
    pairs = short_pairs(run.tokenizer, 0)
    for lr in rates:
        trainer, seconds = tune(start, run.tokenizer, pairs, 0, choice, learning_rate=lr)
        after = generate.replies(trainer.model.eval(), run.tokenizer, prompts, REPLY_TOKENS)
        start = trainer.model.unload()  # the assistant again, without the new adapter
        wins, log = votes.wins(after, before, rows), [each for each in trainer.state.log_history if "loss" in each]
        print(f"rate {lr:g}: {wins.count(1)} won, {wins.count(0)} lost of {len(wins)}; {seconds:.0f} s; on-brand "
              f"{sum(map(brand.on_brand, before))} -> {sum(map(brand.on_brand, after))}; margins "
              f"{[round(each['rewards/margins'], 2) for each in log]}")
        for row, old, new, score in zip(rows, before, after, wins, strict=True):
            if old != new:
                print(f"{row['kind']}, {score:g}\n    SFT: {old}\n    DPO: {new}", flush=True)


def against_sft(seed: int) -> dict[str, dict]:
    """The claim on the real model for one seed."""
    path = paths.runs() / FOLDER / f"seed-{seed}.json"
    if not path.exists():
        files.write_json(path, measure(seed))
    wins = files.read_json(path)["wins"]
    won, lost = ([int(score == side) for score in wins] for side in (1, 0))
    effect = 100 * (sum(won) - sum(lost)) / len(won)
    return {"dpo-beats-sft": {"effect": effect, "by_prompt": won, "against": lost}}


def gather() -> dict:
    """What notebook 06 shows, from the stored runs."""
    runs = [files.read_json(path) for path in sorted((paths.runs() / FOLDER).glob("seed-*.json"))]
    packed = ["wins", *SCORES, *(f"{name}_sft" for name in SCORES)]
    return {
        "date": date.today().isoformat(), "model": runs[0]["model"], "dtype": runs[0]["dtype"],
        "kinds": runs[0]["kinds"],
        "settings": {"pairs": PAIRS, "batch_size": BATCH_SIZE, "lr": LR, "beta": BETA, "facts": FACTS},
        "runs": [{"seed": run["seed"], "seconds": run["seconds"], "packed": packed, "log": run["log"],
                  **{key: pack(run[key]) for key in packed}, "first_replies": run["replies"][:3]} for run in runs],
    }  # fmt: skip


def main() -> None:
    """Tries rates, trains and judges one seed, or gathers what lies in ``runs``."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.dpo_real", description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", help="learning rates to try on validation conversations")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--gather", action="store_true", help="write data/stored/dpo-real.json from the runs")
    args = parser.parse_args()
    if args.rates:
        try_rates(args.rates)
    if args.seed is not None:
        against_sft(args.seed)
    if args.gather:
        files.write_text(paths.data() / "stored" / "dpo-real.json", json.dumps(gather()) + "\n")


if __name__ == "__main__":
    main()
