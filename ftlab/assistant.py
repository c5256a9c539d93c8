"""The desk's assistant: the model that the lessons after notebook 02 start from, tuned on all of the desk's work.

Notebook 02 shows the training in full view on a tenth of the rows. This is the same call on all of them, about 22
minutes on two cores with bf16. For SmolLM2-135M-Instruct its result comes with the clone; another model is tuned at its
first use, and found on the shelf from then on; interrupted, it goes on from a checkpoint at the next.
"""

from __future__ import annotations

import math

from ftlab import texts
from ftlab.model import Choice
from ftlab.tuning import sft
from ftlab.world import house

LR, BATCH_SIZE, EPOCHS = 1e-3, 4, 2


def rows() -> list[dict]:
    """The desk's training conversations, each with its reply in the house's plainest words."""
    return [house.in_house_words(row) for row in texts.conversations("train")]


def settings(seed: int = 0) -> dict:
    """What ``sft.from_shelf`` gets beside the model and the rows."""
    steps = EPOCHS * math.ceil(len(texts.conversations("train")) / BATCH_SIZE)
    return {"lora": sft.LORA, "lr": LR, "steps": steps, "batch_size": BATCH_SIZE, "seed": seed}


def tuned(choice: Choice, seed: int = 0) -> sft.Run:
    """The assistant, with its adapter: from the shelf, or tuned now and put there.

    Args:
        choice: What ``ftlab.model.choose`` gave.
        seed: Of the training; the one that comes with the clone has 0.
    """
    return sft.from_shelf("assistant", choice, rows(), **settings(seed))
