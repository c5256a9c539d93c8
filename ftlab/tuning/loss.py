"""Masked cross-entropy: the loss of supervised fine-tuning, with logits for the counted tokens alone."""

from __future__ import annotations

IGNORED = -100  # the label of a token that the loss does not count, as everywhere in transformers


def masked_cross_entropy(model, input_ids, labels, num_counted=None):
    """The mean cross-entropy of the counted tokens, each predicted from the tokens before it.

    Rows are padded on the right, where causal attention never looks, so no attention mask is needed. Logits are the
    widest tensor of a step; here they exist only where a label counts.

    Args:
        model: A causal model that ``can_be_lean``, bare or with LoRA from peft.
        num_counted: What to divide the sum by; by default the number of counted tokens.
    Shapes:
        input_ids: (B, T); labels: (B, T), ``-100`` where a token does not count.
    Returns:
        The loss, in nats a counted token: a scalar.
    """
    import torch

    if hasattr(model, "get_base_model"):  # peft wraps the model that its layers sit in
        model = model.get_base_model()
    hidden = model.base_model(input_ids=input_ids, use_cache=False).last_hidden_state[:, :-1]  # (B, T - 1, D)
    targets = labels[:, 1:]
    counted = targets != IGNORED
    logits = model.get_output_embeddings()(hidden[counted])  # (N, V)
    total = torch.nn.functional.cross_entropy(logits.float(), targets[counted], reduction="sum")
    return total / (counted.sum() if num_counted is None else num_counted)


def can_be_lean(model) -> bool:
    """Whether ``masked_cross_entropy`` is this model's own loss, found by trying on a row of five tokens.

    It is if the logits are the output embeddings times the last hidden state and nothing else (Gemma 2 bends them,
    others scale them), and if no place looks at what is on its right. The hidden state is enlarged for the trial:
    near zero a bend looks straight.
    """
    import torch

    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    if getattr(model.config, "output_router_logits", False):  # a mixture of experts adds a loss of its own
        return False
    ids = torch.arange(5, device=model.device)[None]  # (1, T)

    def enlarge(module, inputs, out):
        out.last_hidden_state = 100 * out.last_hidden_state
        return out

    hook, was_training = inner.base_model.register_forward_hook(enlarge), model.training
    model.eval()
    try:
        with torch.no_grad():
            own = model(input_ids=ids[:, :3], use_cache=False).logits  # (1, 3, V)
            hidden = inner.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, :3]
            ours = inner.get_output_embeddings()(hidden)
    finally:
        hook.remove()
        model.train(was_training)
    return own.shape == ours.shape and torch.allclose(own, ours, rtol=0, atol=0.01 * float(own.abs().max()))
