"""An adapter is loaded only where it was made for: its silent mistakes become errors."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from ftlab.tuning import adapters

TOKENIZER = SimpleNamespace(chat_template="{{ messages }}")


def save_base(folder: Path, seed: int) -> Path:
    torch.manual_seed(seed)
    config = LlamaConfig(vocab_size=11, hidden_size=16, intermediate_size=24, num_hidden_layers=1,
                         num_attention_heads=2)  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path]:
    """A base's folder and an adapter's, with its note."""
    base = save_base(tmp_path / "base", 0)
    config = LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(LlamaForCausalLM.from_pretrained(base), config)
    for name, p in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.ones_(p)
    model.save_pretrained(tmp_path / "adapter")
    adapters.note(tmp_path / "adapter", base, TOKENIZER)
    return base, tmp_path / "adapter"


def test_its_own_base_and_template_pass_wherever_they_lie(made: tuple[Path, Path], tmp_path: Path) -> None:
    base, adapter = made
    adapters.check(adapter, base, TOKENIZER)
    moved = base.rename(tmp_path / "moved")
    (moved / "README.md").write_text("words change no weight", encoding="utf-8")
    adapters.check(adapter, moved, TOKENIZER)


def test_another_base_of_the_same_build_is_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    base, adapter = made
    other = save_base(tmp_path / "other", 1)
    PeftModel.from_pretrained(LlamaForCausalLM.from_pretrained(other), adapter)  # peft says nothing
    with pytest.raises(ValueError, match="expected the base model that the adapter was made for .* found another"):
        adapters.check(adapter, other, TOKENIZER)


def test_a_base_that_it_was_merged_into_is_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    base, adapter = made
    merged = PeftModel.from_pretrained(LlamaForCausalLM.from_pretrained(base), adapter).merge_and_unload()
    merged.save_pretrained(tmp_path / "merged")
    with pytest.raises(ValueError, match="the same with an adapter merged in"):
        adapters.check(adapter, tmp_path / "merged", TOKENIZER)


def test_another_template_is_refused(made: tuple[Path, Path]) -> None:
    with pytest.raises(ValueError, match="expected the chat template that the adapter was trained with"):
        adapters.check(made[1], made[0], SimpleNamespace(chat_template="[{{ messages }}]"))


@pytest.mark.parametrize("lost", ["adapter_config.json", "adapter_model.safetensors", "made_for.json"])
def test_a_file_that_is_lost_is_named(made: tuple[Path, Path], lost: str) -> None:
    (made[1] / lost).unlink()
    with pytest.raises(ValueError, match=f"expected {lost} of an adapter, found"):
        adapters.check(made[1], made[0], TOKENIZER)


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="found nothing"):
        adapters.check(tmp_path / "nowhere", tmp_path, TOKENIZER)


def test_a_hub_name_stays_a_name(made: tuple[Path, Path]) -> None:
    adapters.note(made[1], "owner/model", TOKENIZER)
    adapters.check(made[1], "owner/model", TOKENIZER)
    with pytest.raises(ValueError, match="owner/other"):
        adapters.check(made[1], "owner/other", TOKENIZER)


def test_a_damaged_note_and_a_base_without_such_weights_are_named(made: tuple[Path, Path], tmp_path: Path) -> None:
    (made[1] / adapters.NOTE).write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="expected the keys base, template, found none"):
        adapters.check(made[1], made[0], TOKENIZER)
    (tmp_path / "pickled").mkdir()
    with pytest.raises(ValueError, match="expected the base model's weights as .safetensors, found none"):
        adapters.note(made[1], tmp_path / "pickled", TOKENIZER)
