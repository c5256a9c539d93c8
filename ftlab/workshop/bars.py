"""What the lab model can do, measured: ``ftlab doctor --model``."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ftlab import files, paths, values
from ftlab.evidence import intervals
from ftlab.model import Choice, lab
from ftlab.tuning import chat, generate
from ftlab.world.text import rng


@dataclass(frozen=True)
class Bar:
    """One bar: a share of questions that the model gets right and the share it should reach (or stay under)."""

    name: str
    right: list[bool]
    at_least: float = 0.0
    at_most: float = 1.0

    @property
    def share(self) -> float:
        """Share of the questions, from 0 to 1."""
        return sum(self.right) / len(self.right)

    @property
    def met(self) -> bool:
        """Whether the share is where it should be."""
        return self.at_least <= self.share <= self.at_most

    @property
    def goal(self) -> str:
        """The bar in words; "none" where a share is only reported."""
        if self.at_least == 0 and self.at_most == 1:
            return "none"
        return f"at least {self.at_least:.0%}" if self.at_least else f"at most {self.at_most:.0%}"

    def __str__(self) -> str:
        value, low, high = intervals.rate_interval(sum(self.right), len(self.right)).times(100)
        mark = "      " if self.goal == "none" else "ok    " if self.met else "MISSED"
        share = f"{value:5.1f} % [{low:.1f}, {high:.1f}]"
        return f"{mark} {self.name:<58} {share}, bar: {self.goal}, {len(self.right)} questions"


def questions(name: str, count: int) -> list[dict]:
    """``count`` questions of one of the files in ``data/questions``, always the same ones."""
    rows = files.read_jsonl(paths.data() / "questions" / f"{name}.jsonl")
    return rng("bars", name).sample(rows, count) if count < len(rows) else rows


def measure(choice: Choice | None = None, general: int = 400, reading: int = 200, support: int = 100) -> list[Bar]:
    """Asks the model the questions of the bars, greedily.

    Args:
        general, reading, support: How many questions of each kind.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    choice = choice or lab()
    tokenizer = AutoTokenizer.from_pretrained(choice.path)
    tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE
    model = AutoModelForCausalLM.from_pretrained(choice.path, dtype=torch.float32, use_safetensors=True)
    model.to(choice.device)
    bars = []
    for kind, goal in (("test", 0.85), ("riddle", 0.0)):
        rows = questions(f"general_{kind}", general)
        replies = generate.answers(model, tokenizer, [row["question"] for row in rows])
        right = [values.exact_match(reply, row["answers"]) for reply, row in zip(replies, rows, strict=True)]
        name = {"test": "phrasings never trained on", "riddle": "asked in riddles"}[kind]
        bars.append(Bar(f"general facts, closed book, {name}", right, at_least=goal))
    for passages, goal in ((1, 0.95), (3, 0.85)):
        rows = questions(f"reading_{passages}", reading)
        # Twice the usual length: an invented name in full, such as "Stouclaithia Beaconlight", takes many tokens.
        replies = generate.answers(model, tokenizer, [row["prompt"] for row in rows], max_new_tokens=24)
        right = [values.exact_match(reply, [row["answer"]]) for reply, row in zip(replies, rows, strict=True)]
        bars.append(
            Bar(f"reads {passages} passage{'s' * (passages > 1)} about entities never seen", right, at_least=goal)
        )
    from ftlab.world import brand

    rows = files.read_jsonl(paths.data() / "quillmere" / "plain_test.jsonl")[:support]
    replies = generate.replies(model, tokenizer, chat.prompts(tokenizer, rows))
    bars.append(Bar("support replies on-brand before any tuning", [brand.on_brand(r) for r in replies], at_most=0.02))
    return bars


def report() -> int:
    """Prints the bars with their intervals. Returns 1 if the model misses one, else 0."""
    choice = lab()
    print(f"model: {choice}")
    start = time.perf_counter()
    bars = measure(choice)
    for bar in bars:
        print(bar)
    print(f"{time.perf_counter() - start:.0f} s")
    return int(not all(bar.met for bar in bars))
