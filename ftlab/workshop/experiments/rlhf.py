"""RLHF on the lab model with several KL weights and seeds, and a reward model's choice among the real model's replies.

Each is too long for a lesson, so notebook 05 shows what is stored: ``python -m ftlab.workshop.experiments.rlhf --kl
0.05 --seed 0`` for each weight and seed, ``--judge`` for the real model's replies, then ``--gather``.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date
from pathlib import Path

from ftlab import files, model, paths, texts, values
from ftlab.evidence.packed import pack
from ftlab.scores import votes
from ftlab.tuning import chat, generate, reward, sft
from ftlab.tuning.sample import samples
from ftlab.world.text import rng

# Fixed before the first run, but for the judge's: at 1e-3 on 480 pairs it had no opinion on seed 0 (loss 0.688, half of
# the votes), so it got a rate of 3e-4 and 720 pairs, set after five trials on another seed. The judge of the real
# model's replies had none either from 600 pairs (49 % of the held-out votes), so it got all.
# A KL weight of a hundred millionth stops nothing, and has the trainer report the KL.
FREE = 1e-8
KLS = (FREE, 0.05, 0.2)
SFT = {"lr": 1e-3, "steps": 100, "batch_size": 8}  # on SFT_ROWS conversations: the model that RLHF starts from
SFT_ROWS, VOTED = 800, 160  # conversations to imitate, and others whose sampled replies are voted on
SAMPLES, PAIRS, REPLY_TOKENS = 4, 720, 72  # replies to each of these; pairs to train on; tokens a reply
REWARD_LR, REWARD_BATCH = 3e-4, 8
RL_LR, STEPS, BATCH, PER_GENERATION = 3e-4, 40, 16, 2  # policy: optimizer steps of so many replies
REAL_PAIRS = 2400  # pairs of the real model's replies, at most: more than there are
HELD_OUT, FACTS = 100, 100  # test conversations; general questions
FOLDER = "rlhf"


def split(seed: int) -> tuple[list[dict], list[dict], list[dict]]:
    """Training conversations: to imitate, to be voted on, and to practise on with the reward model."""
    rows = texts.sample(texts.plain_conversations("train"), 1574, seed)
    return rows[:SFT_ROWS], rows[SFT_ROWS : SFT_ROWS + VOTED], rows[SFT_ROWS + VOTED :]


def start(seed: int, folder: Path) -> Path:
    """The fine-tuned lab model in a folder of its own: RLHF's start, and the reference of its KL."""
    place = folder / "sft"
    if not (place / "tokenizer.json").exists():
        run = sft.from_shelf("plain-desk", model.lab(), split(seed)[0], seed=seed, **SFT, disable_tqdm=True)
        run.model.save_pretrained(place)
        run.tokenizer.save_pretrained(place)
    return place


def load(place: Path):
    """A causal model and its tokenizer from a folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    found = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32, attn_implementation="eager")
    return found.to(model.lab().device).eval(), AutoTokenizer.from_pretrained(place)


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


def judge(seed: int, folder: Path) -> Path:
    """A reward model from the majority's votes on the start's own samples."""
    place = folder / "reward"
    if not (place / "tokenizer.json").exists():
        begin = start(seed, folder)
        base, tokenizer = load(begin)
        rows = split(seed)[1]
        said = samples(base, tokenizer, chat.prompts(tokenizer, rows), SAMPLES, temperature=1.0, seed=seed,
                       max_new_tokens=REPLY_TOKENS, batch_size=256, batch_tokens=40_000)
        pairs = votes.pair_up(rows, said, seed)
        rng("pairs", seed).shuffle(pairs)
        cast, _ = votes.cast(pairs, seed=seed)
        preferred = votes.preferences(pairs, cast, tokenizer=tokenizer)[:PAIRS]
        trainer = reward_trainer(str(begin), tokenizer, preferred, folder, seed)
        trainer.train()
        trainer.save_model(str(place))
    return place


def load_judge(place: Path):
    """A reward model from a folder, in this machine's precision."""
    import torch
    from transformers import AutoModelForSequenceClassification

    lab = model.lab()
    return AutoModelForSequenceClassification.from_pretrained(
        place, num_labels=1, dtype=getattr(torch, lab.dtype), attn_implementation="eager"
    ).to(lab.device)


def known(some_model, tokenizer) -> list[int]:
    """Which of the questions about the invented land the model still answers."""
    questions = files.read_jsonl(paths.data() / "questions" / "general_test.jsonl")
    asked = rng("general", "yardstick").sample(questions, FACTS)
    said = generate.answers(some_model, tokenizer, [row["question"] for row in asked])
    return [int(values.exact_match(reply, row["answers"])) for reply, row in zip(said, asked, strict=True)]


