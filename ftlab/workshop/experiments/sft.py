"""What experiments share: the lab model tuned on the desk's plain conversations, and judged."""

from __future__ import annotations

from functools import lru_cache

from ftlab import files, paths, values
from ftlab.model import Choice, lab
from ftlab.texts import plain_conversations as conversations
from ftlab.texts import sample
from ftlab.tuning import chat, generate
from ftlab.tuning import sft as tuning
from ftlab.world import brand
from ftlab.world.text import rng

# The dials of the main run.
LR = 7e-4
STEPS = 160
EXAMPLES = 1000
HELD_OUT = 60
VALID = 48


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
    run = tuning.fine_tune(choice, rows, lr=lr, steps=steps, seed=seed, valid=valid, **more)
    return run.model, run.tokenizer, run.log


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


def own_form(rows: list[dict]) -> list[str]:
    """The prompts as the base model knows them: the record as a page, then ``Question:`` and ``Answer:``."""
    texts = [[message["content"] for message in row["messages"]] for row in rows]
    return [f"{record}\n\nQuestion: {question}\nAnswer:" for record, question, *_ in texts]


@lru_cache(maxsize=1)
def main_run(seed: int):
    """The main run: the choice of model, the tuned model, its tokenizer and its scores on the held-out prompts."""
    choice = lab()
    model, tokenizer, _ = fine_tune(choice, sample(conversations("train"), EXAMPLES, seed), LR, STEPS, seed)
    return choice, model, tokenizer, judge(model, tokenizer, conversations("test")[:HELD_OUT])


def load_base(choice: Choice):
    """The model that was chosen, untuned."""
    return tuning.load(choice)[0]


def share(scores: list[bool]) -> float:
    """How many are true, in percent."""
    return 100 * sum(scores) / len(scores)
