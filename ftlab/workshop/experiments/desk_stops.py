"""When to stop, on the real model: a long run on few conversations, looked at five times on its way.

Each look takes the loss and the score on validation conversations, which a rule may choose by, and the score on test
conversations, which it may not. Seven minutes a seed with bf16, too long for a lesson, so the runs are stored:
``python -m ftlab.workshop.experiments.desk_stops --seed 0``, then ``desk_dials --gather``; notebook 02 shows them.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from ftlab import files, model, paths, texts
from ftlab.evidence.packed import pack
from ftlab.scores import desk
from ftlab.tuning import chat, generate, sft
from ftlab.workshop import stored
from ftlab.world import house

# Fixed before the first run: the rows, rate and batch of desk_dials' "few", for more than twice as many steps.
PER_KIND, LR, STEPS, BATCH_SIZE = 2, 1e-3, 80, 4  # 18 conversations, almost 18 passes
LOOKS = 5  # after every fifth of the steps
VALID_PER_KIND, TEST_PER_KIND = 5, 7  # conversations to choose by, and to report
REPLY_TOKENS = 80
FOLDER = "desk-stops"


def held_out(split: str, per_kind: int) -> list[dict]:
    """The same conversations for every seed, each with its reply in the house's plainest words."""
    return [house.in_house_words(row) for row in texts.balanced(texts.conversations(split), per_kind, seed=0)]


def examine(tuned, tokenizer, valid: list[dict], test: list[dict]) -> dict:
    """What one look takes: the loss on each validation reply, which replies are fit to send, and the test's replies."""
    found = {}
    for split, rows in {"valid": valid, "test": test}.items():
        replies = generate.replies(tuned, tokenizer, chat.prompts(tokenizer, rows), REPLY_TOKENS)
        found[split] = [int(desk.is_fit(reply, row)) for reply, row in zip(replies, rows, strict=True)]
    losses = sft.row_losses(tuned, tokenizer, valid)
    return {"valid_losses": losses, **found, "replies": replies}


def run(choice: model.Choice, seed: int, folder: Path) -> dict:
    """One long run with its looks, first to last. The checkpoints in ``folder`` are gone at its end."""
    from peft import PeftModel

    valid, test = held_out("valid", VALID_PER_KIND), held_out("test", TEST_PER_KIND)
    rows = [house.in_house_words(row) for row in texts.balanced(texts.conversations("train"), PER_KIND, seed)]
    shutil.rmtree(folder, ignore_errors=True)
    made = sft.fine_tune(choice, rows, lr=LR, steps=STEPS, seed=seed, batch_size=BATCH_SIZE, lora=sft.LORA,
                         output_dir=str(folder), save_strategy="steps", save_steps=STEPS // LOOKS, save_only_model=True)
    looks = []
    for step in range(STEPS // LOOKS, STEPS + 1, STEPS // LOOKS):
        base, tokenizer = sft.load(choice)
        tuned = PeftModel.from_pretrained(base, folder / f"checkpoint-{step}").eval()
        looks.append({"step": step, **examine(tuned, tokenizer, valid, test)})
        mean = sum(looks[-1]["valid_losses"]) / len(valid)
        print(f"seed {seed}, step {step}: loss {mean:.3f}, fit {sum(looks[-1]['valid'])} of {len(valid)} valid, "
              f"{sum(looks[-1]['test'])} of {len(test)} test", flush=True)
    shutil.rmtree(folder)
    return {"seed": seed, "model": choice.name, "dtype": choice.dtype, "examples": len(rows), "lr": LR,
            "batch_size": BATCH_SIZE, "train_s": round(made.seconds), "looks": looks}


def parts() -> list[Path]:
    """The files of the runs that are there, by seed."""
    return sorted((paths.runs() / FOLDER).glob("seed-*.json"))


def gather() -> list[dict]:
    """The runs that are there, by seed: each look with its packed scores (``ftlab.evidence.packed``), no replies."""
    found = []
    for path in parts():
        one = files.read_json(path)
        looks = [{"step": look["step"], **{key: pack(look[key]) for key in ("valid_losses", "valid", "test")}}
                 for look in one["looks"]]
        found.append({**one, "looks": looks})
    return found


def main() -> None:
    """Makes the run of one seed, into ``runs/desk-stops``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.desk_stops", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    path = paths.runs() / FOLDER / f"seed-{seed}.json"
    if stored.is_kept(path):
        print(f"{path.name} is there already; delete it to run it again")
        return
    stored.keep(path, run(model.choose(), seed, path.with_suffix("")), __name__)


if __name__ == "__main__":
    main()
