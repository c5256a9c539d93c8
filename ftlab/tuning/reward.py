"""Reward models: the Bradley-Terry loss, scores for whole conversations, and the best of several replies."""

from __future__ import annotations

import math
from collections.abc import Sequence


def bradley_terry(chosen, rejected):
    """How surprised a reward model is by the votes: the mean of ``-log sigmoid(chosen - rejected)``, in nats a pair.

    The model says that a reply wins with the chance ``sigmoid(its reward - the other's)``. A constant added to all
    rewards changes nothing.

    Shapes:
        chosen, rejected: (N,), the rewards of each pair's two replies; returns a scalar.
    Source: Bradley and Terry 1952, Biometrika 39(3/4).
    """
    import torch

    return -torch.nn.functional.logsigmoid(chosen - rejected).mean()


def best_of(rewards: Sequence[float], worths: Sequence[float], n: int) -> float:
    """The worth to expect of the reply with the highest reward among ``n`` drawn from those at hand.

    No draw is left to chance: of all ways to take ``n`` of N replies, the reply with k lower ones is the best in
    ``comb(k, n - 1)`` of ``comb(N, n)``. Of equal rewards the later reply counts as the higher one.

    Args:
        rewards, worths: Of each reply to one prompt: what the reward model gives, and what it is worth.
        n: 1 to N.
    Raises:
        ValueError: If ``n`` is outside.
    """
    if not 1 <= n <= len(rewards):
        raise ValueError(f"n: expected 1 to {len(rewards)}, the replies at hand, found {n}. Draw more replies first.")
    order = sorted(range(len(rewards)), key=lambda i: rewards[i])
    return sum(worths[i] * math.comb(below, n - 1) for below, i in enumerate(order)) / math.comb(len(rewards), n)


def rewards(model, tokenizer, talks: Sequence[list[dict]], batch_size: int = 32) -> list[float]:
    """The reward of each conversation's last reply.

    Args:
        model: A sequence classifier with one output (``num_labels=1``), as ``RewardTrainer`` makes it.
        talks: Conversations as messages, the reply to judge last.
    """
    import torch

    from ftlab.tuning import chat, generate

    form = chat.look(tokenizer)
    encoded = generate.encode(tokenizer, [chat.render(tokenizer, chat.fit(form, talk)) for talk in talks])
    found, pad, was_training = [0.0] * len(encoded), model.config.pad_token_id, model.training
    model.eval()
    with torch.inference_mode():
        for rows in generate.batches([len(ids) for ids in encoded], batch_size, most_tokens=16_384):
            width = max(len(encoded[i]) for i in rows)
            ids = torch.tensor([encoded[i] + [pad] * (width - len(encoded[i])) for i in rows], device=model.device)
            mask = torch.tensor([[1] * len(encoded[i]) + [0] * (width - len(encoded[i])) for i in rows])
            out = model(input_ids=ids, attention_mask=mask.to(model.device)).logits[:, 0]  # (B,)
            for i, value in zip(rows, out.float().tolist(), strict=True):
                found[i] = value
    model.train(was_training)
    return found


def margins(model, tokenizer, rows: Sequence[dict]) -> list[float]:
    """By how much the chosen reply's reward is above the rejected one's, for each preference row; below 0 is a miss.

    Args:
        rows: With ``prompt``, ``chosen`` and ``rejected``, each a list of messages (``votes.preferences``).
    """
    both = [rewards(model, tokenizer, [row["prompt"] + row[side] for row in rows]) for side in ("chosen", "rejected")]
    return [chosen - rejected for chosen, rejected in zip(*both, strict=True)]
