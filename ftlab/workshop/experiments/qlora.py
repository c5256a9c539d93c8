"""What four bits cost: the course's desk run on the real model, its frozen base as it is (LoRA) or in NF4 (QLoRA).

Six runs of about four minutes are too long for a lesson, so they are stored, and notebook 04 shows what is stored:
``python -m ftlab.workshop.experiments.qlora --way qlora --seed 0`` for both ways and seeds 0 to 2, ``--untuned --way
qlora`` for both ways, then ``--gather``. What is there already, of these rows and this base model, is not run again.
Needs the extra ``qlora``.
"""

from __future__ import annotations

import argparse
import logging
from datetime import date
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from ftlab import files, model, paths, texts
from ftlab.course import doctor
from ftlab.evidence.packed import pack
from ftlab.tuning import chat, quantized, sft
from ftlab.workshop import stored
from ftlab.workshop.experiments import bound, lora_against_full
from ftlab.world import house

# Fixed before the first run. Both ways have the rate of the course's other notebooks, chosen for neither; the same
# conversations in the same order, the same steps, the same first A and B, and an adapter in fp32: only the base
# differs. (TRL would turn QLoRA's adapter into bf16, and then two things would differ.)
LR, SEEDS = 1e-3, (0, 1, 2)
TEST_PER_KIND, FACTS = 15, 80  # test conversations of each kind, and questions about the real world
WAYS = ("lora", "qlora")
FOLDER = "qlora"


def four_bits(choice: model.Choice):
    """The untuned model as QLoRA trains on it: its blocks' linear layers in NF4 with scales in 8 bits, all frozen.

    Raises:
        ImportError: If bitsandbytes is not installed.
    """
    if find_spec("bitsandbytes") is None:
        raise ImportError(
            "expected bitsandbytes, which holds weights in 4 bits, found no such package. Install the "
            "extra: pip install -e '.[qlora]'"
        )
    import torch
    from peft import prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    base = AutoModelForCausalLM.from_pretrained(
        choice.path,
        quantization_config=BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=getattr(torch, choice.dtype)
        ),
        device_map={"": choice.device},
        dtype=torch.float32,
        attn_implementation="eager",
        use_safetensors=True,
    )  # fmt: skip
    return prepare_model_for_kbit_training(base, use_gradient_checkpointing=False)


