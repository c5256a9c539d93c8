"""How the lab model is trained, from the first token on. ``ftlab pretrain --help``.

The loss on the answers of question pages is a mean of its own, so the answers weigh as much as all the rest.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import asdict
from pathlib import Path

from ftlab import files, paths
from ftlab.model import precision
from ftlab.workshop import origin
from ftlab.workshop.reading import batch, sample_texts
from ftlab.workshop.recipe import Recipe, learning_rate


def build(recipe: Recipe, tokenizer):
    """A fresh Llama of the recipe's shape."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    torch.manual_seed(recipe.seed)
    config = LlamaConfig(
        vocab_size=recipe.vocab_size,
        hidden_size=recipe.hidden_size,
        intermediate_size=recipe.intermediate_size,
        num_hidden_layers=recipe.num_hidden_layers,
        num_attention_heads=recipe.num_attention_heads,
        num_key_value_heads=recipe.num_attention_heads,
        max_position_embeddings=recipe.row_tokens,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return AutoModelForCausalLM.from_config(config)


def optimizers(model, recipe: Recipe) -> list:
    """Muon for the matrices inside the layers, AdamW for embeddings and norms."""
    import torch

    from ftlab.workshop.muon import Muon

    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    rest = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    if recipe.optimizer == "adamw":
        return [torch.optim.AdamW(model.parameters(), lr=recipe.lr, betas=(0.9, 0.95), weight_decay=0.05)]
    return [
        Muon(matrices, lr=recipe.lr, dtype=getattr(torch, precision()[1])),
        torch.optim.AdamW(rest, lr=recipe.lr, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def losses(model, body, input_ids, answers, in_full):
    """The mean loss in nats a token: on the rows that are read in full, and on the answers of all question pages.

    The logits, a third of the work at this size, are computed for counted tokens only. A part without counted tokens
    has a loss of zero.
    """
    import torch

    hidden = body(input_ids=input_ids, use_cache=False).last_hidden_state[:, :-1]
    targets, answers = input_ids[:, 1:], answers[:, 1:]
    in_full = in_full[:, None].expand_as(answers)
    counted = answers | in_full
    logits = model.lm_head(hidden[counted]).float()
    each = torch.nn.functional.cross_entropy(logits, targets[counted], reduction="none")
    parts = each[in_full[counted]], each[answers[counted]]
    return tuple(part.mean() if part.numel() else part.sum() for part in parts)  # the mean of nothing is not a number


def train(recipe: Recipe, tokenizer, folder: Path, checkpoint_every=100, show_every=20, on_step=None, compiled=False,
          keep_every=0):
    """Trains from scratch, or from the checkpoint in ``folder`` if there is one of the same recipe.

    Warns on stderr if the texts of the checkpoint's run were made from other tables or modules than there are now.

    Args:
        folder: Where the checkpoint, the log (``log.jsonl``), the machines that trained (``machines.json``) and at the
            end the model are written.
        keep_every: Steps between snapshots of the weights, ``at-STEP.pt``, which stay; 0 for none.
        on_step: Called with each log row.
        compiled: Whether to compile the model: about a quarter faster after a minute, and needs a C++ compiler.
    Returns:
        The trained model.
    Raises:
        ValueError: If ``folder`` holds a checkpoint of another recipe.
    """
    import torch

    from ftlab.workshop import attention

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    device, dtype, _ = precision()
    model = build(recipe, tokenizer).to(device)
    if device == "cpu":
        model.set_attn_implementation(attention.register())  # for rows without padding, as these are
    optims = optimizers(model, recipe)
    checkpoint, start, log, spent, machines = folder / "checkpoint.pt", 0, [], 0.0, []
    sources = origin.sources()
    running: list[tuple[float, float]] = []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        if state["recipe"] != asdict(recipe):
            expected = {key: value for key, value in asdict(recipe).items() if state["recipe"].get(key) != value}
            found = {key: state["recipe"].get(key) for key in expected}
            raise ValueError(
                f"{checkpoint}: expected a checkpoint of this recipe ({expected}), found one of another ({found}). "
                "Give the same options, or choose another --out folder."
            )
        model.load_state_dict(state["model"])
        for optim, saved in zip(optims, state["optims"], strict=True):
            optim.load_state_dict(saved)
        start, log, spent = state["step"], state["log"], state["spent_s"]
        running = state.get("running", [])
        machines = state.get("machines", [])
        # A checkpoint without sources was written before they were kept.
        if warning := origin.warning(state.get("sources", sources), sources):
            print(f"{checkpoint}: {warning}", file=sys.stderr)
    machines = [*machines, {"from_step": start, **origin.machine(), "compiled": compiled}]
    model.train()
    body = torch.compile(model.model) if compiled else model.model
    began = time.perf_counter() - spent
    last = recipe.steps
    for step in range(start, last):
        input_ids, answers, in_full = (t.to(device) for t in batch(tokenizer, recipe, step))
        for optim in optims:
            for group in optim.param_groups:
                group["lr"] = learning_rate(recipe, step)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=dtype == "bfloat16"):
            full_loss, answer_loss = losses(model, body, input_ids, answers, in_full)
        (full_loss + answer_loss).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optim in optims:
            optim.step()
            optim.zero_grad()
        running.append((full_loss.item(), answer_loss.item()))
        done = step + 1
        if done % show_every == 0 or done == last:
            elapsed = time.perf_counter() - began
            entry = {
                "step": done,
                "tokens": done * recipe.rows * recipe.row_tokens,
                "plain_loss": round(sum(p for p, _ in running) / len(running), 4),
                "answer_loss": round(sum(a for _, a in running) / len(running), 4),
                "elapsed_s": round(elapsed, 1),
            }
            log.append(entry)
            running.clear()
            if on_step:
                on_step(entry)
        kept = {"recipe": asdict(recipe), "step": done, "model": model.state_dict()}
        if keep_every and done % keep_every == 0:
            _write(kept, folder / f"at-{done}.pt")
        if done % checkpoint_every == 0 or done == last:
            more = {
                "optims": [optim.state_dict() for optim in optims],
                "log": log,
                "running": running,
                "spent_s": time.perf_counter() - began,
                "sources": sources,
                "machines": machines,
            }
            _write(kept | more, checkpoint)
            files.write_jsonl(folder / "log.jsonl", log)
            files.write_json(folder / "machines.json", machines)
    return model


def _write(state: dict, path: Path) -> None:
    """Through a file of ours a full disk is an OSError with its remedy; torch's own file gives a RuntimeError."""
    import torch

    with files.atomic_path(path) as temporary, temporary.open("wb") as file:
        torch.save(state, file)


def save(model, tokenizer, folder: Path) -> None:
    """Writes the model as bf16 safetensors with its tokenizer, readable by ``from_pretrained``."""
    import torch

    model.to("cpu", torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for path in Path(folder).glob("*.safetensors"):
        path.chmod(0o644)  # safetensors writes files that only their owner can read


def curve(log: list[dict], width: int = 60) -> str:
    """The answers' loss as a line of text blocks, for a terminal."""
    if not log:
        return ""
    picked = [log[i * len(log) // min(width, len(log))]["answer_loss"] for i in range(min(width, len(log)))]
    top = max(picked) or 1.0
    return "".join("▁▂▃▄▅▆▇█"[min(7, int(8 * value / top))] for value in picked)


def main(argv: list[str] | None = None) -> int:
    """``ftlab pretrain``: trains the lab model, resuming if a checkpoint is there."""
    parser = argparse.ArgumentParser(prog="ftlab pretrain", description=__doc__)
    parser.add_argument("--out", type=Path, default=None, help="folder of the run (default: runs/pretrain)")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="optimizer steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=Recipe.rows, help="rows of 512 tokens a step; a GPU takes 64")
    parser.add_argument("--lr", type=float, default=Recipe.lr)
    parser.add_argument("--optimizer", choices=["muon", "adamw"], default=Recipe.optimizer)
    parser.add_argument("--checkpoint-every", type=int, default=100, help="steps between checkpoints")
    parser.add_argument("--keep-every", type=int, default=0, metavar="N",
                        help="keep the weights of every Nth step, for the bars over tokens (22 MB each; default: none)")
    parser.add_argument("--compile", action="store_true", help="compile the model first (faster; needs a C++ compiler)")
    args = parser.parse_args(argv)
    recipe = Recipe(
        seed=args.seed,
        steps=args.steps,
        rows=args.rows,
        lr=args.lr,
        optimizer=args.optimizer,
    )
    folder = args.out or paths.runs() / "pretrain"
    try:
        _run(recipe, folder, args)
    except (ValueError, OSError) as error:
        print(f"ftlab pretrain: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nftlab pretrain: stopped. The same command goes on from the last checkpoint in {folder}.",
              file=sys.stderr)
        return 130
    return 0


def _run(recipe: Recipe, folder: Path, args: argparse.Namespace) -> None:
    """Trains with one line of progress for each log row, and saves the model with its recipe."""
    from ftlab.workshop import tokenizer as tokenizers

    if (folder / "tokenizer.json").exists():
        tokenizer = tokenizers.load(folder)
    else:
        print("training the tokenizer", flush=True)
        tokenizer = tokenizers.train(sample_texts(20_000), recipe.vocab_size, recipe.row_tokens)
        tokenizer.save_pretrained(folder)

    def show(entry: dict) -> None:
        share = entry["step"] / recipe.steps
        left = entry["elapsed_s"] / entry["step"] * (recipe.steps - entry["step"])
        history.append(entry)
        print(
            f"step {entry['step']:5d}/{recipe.steps} {share:4.0%}  loss {entry['plain_loss']:.3f} plain, "
            f"{entry['answer_loss']:.3f} answers (nats a token)  "
            f"{entry['tokens'] / max(0.1, entry['elapsed_s']):,.0f} tokens/s  "
            f"{math.ceil(left / 60)} min left  {curve(history, 30)}",
            flush=True,
        )

    history: list[dict] = []
    model = train(recipe, tokenizer, folder, args.checkpoint_every, on_step=show, compiled=args.compile,
                  keep_every=args.keep_every)
    save(model, tokenizer, folder / "model")
    files.write_text(folder / "recipe.json", json.dumps(asdict(recipe), indent=1) + "\n")
    print(f"saved {folder / 'model'}")
    print(f"To put it in the lab model's place, with its card: python -m ftlab.workshop.card --run {folder}")
    if any(folder.glob("at-*.pt")):
        print(f"Before that, for the bars over tokens: python -m ftlab.workshop.snapshots --run {folder}")
