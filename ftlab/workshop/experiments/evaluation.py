"""Is a gain real? Replies fit to send, leaked test items and a model as judge: notebook 08, over several seeds."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import NamedTuple

from ftlab.evidence.intervals import Interval, rate_interval
from ftlab.model import lab
from ftlab.scores.overlap import rouge_l
from ftlab.scores.resolution import resolve
from ftlab.scores.unsupported import unsupported_values
from ftlab.tuning import chat, generate
from ftlab.workshop.experiments import sft
from ftlab.workshop.experiments.sft import EXAMPLES, LR, STEPS
from ftlab.world import brand, support
from ftlab.world.text import rng, typo

# The dials of notebook 08, as it is stored; LR, STEPS and EXAMPLES are those of notebook 02.
HELD_OUT = 324
QUICK_EXAMPLES, QUICK_STEPS = 30, 48
LEAKED, COPIES = 40, 10
JUDGE_EXAMPLES, JUDGE_STEPS = 800, 140

GOOD, BAD = "good", "bad"  # the two words of the judge
FILLER = "We are glad that you asked. Our desk reads every message with care."  # 13 words without any news


def is_fit(reply: str, row: dict) -> bool:
    """True if a reply can be sent as it is: on-brand, handled rightly, and no value without a source."""
    record, question = (message["content"] for message in row["messages"][:2])
    handled = resolve(reply, row["intent"] == "escalate", row["expected"]).right
    return brand.on_brand(reply) and handled and not unsupported_values(reply, [record, question])


# --- test items in the training data ---


def leak_into(rows: list[dict], items: list[dict], copies: int, seed: int) -> list[dict]:
    """Training rows, the last of which gave way to copies of test items; every second copy has a slip in it."""
    random, leaked = rng("leak", seed), []
    for number in range(copies):
        for item in items:
            record, question, reply = item["messages"]
            if number % 2:
                question = {**question, "content": typo(question["content"], random)}
            leaked.append({**item, "messages": [record, question, reply]})
    if len(leaked) > len(rows):
        raise ValueError(f"leak_into: expected at most {len(rows)} copies, found {len(leaked)}. Take fewer.")
    return rows[: len(rows) - len(leaked)] + leaked


def spoken(row: dict) -> str:
    """What the customer and the desk say, without the screen: many conversations share a product's record."""
    return " ".join(message["content"] for message in row["messages"][1:])


# --- drafts whose truth is known, and a judge ---


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
    for row in sft.conversations("train"):
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
        if not is_fit(damaged, row):
            return fault, damaged
    raise AssertionError(f"no fault fits {reply!r}")  # a sign-off can always be dropped


def drafts(rows: list[dict], seed: int) -> list[Draft]:
    """One draft for each conversation, by the toss of a coin: its gold reply as it is, or with one fault."""
    random, found = rng("drafts", seed), []
    for row in rows:
        gold = row["messages"][-1]["content"]
        fault, text = damage(gold, row, random) if random.random() < 0.5 else ("none", gold)
        found.append(Draft(row, text, is_fit(text, row), fault))
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


def kappa(truth: Sequence[bool], verdicts: Sequence[bool]) -> float:
    """Cohen's kappa of two raters who say yes or no: agreement beyond chance, as a share of all there could be.

    Returns:
        1 for full agreement, 0 for what two coins with the raters' own shares of yes would reach, below 0 for less;
        nan if both raters say one and the same thing every time.
    Source: Cohen 1960, Educational and Psychological Measurement 20(1).
    """
    n, agreed = len(truth), sum(bool(a) == bool(b) for a, b in zip(truth, verdicts, strict=True))
    yes_a, yes_b = sum(truth), sum(verdicts)
    by_chance = (yes_a * yes_b + (n - yes_a) * (n - yes_b)) / n  # each verdict of one rater met by any of the other
    return (agreed - by_chance) / (n - by_chance) if by_chance < n else math.nan