def tune(choice: model.Choice, way: str, rows: list[dict], seed: int, steps: int = lora_against_full.STEPS) -> sft.Run:
    """As ``sft.fine_tune`` tunes with LoRA, on a base that is as it is or in 4 bits."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from trl import SFTConfig, SFTTrainer

    from ftlab.tuning.loss import can_be_lean
    from ftlab.tuning.trainer import HandLoss

    base, tokenizer = sft.load(choice)
    # Asked of the plain model: on some processors a model in 4 bits that has computed without gradients holds its
    # weights in another order from then on, and passes hardly any gradient back.
    lean = can_be_lean(base)
    if way == "qlora":
        del base
        base = four_bits(choice)
    torch.manual_seed(seed)
    wrapped = get_peft_model(base, LoraConfig(**sft.LORA, task_type="CAUSAL_LM"))
    start = {name: p.detach().clone() for name, p in wrapped.named_parameters() if p.requires_grad}
    trainer = (HandLoss if lean else SFTTrainer)(
        model=wrapped,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(chat.pairs(tokenizer, rows)),
        args=SFTConfig(
            output_dir=str(paths.runs() / "sft"),
            save_strategy="no",
            max_steps=steps,
            per_device_train_batch_size=lora_against_full.BATCH_SIZE,
            learning_rate=LR,
            lr_scheduler_type="linear",
            warmup_steps=0.1,
            seed=seed,
            bf16=choice.dtype == "bfloat16",
            use_cpu=choice.device == "cpu",
            activation_checkpointing=False,
            train_sampling_strategy="group_by_length",
            logging_steps=max(1, steps // 10),
            report_to="none",
        ),
    )
    for name, p in trainer.model.named_parameters():
        if name in start:
            p.data = start[name]  # in fp32 again
    seconds = trainer.train().metrics["train_runtime"]
    return sft.Run(trainer.model.eval(), tokenizer, trainer.state.log_history, seconds)


def measure(choice: model.Choice, way: str, seed: int) -> dict:
    """One way with one seed: what it holds, what it takes, what it scores, what it keeps."""
    rows = texts.balanced(texts.conversations("train"), lora_against_full.PER_KIND, seed)
    run = tune(choice, way, [house.in_house_words(row) for row in rows], seed)
    found = {
        "way": way, "lr": LR, "seed": seed, "model": choice.name, "dtype": choice.dtype, "library": library(),
        "machine": doctor.machine(), bound.KEY: lora_against_full.made_of(choice), "seconds": round(run.seconds, 1),
        "peak_bytes": lora_against_full.peak_bytes(choice.device),  # nothing has been written yet
        "weight_bytes": quantized.weight_bytes(run.model),
        "losses": [entry["loss"] for entry in run.log if "loss" in entry],
        "valid_losses": sft.row_losses(run.model, run.tokenizer, lora_against_full.valid_rows()),
        **lora_against_full.examine(run.model, run.tokenizer, TEST_PER_KIND, FACTS),
    }  # fmt: skip
    print(way, f"seed {seed}", lora_against_full.summary(found), found["weight_bytes"], flush=True)
    return found


def untuned(choice: model.Choice, way: str) -> dict:
    """The base before any tuning, as it is or in 4 bits: what it knows of the world, and its validation losses."""
    import torch

    base, tokenizer = sft.load(choice)
    if way == "qlora":
        base = four_bits(choice).eval()
    with torch.autocast(choice.device, torch.bfloat16, enabled=choice.dtype == "bfloat16"):
        kept, answers = lora_against_full.facts(base, tokenizer, FACTS)
        losses = sft.row_losses(base, tokenizer, lora_against_full.valid_rows())
    return {"way": way, "library": library(), bound.KEY: lora_against_full.made_of(choice), **kept, "answers": answers,
            "valid_losses": losses}  # fmt: skip


def library() -> str:
    """Which library held the weights in 4 bits."""
    return f"bitsandbytes {metadata.version('bitsandbytes')}"


def kept(name: str) -> Path:
    """Where the result of one run, or of an untuned base, lies in ``runs``."""
    return paths.runs() / FOLDER / f"{name}.json"


def parts() -> list[Path]:
    """The files of the runs of the present code, after those of both untuned bases."""
    return [*(kept(f"untuned-{way}") for way in WAYS), *bound.finished(paths.runs() / FOLDER)]


def gather() -> dict:
    """What notebook 04 shows: the untuned base both ways, and a row for each run with its scores by prompt.

    Raises:
        ValueError: If a base was not asked by the present code, or the runs are not of one base model.
    """
    if missing := [way for way in WAYS if not stored.is_kept(kept(f"untuned-{way}"))]:
        raise ValueError(f"{paths.runs() / FOLDER}: expected both untuned bases' scores by the present code, found "
                         f"none of {missing[0]}. Run: python -m ftlab.workshop.experiments.qlora --untuned --way "
                         f"{missing[0]}")
    found = [files.read_json(path) for path in parts()]
    bases, runs = dict(zip(WAYS, found, strict=False)), found[len(WAYS):]
    plain = ("way", "lr", "seed", "seconds", "peak_bytes", "weight_bytes")
    made, first = bound.of_all(found, paths.runs() / FOLDER), runs[0]
    return {
        "date": date.today().isoformat(), "machine": first["machine"], "library": first["library"], bound.KEY: made,
        "model": first["model"], "dtype": first["dtype"], "kinds": first["kinds"],
        "settings": {"lr": LR, "per_kind": lora_against_full.PER_KIND, "steps": lora_against_full.STEPS,
                     "batch_size": lora_against_full.BATCH_SIZE, "valid_per_kind": lora_against_full.VALID_PER_KIND,
                     "test_per_kind": TEST_PER_KIND, "facts": FACTS},
        "untuned": {way: {key: pack(base[key]) for key in ("knows", "valid_losses")} for way, base in bases.items()},
        "runs": [{**{key: run[key] for key in plain}, **{key: pack(run[key]) for key in lora_against_full.PACKED},
                  "first_replies": run["replies"][:3]} for run in runs],
    }  # fmt: skip


def main() -> None:
    """Runs one way with one seed, or asks an untuned base, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.qlora", description=__doc__)
    parser.add_argument("--way", choices=WAYS, default="qlora")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--untuned", action="store_true", help="ask the base of this way before any tuning")
    parser.add_argument("--gather", action="store_true", help="write data/stored/qlora.json from the runs")
    args = parser.parse_args()
    if args.gather:
        stored.write(FOLDER, gather(), __name__, parts())
        return
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it asks for a further package, of faster kernels
    path = kept(f"untuned-{args.way}" if args.untuned else f"{args.way}-seed-{args.seed}")
    choice = model.choose()
    if bound.is_there(path, lora_against_full.made_of(choice)):
        return
    found = untuned(choice, args.way) if args.untuned else measure(choice, args.way, args.seed)
    stored.keep(path, found, __name__)


if __name__ == "__main__":
    main()
