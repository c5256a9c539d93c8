"""Greedy replies to many prompts at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ftlab.model import precision


@contextmanager
def computing_in(model, dtype: str) -> Iterator[None]:
    """Holds the model's fp32 weights in ``dtype`` for a while; afterwards they are what they were, to the last bit.

    Writing is mostly the moving of weights and of what was kept of earlier tokens, so half the bytes are half the time.

    Args:
        dtype: "bfloat16", or "float32" to leave the weights as they are.
    """
    import torch

    if dtype == "float32":
        yield
        return
    weights = [(p, p.data) for p in model.parameters() if p.dtype == torch.float32]  # quantized ones stay
    try:
        for p, data in weights:
            p.data = data.to(getattr(torch, dtype))
        yield
    finally:
        for p, data in weights:
            p.data = data


def replies(model, tokenizer, prompts: Sequence[str], max_new_tokens: int = 64, batch_size: int = 64) -> list[str]:
    """Continues each prompt greedily up to the end token and returns the new text alone.

    Prompts of similar length share a batch, padded on the left, so that little work goes into padding and every
    prompt's last token sits where generation begins. Computed in the machine's precision (``model.precision``).

    Args:
        prompts: Texts, already in the model's chat format if it has one.
        max_new_tokens: Most tokens added to a prompt.
        batch_size: Prompts a batch.
    Returns:
        One reply a prompt, in the prompts' order, without special tokens.
    Raises:
        ValueError: If a prompt is empty: there is nothing to continue.
    """
    import torch

    for i, prompt in enumerate(prompts):
        if not prompt:
            raise ValueError(
                f"prompts[{i}]: expected a text to continue, found an empty one. Leave it out or give it a word."
            )
    # A hub model's tokenizer may have no padding token. Padding is masked, so any token will do.
    pad = next(token for token in (tokenizer.pad_token_id, tokenizer.eos_token_id, 0) if token is not None)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    found = [""] * len(prompts)
    was_training = model.training
    model.eval()
    try:
        with computing_in(model, precision()[1]), torch.inference_mode():
            for start in range(0, len(order), batch_size):
                rows = order[start : start + batch_size]
                encoded = tokenizer([prompts[i] for i in rows], add_special_tokens=False)["input_ids"]
                width = max(len(ids) for ids in encoded)
                input_ids = torch.tensor([[pad] * (width - len(ids)) + ids for ids in encoded])  # (B, T)
                mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in encoded])
                out = model.generate(
                    input_ids=input_ids.to(model.device),
                    attention_mask=mask.to(model.device),
                    max_new_tokens=max_new_tokens,
                    pad_token_id=pad,
                    # A model may come with settings of its own; greedy means none of them.
                    do_sample=False,
                    num_beams=1,
                    repetition_penalty=1.0,
                    no_repeat_ngram_size=0,
                )
                for i, text in zip(rows, tokenizer.batch_decode(out[:, width:], skip_special_tokens=True), strict=True):
                    found[i] = text.strip()
    finally:
        model.train(was_training)
    return found


def answers(model, tokenizer, questions: Sequence[str], max_new_tokens: int = 12, batch_size: int = 128) -> list[str]:
    """Asks a base model as it expects to be asked, ``Question: ...`` and ``Answer:``, and returns each first line."""
    prompts = [q if q.endswith("Answer:") else f"Question: {q}\nAnswer:" for q in questions]
    return [reply.split("\n")[0].strip() for reply in replies(model, tokenizer, prompts, max_new_tokens, batch_size)]