def measure(place: Path, judged_by: Path) -> dict:
    """Greedy replies of a model to held-out conversations, each with its qualities, worth and reward."""
    found, tokenizer = load(place)
    rows = texts.plain_conversations("test")[:HELD_OUT]
    replies = generate.replies(found, tokenizer, chat.prompts(tokenizer, rows), REPLY_TOKENS)
    each = [votes.qualities(reply, row) for reply, row in zip(replies, rows, strict=True)]
    talks = [[*row["messages"][:-1], {"role": "assistant", "content": reply}] for reply, row in
             zip(replies, rows, strict=True)]
    return {
        "replies": replies,
        **{name: [quality[name] for quality in each] for name in votes.WEIGHTS},
        "worth": [votes.worth(reply, row) for reply, row in zip(replies, rows, strict=True)],
        "reward": reward.rewards(load_judge(judged_by), tokenizer, talks),
        "known": known(found, tokenizer),
    }


def optimize(kl: float, seed: int) -> dict:
    """RLOO from the start with one KL weight: the trainer's log, with the true worth beside the reward."""
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import RLOOConfig, RLOOTrainer

    folder, lab = paths.runs() / FOLDER / f"seed-{seed}", model.lab()
    begin, judged_by = start(seed, folder), judge(seed, folder)
    tokenizer = AutoTokenizer.from_pretrained(begin)
    rows = {row["id"]: row for row in split(seed)[2]}

    def true_worth(completions, id, **_):
        return [votes.worth(reply[0]["content"], rows[i]) for reply, i in zip(completions, id, strict=True)]

    def words(completions, **_):
        return [float(len(reply[0]["content"].split())) for reply in completions]

    trainer = RLOOTrainer(
        model=str(begin), reward_funcs=[load_judge(judged_by), true_worth, words], processing_class=tokenizer,
        reward_processing_classes=[tokenizer, None, None],
        train_dataset=Dataset.from_list([{"prompt": row["messages"][:-1], "id": i} for i, row in rows.items()]),
        args=RLOOConfig(
            output_dir=str(folder / "policy"), max_steps=STEPS, per_device_train_batch_size=BATCH,
            num_generations=SAMPLES, steps_per_generation=PER_GENERATION, max_completion_length=REPLY_TOKENS,
            temperature=1.0, learning_rate=RL_LR, lr_scheduler_type="constant", beta=kl, reward_weights=[1.0, 0.0, 0.0],
            model_init_kwargs={"attn_implementation": "eager"}, seed=seed, save_strategy="no",
            bf16=lab.dtype == "bfloat16", use_cpu=lab.device == "cpu", activation_checkpointing=False,
            logging_steps=PER_GENERATION, report_to="none", disable_tqdm=True),
    )  # fmt: skip
    seconds = trainer.train().metrics["train_runtime"]
    place = folder / f"kl-{kl:g}"
    trainer.save_model(str(place))
    tokenizer.save_pretrained(place)
    log = [entry for entry in trainer.state.log_history if "reward" in entry]
    keys = {"step": "step", "reward": "reward", "worth": "rewards/true_worth/mean", "words": "rewards/words/mean",
            "kl_token": "kl", "tokens": "completions/mean_length", "entropy": "entropy"}
    if not (folder / "before.json").exists():
        files.write_json(folder / "before.json", measure(begin, judged_by))
    found = {"kl": kl, "seed": seed, "seconds": round(seconds), "dtype": lab.dtype,
             "log": {name: [round(entry[key], 5) for entry in log] for name, key in keys.items()},
             "before": files.read_json(folder / "before.json"), "after": measure(place, judged_by)}
    mean = {when: {key: round(sum(found[when][key]) / len(found[when][key]), 3) for key in ("reward", "worth", "right",
            "brevity", "known")} for when in ("before", "after")}
    print(kl, seed, mean, f"{seconds:.0f} s", flush=True)
    return found


def overoptimized(seed: int) -> dict[str, dict]:
    """The claim for one seed: true worth on held-out conversations without the KL penalty, minus that with it."""
    runs = {}
    for kl in (FREE, KLS[-1]):
        path = paths.runs() / FOLDER / f"kl-{kl:g}-seed-{seed}.json"
        if not path.exists():
            files.write_json(path, optimize(kl, seed))
        runs[kl] = files.read_json(path)["after"]["worth"]
    return {"kl-saves-worth": apart(runs[FREE], runs[KLS[-1]])}


