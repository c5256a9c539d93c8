"""Pairs of replies in one row each: cut at the prompt's end, taken out of a batch, and as likely as in two rows."""

from __future__ import annotations

import pytest
import torch
from families import FAMILIES, tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

from ftlab.tuning import chat, pairs
from ftlab.tuning.preference import reply_logps

ROW = {
    "pair": "p7",
    "prompt": [{"role": "user", "content": "Is it red?"}],
    "chosen": [{"role": "assistant", "content": "Yes, it is."}],
    "rejected": [{"role": "assistant", "content": "No."}],
}  # fmt: skip


def tiny(words: int = 11) -> LlamaForCausalLM:
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(vocab_size=words, num_key_value_heads=2, pad_token_id=0, attn_implementation="eager", **shape)
    return LlamaForCausalLM(config).eval()


def small():
    """A small tokenizer with the course's chat format."""
    made = tokenizer(FAMILIES["gpt2"], ["Is it red? Yes, it is. No."])
    made.chat_template = chat.TEMPLATE
    return made


def test_a_pair_in_one_row_has_the_numbers_of_two_rows() -> None:
    model, rows = tiny(), [([1, 5, 2], [9, 3], [4]), ([1, 7], [2, 3], [4, 5, 6])]
    with torch.inference_mode():
        chosen, rejected = pairs.pair_logps(model, rows)
        for i, (prompt, *both) in enumerate(rows):
            for found, reply in zip((chosen, rejected), both, strict=True):
                row = torch.tensor([prompt + reply])
                mine = torch.tensor([[-100] * len(prompt) + reply])
                assert found[i].item() == pytest.approx(reply_logps(model, row, mine).item(), rel=1e-5)


def test_pairs_are_taken_out_of_a_batch_of_trls() -> None:
    ids = torch.tensor([[1, 2, 3, 4, 5], [7, 8, 9, 0, 0], [1, 2, 3, 6, 0], [7, 8, 10, 11, 0]])
    said = torch.tensor([[0, 0, 0, 1, 1], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 1, 1, 0]])
    assert pairs.from_batch(ids, said) == [([1, 2, 3], [4, 5], [6]), ([7, 8], [9], [10, 11])]


def test_prompt_and_replies_are_the_letters_of_the_conversation_with_its_end() -> None:
    made = small()
    prompt, chosen, rejected = pairs.cut(made, ROW)
    assert made.decode(prompt) == chat.render(made, ROW["prompt"], True)
    assert made.decode(chosen) == "Yes, it is.<|endoftext|>" and made.decode(rejected) == "No.<|endoftext|>"
    assert chosen[-1] == rejected[-1] == made.eos_token_id


@pytest.mark.parametrize("side", ["chosen", "rejected"])
def test_a_token_across_the_seam_is_refused(side: str) -> None:
    made = tokenizer(FAMILIES["gpt2"], ["red? >>> Yes. " * 20])  # which takes " >>>" for one token
    made.chat_template = (
        "{% for m in messages %}{% if m.role == 'assistant' %}{{ m.content + eos_token }}"
        "{% else %}{{ m.content + ' >>' }}{% endif %}{% endfor %}"
    )
    row = {**ROW, "chosen": ROW["rejected"]}
    pairs.cut(made, row)
    row[side] = [{"role": "assistant", "content": ">"}]
    with pytest.raises(ValueError, match=f"pair p7, {side}: expected the prompt's own tokens before the reply, found "
                                         "others.*end the prompt otherwise"):  # fmt: skip
        pairs.cut(made, row)


def test_the_number_of_pairs_padding_and_the_other_reply_change_nothing() -> None:
    model = tiny()
    one, long = ([1, 5, 2], [9, 3], [4]), ([1, 7, 8, 2, 6, 3, 5], [2, 3, 4, 9], [4, 5, 6, 6, 1])
    with torch.inference_mode():
        alone, beside = pairs.pair_logps(model, [one]), pairs.pair_logps(model, [long, one])
        turned = pairs.pair_logps(model, [(one[0], one[2], one[1])])
    assert [each.shape for each in beside] == [(2,), (2,)]
    for side in (0, 1):
        assert beside[side][1].item() == pytest.approx(alone[side].item(), rel=1e-4)
        assert turned[1 - side].item() == pytest.approx(alone[side].item(), rel=1e-4)


def test_an_empty_reply_is_certain() -> None:
    with torch.inference_mode():
        chosen, rejected = pairs.pair_logps(tiny(), [([1, 5, 2], [], [4, 3])])
    assert chosen.item() == 0 > rejected.item()


def test_gradients_reach_lora_and_leave_the_base() -> None:
    from peft import LoraConfig, get_peft_model

    bare = tiny()
    with torch.inference_mode():
        before = torch.stack(pairs.pair_logps(bare, [([1, 5], [9, 3], [4])]))
    model = get_peft_model(bare, LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM"))
    found = torch.stack(pairs.pair_logps(model, [([1, 5], [9, 3], [4])]))
    assert torch.allclose(found, before, atol=1e-5)  # an adapter begins as nothing
    found.sum().backward()
    moved = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    assert moved and all("lora_B" in name for name in moved)


def test_a_lead_is_the_chosen_replys_logp_above_the_other() -> None:
    made = small()
    model = tiny(len(made))
    turned = {**ROW, "chosen": ROW["rejected"], "rejected": ROW["chosen"]}
    found = pairs.leads(model, made, [ROW, turned])
    assert found[0] == pytest.approx(-found[1], abs=1e-4) and found[0] != 0
    with torch.inference_mode():
        chosen, rejected = pairs.pair_logps(model, [pairs.cut(made, ROW)])
    assert found[0] == pytest.approx((chosen - rejected).item(), abs=1e-4)
    assert pairs.leads(model, made, []) == []
