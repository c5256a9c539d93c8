"""A Llama written as GGUF and read back through transformers says what it said, as far as its bits reach."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_gguf
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from ftlab.model import bundled_path
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


def test_the_tokenizer_and_its_template_are_in_the_file(tmp_path: Path) -> None:
    read = "The Gull Kettle holds 1.7 L, costs $49.00 and is made in 2025: it's 24 cm high."
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tiny_gguf.learn_tokens(), bos_token="<|im_start|>",
                                        eos_token="<|im_end|>", pad_token="<|im_end|>")  # fmt: skip
    tokenizer.chat_template = tiny_gguf.TEMPLATE
    model = tiny(vocab_size=len(tokenizer) + 3)  # more rows than tokens
    assert gguf_file.splitting(tokenizer) == "smollm"
    path = gguf_file.write(model, tmp_path / "whole.gguf", "F32", tokenizer)
    again = AutoTokenizer.from_pretrained(str(tmp_path), gguf_file=path.name)
    for text in (read, "Wholly new words, 1234 of them!\n\n  ok", "<|im_start|>user\nHi<|im_end|>"):
        assert again(text)["input_ids"] == tokenizer(text)["input_ids"]
    talk = [{"role": "user", "content": "Hi"}]
    made, kept = (each.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
                  for each in (tokenizer, again))  # fmt: skip
    assert made == kept and again.eos_token_id == tokenizer.eos_token_id
    back_model = AutoModelForCausalLM.from_pretrained(str(tmp_path), gguf_file=path.name, dtype=torch.float32)
    rows = [tokenizer(read)["input_ids"]]
    assert gguf_file.kept_choices(back_model, model, rows) == 1


def test_a_splitting_without_a_name_and_stretched_positions_are_refused(tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(bundled_path())  # splits digits off in a way of its own
    with pytest.raises(ValueError, match="tokenizer: expected a byte-level one that llama.cpp has a name for"):
        gguf_file.write(tiny(vocab_size=len(tokenizer)), tmp_path / "a.gguf", "F32", tokenizer)
    stretched = {"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0,
                 "high_freq_factor": 4.0, "original_max_position_embeddings": 64}  # fmt: skip
    with pytest.raises(ValueError, match="stretched positions, found llama, .*llama3"):
        gguf_file.write(tiny(rope_parameters=stretched), tmp_path / "a.gguf", "F32")


def test_choices_are_counted_place_by_place() -> None:
    model, other = tiny(), tiny()
    assert gguf_file.kept_choices(other, model, [[1, 2, 3], [4]]) == 1
    with torch.no_grad():
        other.model.embed_tokens.weight.copy_(other.model.embed_tokens.weight.flip(0))  # other words for all
    assert gguf_file.kept_choices(other, model, [[1, 2, 3], [4]]) < 1
