"""LoRA's ranks, layers, kinds and a larger batch on the real model: runs of ``lora_against_full`` with one change each.

Two minutes each, so they are stored: ``python -m ftlab.workshop.experiments.lora_variants --name "rank 2"`` for each of
``VARIANTS``, then ``--gather``. What is there already, of these rows and this base model, is not run again.

What was fixed before any of these runs, and why. They are told by their losses on validation conversations, which are
finer than a share of good replies and take seconds: so one seed each, and nothing is said about test conversations.
Rank, layers and kind have the rate that was the best of three in an earlier try of ``lora_against_full``. A larger
batch reads the same conversations in fewer steps, each way at the best rate of that try and at the next. Of the three
runs of rank 64 the first keeps ``alpha / rank`` as at rank 16; the others keep ``alpha`` instead, plainly and by
rsLoRA, each with the ``alpha`` that gives a factor of 2 at rank 16: at rank 64 their factors are 1/2 and 1.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from ftlab import files, model, paths
from ftlab.evidence.packed import pack
from ftlab.workshop import stored
from ftlab.workshop.experiments import bound, lora_against_full

SEED, FOLDER = 0, "lora-variants"
LR, LARGE = {"full": 3e-4, "lora": 3e-3}, 16  # peak learning rate of each way; conversations a step in large batches
VARIANTS = {  # by name: what differs from the run at batch 4, for LoRA of rank 16, alpha 32, on all linear layers
    "rank 2": {"r": 2, "lora_alpha": 4},
    "rank 64": {"r": 64, "lora_alpha": 128},
    "rank 64, alpha 32": {"r": 64},
    "rank 64, alpha 8, rsLoRA": {"r": 64, "lora_alpha": 8, "use_rslora": True},
    "attention": {"target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"]},
    "MLP": {"target_modules": ["gate_proj", "up_proj", "down_proj"]},
    "DoRA": {"use_dora": True},
    "LoRA, batch 16": {"batch_size": LARGE},
    "LoRA, batch 16, 0.01": {"batch_size": LARGE, "lr": 1e-2},
    "full, batch 16": {"batch_size": LARGE, "way": "full"},
    "full, batch 16, 0.001": {"batch_size": LARGE, "way": "full", "lr": 1e-3},
}


def kept(name: str) -> Path:
    """Where one variant's result lies in ``runs``."""
    return paths.runs() / FOLDER / f"{name.replace(', ', '-').replace(' ', '-')}.json"


def measure(choice: model.Choice, name: str) -> dict:
    """One variant: its losses on validation conversations, how many weights it trained, and the seconds."""
    changes = {"way": "lora", **VARIANTS[name]}
    found = lora_against_full.tune(choice, **{"lr": LR[changes["way"]], **changes}, seed=SEED)
    del found["run"]
    print(name, lora_against_full.summary(found), flush=True)
    return {"name": name, **found}


def gather() -> dict:
    """What notebook 04 shows beside ``lora.json``: a row for each variant. All must be there.

    Raises:
        ValueError: If one by the present code is missing, or they were not made of one base model and of the same rows.
    """
    if missing := [name for name in VARIANTS if not stored.is_kept(kept(name))]:
        raise ValueError(f"{kept(missing[0]).parent}: expected a run of each variant by the present code, found none "
                         f"of {'; '.join(missing)}. Run: python -m ftlab.workshop.experiments.lora_variants --name "
                         f"{missing[0]!r}")  # fmt: skip
    runs = [files.read_json(kept(name)) for name in VARIANTS]
    plain = ("name", "way", "lr", "seed", "batch_size", "steps", "trained", "seconds")
    return {
        "date": date.today().isoformat(), "model": runs[0]["model"], "dtype": runs[0]["dtype"],
        "machine": runs[0]["machine"], bound.KEY: bound.of_all(runs, kept(runs[0]["name"]).parent),
        "settings": {"lr": LR, "batch_size": lora_against_full.BATCH_SIZE, "large": LARGE, "seed": SEED},
        "runs": [{**{key: run[key] for key in plain}, "valid_losses": pack(run["valid_losses"])} for run in runs],
    }  # fmt: skip


def main() -> None:
    """Runs one variant unless it is there already, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.lora_variants", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--name", choices=list(VARIANTS))
    what.add_argument("--gather", action="store_true", help="write data/stored/lora-variants.json from the runs")
    args = parser.parse_args()
    if args.gather:
        stored.write(FOLDER, gather(), __name__, map(kept, VARIANTS))
        return
    choice = model.choose()
    if not bound.is_there(kept(args.name), lora_against_full.made_of(choice)):
        stored.keep(kept(args.name), measure(choice, args.name), __name__)


if __name__ == "__main__":
    main()
