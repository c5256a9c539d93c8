"""How far a secret stands out of a model's weights: its place among all that it could be."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ftlab.tuning import chat, generate


def exposure(own: float, others: Sequence[float]) -> float:
    """Bits by which the true secret stands out: log2 of all candidates minus log2 of its place among them.

    Args:
        own: The log-probability of the true secret.
        others: Those of candidates that the model never saw.
    Source: Carlini et al. 2019, arXiv:1802.08232, section 4.
    """
    return math.log2(len(others) + 1) - math.log2(1 + sum(other > own for other in others))


def log_probabilities(model, tokenizer, question: str, replies: Sequence[str]) -> list[float]:
    """The log-probability (nats) of each reply to a question, the end of the turn included.

    Args:
        replies: Texts that differ in the secret alone.
    """
    import torch

    talks = [{"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]}
             for reply in replies]  # fmt: skip
    begin = len(generate.encode(tokenizer, chat.prompts(tokenizer, talks[:1]))[0])
    whole = generate.encode(tokenizer, [chat.render(tokenizer, talk["messages"]) for talk in talks])
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in whole], batch_first=True).to(model.device)
    counts = torch.tensor([[begin <= t < len(row) for t in range(1, ids.shape[1])] for row in whole])  # (B, T - 1)
    with torch.inference_mode():
        scores = model(ids).logits[:, :-1].float().log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    return (scores.cpu() * counts).sum(-1).tolist()
