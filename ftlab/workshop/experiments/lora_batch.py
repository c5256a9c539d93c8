"""LoRA and full fine-tuning over batch sizes, at equal examples: the lab model, each way at the best of four rates.

*LoRA Without Regret* (2025) reports that LoRA bears large batches less well. 24 trainings for each seed are too many
for a lesson, so they are stored, and notebook 04 shows what is stored: ``python -m
ftlab.workshop.experiments.lora_batch --way lora --seed 0`` for both ways and seeds 0 to 2 (twelve trainings each, about
five minutes), then ``--gather``. What is there already, of this lab model, is not run again.
"""

from __future__ import annotations

import argparse
import math
from datetime import date
from pathlib import Path
from statistics import fmean

from ftlab import files, model, paths, texts
from ftlab.course import doctor
from ftlab.evidence.packed import pack
from ftlab.tuning import sft
from ftlab.workshop import stored
from ftlab.workshop.experiments import bound

# Fixed before the first run. One pass over the same conversations, whatever the batch, so that every run has seen
# equally much. The rates are those of notebook 04's sweep; at each size each way counts with the one that has the
# lowest loss on validation conversations, and is reported by its loss on test conversations.
ROWS, SIZES = 480, (4, 16, 48)  # training conversations; conversations a step: 120, 30 and 10 steps
RATES = {"full": (3e-4, 1e-3, 3e-3, 1e-2), "lora": (1e-3, 3e-3, 1e-2, 3e-2)}
VALID, TEST = 60, 100  # conversations to choose a rate by, and to report
SEEDS = (0, 1, 2)
FOLDER = "lora-batch"
WORST = 99.0  # nats a token: stands for the loss of a run that broke down


def losses(run: sft.Run, rows: list[dict]) -> list[float]:
    """The loss on each conversation's reply, finite even where a training broke down."""
    return [loss if math.isfinite(loss) else WORST for loss in sft.row_losses(run.model, run.tokenizer, rows)]


def made_of(choice: model.Choice) -> dict[str, str]:
    """The fingerprints of the base model and of all conversations that these runs may read."""
    return bound.made_of(choice, *(texts.plain_conversations(split) for split in ("train", "valid", "test")))


def measure(choice: model.Choice, way: str, size: int, lr: float, seed: int) -> dict:
    """One way with one batch size at one rate."""
    rows = texts.sample(texts.plain_conversations("train"), ROWS, seed)
    lora = sft.LORA if way == "lora" else None
    run = sft.fine_tune(choice, rows, lr=lr, steps=ROWS // size, batch_size=size, seed=seed, lora=lora,
                        disable_tqdm=True)  # fmt: skip
    valid, test = (texts.plain_conversations(split) for split in ("valid", "test"))
    found = {
        "way": way, "batch_size": size, "lr": lr, "seed": seed, "steps": ROWS // size, "model": choice.name,
        bound.KEY: made_of(choice), "dtype": choice.dtype, "machine": doctor.machine(),
        "seconds": round(run.seconds, 1),
        "valid_losses": losses(run, valid[:VALID]), "losses": losses(run, test[:TEST]),
    }  # fmt: skip
    print(
        way,
        f"batch {size}, rate {lr:g}, seed {seed}: valid {fmean(found['valid_losses']):.3f}, "
        f"test {fmean(found['losses']):.3f}, {run.seconds:.0f} s",
        flush=True,
    )
    return found


def kept(way: str, size: int, lr: float, seed: int) -> Path:
    """Where one training's result lies in ``runs``."""
    return paths.runs() / FOLDER / f"{way}-batch-{size}-rate-{lr:g}-seed-{seed}.json"


def parts() -> list[Path]:
    """The files of the trainings by the present code."""
    return bound.finished(paths.runs() / FOLDER)


def gather() -> dict:
    """What notebook 04 shows: for each way and size the chosen runs, and of every run its rate and its mean losses.

    Raises:
        ValueError: If there are none by the present code, or they are of more than one lab model, or of more than one
            set of conversations.
    """
    runs = [files.read_json(path) for path in parts()]
    made = bound.of_all(runs, paths.runs() / FOLDER)
    first = runs[0]
    return {
        "date": date.today().isoformat(), "machine": first["machine"], "model": first["model"],
        "dtype": first["dtype"], bound.KEY: made,
        "settings": {"rows": ROWS, "sizes": SIZES, "rates": RATES, "valid": VALID, "test": TEST, "lora": sft.LORA},
        "best": [best(runs, way, size) for size in SIZES for way in RATES],
        "runs": [{**{key: run[key] for key in ("way", "batch_size", "lr", "seed", "seconds")},
                  "valid_loss": round(fmean(run["valid_losses"]), 4), "loss": round(fmean(run["losses"]), 4)}
                 for run in runs],
    }  # fmt: skip


def best(runs: list[dict], way: str, size: int) -> dict:
    """Of each seed the run with the lowest validation loss: its rate, and its loss on every test conversation."""
    tried = [run for run in runs if (run["way"], run["batch_size"]) == (way, size)]
    seeds = sorted({run["seed"] for run in tried})
    chosen = [
        min((run for run in tried if run["seed"] == seed), key=lambda run: fmean(run["valid_losses"])) for seed in seeds
    ]
    rates = [run["lr"] for run in chosen]
    return {
        "way": way, "batch_size": size, "steps": chosen[0]["steps"], "seeds": seeds, "rates": rates,
        "edge": bool({RATES[way][0], RATES[way][-1]} & set(rates)),  # a rate beyond those tried may do better
        "losses": [pack([round(loss, 4) for loss in run["losses"]]) for run in chosen],
    }  # fmt: skip


def main() -> None:
    """Runs all sizes and rates of one way with one seed, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.lora_batch", description=__doc__)
    parser.add_argument("--way", choices=list(RATES), default="lora")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gather", action="store_true", help="write data/stored/lora-batch.json from the runs")
    args = parser.parse_args()
    if args.gather:
        stored.write(FOLDER, gather(), __name__, parts())
        return
    lab = model.lab()
    for size in SIZES:
        for lr in RATES[args.way]:
            path = kept(args.way, size, lr, args.seed)
            if not bound.is_there(path, made_of(lab)):  # a run of an older lab model is made anew
                stored.keep(path, measure(lab, args.way, size, lr, args.seed), __name__)


if __name__ == "__main__":
    main()
