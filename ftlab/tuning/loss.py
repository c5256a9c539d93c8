"""Masked cross-entropy: the loss of supervised fine-tuning, with logits for the counted tokens alone."""

from __future__ import annotations

IGNORED = -100  # the label of a token that the loss does not count, as everywhere in transformers


def masked_cross_entropy(model, input_ids, labels, num_counted=None):
    """The mean cross-entropy of the counted tokens, each predicted from the tokens before it.

    Rows are padded on the right, where causal attention never looks, so no attention mask is needed. Logits are the
    widest tensor of a step; here they exist only where a label counts.

    Args:
        model: A causal model whose logits are its output embeddings times its last hidden state, as Llama's are.
        num_counted: What to divide the sum by; by default the number of counted tokens.
    Shapes:
        input_ids: (B, T); labels: (B, T), ``-100`` where a token does not count.
    Returns:
        The loss, in nats a counted token: a scalar.
    """
    import torch

    hidden = model.base_model(input_ids=input_ids, use_cache=False).last_hidden_state[:, :-1]  # (B, T - 1, D)
    targets = labels[:, 1:]
    counted = targets != IGNORED
    logits = model.get_output_embeddings()(hidden[counted])  # (N, V)
    total = torch.nn.functional.cross_entropy(logits.float(), targets[counted], reduction="sum")
    return total / (counted.sum() if num_counted is None else num_counted)
