"""Is the arithmetic of memory right? A training step's measured peak beside ``ftlab.tuning.memory.training_bytes``.

``python -m ftlab.workshop.experiments.memory_peaks --way LoRA --tokens 1024`` for each of ``WAYS`` and ``TOKENS``, each
in a process of its own, then ``--gather``; half a minute each on two cores. On a machine with a CUDA card the same
lines measure the card's memory. ``--shape "SmolLM2 1.7B"`` takes a model of that build with random weights in place of
the real one, since memory does not depend on their values. The way QLoRA needs the extra ``qlora``.

What was fixed before the first run: the formats are those that the function counts (full: weights in fp32; the others:
base in bf16, or in 4 bits with the rest in bf16; what trains, its gradients and Adam's numbers in fp32; bf16 autocast;
each block computed again on the way back; an attention that keeps no matrix). Rows of 256 tokens, three steps, so that
the optimizer's state is there. A processor's peak is the growth of the whole process over what it held before the model
was loaded; a card's is what torch allocated at most. The function is taken for good within a factor of ``FACTOR``.
"""

from __future__ import annotations

import argparse
import threading
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ftlab import files, model, paths
from ftlab.course import doctor
from ftlab.tuning import memory, sft
from ftlab.workshop import stored

WAYS, TOKENS, ROW, STEPS = memory.WAYS, (1024, 4096), 256, 3
FACTOR = 2
FOLDER = "memory-peaks"


def peak_bytes(device: str) -> int:
    """The most memory held so far: of the GPU if the model is on one, else of this process."""
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated()
    import psutil

    return getattr(psutil.Process().memory_info(), "peak_wset", None) or high_water_bytes()


def high_water_bytes() -> int:
    """The most memory that this process has held so far, where psutil does not say."""
    import resource
    import sys

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


@contextmanager
def watched(device: str):
    """A list that holds the most bytes seen within the block, as its one entry, once the block is over."""
    import psutil
    import torch

    seen, over = [0], threading.Event()
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        yield seen
        torch.cuda.synchronize()
        seen[0] = torch.cuda.max_memory_allocated()
        return

    def watch() -> None:
        while not over.is_set():
            seen[0] = max(seen[0], psutil.Process().memory_info().rss)
            time.sleep(0.002)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def built(choice: model.Choice, way: str, shape: str | None = None):
    """A model as the function counts it, ready to train, on its device.

    Args:
        shape: A name of ``memory.SHAPES``, for random weights in place of the real model's; not for QLoRA.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig

    dtype = torch.float32 if way == "full" else torch.bfloat16
    how = {"attn_implementation": "sdpa", "dtype": dtype}
    if way == "QLoRA":
        how["quantization_config"] = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4",
                                                        bnb_4bit_use_double_quant=True,
                                                        bnb_4bit_compute_dtype=torch.bfloat16)  # fmt: skip
        how["device_map"] = {"": choice.device}
    if shape:
        build = next(each for each in memory.SHAPES if each.name == shape)
        config = AutoConfig.from_pretrained(choice.path)
        config.update({"num_hidden_layers": build.layers, "hidden_size": build.width, "vocab_size": build.vocabulary,
                       "intermediate_size": build.inner, "head_dim": 64, "num_attention_heads": build.width // 64,
                       "num_key_value_heads": build.kv_width // 64, "tie_word_embeddings": build.tied})  # fmt: skip
        some_model = AutoModelForCausalLM.from_config(config, **how)
    else:
        some_model = AutoModelForCausalLM.from_pretrained(choice.path, use_safetensors=True, **how)
    if way != "QLoRA":
        some_model = some_model.to(choice.device)
    some_model.config.use_cache = False
    some_model.activation_checkpointing_enable({"use_reentrant": False})
    if way != "full":
        some_model = get_peft_model(some_model, LoraConfig(**sft.LORA, task_type="CAUSAL_LM"))
        for p in some_model.parameters():
            if p.requires_grad:
                p.data = p.data.float()
    return some_model.train()


def measure(choice: model.Choice, way: str, tokens: int, shape: str | None = None) -> dict:
    """The peak of three steps on so many tokens, and what the function says of it."""
    import psutil
    import torch

    torch.manual_seed(0)
    (torch.ones(2, 2) @ torch.ones(2, 2)).sum()  # so that torch's own start is not counted
    before = 0 if choice.device == "cuda" else psutil.Process().memory_info().rss
    some_model = built(choice, way, shape)
    build = memory.shape_of(some_model.config)
    optimizer = torch.optim.AdamW([p for p in some_model.parameters() if p.requires_grad], lr=1e-6)
    ids = torch.randint(0, build.vocabulary, (tokens // ROW, ROW), device=choice.device)
    with watched(choice.device) as seen:
        for _ in range(STEPS):
            optimizer.zero_grad()
            with torch.autocast(choice.device, torch.bfloat16):
                loss = some_model(input_ids=ids, labels=ids).loss
            loss.backward()
            optimizer.step()
    parts = memory.training_bytes(build, way, rank=sft.LORA["r"], tokens=tokens)
    found = {"way": way, "tokens": tokens, "model": shape or choice.name, "machine": doctor.machine(),
             "device": torch.cuda.get_device_name() if choice.device == "cuda" else "processor",
             "peak_bytes": seen[0] - before, "parts": parts, "predicted_bytes": sum(parts.values())}  # fmt: skip
    print(way, tokens, found["model"], found["device"], f"measured {found['peak_bytes'] / memory.GIB:.2f} GiB, "
          f"predicted {found['predicted_bytes'] / memory.GIB:.2f} GiB", flush=True)  # fmt: skip
    return found


def parts() -> list[Path]:
    """The files of the peaks that the present code measured; the others are left out."""
    return [path for path in sorted((paths.runs() / FOLDER).glob("*.json")) if stored.is_kept(path)]


def gather() -> dict:
    """What notebook 04 shows: each measured peak beside the prediction."""
    found = [files.read_json(path) for path in parts()]
    order = sorted(found, key=lambda run: (run["device"], run["model"], run["tokens"], WAYS.index(run["way"])))
    return {"date": date.today().isoformat(), "row": ROW, "steps": STEPS, "runs": order}


def main() -> None:
    """Measures one way at one size, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.memory_peaks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--tokens", type=int, choices=TOKENS, default=TOKENS[0])
    parser.add_argument("--shape", choices=[shape.name for shape in memory.SHAPES])
    parser.add_argument("--gather", action="store_true", help="write data/stored/memory-peaks.json from the runs")
    args = parser.parse_args()
    if args.gather:
        stored.write(FOLDER, gather(), __name__, parts())
        return
    if args.way is None:
        parser.error("expected --way or --gather")
    choice = model.choose()
    found = measure(choice, args.way, args.tokens, args.shape)
    name = "-".join([found["device"], found["model"], args.way, str(args.tokens)]).replace(" ", "-")
    stored.keep(paths.runs() / FOLDER / f"{name}.json", found, __name__)


if __name__ == "__main__":
    main()
