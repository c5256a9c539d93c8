"""The experiments behind the claims have the dials of the notebooks that state them."""

from __future__ import annotations

import importlib

from ftlab import claims, paths, texts
from ftlab.tuning import sft
from ftlab.workshop import trial


def test_every_claim_names_a_notebook_that_takes_its_dials_or_an_experiment() -> None:
    for claim, model in claims.pairs(claims.table().values()):
        if function := claim.function(model):
            module, _, name = function.partition(":")
            assert callable(getattr(importlib.import_module(module), name))
            assert (paths.root() / "notebooks" / "source" / f"{claim.notebook}.py").exists()
        else:
            trial.turned(trial.Experiment.of(claim, model), seed=1)  # raises if a dial is not there or of another type


def test_a_larger_sample_contains_the_smaller() -> None:
    rows = texts.plain_conversations("train")
    assert texts.sample(rows, 300, 1)[:10] == texts.sample(rows, 10, 1)
    assert texts.sample(rows, 10, 1) != texts.sample(rows, 10, 2)


def test_masked_cross_entropy_is_the_models_own_loss() -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from ftlab.tuning.loss import masked_cross_entropy

    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=11, tie_word_embeddings=True, **shape)).eval()
    ids = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 8, 0, 0]])
    labels = torch.tensor([[-100, -100, 3, 4, 5], [-100, 7, 8, -100, -100]])
    with torch.inference_mode():
        ours, own = masked_cross_entropy(model, ids, labels), model(input_ids=ids, labels=labels).loss
        padded = torch.cat([ids, torch.full((2, 3), 9)], dim=1)  # more padding on the right changes nothing
        more = torch.cat([labels, torch.full((2, 3), -100)], dim=1)
        assert torch.allclose(ours, own, atol=1e-6)
        assert torch.allclose(masked_cross_entropy(model, padded, more), ours, atol=1e-6)
        # five labels count and are predicted: the sum divided by ten is half the mean
        assert torch.allclose(masked_cross_entropy(model, ids, labels, num_counted=10), ours / 2, atol=1e-6)


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
