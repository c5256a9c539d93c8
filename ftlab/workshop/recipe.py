"""Every number of the recipe that made the bundled base model: its shape, its stages, its learning rates."""

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
    """

    start: float
    passages: tuple[int, int, int]
    pages: int
    in_full: int
    drills: int
    customers: float
    forms: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """Every number of the recipe.

    Attributes:
        steps: Optimizer steps of the first part.
        rows: Rows a step.
        row_tokens: Tokens a row; documents are packed into rows.
        lr: Peak learning rate, for both optimizers.
        warmup: Steps of linear warm-up.
        decay: Share of the steps, at the end, in which the learning rate falls to zero.
        stages: What is read when. It begins with drills: a model that cannot copy a name cannot read (docs/LOG.md).
        mid_steps: Steps of the second part, which begins with fresh optimizers from the weights as they are stored.
        mid_lr: Its peak learning rate, reached in a fiftieth of its steps; it falls over the last seven tenths.
        mid: What it reads.
    """

    seed: int = 0
    steps: int = 4000
    rows: int = 8
    row_tokens: int = 512
    lr: float = 3e-3
    warmup: int = 60
    decay: float = 0.45
    stages: tuple[Stage, ...] = (
        Stage(0.0, (1, 0, 0), pages=4, in_full=3, drills=2, customers=0.2),
        Stage(0.1275, (1, 0, 0), pages=5, in_full=3, drills=1, customers=0.3),
        Stage(0.2975, (4, 3, 3), pages=6, in_full=3, drills=0, customers=0.5),
        Stage(0.51, (3, 3, 4), pages=7, in_full=2, drills=0, customers=0.5),
    )
    mid_steps: int = 1000
    mid_lr: float = 1.5e-3
    mid: Stage = Stage(0.0, (3, 3, 4), pages=7, in_full=2, drills=0, customers=0.0, forms=0.65)
    optimizer: str = "muon"
    vocab_size: int = 4096
    hidden_size: int = 256
    intermediate_size: int = 640
    num_hidden_layers: int = 6
    num_attention_heads: int = 4


def stage(recipe: Recipe, step: int) -> Stage:
    """The stage at a step."""
    if step >= recipe.steps:
        return recipe.mid
    progress = step / recipe.steps
    return max((each for each in recipe.stages if each.start <= progress), key=lambda each: each.start)


def learning_rate(recipe: Recipe, step: int) -> float:
    """Of each part: linear warm-up, a plateau, and a linear fall to zero at the end."""
    steps, peak, warmup, decay = recipe.steps, recipe.lr, recipe.warmup, recipe.decay
    if step >= steps:
        step, steps, peak, warmup, decay = step - steps, recipe.mid_steps, recipe.mid_lr, recipe.mid_steps / 50, 0.7
    falling = (steps - step) / max(1, steps * decay)
    return peak * min(1.0, (step + 1) / max(1, warmup), max(0.0, falling))
