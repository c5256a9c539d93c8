"""A Llama written as GGUF and read back through transformers says what it said, as far as its bits reach."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from ftlab.tuning import gguf_file

IDS = torch.arange(1, 12)[None]


def tiny(**changes) -> LlamaForCausalLM:
    torch.manual_seed(0)
    form = {"vocab_size": 64, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": True}  # fmt: skip
    return LlamaForCausalLM(LlamaConfig(**form | changes)).eval()


def logits(model) -> torch.Tensor:
    with torch.inference_mode():
        return model(IDS).logits


def back(path: Path) -> torch.Tensor:
    model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32)
    return logits(model)


@pytest.mark.parametrize("changes", [{}, {"tie_word_embeddings": False}, {"head_dim": 32}])
def test_in_32_bits_nothing_changes(tmp_path: Path, changes: dict) -> None:
    model = tiny(**changes)
    assert torch.equal(back(gguf_file.write(model, tmp_path / "a.gguf", "F32")), logits(model))


def test_fewer_bits_are_smaller_and_coarser(tmp_path: Path) -> None:
    model = tiny()
    off, size = {}, {}
    for precision in gguf_file.PRECISIONS:
        path = gguf_file.write(model, tmp_path / f"{precision}.gguf", precision)
        off[precision], size[precision] = (back(path) - logits(model)).abs().mean().item(), path.stat().st_size
    assert off["F32"] == 0 < off["F16"] < off["Q8_0"] < off["Q4_0"]
    assert size["F32"] > size["F16"] > size["Q8_0"] > size["Q4_0"]


def test_rows_of_a_head_pair_up() -> None:
    import numpy as np

    # one head of four rows: the first of each half, then the second of each
    assert gguf_file.halves_to_pairs(np.array([[0], [1], [2], [3]]), 1).ravel().tolist() == [0, 2, 1, 3]


def test_names() -> None:
    assert gguf_file.gguf_name("model.layers.3.mlp.up_proj.weight") == "blk.3.ffn_up.weight"
    assert gguf_file.gguf_name("model.embed_tokens.weight") == "token_embd.weight"


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import GPT2Config, GPT2LMHeadModel

    with pytest.raises(ValueError, match="F32, F16, Q8_0, Q4_0, found 'Q2_K'"):
        gguf_file.write(tiny(), tmp_path / "a.gguf", "Q2_K")
    with pytest.raises(ValueError, match="found gpt2"):
        gguf_file.write(GPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=32, n_head=2, vocab_size=9)), tmp_path / "a.gguf")
    with pytest.raises(ValueError, match="Merge first"):
        gguf_file.write(get_peft_model(tiny(), LoraConfig(target_modules=["q_proj"])), tmp_path / "a.gguf")
    assert not list(tmp_path.iterdir())
