"""LoRA by hand: its laws, and that it is what peft does."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from ftlab.tuning.lora import LoraLinear, merge, put_lora

ALL = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
IDS = torch.tensor([[1, 5, 2, 9, 3]])


def tiny(seed: int = 0) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    shape = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(vocab_size=11, num_key_value_heads=2, tie_word_embeddings=True, pad_token_id=0, **shape)
    return LlamaForCausalLM(config).eval()


def logits(model) -> torch.Tensor:
    with torch.inference_mode():
        return model(IDS).logits


def stir(model) -> None:
    """Gives every B some numbers, as training would."""
    torch.manual_seed(1)
    for name, p in model.named_parameters():
        if name.endswith(".B") or "lora_B" in name:
            torch.nn.init.normal_(p, std=0.1)


def test_by_hand_on_two_by_two() -> None:
    linear = torch.nn.Linear(2, 2, bias=False)
    linear.weight.data = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    layer = LoraLinear(linear, rank=1, alpha=2)  # scale 2
    layer.A.data, layer.B.data = torch.tensor([[1.0, -1.0]]), torch.tensor([[2.0], [0.5]])
    # W x = (7, 15); A x = -2; B A x = (-4, -1), twice that is (-8, -2)
    assert layer(torch.tensor([[1.0, 3.0]])).tolist() == [[-1.0, 13.0]]
    # B A = [[2, -2], [.5, -.5]]
    assert layer.merged().weight.tolist() == [[5.0, -2.0], [4.0, 3.0]]
    assert linear.weight.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_the_bias_stays() -> None:
    linear = torch.nn.Linear(3, 2)
    merged = LoraLinear(linear, 1, 1).merged()
    assert torch.equal(merged.bias, linear.bias) and torch.equal(merged.weight, linear.weight)


@pytest.mark.parametrize("rank", [0, -1, 3, 16])
def test_a_rank_beyond_the_layer_is_refused(rank: int) -> None:
    with pytest.raises(ValueError, match=rf"expected 1 to 2 for a layer of 5 by 2, found {rank}"):
        LoraLinear(torch.nn.Linear(5, 2), rank, 8)


def test_a_fresh_adapter_changes_nothing_and_trains_only_itself() -> None:
    model, before = tiny(), logits(tiny())
    names = put_lora(model, 2, 4, ALL)
    assert len(names) == 14  # seven layers in each of two blocks
    assert torch.equal(logits(model), before)
    # by block: q and o 16x16, k and v 8x16, gate and up 24x16, down 16x24, times rank 2
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 2 * 2 * (2 * 32 + 2 * 24 + 3 * 40)
    assert {name.rpartition(".")[2] for name, p in model.named_parameters() if p.requires_grad} == {"A", "B"}


def test_merged_equals_unmerged_after_training() -> None:
    model = tiny()
    put_lora(model, 2, 4, ALL)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.05)
    before = logits(model)
    for _ in range(5):
        model(IDS, labels=IDS).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    trained = logits(model)
    assert not torch.allclose(trained, before, atol=1e-3)
    assert merge(model) == 14
    assert torch.allclose(logits(model), trained, atol=1e-5)
    with pytest.raises(ValueError, match="merged already"):
        merge(model)


def test_ours_equals_peft() -> None:
    from peft import LoraConfig, get_peft_model

    ours = tiny()
    theirs = get_peft_model(tiny(), LoraConfig(r=3, lora_alpha=5, target_modules=list(ALL), task_type="CAUSAL_LM"))
    put_lora(ours, 3, 5, ALL)
    stir(theirs)
    own = dict(ours.named_modules())
    for name, part in theirs.base_model.model.named_modules():
        if hasattr(part, "lora_A"):
            own[name].A.data.copy_(part.lora_A["default"].weight)
            own[name].B.data.copy_(part.lora_B["default"].weight)
    assert torch.allclose(logits(ours), logits(theirs), atol=1e-6)
    for model in (ours, theirs):
        model(IDS, labels=IDS).loss.backward()
    for name, part in theirs.base_model.model.named_modules():
        if hasattr(part, "lora_A"):  # the gradients too, so both learn the same
            assert torch.allclose(own[name].A.grad, part.lora_A["default"].weight.grad, atol=1e-6)
            assert torch.allclose(own[name].B.grad, part.lora_B["default"].weight.grad, atol=1e-6)
    merge(ours)
    assert torch.allclose(logits(ours), logits(theirs.merge_and_unload()), atol=1e-6)


def test_rslora_is_another_alpha() -> None:
    from peft import LoraConfig, get_peft_model

    form = {"r": 4, "target_modules": list(ALL), "task_type": "CAUSAL_LM"}
    root = get_peft_model(tiny(), LoraConfig(lora_alpha=6, use_rslora=True, **form))
    plain = get_peft_model(tiny(), LoraConfig(lora_alpha=12, **form))  # 6 / 2 = 12 / 4
    stir(root)
    for p, q in zip(root.parameters(), plain.parameters(), strict=True):
        q.data.copy_(p)
    assert torch.equal(logits(root), logits(plain))


@pytest.mark.parametrize("targets", [("query",), ("q_proj", "query")])
def test_a_wrong_name_is_refused_before_anything_changes(targets: tuple[str, ...]) -> None:
    model = tiny()
    with pytest.raises(ValueError, match="found query. Correct the name: nothing has been changed"):
        put_lora(model, 2, 4, targets)
    assert all(p.requires_grad for p in model.parameters())
    assert not any(isinstance(part, LoraLinear) for part in model.modules())
