"""What weights take as they are held, by hand, with an adapter, and in 4 bits where bitsandbytes is installed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from ftlab.tuning import memory, quantized


def tiny(**more) -> LlamaForCausalLM:
    return LlamaForCausalLM(LlamaConfig(vocab_size=10, hidden_size=64, intermediate_size=128, num_hidden_layers=1,
                                        num_attention_heads=2, num_key_value_heads=1, **more))  # fmt: skip


# q, o 64 x 64; k, v 32 x 64; gate, up, down 128 x 64
LINEAR = 2 * 64 * 64 + 2 * 32 * 64 + 3 * 128 * 64


@pytest.mark.parametrize("tied", [True, False])
def test_a_plain_model_by_hand(tied: bool) -> None:
    tables = 10 * 64 * (1 if tied else 2)  # the layer that writes tokens is none of the blocks'
    found = quantized.weight_bytes(tiny(tie_word_embeddings=tied))
    assert found == {"linear": 4 * LINEAR, "adapter": 0, "rest": 4 * (tables + 3 * 64)}


def test_an_adapter_is_counted_by_itself_and_bf16_takes_half() -> None:
    model = tiny(tie_word_embeddings=True).to(torch.bfloat16)
    model = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM"))
    found = quantized.weight_bytes(model)  # the adapter is in fp32 whatever the base is in
    assert found == {"linear": 2 * LINEAR, "adapter": 4 * 2 * (64 + 64 + 128 + 64), "rest": 2 * (640 + 3 * 64)}


def test_four_bits_and_the_scales_of_the_scales(tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    tiny(tie_word_embeddings=True).save_pretrained(tmp_path)
    for double in (False, True):
        config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=double)
        model = AutoModelForCausalLM.from_pretrained(
            tmp_path, quantization_config=config, device_map={"": "cpu"}, dtype=torch.float32
        )
        # a scale for 64 weights: in fp32; or in 8 bits, and one in fp32 for up to 256 of these in each of 7 layers
        scales = LINEAR // 64 + 4 * 7 if double else 4 * LINEAR // 64
        assert quantized.weight_bytes(model)["linear"] == LINEAR // 2 + scales


def test_what_the_arithmetic_of_a_card_reckons_with() -> None:
    # 4 bits; 8 for 64 weights; 32 for 64 x 256
    assert pytest.approx(4 + 8 / 64 + 32 / (64 * 256), abs=1e-4) == 8 * memory.BITS_4
