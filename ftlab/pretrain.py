"""The recipe of the bundled base model: what it reads, in which order, and how it trains. ``ftlab pretrain --help``.

The model reads documents of the general world and the market (loss on every token), and question pages: generic shop
pages about products invented for each page, and sheets of general facts (loss on the answers alone). Batch ``i``
depends on the seed and ``i`` and nothing else, so a run that was killed resumes exactly where its last checkpoint was.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ftlab import files, paths

Spans = list[tuple[str, bool]]


@dataclass(frozen=True)
class Recipe:
    """Every number of the recipe.

    Attributes:
        steps: Optimizer steps.
        rows: Rows a step.
        row_tokens: Tokens a row; documents are packed into rows.
        lr: Peak learning rate, for both optimizers.
        warmup: Steps of linear warm-up.
        decay: Share of the steps, at the end, in which the learning rate falls to zero.
        stages: From which share of the run on: how often a page has one, two or three passages; how many rows in eight
            hold question pages; how many of these are read in full (loss on every token) instead of for their answers
            alone; and the share of shop pages whose questions are in customers' words. Reading in full teaches to
            repeat a name that was just invented, and customers' words to understand them (docs/LOG.md).
    """

    seed: int = 0
    steps: int = 2300
    rows: int = 8
    row_tokens: int = 512
    lr: float = 3e-3
    warmup: int = 60
    decay: float = 0.35
    stages: tuple[tuple[float, tuple[int, int, int], int, int, float], ...] = (
        (0.0, (1, 0, 0), 5, 0, 0.0),
        (360 / 2300, (4, 3, 3), 5, 0, 0.0),
        (600 / 2300, (1, 0, 0), 5, 2, 0.0),
        (900 / 2300, (4, 3, 3), 5, 2, 0.0),
        (1300 / 2300, (2, 3, 5), 7, 2, 0.0),
        (1800 / 2300, (5, 2, 3), 7, 1, 0.75),
    )
    answer_weight: float = 1.0
    optimizer: str = "muon"
    vocab_size: int = 4096
    hidden_size: int = 256
    intermediate_size: int = 640
    num_hidden_layers: int = 6
    num_attention_heads: int = 4


# --- what it reads ---


def general_sheet(random) -> Spans:
    """A sheet of questions on general facts, now and then with a few sums, answered from memory."""
    from ftlab.world import general

    style = random.choice(["Question: {q}\nAnswer:", "Question: {q}\nAnswer:", "Q: {q}\nA:"])
    pairs = general.qa_pairs(random, random.randint(5, 12))
    if random.random() < 0.15:
        pairs = general.sums(random, random.randint(4, 8))
    return [span for q, answer in pairs for span in ((style.format(q=q), False), (f" {answer}\n", True))]


def market_sheet(random) -> Spans:
    """A sheet of questions on the market, answered from memory."""
    from ftlab.world import market

    return [
        span
        for question, answer in market.qa_pairs(random, random.randint(4, 9))
        for span in ((f"Question: {question}\nAnswer:", False), (f" {answer}\n", True))
    ]


@dataclass(frozen=True)
class Pages:
    """What question pages are like at one stage of the run: see ``Recipe.stages``."""

    weights: tuple[int, int, int]
    rows: int
    in_full: int
    customers: float


def stage(recipe: Recipe, progress: float) -> Pages:
    """The stage at a share of the run."""
    return Pages(*max(each for each in recipe.stages if each[0] <= progress)[1:])


def question_page(random, pages: Pages) -> Spans:
    """A page with questions: a shop page (read the answer) or a sheet (know the answer)."""
    from ftlab.world import shops

    kind = random.random()
    if kind < 0.72:
        count = random.choices([1, 2, 3], pages.weights)[0] if any(pages.weights[1:]) else 1
        return shops.page(random, count, customers=pages.customers > 0 and random.random() < pages.customers)
    return general_sheet(random) if kind < 0.94 else market_sheet(random)


def plain_document(random) -> Spans:
    """A document read for its own sake: the general world, the market, now and then a shop page."""
    from ftlab.world import general, market, shops

    kind = random.random()
    if kind < 0.66:
        return [(general.document(random), True)]
    if kind < 0.92:
        return [(market.document(random), True)]
    return [(text, True) for text, _ in shops.page(random)]


def encode(tokenizer, spans: Spans) -> tuple[list[int], list[bool]]:
    """The token ids of a document and, for each, whether its span counts."""
    encoded = tokenizer([text for text, _ in spans])["input_ids"]
    counts = [counted for ids, (_, counted) in zip(encoded, spans, strict=True) for _ in ids]
    return [token for ids in encoded for token in ids], counts


def row(tokenizer, random, length: int, pages: Pages | None, in_full: bool) -> tuple[list[int], list[bool]]:
    """One row of ``length`` token ids with a flag a token: whether the loss counts it as a target.

    Args:
        pages: What its question pages are like; None for a row of plain documents.
        in_full: Whether every token counts, or the answers alone.
    """
    ids: list[int] = []
    counts: list[bool] = []
    while len(ids) < length:
        spans = question_page(random, pages) if pages else plain_document(random)
        new_ids, new_counts = encode(tokenizer, spans)
        if ids and pages and len(ids) + len(new_ids) > length:
            # A shop page that does not fit would lose its questions; a sheet may be cut anywhere.
            new_ids, new_counts = encode(tokenizer, general_sheet(random))
        ids += [*new_ids, tokenizer.eos_token_id]
        counts += [count or in_full for count in new_counts] + [in_full]
    return ids[:length], counts[:length]


def batch(tokenizer, recipe: Recipe, step: int):
    """The batch of one step.

    Returns:
        ``input_ids`` (B, T), ``counted`` (B, T), and ``for_answers`` (B,): the rows whose answers alone count.
    """
    import torch

    from ftlab.world.text import rng

    now = stage(recipe, step / recipe.steps)
    pages, full_rows = (round(n * recipe.rows / 8) for n in (now.rows, now.in_full))
    made = [
        row(
            tokenizer,
            rng("pretrain", recipe.seed, step, i),
            recipe.row_tokens,
            now if i < pages else None,
            in_full=i < full_rows or i >= pages,
        )
        for i in range(recipe.rows)
    ]
    for_answers = [full_rows <= i < pages for i in range(recipe.rows)]
    return (
        torch.tensor([ids for ids, _ in made]),
        torch.tensor([counts for _, counts in made]),
        torch.tensor(for_answers),
    )


def sample_texts(count: int, seed: int = 0) -> list[str]:
    """Documents in the recipe's proportions, as text: what the tokenizer is trained on."""
    from ftlab.world.text import rng

    random, pages = rng("pretrain", "tokenizer", seed), Pages((4, 3, 3), rows=5, in_full=0, customers=0.0)
    return [
        "".join(text for text, _ in (question_page(random, pages) if i % 2 else plain_document(random)))
        for i in range(count)
    ]


