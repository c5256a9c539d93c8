"""The trainer with the hand-made loss."""

from __future__ import annotations

from ftlab import texts
from ftlab.tuning import sft


def test_the_trainer_computes_the_hand_made_loss_in_the_precision_that_was_asked_for(monkeypatch, tmp_path) -> None:
    from dataclasses import replace

    import torch

    from ftlab.model import lab
    from ftlab.tuning import trainer

    seen, loss = [], trainer.masked_cross_entropy

    def watched(model, *args):
        linear = model.get_submodule("model.layers.0.mlp.up_proj")
        hook = linear.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
        try:
            return loss(model, *args)
        finally:
            hook.remove()

    monkeypatch.setattr(trainer, "masked_cross_entropy", watched)
    rows = texts.plain_conversations("train")[:8]
    for dtype in ("float32", "bfloat16"):
        seen.clear()
        choice = replace(lab(), device="cpu", dtype=dtype)
        model, *_ = sft.fine_tune(choice, rows, lr=1e-4, steps=1, seed=0, output_dir=str(tmp_path))
        assert seen and set(seen) == {getattr(torch, dtype)}
        assert {p.dtype for p in model.parameters()} == {torch.float32}  # small updates would be lost in 16 bits
