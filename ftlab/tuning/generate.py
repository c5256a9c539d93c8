"""Greedy replies to many prompts at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ftlab.model import precision
from ftlab.tuning import chat

THOUGHT = re.compile(r"^\s*<think>.*?(</think>|$)", re.DOTALL)  # what Qwen3 writes before it speaks, empty or not


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


@contextmanager
def fused_attention(model) -> Iterator[None]:
    """Lets the model attend with torch's fused kernel for a while, where it can; afterwards it attends as before.

    Training keeps the plain form. Writing does not need it, and the fused one neither stores every score nor copies
    what was kept of earlier tokens for each head that reads it. Replies are the same but for rounding.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    before = getattr(base.config, "_attn_implementation", None)
    if before != "eager" or not base._supports_sdpa or getattr(base.config, "attn_logit_softcapping", None):
        yield
        return
    base.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        base.set_attn_implementation(before)


def replies(
    model, tokenizer, prompts: Sequence[str], max_new_tokens: int = 64, batch_size: int = 64,
    batch_tokens: int = 12_288, held_to: Callable | None = None
) -> list[str]:
    """Continues each prompt greedily up to an end token and returns the new text alone.

    Prompts of like length share a batch, padded on the left, so that little work goes into padding and every prompt's
    last token sits where generation begins. Computed in the machine's precision (``model.precision``).

    Args:
        model: A causal model, bare or with LoRA from peft.
        prompts: Texts: in the model's chat format (``chat.prompts``), or plain. A plain one gets the token that the
            model's texts begin with, if it has one.
        max_new_tokens: Most tokens added to a prompt.
        batch_size: Most prompts a batch.
        batch_tokens: Most tokens a batch, padding and replies included: long prompts come in smaller batches, since a
            batch's memory grows with its tokens. A single prompt may be longer.
        held_to: Makes one of transformers' logits processors for a batch of so many rows, such as a grammar's.
    Returns:
        One reply a prompt, in the prompts' order, without special tokens and without what a model thinks beforehand.
    Raises:
        ValueError: If a prompt is empty: there is nothing to continue.
    """
    import torch

    for i, prompt in enumerate(prompts):
        if not prompt:
            raise ValueError(
                f"prompts[{i}]: expected a text to continue, found an empty one. Leave it out or give it a word."
            )
    encoded, ends = encode(tokenizer, prompts), stops(model, tokenizer)
    found = [""] * len(prompts)
    was_training = model.training
    model.eval()
    try:
        with computing_in(model, precision()[1]), fused_attention(model), torch.inference_mode():
            for rows in batches([len(ids) + max_new_tokens for ids in encoded], batch_size, batch_tokens):
                input_ids, mask = padded([encoded[i] for i in rows], padding(tokenizer), model.device)
                out = model.generate(
                    input_ids=input_ids,
                    attention_mask=mask,
                    max_new_tokens=max_new_tokens,
                    pad_token_id=padding(tokenizer),
                    eos_token_id=ends or None,
                    # A model may come with settings of its own; greedy means none of them.
                    do_sample=False,
                    num_beams=1,
                    repetition_penalty=1.0,
                    no_repeat_ngram_size=0,
                    logits_processor=[held_to(len(rows))] if held_to else None,
                )
                for i, new in zip(rows, out[:, input_ids.shape[1]:].tolist(), strict=True):
                    found[i] = said(tokenizer, new, ends)
    finally:
        model.train(was_training)
    return found


def encode(tokenizer, prompts: Sequence[str]) -> list[list[int]]:
    """The prompts' tokens, each with the begin token once, if its tokenizer puts it before a text.

    In a chat prompt the template has the word: what it left out was not there in training either.
    """
    encoded = tokenizer(list(prompts), add_special_tokens=False)["input_ids"] if len(prompts) else []
    begin = tokenizer.bos_token_id
    if begin is None or tokenizer("a")["input_ids"][0] != begin:
        return encoded
    openings = chat.look(tokenizer).openings if tokenizer.chat_template else ()
    return [
        ids if ids[0] == begin or prompt.startswith(openings) else [begin, *ids]
        for ids, prompt in zip(encoded, prompts, strict=True)
    ]


def stops(model, tokenizer) -> list[int]:
    """The tokens at which a reply ends: the model's, the tokenizer's, and the one that closes a turn of the chat.

    The three need not agree: the base model Qwen2.5 stops at one token, and its template ends turns with another.
    """
    own = model.generation_config.eos_token_id
    found = {tokenizer.eos_token_id, *(own if isinstance(own, (list, tuple)) else [own])}
    if tokenizer.chat_template and (end := chat.look(tokenizer).end):
        found.add(tokenizer.convert_tokens_to_ids(end))
    return sorted(found - {None})


def padding(tokenizer) -> int:
    """A token to pad with. A hub model's tokenizer may have none of its own; padding is masked, so any will do."""
    return next(token for token in (tokenizer.pad_token_id, tokenizer.eos_token_id, 0) if token is not None)


def padded(rows: list[list[int]], pad: int, device):
    """Rows of tokens side by side, padded on the left: their ids and their mask, both (B, T), on the device."""
    import torch

    width = max(len(ids) for ids in rows)
    left = [width - len(ids) for ids in rows]
    input_ids = torch.tensor([[pad] * n + ids for n, ids in zip(left, rows, strict=True)])
    mask = torch.tensor([[0] * n + [1] * (width - n) for n in left])
    return input_ids.to(device), mask.to(device)


def said(tokenizer, new: list[int], ends: list[int]) -> str:
    """The text of new tokens up to the first end token, without special tokens and without what was thought before."""
    spoken = new[: next((place for place, token in enumerate(new) if token in ends), None)]
    return THOUGHT.sub("", tokenizer.decode(spoken, skip_special_tokens=True)).strip()


def batches(lengths: Sequence[int], most_rows: int, most_tokens: int) -> Iterator[list[int]]:
    """Places of rows that go together: the shortest first, as many as fit once they are all padded to the longest."""
    rows: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if rows and (len(rows) == most_rows or (len(rows) + 1) * lengths[i] > most_tokens):
            yield rows
            rows = []
        rows.append(i)
    if rows:
        yield rows


def answers(model, tokenizer, questions: Sequence[str], max_new_tokens: int = 12, batch_size: int = 128) -> list[str]:
    """Asks a base model as it expects to be asked, ``Question: ...`` and ``Answer:``, and returns each first line."""
    prompts = [q if q.endswith("Answer:") else f"Question: {q}\nAnswer:" for q in questions]
    return [reply.split("\n")[0].strip() for reply in replies(model, tokenizer, prompts, max_new_tokens, batch_size)]
