"""The cell of notebook 04 that trains in four bits: with the library, and what it says without."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import cells
import families
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from ftlab import model, texts

NOTEBOOK = "04_lora"


def run_cell(folder: Path, device: str = "cpu") -> dict:
    """The cell on a small random model, after section 4's ``held``."""
    choice = model.Choice("toy", str(folder), device, "float32", "a test")
    scope = {"torch": torch, "time": time, "choice": choice, "one_row": torch.arange(5, 15)[None],
             "AutoModelForCausalLM": AutoModelForCausalLM, "get_peft_model": get_peft_model, "LoraConfig": LoraConfig,
             "LORA": {"r": 16, "lora_alpha": 32, "target_modules": "all-linear"},
             "measured": {"LoRA": {"seconds": 1.0}}}  # fmt: skip
    return cells.run(
        cells.functions(NOTEBOOK, "megabytes", "held"),
        cells.holding(NOTEBOOK, "prepare_model_for_kbit_training"),
        **scope,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    read = [message["content"] for row in texts.plain_conversations("valid")[:40] for message in row["messages"]]
    return families.build("smollm2", tmp_path_factory.mktemp("small"), read)


def test_with_the_library_it_takes_two_steps(folder: Path, capsys) -> None:
    pytest.importorskip("bitsandbytes")
    scope = run_cell(folder)
    said = capsys.readouterr().out
    assert "linear layers in four bits" in said and "a step on one example" in said
    moved = [p.abs().max().item() for name, p in scope["packed"].named_parameters() if "lora_B" in name]
    assert min(moved) > 0  # gradients have passed back through every layer


def test_after_writing_hardly_any_gradient_passes_back(folder: Path, capsys) -> None:
    """What the notebook warns of, on a processor where bitsandbytes repacks: if it stops, the warning can go."""
    bitsandbytes = pytest.importorskip("bitsandbytes")
    if not bitsandbytes.functional.has_avx512bf16():
        pytest.skip("bitsandbytes repacks weights only on processors with avx512_bf16")
    packed, ids = run_cell(folder)["packed"], torch.arange(5, 15)[None]
    first = packed.get_submodule("base_model.model.model.layers.0.self_attn.q_proj.lora_B.default").weight

    def pull() -> float:
        packed.zero_grad()
        packed.train()(ids, labels=ids).loss.backward()
        return first.grad.norm().item()

    before = pull()
    with torch.no_grad():
        packed.eval()(ids)
    with pytest.warns(UserWarning, match="autograd kernel"):
        after = pull()
    assert after < before / 2


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_without_the_library_or_on_a_macs_gpu_it_says_what_it_would_need(folder, device, monkeypatch, capsys) -> None:
    if device == "cpu":
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *rest: None if name == "bitsandbytes" else find(name, *rest)
        )
    scope = run_cell(folder, device)
    assert capsys.readouterr().out.startswith("Not run: it needs bitsandbytes")
    assert "packed" not in scope
