"""The trainings of ``ftlab.workshop.experiments.dpo``: DPO, KTO, ORPO and RLOO on the same votes, from one stage."""

from __future__ import annotations

import math
import time
from pathlib import Path

from ftlab import model, texts
from ftlab.workshop.experiments import dpo, rlhf_judges
from ftlab.workshop.experiments.memory_peaks import watched

KINDS = {"attn_implementation": "eager", "dtype": "float32"}  # how a stage is read from its folder


def arguments(config, seed: int, **more):
    """The settings that all of trl's trainers share here."""
    lab = model.lab()
    shared = {"output_dir": str(dpo.home() / "trainer"), "seed": seed, "bf16": lab.dtype == "bfloat16",
              "use_cpu": lab.device == "cpu", "save_strategy": "no", "report_to": "none", "logging_steps": 1,
              "warmup_steps": 0.1, "lr_scheduler_type": "linear", "disable_tqdm": True,
              "per_device_train_batch_size": dpo.BATCH_SIZE, "activation_checkpointing": False}
    return config(**shared | more)


def held() -> int:
    """The bytes that this process holds; none where a card counts its own from zero."""
    import psutil

    return 0 if model.lab().device == "cuda" else psutil.Process().memory_info().rss


def train(name: str, seed: int) -> dict:
    """One of ``dpo.RUNS``: the trained model with its log, and what the training took.

    Raises:
        ValueError: If the votes decided fewer pairs than the run is to have.
    """
    import trl
    from datasets import Dataset

    given = {"way": "dpo", "beta": dpo.BETA, "pairs": dpo.PAIRS, "noise": None, "lr": dpo.LR} | dpo.RUNS[name]
    start = dpo.stage(seed)
    tokenizer = dpo.load(start)[1]
    decided = dpo.preferences(seed, tokenizer, given["noise"])
    rows = decided[: given["pairs"]]
    if len(rows) < given["pairs"]:
        raise ValueError(f"{name}: expected {given['pairs']} decided pairs of seed {seed}, found {len(rows)}. Set a "
                         "larger ASKED, or let the run have fewer.")
    if given["way"] == "rloo":
        voted = {rlhf_judges.conversation_of(row) for row in rows}
        others = [row for row in decided if rlhf_judges.conversation_of(row) not in voted]
        return rloo(start, tokenizer, rows, others, seed)
    steps = max(20, math.ceil(len(rows) / dpo.BATCH_SIZE))  # one pass, or more where the votes are few
    idle, started = held(), time.perf_counter()
    dials = {"learning_rate": given["lr"], "max_steps": steps}
    if given["way"] == "dpo":
        trainer = trl.DPOTrainer(
            model=str(start), processing_class=tokenizer, train_dataset=Dataset.from_list(rows),
            args=arguments(trl.DPOConfig, seed, beta=given["beta"], model_init_kwargs=KINDS, **dials),
        )
    elif given["way"] == "kto":
        # Both replies of a pair, each with a thumb up or down. KTO reads its rows in order.
        thumbs = [{**{key: row[key] for key in ("prompt", "chat_template_kwargs")}, "completion": row[side],
                   "label": side == "chosen"} for row in rows for side in ("chosen", "rejected")]
        thumbs = texts.sample(thumbs, len(thumbs), seed)
        trainer = trl.KTOTrainer(
            model=str(start), processing_class=tokenizer, train_dataset=Dataset.from_list(thumbs),
            args=arguments(trl.KTOConfig, seed, beta=dpo.BETA, model_init_kwargs=KINDS,
                           **dials | {"per_device_train_batch_size": 2 * dpo.BATCH_SIZE}),
        )
    else:
        from trl.experimental.orpo import ORPOConfig, ORPOTrainer

        trainer = ORPOTrainer(
            model=dpo.load(start)[0], processing_class=tokenizer, train_dataset=Dataset.from_list(rows),
            args=arguments(ORPOConfig, seed, beta=dpo.BETA, remove_unused_columns=False, **dials),
        )
    with watched(model.lab().device) as most:
        trainer.train()
    return {"model": trainer.model, "tokenizer": tokenizer, "log": trainer.state.log_history, "given": given,
            "rows": rows, "seconds": time.perf_counter() - started, "peak_bytes": most[0] - idle,
            "pairs": len(rows), "steps": steps}  # fmt: skip


def rloo(start: Path, tokenizer, rows: list[dict], others: list[dict], seed: int) -> dict:
    """RLHF on the same votes: a reward model from them, and then the policy by its rewards, with KL to the stage.

    Args:
        others: Votes on pairs of other conversations. Nothing learns from them; they tell how much the judge knows.
    """
    import trl
    from datasets import Dataset

    idle, started = held(), time.perf_counter()
    judge_path = dpo.home() / f"reward-seed-{seed}"
    rewards = trl.RewardTrainer(
        model=str(start), processing_class=tokenizer, train_dataset=Dataset.from_list(rows),
        args=arguments(trl.RewardConfig, seed, learning_rate=dpo.JUDGE_LR, max_steps=dpo.JUDGE_STEPS,
                       model_init_kwargs={**KINDS, "num_labels": 1}),
    )
    with watched(model.lab().device) as judging:
        rewards.train()
    rewards.save_model(str(judge_path))
    del rewards
    reward_s = time.perf_counter() - started
    prompts = [{"prompt": row["prompt"]} for row in rows]
    trainer = trl.RLOOTrainer(
        model=str(start), reward_funcs=str(judge_path), processing_class=tokenizer,
        train_dataset=Dataset.from_list(prompts),
        args=arguments(trl.RLOOConfig, seed, learning_rate=dpo.RLOO_LR, max_steps=dpo.RLOO_STEPS, beta=dpo.RLOO_KL,
                       num_generations=dpo.GROUP, per_device_train_batch_size=dpo.RLOO_REPLIES, steps_per_generation=2,
                       lr_scheduler_type="constant", warmup_steps=0, temperature=1.0, model_init_kwargs=KINDS,
                       max_completion_length=dpo.REPLY_TOKENS),
    )
    with watched(model.lab().device) as most:
        trainer.train()
    took = {"seconds": time.perf_counter() - started, "peak_bytes": max(judging[0], most[0]) - idle}
    return {"model": trainer.model, "tokenizer": tokenizer, "log": trainer.state.log_history,
            "given": {"way": "rloo", "beta": dpo.RLOO_KL, "lr": dpo.RLOO_LR, "noise": None},
            "rows": rows, **took, "reward_s": reward_s, "pairs": len(rows), "steps": dpo.RLOO_STEPS,
            "judge": rlhf_judges.agreement(rlhf_judges.load_judge(judge_path), tokenizer, others)}  # fmt: skip