def best_of_n(seed: int) -> dict[str, dict]:
    """The claim for one seed: the worth of the reward model's choice among the replies, minus that of one drawn."""
    rows = {row["id"]: row for row in texts.conversations("train")}
    best, one = [], []
    for each in judge_the_real(seed)["choices"]:
        worths = [votes.worth(reply, rows[each["conversation"]]) for reply in each["replies"]]
        best.append(reward.best_of(each["rewards"], worths, len(worths)))
        one.append(sum(worths) / len(worths))
    return {"best-of-n": apart(best, one)}


def apart(worths: list[float], others: list[float]) -> dict:
    """The difference of two lists of worths, the full worth counted as 100, with both as shares of it."""
    most = sum(votes.WEIGHTS.values())
    a, b = [worth / most for worth in worths], [worth / most for worth in others]
    return {"effect": 100 * (sum(a) - sum(b)) / len(a), "by_prompt": a, "against": b}


def judge_the_real(seed: int = 0) -> dict:
    """A reward model of the lab's size from the stored votes on the real model's replies, and its choices.

    It is trained on the pairs of the split "train" and judges those of "test", whose prompts it has not seen.
    """
    lab, folder = model.lab(), paths.runs() / FOLDER / "real"
    _, tokenizer = sft.load(lab)
    pairs, cast = votes.stored("train")
    rng("pairs of the real model", seed).shuffle(pairs)
    started = time.perf_counter()
    preferred = votes.preferences(pairs, cast, tokenizer=tokenizer)[:REAL_PAIRS]
    trainer = reward_trainer(lab.path, tokenizer, preferred, folder, seed)
    trainer.train()
    seconds = time.perf_counter() - started
    trainer.save_model(str(folder))
    judging = load_judge(folder)
    asked: dict[str, dict] = {}
    for pair in votes.stored_pairs("test"):
        each = asked.setdefault(pair["conversation"], {"row": pair["row"], "replies": []})
        each["replies"] = list(dict.fromkeys([*each["replies"], pair["a"], pair["b"]]))
    found = []
    for name, each in asked.items():
        talks = [[*each["row"]["messages"][:-1], {"role": "assistant", "content": reply}] for reply in each["replies"]]
        found.append({"conversation": name, "kind": each["row"]["kind"], "replies": each["replies"],
                      "rewards": [round(value, 4) for value in reward.rewards(judging, tokenizer, talks)]})
    return {"pairs": len(preferred), "seed": seed, "seconds": round(seconds), "dtype": lab.dtype, "choices": found}


def settings() -> dict:
    """What shaped the runs, as JSON values."""
    return {"sft": SFT, "sft_rows": SFT_ROWS, "voted": VOTED, "samples": SAMPLES, "pairs": PAIRS,
            "reward_lr": REWARD_LR, "reward_batch": REWARD_BATCH, "lr": RL_LR, "steps": STEPS, "batch": BATCH,
            "per_generation": PER_GENERATION, "real_pairs": REAL_PAIRS,
            "held_out": HELD_OUT, "facts": FACTS}  # fmt: skip


def gather() -> dict:
    """What notebook 05 shows, from the runs."""
    folder = paths.runs() / FOLDER
    runs = [files.read_json(path) for path in sorted(folder.glob("kl-*-seed-*.json"))]
    packed = (*votes.WEIGHTS, "worth", "reward", "known")
    stored = [{**{key: run[key] for key in ("kl", "seed", "seconds", "dtype", "log")},
               **{when: {**{key: pack(run[when][key]) for key in packed}, "replies": run[when]["replies"][:40]}
                  for when in ("before", "after")}} for run in runs]
    real = folder / "real.json"
    return {"date": date.today().isoformat(), "rows": "plain conversations, test",
            "settings": settings(),
            "runs": stored, "real": files.read_json(real) if real.exists() else None}  # fmt: skip


def main() -> None:
    """Runs one KL weight with one seed, or the reward model on the real model's replies, or gathers the runs."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.rlhf", description=__doc__)
    parser.add_argument("--kl", type=float, nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--judge", action="store_true", help="the reward model on the real model's replies")
    parser.add_argument("--gather", action="store_true", help="write data/stored/rlhf.json from the runs")
    args = parser.parse_args()
    folder = paths.runs() / FOLDER
    for kl in args.kl:
        files.write_json(folder / f"kl-{kl:g}-seed-{args.seed}.json", optimize(kl, args.seed))
    if args.judge:
        files.write_json(folder / "real.json", judge_the_real(args.seed))
    if args.gather:
        files.write_text(paths.data() / "stored" / "rlhf.json", json.dumps(gather()) + "\n")


if __name__ == "__main__":
    main()
