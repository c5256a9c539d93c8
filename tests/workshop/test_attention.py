"""Attention in blocks is causal attention, forwards and backwards."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from ftlab.workshop import attention


@pytest.mark.parametrize("length", [1, 128, 300])
def test_blocks_are_causal_attention(length: int) -> None:
    torch.manual_seed(0)
    ours = [torch.randn(2, 3, length, 8, requires_grad=True) for _ in range(3)]
    theirs = [each.detach().clone().requires_grad_() for each in ours]
    found, weights = attention.causal_blocks(None, *ours)
    expected = torch.nn.functional.scaled_dot_product_attention(*theirs, is_causal=True).transpose(1, 2)
    torch.testing.assert_close(found, expected)
    assert weights is None
    (found * found).sum().backward()
    (expected * expected).sum().backward()
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-4, atol=1e-5)


def test_a_model_gives_the_same_logits_with_it() -> None:
    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                         num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=512)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()
    ids = torch.randint(64, (2, 200))
    with torch.no_grad():
        expected = model(ids).logits
        model.set_attn_implementation(attention.register())
        torch.testing.assert_close(model(ids).logits, expected)
