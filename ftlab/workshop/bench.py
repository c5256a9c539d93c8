"""``make bench``: how fast the course trains, generates and starts on this machine, side by side in one run."""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

from ftlab import files, paths
from ftlab.model import Choice, choose, lab
from ftlab.tuning import chat, generate, sft

BARS = {"of TRL's defaults": 1.5, "of a bare loop": 0.9, "of one prompt at a time": 8.0}
IMPORT_S, FIRST_CELL_S = 0.3, 12  # bars, in seconds, with the files read from the disk before
OURS, DEFAULTS, FORMAT, BARE = "our settings", "TRL's defaults", "TRL's, format set", "a bare loop"


def rows(count: int) -> list[dict]:
    """Conversations to train on: the first ``count`` of the train split."""
    return files.read_jsonl(paths.data() / "quillmere" / "plain_train.jsonl")[:count]


def load(choice: Choice, attention: str, lora: dict | None = None):
    """A fresh model and its tokenizer; with ``lora``, only an addition to it is trained."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(choice.path)
    tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE
    model = AutoModelForCausalLM.from_pretrained(
        choice.path, dtype=torch.float32, attn_implementation=attention, use_safetensors=True
    )
    model = model.to(choice.device)
    if lora:
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(model, LoraConfig(**lora, task_type="CAUSAL_LM"))
    return model, tokenizer


def real_tokens(tokenizer, data: list[dict]) -> int:
    """Tokens of the conversations, padding not counted."""
    return sum(len(tokenizer.apply_chat_template(row["messages"])["input_ids"]) for row in data)


def time_trl(choice: Choice, data: list[dict], hand_loss: bool = False, lora=None, **options) -> float:
    """Real tokens a second of one pass of ``SFTTrainer`` over the rows, with its own loss or notebook 02's."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from ftlab.tuning.trainer import HandLoss

    model, tokenizer = load(choice, options.pop("attention", "sdpa"), lora)
    settings = {
        "output_dir": str(paths.runs() / "bench"),
        "num_train_epochs": 1,
        "save_strategy": "no",
        "report_to": "none",
    }
    if choice.device == "cpu":
        settings["use_cpu"] = True  # without it the defaults do not start on a CPU
    pairs = [{"prompt": row["messages"][:-1], "completion": row["messages"][-1:]} for row in data]
    trainer = (HandLoss if hand_loss else SFTTrainer)(
        model=model,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(pairs),
        args=SFTConfig(**{**settings, "disable_tqdm": True, "logging_strategy": "no", **options}),
    )
    start = time.perf_counter()
    trainer.train()
    return real_tokens(tokenizer, data) / (time.perf_counter() - start)


def time_bare(choice: Choice, data: list[dict], batch_size: int = 8, lora=None) -> float:
    """Real tokens a second of a bare PyTorch loop: similar lengths together, logits for the reply's tokens alone."""
    import torch

    model, tokenizer = load(choice, "eager", lora)
    inner = model.get_base_model() if lora else model
    encoded = []
    for row in data:
        ids = tokenizer.apply_chat_template(row["messages"])["input_ids"]
        prompt = tokenizer.apply_chat_template(row["messages"][:-1], add_generation_prompt=True)["input_ids"]
        encoded.append((ids, len(prompt)))
    encoded.sort(key=lambda pair: len(pair[0]))
    optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], lr=1e-3, fused=True)
    model.train()
    start = time.perf_counter()
    for first in range(0, len(encoded), batch_size):
        part = encoded[first : first + batch_size]
        width = max(len(ids) for ids, _ in part)
        input_ids = torch.full((len(part), width), tokenizer.pad_token_id)
        counted = torch.zeros(len(part), width, dtype=torch.bool)
        for i, (ids, prompt) in enumerate(part):
            input_ids[i, : len(ids)] = torch.tensor(ids)
            counted[i, prompt : len(ids)] = True
        input_ids, counted = input_ids.to(choice.device), counted.to(choice.device)
        with torch.autocast(choice.device, dtype=torch.bfloat16, enabled=choice.dtype == "bfloat16"):
            # Padding stands on the right, where causal attention never looks, so no attention mask is needed.
            hidden = inner.model(input_ids=input_ids, use_cache=False).last_hidden_state[:, :-1][counted[:, 1:]]
            loss = torch.nn.functional.cross_entropy(inner.lm_head(hidden).float(), input_ids[:, 1:][counted[:, 1:]])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
    return sum(len(ids) for ids, _ in encoded) / (time.perf_counter() - start)


def time_generation(choice: Choice, count: int, batch_size: int, max_new_tokens: int = 40) -> float:
    """New tokens a second, with every reply cut or filled to the same length."""
    model, tokenizer = load(choice, "sdpa")
    model.generation_config.min_new_tokens = max_new_tokens
    prompts = chat.prompts(tokenizer, rows(count))
    start = time.perf_counter()
    generate.replies(model, tokenizer, prompts, max_new_tokens, batch_size)
    return count * max_new_tokens / (time.perf_counter() - start)