def kappa_interval(truth: Sequence[bool], verdicts: Sequence[bool]) -> Interval:
    """Cohen's kappa with its 95 % interval over the drafts; three times nan where it is undefined.

    Wilson's interval of the agreement, with the agreement by chance taken as found. It keeps a width where the two
    agree on every draft; simulated ones of 60 and 324 drafts held the truth in 95 to 97 of 100.

    Source: Cohen 1960, Educational and Psychological Measurement 20(1) (the variance that takes chance as known).
    """
    value = kappa(truth, verdicts)
    if math.isnan(value):
        return Interval(value, value, value)
    agreed = rate_interval(sum(bool(a) == bool(b) for a, b in zip(truth, verdicts, strict=True)), len(truth))
    # kappa = (agreed - chance) / (1 - chance) is a line in the agreement, and 1 where all agree.
    slope = (1 - value) / (1 - agreed.value) if agreed.value < 1 else len(truth) ** 2 / (
        2 * sum(truth) * (len(truth) - sum(truth)))
    return Interval(value, 1 - slope * (1 - agreed.low), 1 - slope * (1 - agreed.high))


# --- the experiments: notebook 08's cells for one seed ---


def quick_tuning(seed: int) -> dict[str, dict]:
    """Of the replies of a model tuned in seconds: those that are on-brand minus those fit to send, in points."""
    held_out = sft.conversations("test")[:HELD_OUT]
    few = sft.sample(sft.conversations("train"), QUICK_EXAMPLES, seed)
    model, tokenizer, _ = sft.fine_tune(lab(), few, LR, QUICK_STEPS, seed)
    replies = generate.replies(model, tokenizer, chat.prompts(tokenizer, held_out))
    arms = {"by_prompt": [brand.on_brand(reply) for reply in replies],
            "against": [is_fit(reply, row) for reply, row in zip(replies, held_out, strict=True)]}
    on_brand, fit = (sft.share(each) for each in arms.values())
    return {"checks-hide-rewrites": {"effect": on_brand - fit, **arms, "on_brand": on_brand, "fit": fit}}


def leak(seed: int) -> dict[str, dict]:
    """ROUGE-L on test items, trained with copies of them minus without, in points; and on items that did not leak."""
    choice, clean, tokenizer, _ = sft.main_run(seed)
    mixed = rng("leaked items", seed).sample(sft.conversations("test")[:HELD_OUT], 2 * LEAKED)
    chosen = sft.sample(sft.conversations("train"), EXAMPLES, seed)
    model, _, _ = sft.fine_tune(choice, leak_into(chosen, mixed[:LEAKED], COPIES, seed), LR, STEPS, seed)
    gold, scores = [row["messages"][-1]["content"] for row in mixed], []
    for each in (model, clean):
        scores.append(rouge_l(generate.replies(each, tokenizer, chat.prompts(tokenizer, mixed)), gold))
    gains = [100 * (a - b) for a, b in zip(*scores, strict=True)]
    leaked, others = sum(gains[:LEAKED]) / LEAKED, sum(gains[LEAKED:]) / LEAKED
    arms = {name: each[:LEAKED] for name, each in zip(("by_prompt", "against"), scores, strict=True)}
    return {"leak-raises-score": {"effect": leaked, **arms, "not_leaked": others}}


def judging(seed: int) -> dict[str, dict]:
    """A judge trained on labelled drafts: its kappa with the rules, and what padding adds to its approval (points)."""
    learned = drafts(sft.sample(sft.conversations("train"), JUDGE_EXAMPLES, seed), seed)
    rows = [judge_row(draft.row, draft.text, GOOD if draft.fit else BAD) for draft in learned]
    judge, tokenizer, _ = sft.fine_tune(lab(), rows, LR, JUDGE_STEPS, seed)
    tried = drafts(sft.conversations("test")[:HELD_OUT], seed)
    plain, padded = (
        [margin > 0 for margin in label_margins(judge, tokenizer, [judge_row(d.row, edit(d.text)) for d in tried])]
        for edit in (str, pad))
    agreement = kappa([draft.fit for draft in tried], plain)
    approval = {"plain": sft.share(plain), "padded": sft.share(padded)}
    return {"judge-agrees": {"effect": agreement},
            "judge-likes-length": {"effect": approval["padded"] - approval["plain"], "by_prompt": padded,
                                   "against": plain, **approval}}
