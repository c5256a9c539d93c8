"""Pairs of replies that share their prompt, in one row each: a third fewer tokens than in two rows, same numbers."""

from __future__ import annotations

from ftlab.tuning import chat


def cut(tokenizer, row: dict) -> tuple[list[int], list[int], list[int]]:
    """The tokens of a preference row's prompt, of its chosen reply and of its rejected one, each with its end token.

    Raises:
        ValueError: If a token reaches across the seam between prompt and reply: the two cannot be told apart then.
    """
    asked = chat.render(tokenizer, row["prompt"], True)
    prompt, *whole = (
        tokenizer(text, add_special_tokens=False)["input_ids"]
        for text in (asked, *(chat.render(tokenizer, row["prompt"] + row[side]) for side in ("chosen", "rejected")))
    )
    for side, ids in zip(("chosen", "rejected"), whole, strict=True):
        if ids[: len(prompt)] != prompt:
            raise ValueError(
                f"pair {row.get('pair', '?')}, {side}: expected the prompt's own tokens before the reply, found "
                "others. The tokenizer joins the prompt's last letters to the reply's first; end the prompt otherwise."
            )
    return prompt, whole[0][len(prompt):], whole[1][len(prompt):]


def from_batch(input_ids, completion_mask) -> list[tuple[list[int], list[int], list[int]]]:
    """What ``cut`` gives, from a batch of trl's ``DPOTrainer``: all rows with the chosen replies, then the others.

    Shapes:
        input_ids, completion_mask: (2B, T), padded on the right; 1 where a token is of the reply. Returns B pairs.
    """
    found, half = [], len(input_ids) // 2
    for ids, other, said, of_other in zip(*(side for each in (input_ids, completion_mask)
                                            for side in (each[:half], each[half:])), strict=True):
        begin = int(said.int().argmax())
        found.append((ids[:begin].tolist(), ids[said.bool()].tolist(), other[of_other.bool()].tolist()))
    return found


def pair_logps(model, pairs: list[tuple[list[int], list[int], list[int]]]):
    """How likely a model finds the two replies of each pair: their tokens' log-probabilities, summed.

    A row is the prompt, the chosen reply and the rejected one. The rejected reply's places are counted from the end of
    the prompt, and it does not see the chosen one, so that each reply follows the prompt directly.

    Args:
        model: A causal model that ``ftlab.tuning.loss.can_be_lean``, with eager attention, bare or with LoRA from peft.
        pairs: What ``cut`` gives.
    Shapes:
        returns (B,) for the chosen replies and (B,) for the rejected ones, in nats a reply.
    """
    import torch

    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    width = max(sum(map(len, pair)) for pair in pairs)
    ids = torch.zeros(len(pairs), width, dtype=torch.long)
    places = torch.zeros_like(ids)
    part = torch.full_like(ids, 3)  # 0 prompt, 1 chosen, 2 rejected, 3 padding
    before, row, side, target = [], [], [], []
    for i, (prompt, chosen, rejected) in enumerate(pairs):
        n = len(prompt)
        whole = prompt + chosen + rejected
        ids[i, : len(whole)] = torch.tensor(whole)
        places[i, : len(whole)] = torch.tensor([*range(n + len(chosen)), *range(n, n + len(rejected))])
        part[i, : len(whole)] = torch.tensor([0] * n + [1] * len(chosen) + [2] * len(rejected))
        for which, (start, reply) in enumerate(((n, chosen), (n + len(chosen), rejected))):
            # a reply's first token follows the prompt's last
            before += [n - 1, *range(start, start + len(reply) - 1)][: len(reply)]
            row += [i] * len(reply)
            side += [which] * len(reply)
            target += reply
    earlier = torch.ones(width, width, dtype=torch.bool).tril()
    seen = earlier & ((part[:, None] == 0) | (part[:, None] == part[:, :, None]))  # (B, T, T)
    device = next(inner.parameters()).device
    mask = torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)[:, None].to(device)
    hidden = inner.base_model(
        input_ids=ids.to(device), attention_mask=mask, position_ids=places.to(device), use_cache=False
    ).last_hidden_state
    row, side, target = (torch.tensor(each, device=device) for each in (row, side, target))
    logits = inner.get_output_embeddings()(hidden[row, torch.tensor(before, device=device)]).float()  # (N, V)
    logps = -torch.nn.functional.cross_entropy(logits, target, reduction="none")  # (N,)
    return torch.zeros(len(pairs), 2, device=device).index_put((row, side), logps, accumulate=True).unbind(1)


def leads(model, tokenizer, rows: list[dict]) -> list[float]:
    """By how much a model finds the chosen reply of each preference row likelier than the rejected one, in nats.

    Args:
        model: As ``pair_logps`` takes it.
        rows: As ``cut`` takes them.
    """
    import torch

    with torch.inference_mode():  # row by row: for the few that are held out
        found = [pair_logps(model, [cut(tokenizer, row)]) for row in rows]
    return [(chosen - rejected).item() for chosen, rejected in found]
