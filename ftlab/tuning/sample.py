"""Sampled replies: several to each prompt, drawn by chance, where ``generate.replies`` gives the likeliest alone."""

from __future__ import annotations

from collections.abc import Sequence

from ftlab.model import precision
from ftlab.tuning import generate


def samples(
    model, tokenizer, prompts: Sequence[str], count: int, *, temperature: float = 0.9, seed: int = 0,
    max_new_tokens: int = 64, batch_size: int = 64, batch_tokens: int = 12_288
) -> list[list[str]]:
    """Continues each prompt ``count`` times, each new token drawn from all of the model's probabilities.

    The same seed, prompts and batch sizes give the same replies on one machine; another machine rounds otherwise and
    draws others.

    Args:
        prompts: Texts in the model's chat format (``chat.prompts``), or plain ones.
        temperature: 1 draws from the model's own probabilities; below it the likely tokens gain. Above 0.
        batch_size: Most replies a batch.
        batch_tokens: Most tokens a batch, padding and replies included.
    Returns:
        For each prompt its replies, without special tokens and without what a model thinks beforehand.
    Raises:
        ValueError: If ``count`` or ``temperature`` is too low, or a prompt is empty.
    """
    import torch

    if count < 1 or temperature <= 0 or not all(prompts):
        raise ValueError(f"expected a count of at least 1, a temperature above 0 and prompts with text, found {count}, "
                         f"{temperature} and {sum(not p for p in prompts)} empty prompts. For the likeliest reply use "
                         "generate.replies.")
    encoded, ends = generate.encode(tokenizer, prompts), generate.stops(model, tokenizer)
    found: list[list[str]] = [[] for _ in prompts]
    was_training = model.training
    model.eval()
    torch.manual_seed(seed)
    try:
        fused = generate.fused_attention(model)
        with generate.computing_in(model, precision()[1]), fused, torch.inference_mode():
            lengths = [count * (len(ids) + max_new_tokens) for ids in encoded]
            for rows in generate.batches(lengths, max(1, batch_size // count), batch_tokens):
                input_ids, mask = generate.padded(
                    [encoded[i] for i in rows], generate.padding(tokenizer), model.device
                )
                width = input_ids.shape[1]
                # All but the last token of each prompt is read once, and what was kept of it serves all its replies.
                kept = None
                if width > 1:
                    places = (mask.cumsum(-1) - 1).clamp(min=0)
                    kept = model(input_ids=input_ids[:, :-1], attention_mask=mask[:, :-1], position_ids=places[:, :-1],
                                 use_cache=True, logits_to_keep=1).past_key_values
                    kept.batch_repeat_interleave(count)
                out = model.generate(
                    input_ids=input_ids.repeat_interleave(count, dim=0),
                    attention_mask=mask.repeat_interleave(count, dim=0),
                    past_key_values=kept,
                    max_new_tokens=max_new_tokens,
                    pad_token_id=generate.padding(tokenizer),
                    eos_token_id=ends or None,
                    # A model may come with settings of its own; these are all that matter to a draw.
                    do_sample=True,
                    temperature=temperature,
                    top_k=0,
                    top_p=1.0,
                    num_beams=1,
                    repetition_penalty=1.0,
                    no_repeat_ngram_size=0,
                )
                for place, new in enumerate(out[:, width:].tolist()):  # a prompt's replies follow one another
                    found[rows[place // count]].append(generate.said(tokenizer, new, ends))
    finally:
        model.train(was_training)
    return found
