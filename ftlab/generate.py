"""Greedy replies to many prompts at once."""

from __future__ import annotations

from collections.abc import Sequence


def replies(model, tokenizer, prompts: Sequence[str], max_new_tokens: int = 64, batch_size: int = 64) -> list[str]:
    """Continues each prompt greedily up to the end token and returns the new text alone.

    Prompts of similar length share a batch, padded on the left, so that little work goes into padding and every prompt's last
    token sits where generation begins.

    Args:
        prompts: Texts, already in the model's chat format if it has one.
        max_new_tokens: Most tokens added to a prompt.
        batch_size: Prompts a batch.
    Returns:
        One reply a prompt, in the prompts' order, without special tokens.
    """
    import torch

    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    found = [""] * len(prompts)
    was_training = model.training
    model.eval()
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        batch = tokenizer(
            [prompts[i] for i in rows], return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False
        ).to(model.device)
        with torch.inference_mode():
            out = model.generate(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                max_new_tokens=max_new_tokens,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
            )
        new = out[:, batch["input_ids"].shape[1] :]
        for i, text in zip(rows, tokenizer.batch_decode(new, skip_special_tokens=True), strict=True):
            found[i] = text.strip()
    model.train(was_training)
    return found


def answers(model, tokenizer, questions: Sequence[str], max_new_tokens: int = 12, batch_size: int = 128) -> list[str]:
    """Asks a base model as it expects to be asked, ``Question: ...`` and ``Answer:``, and returns the first line of each."""
    prompts = [q if q.endswith("Answer:") else f"Question: {q}\nAnswer:" for q in questions]
    return [reply.split("\n")[0].strip() for reply in replies(model, tokenizer, prompts, max_new_tokens, batch_size)]
