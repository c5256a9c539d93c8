"""A model as judge: drafts whose truth is known, the conversation that it learns from, and its verdict as a margin.

A draft is a gold reply as it is, or with one fault that the desk's rules see, so that every label is theirs. The rows
are plain conversations (``ftlab.texts.plain_conversations``): one value is asked for, and it stands in the reply.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random
from typing import NamedTuple

from ftlab import texts
from ftlab.scores import desk
from ftlab.seeded import rng
from ftlab.tuning import chat
from ftlab.world import brand, support

GOOD, BAD = "good", "bad"  # the two words of the judge
FILLER = "We are glad that you asked. Our desk reads every message with care."  # 13 words without any news


class Draft(NamedTuple):
    """A reply to judge: its conversation, its text, whether the rules find it fit, and what was done to it."""

    row: dict
    text: str
    fit: bool
    fault: str  # "none" for a gold reply, else a name in FAULTS


@cache
def _values() -> dict[str, list[str]]:
    """For each attribute the first value that train conversations expect."""
    found: dict[str, set[str]] = {}
    for row in texts.plain_conversations("train"):
        found.setdefault(row["attribute"], set()).add(row["expected"][0])
    return {attribute: sorted(values) for attribute, values in found.items()}


def change_value(reply: str, row: dict, random: Random) -> str:
    """Another digit in the value that was asked for, or another value of the attribute where it has no digit."""
    value = row["expected"][0]
    if value == support.HANDED_OVER or row["attribute"] == "dishwasher_safe" or value.startswith("1 "):
        return reply  # no value to change, or "1 year" would betray the change by its grammar
    places = [i for i, letter in enumerate(value) if letter.isdigit()]
    if places:
        i = random.choice(places)
        return reply.replace(value, value[:i] + random.choice("23456789".replace(value[i], "")) + value[i + 1 :])
    others = [other for other in _values().get(row["attribute"], []) if other != value]
    return reply.replace(value, random.choice(others)) if others else reply


def add_banned_word(reply: str, row: dict, random: Random) -> str:
    """One of the words that the brand guide bans, before the second sentence."""
    first, second, *rest = brand.sentences(reply)
    word = random.choice(("Honestly", "Basically", "Obviously", "Actually"))
    return " ".join([first, f"{word}, {second[:1].lower()}{second[1:]}", *rest])


def say_i(reply: str, row: dict, random: Random) -> str:
    """The desk speaks as one person."""
    for ours, mine in ((r"[Ww]e are", "I am"), ("[Ww]e", "I"), ("our", "my"), ("Our", "My"), ("us", "me")):
        reply = re.sub(rf"\b{ours}\b", mine, reply)
    return reply


FAULTS: dict[str, Callable[[str, dict, Random], str]] = {
    "wrong value": change_value,
    "no sign-off": lambda reply, row, random: reply.removesuffix(" " + brand.SIGN_OFF),
    "no next step": lambda reply, row, random: " ".join(
        part for part in brand.sentences(reply) if not part.startswith(brand.NEXT_STEP)),
    "exclamation": lambda reply, row, random: reply.replace(". ", "! ", 1),
    "banned word": add_banned_word,
    "I for we": say_i,
}


def damage(reply: str, row: dict, random: Random) -> tuple[str, str]:
    """The name of a fault and the reply with that fault in it: one that the rules see, so that the label is theirs."""
    for fault in random.sample(list(FAULTS), len(FAULTS)):
        damaged = FAULTS[fault](reply, row, random)
        if not desk.is_fit(damaged, row):
            return fault, damaged
    raise AssertionError(f"no fault fits {reply!r}")  # a sign-off can always be dropped


def drafts(rows: list[dict], seed: int) -> list[Draft]:
    """One draft for each conversation, by the toss of a coin: its gold reply as it is, or with one fault."""
    random, found = rng("drafts", seed), []
    for row in rows:
        gold = row["messages"][-1]["content"]
        fault, text = damage(gold, row, random) if random.random() < 0.5 else ("none", gold)
        found.append(Draft(row, text, desk.is_fit(text, row), fault))
    return found


def pad(reply: str) -> str:
    """The reply with two friendly sentences after its first: longer, and neither better nor worse by the rules."""
    first, *rest = brand.sentences(reply)
    return " ".join([first, FILLER, *rest])


def judge_row(row: dict, text: str, verdict: str = GOOD) -> dict:
    """A conversation in which the judge sees the screen, the question and a draft, and answers with one word."""
    record, question = (message["content"] for message in row["messages"][:2])
    return {"messages": [{"role": "system", "content": record},
                         {"role": "user", "content": f"{question}\n\nDraft: {text}"},
                         {"role": "assistant", "content": verdict}]}


def label_margins(model, tokenizer, rows, batch_size=32) -> list[float]:
    """For each row of ``judge_row``, how much rather the model begins its verdict with "good" than "bad", in nats."""
    import torch

    good, bad = (tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in (GOOD, BAD))
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    prompts, margins = chat.prompts(tokenizer, rows), []
    model.eval()
    for start in range(0, len(prompts), batch_size):
        batch = tokenizer(prompts[start : start + batch_size], add_special_tokens=False, padding=True,
                          padding_side="left", return_tensors="pt").to(model.device)
        mask = batch["attention_mask"]
        with torch.inference_mode():
            out = model(input_ids=batch["input_ids"], attention_mask=mask, logits_to_keep=1,
                        position_ids=(mask.cumsum(dim=-1) - 1).clamp(min=0))
        last = out.logits[:, -1].float()  # (B, V): the scores of the first word of the verdict
        margins += (last[:, good] - last[:, bad]).tolist()
    return margins
