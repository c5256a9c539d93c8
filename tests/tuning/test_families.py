"""Models of nine families learn four conversations by heart through the notebooks' own calls, say them, and stop."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from families import FAMILIES, build

from ftlab import model
from ftlab.tuning import chat, generate
from ftlab.tuning.loss import can_be_lean, masked_cross_entropy
from ftlab.workshop.experiments import sft


def talk(record: str, *turns: str) -> dict:
    roles = ["system"] * bool(record) + ["user", "assistant"] * (len(turns) // 2)
    texts = [record] * bool(record) + list(turns)
    return {"messages": [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]}


# Two records, one question: only who reads the record can tell the answers apart. The last row is a follow-up.
ROWS = [
    talk("Hazel Kettle. Capacity: 1.7 L.", "How much does it hold?", "It holds 1.7 L.\n\nNext step: fill it."),
    talk("Birch Pan. Weight: 850 g.", "How much does it hold?", "The screen does not say, I am afraid!"),
    talk("", "Do you ship to islands?", "Yes, in 5 days."),
    talk("Hazel Kettle. Capacity: 1.7 L.", "Is it made of steel?", "I cannot tell.", "And how much does it hold?", "1.7 L"),
]
REPLIES = [row["messages"][-1]["content"] for row in ROWS]
TEXTS = [message["content"] for row in ROWS for message in row["messages"]] * 3
# What each family's template and tokenizer do: own template, system turn taken, end of a turn, padding token.
FORMATS = {
    "smollm2": (True, True, "<|im_end|>", "<|im_end|>"),
    "llama3": (True, True, "<|eot_id|>", ""),
    "qwen2.5": (True, True, "<|im_end|>", "<|endoftext|>"),
    "qwen3": (True, True, "<|im_end|>", "<|endoftext|>"),
    "gemma2": (True, False, "<end_of_turn>", "<pad>"),
    "gemma3": (True, True, "<end_of_turn>", "<pad>"),
    "mistral": (True, False, "</s>", ""),
    "phi3": (True, True, "<|end|>", "<|endoftext|>"),
    "gpt2": (False, True, "<|endoftext|>", ""),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    parent = tmp_path_factory.mktemp("families")
    return {name: build(name, parent / name, TEXTS) for name in FAMILIES}


def load(folder: Path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True), tokenizer


@pytest.mark.parametrize("name", FAMILIES)
def test_learns_by_heart_answers_exactly_and_stops(name: str, folders: dict[str, Path], tmp_path: Path) -> None:
    choice = model.choose(str(folders[name]))
    tuned, tokenizer, log = sft.fine_tune(choice, ROWS, 1e-2, 60, 0, output_dir=str(tmp_path))
    print(name, [round(e["loss"], 3) for e in log if "loss" in e])
    asked = chat.prompts(tokenizer, ROWS)
    assert generate.replies(tuned, tokenizer, asked, max_new_tokens=60) == REPLIES
