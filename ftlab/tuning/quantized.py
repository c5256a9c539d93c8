"""What the weights of a model take as they are held, by part: in 4 bits, bf16 or fp32, with an adapter or without."""

from __future__ import annotations


def weight_bytes(model) -> dict[str, int]:
    """Bytes of the weights by part: the blocks' ``linear`` layers, the ``adapter``, and the ``rest``.

    The scales of layers in 4 bits are counted with them; the few hundred numbers that say what a pattern of bits stands
    for are not. Ask before the model has written anything: bitsandbytes may repack weights for writing.

    Args:
        model: A causal model, bare or with LoRA from peft, as it was loaded or in 4 bits by bitsandbytes.
    """
    import torch

    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    found, seen = {"linear": 0, "adapter": 0, "rest": 0}, set()
    for name, part in model.named_modules():
        inside = isinstance(part, torch.nn.Linear) and part is not plain.get_output_embeddings()
        kind = "adapter" if "lora_" in name else "linear" if inside else "rest"
        for p in part.parameters(recurse=False):
            if id(p) not in seen:  # one table may read tokens and write them
                seen.add(id(p))
                found[kind] += p.numel() * p.element_size() + scale_bytes(p)
    return found


def scale_bytes(p) -> int:
    """Bytes of the scales of a weight in 4 bits: one for each block, or one in 8 bits and their own blocks' scales."""
    state = getattr(p, "quant_state", None)
    if state is None:
        return 0
    scales = [state.absmax, state.state2.absmax] if state.nested else [state.absmax]
    return sum(scale.numel() * scale.element_size() for scale in scales)
