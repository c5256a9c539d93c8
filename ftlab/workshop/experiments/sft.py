"""Supervised fine-tuning on the support desk's conversations: notebook 02, over several seeds."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ftlab import files, paths, values
from ftlab.model import Choice, lab
from ftlab.texts import plain_conversations as conversations
from ftlab.texts import sample
from ftlab.tuning import chat, generate
from ftlab.workshop.pretrain import Recipe
from ftlab.world import brand
from ftlab.world.text import rng

# The dials of notebook 02, as it is stored.
LR = 7e-4
STEPS = 160
EXAMPLES = 1000
HELD_OUT = 60
VALID = 48
FACTS = 200
SIZES = {10: 24, 30: 40, 100: 80, 300: 160}  # training examples: optimizer steps
OVERFIT_EXAMPLES, OVERFIT_STEPS = 30, 100


def general_questions(count: int) -> list[dict]:
    """``count`` questions on general facts, in phrasings that no training text has; always the same ones."""
    questions = files.read_jsonl(paths.data() / "questions" / "general_test.jsonl")
    return rng("general", "yardstick").sample(questions, count)


def fine_tune(choice: Choice, rows: list[dict], lr: float, steps: int, seed: int, valid=None, **more):
    """Fine-tunes a fresh copy of the base model on conversations, with the loss on the replies alone.

    Args:
        rows: Conversations with ``messages``, the assistant's last.
        lr: Peak learning rate; it falls linearly to zero.
        steps: Optimizer steps of eight rows.
        valid: Held-out conversations whose loss is measured every tenth of the run.
        more: Further settings for ``SFTConfig``, such as where and when to save.
    Returns:
        The model, its tokenizer and the trainer's log (``log_history``).
    """
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    from ftlab.tuning.loss import can_be_lean
    from ftlab.tuning.trainer import HandLoss

    tokenizer = AutoTokenizer.from_pretrained(choice.path)
    tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE
    model = AutoModelForCausalLM.from_pretrained(
        choice.path, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
    ).to(choice.device)

    def pairs(rows):
        return Dataset.from_list(chat.pairs(tokenizer, rows))

    trainer = (HandLoss if can_be_lean(model) else SFTTrainer)(
        model=model,
        processing_class=tokenizer,
        train_dataset=pairs(rows),
        eval_dataset=pairs(valid) if valid else None,
        args=SFTConfig(
            **{"output_dir": str(paths.runs() / "sft"), "save_strategy": "no", **more},
            max_steps=steps,
            per_device_train_batch_size=8,
            per_device_eval_batch_size=32,
            learning_rate=lr,
            lr_scheduler_type="linear",
            warmup_steps=0.1,
            seed=seed,
            bf16=choice.dtype == "bfloat16",
            use_cpu=choice.device == "cpu",
            activation_checkpointing=False,
            train_sampling_strategy="group_by_length",
            eval_strategy="steps" if valid else "no",
            eval_steps=max(1, steps // 10),
            logging_steps=max(1, steps // 10),
            report_to="none",
        ),
    )
    trainer.train()
    return model, tokenizer, trainer.state.log_history


def judge(model, tokenizer, rows: list[dict]) -> dict[str, list]:
    """Replies to held-out conversations, scored one by one: ``reply``, ``on_brand``, ``right`` and ``both``."""
    replies = generate.replies(model, tokenizer, chat.prompts(tokenizer, rows))
    on_brand = [brand.on_brand(reply) for reply in replies]
    right = [values.states_all(reply, row["expected"]) for reply, row in zip(replies, rows, strict=True)]
    return {
        "reply": replies,
        "on_brand": on_brand,
        "right": right,
        "both": [a and b for a, b in zip(on_brand, right, strict=True)],
    }


def facts_kept(model, tokenizer, questions: list[dict]) -> list[bool]:
    """Which general facts the model still answers, closed book."""
    replies = generate.answers(model, tokenizer, [row["question"] for row in questions])
    return [values.exact_match(reply, row["answers"]) for reply, row in zip(replies, questions, strict=True)]


def own_form(rows: list[dict]) -> list[str]:
    """The prompts as the base model knows them: the record as a page, then ``Question:`` and ``Answer:``."""
    texts = [[message["content"] for message in row["messages"]] for row in rows]
    return [f"{record}\n\nQuestion: {question}\nAnswer:" for record, question, *_ in texts]


# --- the experiments: notebook 02's cells for one seed ---


@lru_cache(maxsize=1)
def main_run(seed: int):
    """The main run: the choice of model, the tuned model, its tokenizer and its scores on the held-out prompts."""
    choice = lab()
    model, tokenizer, _ = fine_tune(choice, sample(conversations("train"), EXAMPLES, seed), LR, STEPS, seed)
    return choice, model, tokenizer, judge(model, tokenizer, conversations("test")[:HELD_OUT])


def load_base(choice: Choice):
    """The model that was chosen, untuned."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(
        choice.path, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
    ).to(choice.device)


def share(scores: list[bool]) -> float:
    """How many are true, in percent."""
    return 100 * sum(scores) / len(scores)


