"""The reward models of ``ftlab.workshop.experiments.rlhf``: their training, what they know, and the crosswise ones.

The real model's replies are judged in ``FOLDS`` parts, each by a reward model of the votes on the other conversations,
so that all of them count and each is new to its judge. ``rlhf --judge`` makes them.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from ftlab import files, model
from ftlab.evidence import intervals
from ftlab.scores import votes
from ftlab.seeded import rng
from ftlab.tuning import checkpoints, reward, sft
from ftlab.workshop import stored

REWARD_LR, REWARD_BATCH = 3e-4, 8  # why: see ``rlhf``
FOLDS = 5  # parts of the conversations of the real model, each judged by a reward model of the others
FOLDER = "rlhf-real"


def reward_trainer(place: str, tokenizer, rows: list[dict], output: Path, seed: int):
    """``RewardTrainer`` as notebook 05 shows it."""
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    lab = model.lab()
    kept = [{key: row[key] for key in ("prompt", "chosen", "rejected", "chat_template_kwargs")} for row in rows]
    return RewardTrainer(
        model=place, processing_class=tokenizer, train_dataset=Dataset.from_list(kept),
        args=RewardConfig(
            output_dir=str(output), num_train_epochs=1, per_device_train_batch_size=REWARD_BATCH,
            learning_rate=REWARD_LR, lr_scheduler_type="linear", warmup_steps=0.1, seed=seed, save_strategy="no",
            bf16=lab.dtype == "bfloat16", use_cpu=lab.device == "cpu", activation_checkpointing=False,
            model_init_kwargs={"attn_implementation": "eager"}, logging_steps=10, report_to="none", disable_tqdm=True),
    )  # fmt: skip


def conversation_of(row: dict) -> str:
    """The conversation whose replies a preference row compares (``votes.pair_up`` names pairs after it)."""
    return row["pair"].rpartition("-")[0]


def agreement(judging, tokenizer, rows: list[dict]) -> dict:
    """How many of the votes on pairs that it has not seen a judge agrees with, in percent, each conversation counting
    once: ``agrees`` with ``low`` and ``high``, and the number of ``pairs`` and of ``conversations``.
    """
    groups: dict[str, list[bool]] = {}
    for row, margin in zip(rows, reward.margins(judging, tokenizer, rows), strict=True):
        groups.setdefault(conversation_of(row), []).append(margin > 0)
    span = intervals.mean_interval([sum(each) / len(each) for each in groups.values()], rate=False).times(100)
    return {"agrees": span.value, "low": max(0.0, span.low), "high": min(100.0, span.high), "pairs": len(rows),
            "conversations": len(groups)}  # fmt: skip


def content_with(greeting: str, judging, tokenizer, rows: list[dict]) -> float:
    """In how many percent of the conversations a bare greeting has at least the reward of the desk's own reply."""
    greeted = [[*row["messages"][:-1], {"role": "assistant", "content": greeting}] for row in rows]
    paid = (reward.rewards(judging, tokenizer, talks) for talks in (greeted, [row["messages"] for row in rows]))
    return 100 * sum(bare >= own for bare, own in zip(*paid, strict=True)) / len(rows)


def load_judge(place: Path):
    """A reward model from a folder, in this machine's precision."""
    import torch
    from transformers import AutoModelForSequenceClassification

    lab = model.lab()
    return AutoModelForSequenceClassification.from_pretrained(
        place, num_labels=1, dtype=getattr(torch, lab.dtype), attn_implementation="eager"
    ).to(lab.device)


def real_home() -> Path:
    """The folder of the reward models of the real model's replies, named after the votes as well."""
    pairs, cast = (part for each in zip(votes.stored("train"), votes.stored("test"), strict=True)
                   for part in [each[0] + each[1]])
    voted = checkpoints.fingerprint([*({key: pair[key] for key in ("id", "a", "b")} for pair in pairs), *cast])
    return checkpoints.run_folder(FOLDER, model=model.lab().path, room_bytes=checkpoints.SPARE_BYTES,
                                  votes=voted, lr=REWARD_LR, batch_size=REWARD_BATCH, folds=FOLDS)


def folds(names: list[str], seed: int) -> list[list[str]]:
    """Conversations in ``FOLDS`` parts that are mixed and about equally large; each name is in one of them."""
    order = sorted(set(names))
    rng("folds", seed).shuffle(order)
    return [order[number::FOLDS] for number in range(FOLDS)]


def judge_a_fold(number: int, seed: int) -> dict:
    """A reward model of the lab's size from the votes on all conversations but one fold's, and its choices there."""
    lab = model.lab()
    _, tokenizer = sft.load(lab)
    pairs, cast = (train + test for train, test in zip(votes.stored("train"), votes.stored("test"), strict=True))
    here = set(folds([pair["conversation"] for pair in pairs], seed)[number])
    learnt = [pair for pair in pairs if pair["conversation"] not in here]
    rng("pairs of the real model", seed).shuffle(learnt)
    started = time.perf_counter()
    preferred = votes.preferences(learnt, cast, tokenizer=tokenizer)
    with TemporaryDirectory(prefix="ftlab-judge-") as folder:
        trainer = reward_trainer(lab.path, tokenizer, preferred, Path(folder), seed)
        trainer.train()
        trainer.save_model(folder)
        judging = load_judge(Path(folder))
    seconds, asked = time.perf_counter() - started, {}
    for pair in (pair for pair in pairs if pair["conversation"] in here):
        each = asked.setdefault(pair["conversation"], {"row": pair["row"], "replies": []})
        each["replies"] = list(dict.fromkeys([*each["replies"], pair["a"], pair["b"]]))
    choices = []
    for name, each in asked.items():
        talks = [[*each["row"]["messages"][:-1], {"role": "assistant", "content": reply}] for reply in each["replies"]]
        choices.append({"conversation": name, "kind": each["row"]["kind"], "fold": number, "replies": each["replies"],
                        "rewards": [round(value, 4) for value in reward.rewards(judging, tokenizer, talks)]})
    print(f"fold {number}, seed {seed}: {len(preferred)} pairs, {len(choices)} conversations, {seconds:.0f} s",
          flush=True)
    return {"pairs": len(preferred), "seconds": round(seconds), "dtype": lab.dtype, "choices": choices}


def places(folder: Path, seed: int) -> list[Path]:
    """The files of the folds in ``real_home()``."""
    return [folder / f"fold-{number}-seed-{seed}.json" for number in range(FOLDS)]


def judge_the_real(seed: int = 0, most: int = FOLDS) -> dict | None:
    """The choices among the real model's replies to all conversations, each by a judge that has not seen it.

    Args:
        most: Of the folds that are not in ``runs``, how many are made now.
    Returns:
        None while a fold is missing. Rewards of two folds are two judges' and not to be compared.
    """
    folds_at = places(real_home(), seed)
    missing = [each for each in enumerate(folds_at) if not stored.is_kept(each[1])]
    for number, path in missing[:most]:
        stored.keep(path, judge_a_fold(number, seed), __name__)
    if len(missing) > most:
        return None
    parts = [files.read_json(path) for path in folds_at]
    return {"writer": votes.writer(), "folds": FOLDS, "seed": seed, "dtype": parts[0]["dtype"],
            "pairs": [part["pairs"] for part in parts], "seconds": [part["seconds"] for part in parts],
            "choices": [each for part in parts for each in part["choices"]]}
