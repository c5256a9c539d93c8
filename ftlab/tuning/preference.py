"""Direct preference optimization (DPO) by hand: how likely a reply is, and the loss on a pair of replies."""

from __future__ import annotations

from ftlab.tuning.loss import IGNORED


def reply_logps(model, input_ids, labels):
    """How likely a model finds each row's reply: the log-probabilities of its counted tokens, summed.

    Rows are padded on the right, where causal attention never looks, so no attention mask is needed. Logits exist only
    where a label counts, as in ``ftlab.tuning.loss``.

    Args:
        model: A causal model that ``ftlab.tuning.loss.can_be_lean``, bare or with LoRA from peft.
    Shapes:
        input_ids: (B, T); labels: (B, T), ``-100`` where a token does not count; returns (B,), in nats a reply.
    """
    import torch

    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = inner.base_model(input_ids=input_ids, use_cache=False).last_hidden_state[:, :-1]  # (B, T - 1, D)
    targets = labels[:, 1:]
    counted = targets != IGNORED
    logits = inner.get_output_embeddings()(hidden[counted]).float()  # (N, V)
    logps = -torch.nn.functional.cross_entropy(logits, targets[counted], reduction="none")  # (N,)
    return torch.zeros(counted.shape, device=logps.device).masked_scatter(counted, logps).sum(dim=1)


def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta):
    """The loss of each pair: ``-log sigmoid(margin)``, and the margin itself.

    The margin says by how much the policy has come to prefer the chosen reply more than the reference does:
    ``beta * ((chosen - ref_chosen) - (rejected - ref_rejected))``.

    Args:
        chosen, rejected: Log-probabilities of whole replies under the policy, the model that is trained.
        ref_chosen, ref_rejected: The same under the reference, which stays as it is.
        beta: How dear it is to leave the reference: the larger, the closer the policy stays to it. No unit, above 0.
    Shapes:
        chosen, rejected, ref_chosen, ref_rejected: (B,); returns two times (B,), loss and margin in nats.
    Source: Rafailov et al. 2023, arXiv:2305.18290, equation 7.
    """
    from torch.nn.functional import logsigmoid

    margin = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    return -logsigmoid(margin), margin
