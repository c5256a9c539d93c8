"""Every number of the recipe that makes the lab model: its shape, its stages, its learning rates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """What a step reads, from one share of the run on.

    Attributes:
        start: The share of the run at which the stage begins.
        passages: How often a shop page has one, two or three passages.
        pages: Rows in eight that hold question pages.
        in_full: How many of these are read in full (loss on every token) and not for their answers alone.
        drills: Rows in eight that hold drills in copying, read in full.
        customers: The share of shop pages whose questions are in customers' words.
        forms: The share of shop pages that stand in a form of their own, with customers' words.
        prose: The share that are read for sentences: policies, two facts, two products, questions without an answer.
    """

    start: float
    passages: tuple[int, int, int]
    pages: int
    in_full: int
    drills: int
    customers: float
    forms: float = 0.0
    prose: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """Every number of the recipe.

    Attributes:
        steps: Optimizer steps. Stages and rate are shares of them.
        rows: Rows a step.
        row_tokens: Tokens a row; documents are packed into rows.
        lr: Peak learning rate, for both optimizers.
        warmup: Steps of linear warm-up.
        decay: Share of the steps, at the end, in which the learning rate falls to zero.
        stages: What is read when. It begins with drills: a model that cannot copy a name cannot read (docs/LOG.md), and
            ends with pages in many forms and in whole sentences, so that a chat format is one form more.
    """

    seed: int = 0
    steps: int = 7500
    rows: int = 16
    row_tokens: int = 512
    lr: float = 3e-3
    warmup: int = 60
    decay: float = 0.4
    stages: tuple[Stage, ...] = (
        Stage(0.0, (1, 0, 0), pages=4, in_full=3, drills=2, customers=0.2),
        Stage(0.03, (1, 0, 0), pages=5, in_full=3, drills=1, customers=0.3),
        Stage(0.065, (4, 3, 3), pages=6, in_full=3, drills=0, customers=0.5, prose=0.15),
        Stage(0.11, (3, 3, 4), pages=7, in_full=2, drills=0, customers=0.4, forms=0.25, prose=0.25),
        Stage(0.6, (3, 3, 4), pages=7, in_full=2, drills=0, customers=0.25, forms=0.35, prose=0.4),
    )
    optimizer: str = "muon"
    vocab_size: int = 4096
    hidden_size: int = 256
    intermediate_size: int = 640
    num_hidden_layers: int = 6
    num_attention_heads: int = 4


def stage(recipe: Recipe, step: int) -> Stage:
    """The stage at a step."""
    progress = step / recipe.steps
    return max((each for each in recipe.stages if each.start <= progress), key=lambda each: each.start)


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, a plateau, and a linear fall to zero at the end."""
    falling = (recipe.steps - step) / max(1, recipe.steps * recipe.decay)
    return recipe.lr * min(1.0, (step + 1) / max(1, recipe.warmup), max(0.0, falling))