def seconds(code: str, times: int = 3) -> float:
    """Wall seconds of a fresh Python that runs ``code``; the median of so many times."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def training(choice: Choice, count: int, rounds: int, lora: dict | None = None) -> dict[str, list[float]]:
    """Tokens a second of the four ways, in turn, ``rounds`` times.

    TRL computes in bf16 unless it is told otherwise, which a processor without it has to imitate: so its defaults are
    measured as they are, and with the number format set right.
    """
    bf16 = {"bf16": choice.dtype == "bfloat16"}
    ours = {
        "hand_loss": True,
        "attention": "eager",
        "per_device_train_batch_size": 8,
        "activation_checkpointing": False,
        "train_sampling_strategy": "group_by_length",
        "learning_rate": 1e-3,
        **bf16,
    }
    data = rows(count)
    time_trl(choice, data[:16], lora=lora, **ours)  # the first pass pays for imports and caches
    found: dict[str, list[float]] = {OURS: [], BARE: [], DEFAULTS: [], FORMAT: []}
    for _ in range(rounds):
        found[OURS].append(time_trl(choice, data, lora=lora, **ours))
        found[BARE].append(time_bare(choice, data, lora=lora))
        found[DEFAULTS].append(time_trl(choice, data, lora=lora))
        found[FORMAT].append(time_trl(choice, data, lora=lora, **bf16))
    return found


def writes(choice: Choice, rounds: int, bar: Callable[[float, str], str]) -> None:
    """Prints how fast replies are written, many at once and one by one."""
    pairs = [(time_generation(choice, 64, 64), time_generation(choice, 4, 1)) for _ in range(rounds)]
    print(f"writing, new tokens a second (median of {rounds})")
    print(f"  64 prompts at once {statistics.median(a for a, _ in pairs):8,.0f}")
    print(f"  one prompt at a time {statistics.median(b for _, b in pairs):6,.0f}")
    print(f"  at once: {bar(statistics.median(a / b for a, b in pairs), 'of one prompt at a time')}")


def main(argv: list[str] | None = None) -> int:
    """``ftlab bench``: prints the figures and exits 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="ftlab bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=400, help="conversations in a pass; the real model gets a tenth")
    parser.add_argument("--rounds", type=int, default=3, help="times that each way is measured")
    args = parser.parse_args(argv)
    import datasets
    import transformers

    datasets.disable_progress_bars()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    ok = True

    def bar(ratio: float, name: str) -> str:
        nonlocal ok
        ok &= ratio >= BARS[name]
        return f"{ratio:5.2f} times that {name} (bar {BARS[name]}) {'ok' if ratio >= BARS[name] else 'MISSED'}"

    for choice, count, lora in ((lab(), args.rows, None), (choose(), max(16, args.rows // 10), sft.LORA)):
        found = training(choice, count, args.rounds, lora)
        print(f"\n{choice}\n{'LoRA' if lora else 'full'} training, real tokens a second on the same {count} rows "
              f"(median of {args.rounds})")
        for name, values in found.items():
            print(f"  {name:<18} {statistics.median(values):8,.0f}   [{min(values):,.0f}, {max(values):,.0f}]")
        for other, name in ((DEFAULTS, "of TRL's defaults"), (BARE, "of a bare loop")):
            ratio = statistics.median(a / b for a, b in zip(found[OURS], found[other], strict=True))
            print(f"  ours: {bar(ratio, name)}")
        writes(choice, args.rounds, bar)

    print()
    imports, reply = first_cells()
    base = seconds("pass")
    for what, found, limit in (
        ("import ftlab", seconds("import ftlab") - base, IMPORT_S),
        ("until the first cell of 00 has run", seconds(imports), FIRST_CELL_S),
        ("until the first replies of 00 stand there", seconds(reply, times=1), None),
    ):
        ok &= limit is None or found <= limit
        told = "" if limit is None else f" (bar {limit} s) {'ok' if found <= limit else 'MISSED'}"
        print(f"{what}: {found:.2f} s{told}")
    print("where the first cell's time goes, in seconds of each package's own modules: "
          + ", ".join(f"{name} {each:.1f}" for name, each in import_profile(imports)))
    return int(not ok)


def first_cells() -> tuple[str, str]:
    """The source of the first code cell of notebook 00, and of all up to the one that first shows a model's replies."""
    notebook = files.read_json(paths.root() / "notebooks" / "00_start_here.ipynb")
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    asks = next(i for i, source in enumerate(cells) if "generate.replies(" in source)
    return cells[0], "\n\n".join(cells[: asks + 1])


def import_profile(code: str, count: int = 6) -> list[tuple[str, float]]:
    """The packages whose imports take longest when a fresh Python runs ``code``: (name, seconds), the longest first."""
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], check=True, capture_output=True, text=True)
    return slowest(done.stderr)[:count]


def slowest(report: str) -> list[tuple[str, float]]:
    """Of a report of ``python -X importtime``, the seconds that each package's own modules took, most first."""
    taken: Counter[str] = Counter()
    for line in report.splitlines():
        if found := re.match(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)", line):
            taken[found[2].partition(".")[0]] += int(found[1])
    return [(name, each / 1e6) for name, each in taken.most_common()]
