"""Continued pretraining of the real model on Quillmere's facts: one wording of each page, or eight, equally often read.

Trainings of two minutes each are too long for a lesson, so they are stored, and notebook 03 shows what is stored:
``python -m ftlab.workshop.experiments.domain --phrasings 8 --seed 0`` for each, then ``--gather``.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date

from ftlab import files, model, paths
from ftlab.evidence.packed import pack
from ftlab.scores.recall import knows
from ftlab.tuning import chat, generate, sft
from ftlab.world import phrasings, real
from ftlab.world.text import rng

PHRASINGS = (1, 8)
PRODUCTS, READ, BATCH_SIZE, LR = 8, 24, 8, 1e-3  # times that each product is read of, in all; pages a step
WORLD = 60  # questions about the real world
TOKENS = 32
FOLDER = "domain"


def read_on(choice: model.Choice, texts: list[str], seed: int):
    """The model with a LoRA adapter, trained on every token of the texts, each read once."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    some_model, tokenizer = sft.load(choice)
    trainer = SFTTrainer(
        model=some_model, processing_class=tokenizer, train_dataset=Dataset.from_list([{"text": t} for t in texts]),
        peft_config=LoraConfig(**sft.LORA, task_type="CAUSAL_LM"),
        args=SFTConfig(
            output_dir=str(paths.runs() / "sft"), save_strategy="no", max_steps=len(texts) // BATCH_SIZE,
            per_device_train_batch_size=BATCH_SIZE, learning_rate=LR, lr_scheduler_type="linear", warmup_steps=0.1,
            seed=seed, bf16=choice.dtype == "bfloat16", use_cpu=choice.device == "cpu", activation_checkpointing=False,
            logging_steps=max(1, len(texts) // BATCH_SIZE // 10), report_to="none"))  # fmt: skip
    trainer.train()
    return trainer.model, tokenizer, [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def ask(some_model, tokenizer, rows: list[dict]) -> list[str]:
    """Short answers to questions, asked one by one in the chat format."""
    asked = [chat.render(tokenizer, [{"role": "user", "content": row["question"]}], True) for row in rows]
    return generate.replies(some_model, tokenizer, asked, TOKENS)


def measure(choice: model.Choice, count: int, seed: int) -> dict:
    """What the model answers after reading so many wordings of each page; 0 for the untuned model."""
    chosen, losses, started = phrasings.products(PRODUCTS, seed), [], time.perf_counter()
    if count:
        texts = [page for product in chosen for page in phrasings.pages(product, count, seed) * (READ // count)]
        rng("domain order", seed).shuffle(texts)
        some_model, tokenizer, losses = read_on(choice, texts, seed)
    else:
        some_model, tokenizer = sft.load(choice)
    seconds, asked, world = time.perf_counter() - started, phrasings.questions(chosen), real.questions(WORLD)
    answers, said = ask(some_model, tokenizer, asked), ask(some_model, tokenizer, world)
    found = {"phrasings": count, "seed": seed, "model": choice.name, "dtype": choice.dtype, "losses": losses,
             "seconds": round(seconds, 1), "questions": [row["id"] for row in asked], "answers": answers,
             "right": [int(knows(text, row["answers"])) for text, row in zip(answers, asked, strict=True)],
             "world": [int(real.knows(text, row["answers"])) for text, row in zip(said, world, strict=True)]}
    print(count, seed, f"{sum(found['right'])} of {len(asked)} right, {sum(found['world'])} of {WORLD} of the world",
          losses[-1:], f"{seconds:.0f} s", flush=True)  # fmt: skip
    return found


def phrasings_count(seed: int) -> dict[str, dict]:
    """The claim about the real model for one seed; trainings that are not in ``runs`` are made now."""
    runs = {}
    for count in PHRASINGS:
        path = paths.runs() / FOLDER / f"{count}-seed-{seed}.json"
        if not path.exists():
            files.write_json(path, measure(model.choose(), count, seed))
        runs[count] = files.read_json(path)["right"]
    one, many = (runs[count] for count in PHRASINGS)
    gap = 100 * (sum(many) - sum(one)) / len(one)
    return {"phrasings-count-real": {"effect": gap, "by_prompt": many, "against": one}}


def gather() -> dict:
    """What notebook 03 shows, from the runs: settings, and of each its scores and answers."""
    runs = [files.read_json(path) for path in sorted((paths.runs() / FOLDER).glob("*-seed-*.json"))]
    plain, first = ("phrasings", "seed", "losses", "seconds", "answers"), runs[0]
    return {"model": first["model"], "dtype": first["dtype"], "date": date.today().isoformat(),
            "settings": {"products": PRODUCTS, "read": READ, "batch_size": BATCH_SIZE, "lr": LR, "lora": sft.LORA,
                         "world": WORLD},
            "questions": {str(run["seed"]): run["questions"] for run in runs},
            "runs": [{**{key: run[key] for key in plain}, "right": pack(run["right"]), "world": pack(run["world"])}
                     for run in runs]}  # fmt: skip


def main() -> None:
    """Reads so many wordings with one seed, or gathers what lies in ``runs``."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.domain", description=__doc__)
    parser.add_argument("--phrasings", type=int, choices=(0, *PHRASINGS), default=0, help="0: the untuned model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gather", action="store_true", help="write data/stored/domain.json from the runs")
    args = parser.parse_args()
    if args.gather:
        files.write_text(paths.data() / "stored" / "domain.json", json.dumps(gather()) + "\n")
        return
    found = measure(model.choose(), args.phrasings, args.seed)
    files.write_json(paths.runs() / FOLDER / f"{args.phrasings}-seed-{args.seed}.json", found)


if __name__ == "__main__":
    main()
