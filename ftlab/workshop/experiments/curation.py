"""What makes a training set good? Clean against raw, and one fault at a time: notebook 01, over several seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ftlab.curation import choose, pipeline, records
from ftlab.curation.records import Reject
from ftlab.evidence.intervals import Interval, rate_interval
from ftlab.model import lab
from ftlab.workshop.experiments import sft
from ftlab.world import desk

# The dials of notebook 01, as it is stored.
LR = 1e-3
STEPS = 90
RECORDS, RAW, EXCELLENT = 12_000, 10_000, 100
FAULT = "off_brand"
HELD_OUT = 60
SHARE = 0.15
ONE_PASS_STEPS, EXCELLENT_STEPS = RAW // 8, (60, 120, 240)

# What is dropped in each arm. The last one leaves no trace in the texts: what it seems to do is chance.
ARMS = {
    "off_brand": ("off_brand",), "contradicting_fact": ("contradicting_fact",),
    "empty_or_truncated": ("empty_reply", "truncated_reply"), "duplicates": ("exact_duplicate", "near_duplicate"),
    "other_language": ("other_language",), "html_or_signature": ("html_remains", "signature"),
    "personal": ("email", "phone", "card"), "leaked_test": ("leaked_test",), "injection": ("injection",),
    "label_or_license": ("wrong_intent", "no_license")}


# --- from records to training rows ---


def to_row(record: dict) -> dict:
    """A record of the desk as a conversation to train on: screen, customer, reply."""
    roles = (("system", "record"), ("user", "question"), ("assistant", "reply"))
    return {"messages": [{"role": role, "content": record[field]} for role, field in roles]}


def read_raw(lines: Iterable[tuple[int, str]], count: int) -> dict[int, dict]:
    """The first ``count`` records that can be read at all, by their line; nothing else is looked at."""
    found: dict[int, dict] = {}
    for number, line in lines:
        try:
            found[number] = records.validate(line)
        except Reject:
            continue  # no model can be trained on a broken line
        if len(found) == count:
            break
    return found


def draw(raw: dict[int, dict], truth: Sequence[dict], faults: Iterable[str], count: int, seed: int) -> list[dict]:
    """``count`` raw records by chance, none of them with one of ``faults``; the draws of one seed share most records.

    Args:
        truth: Row i belongs to line i + 1 of the export.
    """
    lines = sft.sample(list(raw), len(raw), seed)
    free = [line for line in lines if not set(faults) & set(truth[line - 1]["faults"])]
    return [raw[line] for line in free[:count]]


def pick_excellent(kept: list[dict], count: int) -> list[dict]:
    """The best records of the training side, in turns over intents and products."""
    train = [row for row in kept if row["split"] == choose.TRAIN]
    return [train[i] for i in choose.balance([pipeline.row_of(row) for row in train], count)]


# --- how many held-out prompts ---


def half_width(share_right: float, prompts: float) -> float:
    """How far a score over so many prompts may be off, in points: half of its 95 % interval."""
    return 100 * 1.96 * math.sqrt(share_right * (1 - share_right) / prompts)


def width_interval(right: Sequence[bool], prompts: float) -> Interval:
    """``half_width`` for the share of these scores that is right, between its least and most given how few they are."""
    rate = rate_interval(sum(right), len(right))
    shares = [rate.low, rate.value, rate.high, *([0.5] if rate.low < 0.5 < rate.high else [])]
    widths = [half_width(share, prompts) for share in shares]
    return Interval(half_width(rate.value, prompts), min(widths), max(widths))


# --- the experiments: notebook 01's cells for one seed ---


@lru_cache(maxsize=1)
def curated(seed: int) -> tuple[list[tuple[int, str]], list[dict], list[dict]]:
    """A dump of the desk, its truth, and the records that the curation keeps of it."""
    found = list(desk.records(RECORDS, seed))
    lines = [(i, desk.line(record)) for i, (record, _) in enumerate(found, start=1)]
    return lines, [truth for _, truth in found], pipeline.run(lines).kept


def tune(rows: list[dict], seed: int, steps: int = STEPS):
    """A fresh copy of the base model tuned on these records, and its tokenizer."""
    model, tokenizer, _ = sft.fine_tune(lab(), [to_row(row) for row in rows], LR, steps, seed)
    return model, tokenizer


def judge(model, tokenizer) -> dict[str, list]:
    """``sft.judge`` on held-out conversations, whose products and phrasings are in no dump but where they leaked."""
    return sft.judge(model, tokenizer, sft.conversations("test")[:HELD_OUT])


@lru_cache(maxsize=1)
def excellent_run(seed: int):
    """The model tuned on the excellent examples, its tokenizer and its scores."""
    model, tokenizer = tune(pick_excellent(curated(seed)[2], EXCELLENT), seed)
    return model, tokenizer, judge(model, tokenizer)


@lru_cache(maxsize=1)
def raw_run(seed: int) -> dict[str, list]:
    """The scores of a model tuned on raw records, for the same number of steps."""
    return arm(seed, ())


def arm(seed: int, faults: Iterable[str]) -> dict[str, list]:
    """The scores of a model tuned on raw records without these faults."""
    lines, truth, _ = curated(seed)
    return judge(*tune(draw(read_raw(lines, RAW), truth, faults, 8 * STEPS, seed), seed))


def shares(scores: dict[str, list]) -> dict[str, float]:
    """The scores in percent."""
    return {name: sft.share(scores[name]) for name in ("both", "on_brand", "right")}


def excellent_against_raw(seed: int) -> dict[str, dict]:
    """On-brand replies with the right fact, 100 excellent examples minus 10,000 raw ones, in points."""
    scores, raw_scores = excellent_run(seed)[2], raw_run(seed)
    best, raw = shares(scores), shares(raw_scores)
    arms = {"by_prompt": scores["both"], "against": raw_scores["both"]}
    return {"hundred-beats-raw": {"effect": best["both"] - raw["both"], **arms, "excellent": best, "raw": raw}}


def fault_arms(seed: int) -> dict[str, dict]:
    """On-brand replies with the right fact, raw without one fault minus raw, in points; and the same for each fault."""
    scores = {"raw": raw_run(seed), **{name: arm(seed, faults) for name, faults in ARMS.items()}}
    scores["every_fault"] = arm(seed, desk.FAULTS)
    by_arm = {name: shares(each) for name, each in scores.items()}
    arms = {"by_prompt": scores[FAULT]["both"], "against": scores["raw"]["both"]}
    return {"off-brand-costs": {"effect": by_arm[FAULT]["both"] - by_arm["raw"]["both"], **arms, "by_arm": by_arm}}


def held_out_share(seed: int) -> dict[str, dict]:
    """How far a score is off if 15 % of the curated records are held out, in points."""
    right, kept = excellent_run(seed)[2]["both"], len(curated(seed)[2])
    effect = width_interval(right, SHARE * kept).value
    return {"fifteen-percent-held-out": {"effect": effect, "curated": kept, "score": sft.share(right)}}


def one_pass(seed: int) -> dict[str, dict]:
    """As ``excellent_against_raw``, with a whole pass over the raw records and the best number of steps over the 100.

    The number of steps is chosen on the validation conversations, which take no part in the score.
    """
    best, chosen, valid = -1.0, None, sft.conversations("valid")[:sft.VALID]
    excellent = pick_excellent(curated(seed)[2], EXCELLENT)
    for steps in EXCELLENT_STEPS:
        model, tokenizer = tune(excellent, seed, steps)
        score = sft.share(sft.judge(model, tokenizer, valid)["both"])
        if score > best:
            best, chosen, scores = score, steps, judge(model, tokenizer)
    raw_scores = judge(*tune(list(read_raw(curated(seed)[0], RAW).values()), seed, ONE_PASS_STEPS))
    few, raw = shares(scores), shares(raw_scores)
    arms = {"by_prompt": scores["both"], "against": raw_scores["both"]}
    return {"hundred-beats-one-pass": {"effect": few["both"] - raw["both"], **arms, "steps": chosen, "excellent": few,
                                       "raw": raw}}
