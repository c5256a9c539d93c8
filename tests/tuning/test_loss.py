"""The hand-made loss is the model's own."""

from __future__ import annotations


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