def tuned_against_base(seed: int) -> dict[str, dict]:
    """On-brand replies with the right fact, tuned minus the better of the base's two tries, in points."""
    choice, _, tokenizer, after = main_run(seed)
    held_out, base = conversations("test")[:HELD_OUT], load_base(choice)
    before = judge(base, tokenizer, held_out)["both"]
    replies = generate.answers(base, tokenizer, own_form(held_out), max_new_tokens=16)
    # The base answers with the bare value of the record: "no" is all that it can say of a dishwasher.
    right = [values.states_all(reply, [row["value"]]) for reply, row in zip(replies, held_out, strict=True)]
    own = [fact and brand.on_brand(reply) for fact, reply in zip(right, replies, strict=True)]
    base_both = [a or b for a, b in zip(before, own, strict=True)]
    effect = share(after["both"]) - share(base_both)
    more = {"on_brand": share(after["on_brand"]), "right": share(after["right"]), "base_right": share(right)}
    return {"tuned-beats-base": {"effect": effect, "by_prompt": after["both"], "against": base_both, **more}}


def dataset_size(seed: int) -> dict[str, dict]:
    """On-brand replies with the right fact, 1,000 examples minus 300, in points."""
    choice, _, _, after = main_run(seed)
    train, held_out, both = conversations("train"), conversations("test")[:HELD_OUT], {EXAMPLES: after["both"]}
    for size, steps in SIZES.items():
        model, tokenizer, _ = fine_tune(choice, sample(train, size, seed), LR, steps, seed)
        both[size] = judge(model, tokenizer, held_out)["both"]
    by_size = {str(size): share(both[size]) for size in sorted(both)}
    effect, arms = share(both[EXAMPLES]) - share(both[300]), {"by_prompt": both[EXAMPLES], "against": both[300]}
    return {"hundreds-suffice": {"effect": effect, **arms, "by_size": by_size}}


def learning_rate(seed: int) -> dict[str, dict]:
    """General facts kept at a tenth of pretraining's peak rate minus those kept at that rate, in points."""
    choice, model, tokenizer, after = main_run(seed)
    chosen, held_out = sample(conversations("train"), EXAMPLES, seed), conversations("test")[:HELD_OUT]
    questions = general_questions(FACTS)
    knows, task = {LR: facts_kept(model, tokenizer, questions)}, {LR: share(after["both"])}
    for rate in (Recipe.lr / 10, Recipe.lr):
        model, tokenizer, _ = fine_tune(choice, chosen, rate, STEPS, seed)
        knows[rate] = facts_kept(model, tokenizer, questions)
        task[rate] = share(judge(model, tokenizer, held_out)["both"])
    kept = {rate: share(each) for rate, each in knows.items()}
    effect = kept[Recipe.lr / 10] - kept[Recipe.lr]
    arms = {"by_prompt": knows[Recipe.lr / 10], "against": knows[Recipe.lr]}
    by_rate = {f"{rate:g}": {"kept": kept[rate], "task": task[rate]} for rate in sorted(kept)}
    return {"low-lr-keeps": {"effect": effect, **arms, "by_rate": by_rate}}


def row_losses(model, tokenizer, rows: list[dict]) -> list[float]:
    """The loss on each reply, in nats a supervised token."""
    import torch

    found = []
    for row in rows:
        prompt = tokenizer.apply_chat_template(row["messages"][:-1], add_generation_prompt=True)["input_ids"]
        ids = tokenizer.apply_chat_template(row["messages"])["input_ids"]
        labels = [-100] * len(prompt) + ids[len(prompt) :]
        with torch.inference_mode():
            out = model(
                input_ids=torch.tensor([ids], device=model.device), labels=torch.tensor([labels], device=model.device)
            )
        found.append(out.loss.item())
    return found


def overfitting(seed: int) -> dict[str, dict]:
    """Test loss at the end of a long run on few examples, minus that of the step which validation chose."""
    from tempfile import TemporaryDirectory

    choice, look = lab(), OVERFIT_STEPS // 10
    few, held_out = sample(conversations("train"), OVERFIT_EXAMPLES, seed), conversations("test")[:HELD_OUT]
    valid = conversations("valid")[:VALID]
    paths.runs().mkdir(exist_ok=True)
    with TemporaryDirectory(dir=paths.runs(), prefix="sft-overfit-") as folder:
        saving = {"output_dir": folder, "save_strategy": "steps", "save_steps": look, "save_only_model": True}
        best_kept = {"save_total_limit": 2, "load_best_model_at_end": True, "metric_for_best_model": "eval_loss"}
        best, tokenizer, log = fine_tune(choice, few, LR, OVERFIT_STEPS, seed, valid, **saving, **best_kept)
        last = load_base(replace(choice, path=f"{folder}/checkpoint-{OVERFIT_STEPS}"))
    end, chosen = (row_losses(model, tokenizer, held_out) for model in (last, best))
    valid_losses = {entry["step"]: round(entry["eval_loss"], 4) for entry in log if "eval_loss" in entry}
    effect = (sum(end) - sum(chosen)) / len(held_out)
    return {"overfitting-shows": {"effect": effect, "by_prompt": end, "against": chosen, "valid_losses": valid_losses}}
