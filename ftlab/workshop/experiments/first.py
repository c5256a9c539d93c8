"""The first fine-tune: notebook 00, over several seeds."""

from __future__ import annotations

from ftlab.model import lab
from ftlab.workshop.experiments import sft
from ftlab.workshop.experiments.sft import LR

# The dials of notebook 00, as it is stored; LR is notebook 02's.
STEPS = 160
QUESTIONS = 100


def first_finetune(seed: int) -> dict[str, dict]:
    """On-brand replies of a run on all conversations, tuned minus base, in points."""
    choice, held_out = lab(), sft.conversations("test")[:QUESTIONS]
    model, tokenizer, _ = sft.fine_tune(choice, sft.conversations("train"), LR, STEPS, seed)
    tuned, base = (sft.judge(each, tokenizer, held_out) for each in (model, sft.load_base(choice)))
    effect = sft.share(tuned["on_brand"]) - sft.share(base["on_brand"])
    arms = {"by_prompt": tuned["on_brand"], "against": base["on_brand"]}
    return {"first-finetune": {"effect": effect, **arms, "right": sft.share(tuned["right"])}}
