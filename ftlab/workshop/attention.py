"""Causal attention in blocks of queries, each of which looks at its own past alone: for training on a processor.

Torch's fused attention is slow backwards on a CPU, and plain attention computes the half that the mask throws away.
Compiled, a step of the lab model takes 0.56 to 0.84 of its time with the fused kind (docs/LOG.md).
"""

from __future__ import annotations

import torch

NAME, BLOCK = "causal_blocks", 128  # what transformers knows it by; queries a block


def causal_blocks(module, query, key, value, attention_mask=None, scaling=None, dropout=0.0, **more):
    """Attention for rows without padding, as transformers calls it; the mask is causal and need not be given.

    Shapes:
        query, key, value: (B, H, T, D). Returns (B, T, H, D) and None in place of the weights.
    """
    rows, length = [], query.shape[2]
    scaling = query.shape[3] ** -0.5 if scaling is None else scaling
    for start in range(0, length, BLOCK):
        stop = min(start + BLOCK, length)
        scores = torch.matmul(query[:, :, start:stop], key[:, :, :stop].transpose(2, 3)).float() * scaling
        ahead = torch.ones(stop - start, stop, dtype=torch.bool, device=query.device).triu(start + 1)
        weights = scores.masked_fill(ahead, float("-inf")).softmax(dim=-1).to(value.dtype)
        rows.append(torch.matmul(weights, value[:, :, :stop]))
    return torch.cat(rows, dim=2).transpose(1, 2).contiguous(), None


def register() -> str:
    """Makes it known to transformers, without a mask, and returns its name for ``attn_implementation``."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface

    AttentionInterface.register(NAME, causal_blocks)
    AttentionMaskInterface.register(NAME, lambda *args, **kwargs: None)
    return NAME