# --- how it is trained ---


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, a plateau, and a linear fall to zero at the end."""
    fall_from = recipe.steps * (1 - recipe.decay)
    falling = (recipe.steps - step) / max(1, recipe.steps - fall_from)
    return recipe.lr * min(1.0, (step + 1) / max(1, recipe.warmup), max(0.0, falling))


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
    return AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")


def optimizers(model, recipe: Recipe) -> list:
    """Muon for the matrices inside the layers, AdamW for embeddings and norms."""
    import torch

    from ftlab.muon import Muon

    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    rest = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    if recipe.optimizer == "adamw":
        return [torch.optim.AdamW(model.parameters(), lr=recipe.lr, betas=(0.9, 0.95), weight_decay=0.05)]
    return [
        Muon(matrices, lr=recipe.lr),
        torch.optim.AdamW(rest, lr=recipe.lr, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def losses(model, body, input_ids, counted, pages):
    """The mean loss in nats a counted token, on plain rows and on the answers of question pages.

    The logits, a third of the work at this size, are computed for counted tokens only. A part without counted tokens
    has a loss of zero.
    """
    import torch

    hidden = body(input_ids=input_ids, use_cache=False).last_hidden_state[:, :-1]
    targets, counted = input_ids[:, 1:], counted[:, 1:]
    logits = model.lm_head(hidden[counted]).float()
    each = torch.nn.functional.cross_entropy(logits, targets[counted], reduction="none")
    is_answer = pages[:, None].expand_as(counted)[counted]
    parts = each[~is_answer], each[is_answer]
    return tuple(part.mean() if part.numel() else part.sum() for part in parts)  # the mean of nothing is not a number


def train(recipe: Recipe, tokenizer, folder: Path, checkpoint_every=100, show_every=20, on_step=None, compiled=False):
    """Trains from scratch, or from the checkpoint in ``folder`` if there is one of the same recipe.

    Args:
        folder: Where the checkpoint, the log (``log.jsonl``) and at the end the model are written.
        on_step: Called with each log row.
        compiled: Whether to compile the model: about a quarter faster after a minute, and needs a C++ compiler.
    Returns:
        The trained model.
    Raises:
        ValueError: If ``folder`` holds a checkpoint of another recipe.
    """
    import torch

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = build(recipe, tokenizer).to(device)
    optims = optimizers(model, recipe)
    checkpoint, start, log, spent = folder / "checkpoint.pt", 0, [], 0.0
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
    model.train()
    body = torch.compile(model.model) if compiled else model.model
    began = time.perf_counter() - spent
    for step in range(start, recipe.steps):
        input_ids, counted, pages = (t.to(device) for t in batch(tokenizer, recipe, step))
        for optim in optims:
            for group in optim.param_groups:
                group["lr"] = learning_rate(recipe, step)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            plain, answers = losses(model, body, input_ids, counted, pages)
        (plain + recipe.answer_weight * answers).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optim in optims:
            optim.step()
            optim.zero_grad()
        running.append((plain.item(), answers.item()))
        done = step + 1
        if done % show_every == 0 or done == recipe.steps:
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
        if done % checkpoint_every == 0 or done == recipe.steps:
            state = {
                "recipe": asdict(recipe),
                "step": done,
                "model": model.state_dict(),
                "optims": [optim.state_dict() for optim in optims],
                "log": log,
                "running": running,
                "spent_s": time.perf_counter() - began,
            }
            # Through a file of ours a full disk is an OSError with its remedy; torch's own file gives a RuntimeError.
            with files.atomic_path(checkpoint) as temporary, temporary.open("wb") as file:
                torch.save(state, file)
            files.write_jsonl(folder / "log.jsonl", log)
    return model


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
    """``ftlab pretrain``: trains the base model, resuming if a checkpoint is there."""
    parser = argparse.ArgumentParser(prog="ftlab pretrain", description=__doc__)
    parser.add_argument("--out", type=Path, default=None, help="folder of the run (default: runs/pretrain)")
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=Recipe.rows, help="rows of 512 tokens a step; a GPU takes 64")
    parser.add_argument("--lr", type=float, default=Recipe.lr)
    parser.add_argument("--optimizer", choices=["muon", "adamw"], default=Recipe.optimizer)
    parser.add_argument("--checkpoint-every", type=int, default=100, help="steps between checkpoints")
    parser.add_argument("--compile", action="store_true", help="compile the model first (faster; needs a C++ compiler)")
    args = parser.parse_args(argv)
    from ftlab import tokenizer as tokenizers

    recipe = Recipe(seed=args.seed, steps=args.steps, rows=args.rows, lr=args.lr, optimizer=args.optimizer)
    folder = args.out or paths.runs() / "pretrain"
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
    model = train(recipe, tokenizer, folder, args.checkpoint_every, on_step=show, compiled=args.compile)
    save(model, tokenizer, folder / "model")
    files.write_text(folder / "recipe.json", json.dumps(asdict(recipe), indent=1) + "\n")
    print(f"saved {folder / 'model'}")
    return 0
