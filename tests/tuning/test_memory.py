"""The arithmetic of a training's memory, against makers' numbers and against the tensors of a real step."""

from __future__ import annotations

import pytest
import torch

from ftlab.tuning import memory
from ftlab.tuning.memory import SHAPES, Shape, shape_of, training_bytes


@pytest.mark.parametrize(
    ("name", "weights"),
    [("SmolLM2 135M", 134_515_008), ("SmolLM2 1.7B", 1_711_376_384), ("Llama 3.2 3B", 3_212_749_824),
     ("Llama 3.1 8B", 8_030_261_248), ("Llama 3.1 70B", 70_553_706_496)],
)  # fmt: skip
def test_the_shapes_have_as_many_weights_as_their_makers_say(name: str, weights: int) -> None:
    assert next(shape for shape in SHAPES if shape.name == name).weights == weights


def test_the_notebooks_adapter() -> None:
    # by block: q, o 2 x 1152; k, v 2 x 768; gate, up, down 3 x 2112; times rank 16 and 30 blocks
    assert SHAPES[0].lora(16) == 16 * 30 * (2 * 1152 + 2 * 768 + 3 * 2112) == 4_884_480


def test_by_hand() -> None:
    shape = Shape("toy", layers=1, width=2, inner=3, kv_width=1, vocabulary=5, tied=True)
    # linears 4 + 2 + 2 + 4 + 6 + 6 + 6 = 30, norms 3 x 2, table 10
    assert (shape.in_linears, shape.weights) == (30, 46)
    # d_in + d_out: 4, 3, 3, 4, 5, 5, 5
    assert shape.lora(1) == 29
    full = training_bytes(shape, "full", tokens=1)
    assert (full["weights"], full["gradients"], full["optimizer"]) == (184, 184, 368)
    lora = training_bytes(shape, "LoRA", rank=1, tokens=1)
    assert (lora["weights"], lora["gradients"], lora["optimizer"]) == (2 * 46 + 4 * 29, 116, 232)
    four = training_bytes(shape, "QLoRA", rank=1, tokens=1)
    assert four["weights"] == pytest.approx(4.127 / 8 * 30 + 2 * 16 + 116)
    # the block's input 2 x 2; its inside 2 x (16 + 2 + 12); logits 4 x 5, their log-softmax and their gradient
    assert full["activations"] == 4 + 60 + 60
    assert training_bytes(shape, "full", tokens=1, recompute=False)["activations"] == 60 + 60


def test_the_three_ways_are_ordered_for_every_shape() -> None:
    for shape in SHAPES:
        full, lora, four = (memory.gib(training_bytes(shape, way)) for way in memory.WAYS)
        assert full > lora > four


def test_a_real_step_holds_what_the_arithmetic_says() -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
                         num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True)  # fmt: skip
    model, shape = LlamaForCausalLM(config), shape_of(config)
    assert model.num_parameters() == shape.weights
    optimizer = torch.optim.AdamW(model.parameters())
    ids = torch.arange(8)[None]
    model(ids, labels=ids).loss.backward()
    optimizer.step()
    moments = [t for state in optimizer.state.values() for t in state.values() if t.numel() > 1]
    parts = training_bytes(shape, "full")
    assert 4 * sum(p.numel() for p in model.parameters()) == parts["weights"]
    assert 4 * sum(p.grad.numel() for p in model.parameters()) == parts["gradients"]
    assert 4 * sum(t.numel() for t in moments) == parts["optimizer"]


@pytest.mark.parametrize("wrong", [{"way": "half"}, {"way": "LoRA", "rank": 0}, {"way": "full", "tokens": 0}])
def test_what_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="full, LoRA, QLoRA"):
        training_bytes(SHAPES[0], **wrong)
