"""Supervised fine-tuning in one call: the trainer of notebook 02 with its dials as arguments, and a loss for each row.

For the runs after the one that notebook 02 shows in full view: sweeps, and models that a later notebook needs again.
"""

from __future__ import annotations

from typing import NamedTuple

from ftlab import paths, shelf
from ftlab.model import Choice
from ftlab.tuning import chat, checkpoints, generate

SAVE_STEPS = 60  # of a run for the shelf: a longer one leaves a checkpoint each time and goes on from the last
LORA = {"r": 16, "lora_alpha": 32, "target_modules": "all-linear"}  # the addition that notebooks 00 and 02 train


class Run(NamedTuple):
    """What a training left: the model (with an adapter if LoRA), its tokenizer, the trainer's log, the seconds."""

    model: object
    tokenizer: object
    log: list[dict]
    seconds: float


def load(choice: Choice):
    """The untuned model on its device, its weights in fp32, and its tokenizer with a chat template."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(choice.path)
    tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE
    model = AutoModelForCausalLM.from_pretrained(
        choice.path, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
    )
    return model.to(choice.device), tokenizer


def fine_tune(
    choice: Choice, rows: list[dict], *, lr: float, steps: int, seed: int, batch_size: int = 8, lora=None, valid=None,
    resume: str | None = None, **more
) -> Run:
    """Fine-tunes a fresh copy of a model on conversations, with the loss on the last reply of each alone.

    Args:
        rows: Conversations with ``messages``, the assistant's last.
        lr: Peak learning rate; it climbs for a tenth of the run and then falls in a straight line to zero.
        steps: Optimizer steps of ``batch_size`` rows.
        lora: Settings for peft's ``LoraConfig``, such as ``LORA``; without any, all weights are trained.
        valid: Held-out conversations whose loss is measured every tenth of the run.
        resume: A checkpoint of this very run to go on from. ``group_by_length`` draws the order of the rows after the
            first pass over them anew, so the weights then differ a little from those of a run without a break.
        more: Further settings for ``SFTConfig``, such as where and when to save.
    Returns:
        The run. The seconds of a resumed one are those of the whole, at the pace of the steps made now.
    """
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from ftlab.tuning.loss import can_be_lean
    from ftlab.tuning.trainer import HandLoss

    model, tokenizer = load(choice)
    trainer = (HandLoss if can_be_lean(model) else SFTTrainer)(
        model=model,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(chat.pairs(tokenizer, rows)),
        eval_dataset=Dataset.from_list(chat.pairs(tokenizer, valid)) if valid else None,
        peft_config=LoraConfig(**lora, task_type="CAUSAL_LM") if lora else None,
        args=SFTConfig(
            **{"output_dir": str(paths.runs() / "sft"), "save_strategy": "no", **more},
            max_steps=steps,
            per_device_train_batch_size=batch_size,
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
    done = int(resume.rpartition("-")[2]) if resume else 0
    seconds = trainer.train(resume_from_checkpoint=resume).metrics["train_runtime"] * steps / (steps - done)
    return Run(trainer.model, tokenizer, trainer.state.log_history, seconds)


def from_shelf(name: str, choice: Choice, rows: list[dict], *, lora=None, **settings) -> Run:
    """The model that these settings give: from the shelf if it is there, else tuned now and put there.

    A tuning of more than ``SAVE_STEPS`` steps that is interrupted or killed goes on from its last checkpoint the next
    time; a shorter one begins again.

    Args:
        name: What it is for, in small letters.
        settings: As ``fine_tune`` takes them; JSON values.
    Raises:
        RuntimeError: If another kernel tunes this very model now.
    """
    from accelerate.utils import extract_model_from_parallel
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    place = shelf.place(name, choice, rows, lora=lora, **settings)
    if kept := shelf.find(place):
        base, tokenizer = load(choice)
        model = PeftModel.from_pretrained(base, kept) if lora else None
        if model is None:
            import torch

            model = AutoModelForCausalLM.from_pretrained(
                kept, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
            ).to(choice.device)
        return Run(model.eval(), tokenizer, [], 0.0)
    saves: dict = {"output_dir": str(place)}
    if settings["steps"] > SAVE_STEPS:
        saves |= {"save_strategy": "steps", "save_steps": SAVE_STEPS, "save_total_limit": 2}
        print(f"not on the shelf yet: {settings['steps']} steps of tuning begin now. If they are interrupted, the same "
              f"cell goes on from a checkpoint, which there is every {SAVE_STEPS} steps.")
    with checkpoints.resumable(place) as checkpoint:
        run = fine_tune(choice, rows, lora=lora, resume=checkpoint, **settings, **saves)
        shelf.keep(run.model, place, run.seconds)
    # The trainer leaves its bf16 arithmetic around the model; one from the shelf computes in the format of its weights.
    return run._replace(model=extract_model_from_parallel(run.model, keep_fp32_wrapper=False).eval())


def row_losses(model, tokenizer, rows: list[dict]) -> list[float]:
    """The loss on each conversation's last reply, in nats a supervised token."""
    import torch

    found, form = [], chat.look(tokenizer)
    for row, prompt in zip(rows, chat.prompts(tokenizer, rows), strict=True):
        whole = chat.render(tokenizer, chat.fit(form, row["messages"]))
        asked, ids = generate.encode(tokenizer, [prompt, whole])
        labels = [-100] * len(asked) + ids[len(asked):]
        with torch.inference_mode():
            out = model(
                input_ids=torch.tensor([ids], device=model.device), labels=torch.tensor([labels], device=model.device)
            )
        found.append(out.loss.item())
    return found
