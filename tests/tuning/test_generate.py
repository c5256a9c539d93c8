"""Batched replies: the same as one by one, in order, greedy whatever the model's own settings are."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ftlab.tuning import generate
from ftlab.workshop import pretrain, reading, tokenizer
from ftlab.workshop.recipe import Recipe

PROMPTS = [
    "Question: What is the price?\nAnswer:",
    "a",
    "The kettle costs $49.00 and",
    "Hello there",
    "12",
    "The pan costs",
]


@pytest.fixture(scope="module")
def small():
    return tokenizer.train(reading.sample_texts(40), 600, 2048)


@pytest.fixture
def model(small):
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    recipe = Recipe(row_tokens=128, vocab_size=600, **shape)
    model = pretrain.build(recipe, small).eval()
    with torch.no_grad():  # away from the small initial weights, so that replies differ
        for p in model.parameters():
            if p.ndim == 2:
                p.mul_(12)
    return model


@pytest.fixture(autouse=True)
def exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """In bf16 a batch may round otherwise than a single prompt; what these tests compare is exact in fp32 alone."""
    monkeypatch.setattr(generate, "precision", lambda: ("cpu", "float32", "for the tests"))


@pytest.mark.parametrize("batch_size", [2, 4, 64])
def test_batched_is_one_by_one(model, small, batch_size: int) -> None:
    alone = [generate.replies(model, small, [prompt], 8)[0] for prompt in PROMPTS]
    assert len(set(alone)) > 2
    assert generate.replies(model, small, PROMPTS, 8, batch_size) == alone


def test_replies_keep_the_order(model, small) -> None:
    replies = generate.replies(model, small, PROMPTS, 8)
    assert generate.replies(model, small, PROMPTS[::-1], 8) == replies[::-1]


def test_alone_is_the_plain_argmax(model, small) -> None:
    ids = small(PROMPTS[0], return_tensors="pt")["input_ids"]
    start = ids.shape[1]
    for _ in range(6):
        ids = torch.cat([ids, model(ids).logits[:, -1].argmax(-1, keepdim=True)], dim=1)
        if ids[0, -1] == small.eos_token_id:
            break
    expected = small.decode(ids[0, start:], skip_special_tokens=True).strip()
    assert generate.replies(model, small, PROMPTS[:1], 6) == [expected]


def test_no_prompts_no_replies(model, small) -> None:
    assert generate.replies(model, small, []) == []
    assert generate.answers(model, small, []) == []


def test_an_empty_prompt_is_named(model, small) -> None:
    with pytest.raises(ValueError, match=r"prompts\[1\]: expected a text to continue, found an empty one"):
        generate.replies(model, small, ["a", ""])


def test_stops_at_the_end_token(model, small) -> None:
    ids = small("Hello there", return_tensors="pt")["input_ids"]
    logits = model(ids).logits[0, -1]
    first = int(logits.argmax())
    assert logits[first] > 0
    head = torch.nn.Linear(32, 600, bias=False)
    head.weight.data = model.lm_head.weight.data.clone()
    head.weight.data[small.eos_token_id] = 2 * head.weight.data[first]  # the end token now scores highest
    model.lm_head = head
    assert generate.replies(model, small, ["Hello there", "Hello there"], 8) == ["", ""]


def test_a_reply_that_ends_early_does_not_end_the_others(model, small) -> None:
    first = int(model(small("Hello there", return_tensors="pt")["input_ids"]).logits[0, -1].argmax())
    model.generation_config.eos_token_id = [small.eos_token_id, first]
    alone = [generate.replies(model, small, [prompt], 8)[0] for prompt in PROMPTS]
    assert alone[PROMPTS.index("Hello there")] == ""  # it ends with its first token, and an end is no part of a reply
    assert len(set(alone)) > 2
    assert generate.replies(model, small, PROMPTS, 8) == alone


def test_writes_in_the_precision_of_the_machine_and_leaves_the_weights_alone(model, small, monkeypatch) -> None:
    before = {name: p.clone() for name, p in model.named_parameters()}
    assert not all(torch.equal(p, p.bfloat16().float()) for p in before.values())  # rounding would change them
    seen = []
    model.model.layers[0].mlp.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].dtype))
    monkeypatch.setattr(generate, "precision", lambda: ("cpu", "bfloat16", "for the test"))
    generate.replies(model, small, PROMPTS, 4)
    assert set(seen) == {torch.bfloat16}
    monkeypatch.setattr(type(model), "generate", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        generate.replies(model, small, ["a"], 2)
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    model(small("a", return_tensors="pt")["input_ids"]).logits.sum().backward()  # and it can still be trained
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in model.parameters())


def test_writes_in_that_precision_through_lora_too_and_leaves_both_weights_alone(model, small, monkeypatch) -> None:
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(task_type="CAUSAL_LM", r=2, target_modules="all-linear", init_lora_weights=False)  # not zero
    plain = generate.replies(model, small, PROMPTS, 4)
    tuned = get_peft_model(model, lora)
    before = {name: p.clone() for name, p in tuned.named_parameters()}
    assert {p.dtype for p in before.values()} == {torch.float32}
    in_full = generate.replies(tuned, small, PROMPTS, 4)
    assert in_full != plain
    with tuned.disable_adapter():
        assert generate.replies(tuned, small, PROMPTS, 4) == plain
    seen = []
    linear = tuned.get_submodule("base_model.model.model.layers.0.mlp.up_proj")
    for part in (linear.base_layer, linear.lora_A["default"], linear.lora_B["default"]):
        part.register_forward_hook(lambda _, inputs, out: seen.append((inputs[0].dtype, out.dtype)))
    monkeypatch.setattr(generate, "precision", lambda: ("cpu", "bfloat16", "for the test"))
    generate.replies(tuned, small, PROMPTS, 4)
    assert len(seen) >= 3 and set(seen) == {(torch.bfloat16, torch.bfloat16)}
    assert all(torch.equal(p, before[name]) and p.dtype == torch.float32 for name, p in tuned.named_parameters())


@pytest.mark.parametrize("with_lora", [False, True])
def test_attends_with_the_fused_kernel_while_it_writes(model, small, monkeypatch, with_lora: bool) -> None:
    from peft import LoraConfig, get_peft_model

    model.set_attn_implementation("eager")
    written, seen = model, []
    if with_lora:
        lora = LoraConfig(task_type="CAUSAL_LM", r=2, target_modules="all-linear", init_lora_weights=False)
        written = get_peft_model(model, lora)
    look = lambda *_: seen.append(model.config._attn_implementation)  # noqa: E731
    hook = model.model.layers[0].register_forward_pre_hook(look)
    fused = generate.replies(written, small, PROMPTS, 8)
    assert set(seen) == {"sdpa"} and model.config._attn_implementation == "eager"
    model.config.attn_logit_softcapping = 30.0  # the fused kernel cannot do that
    assert generate.replies(written, small, PROMPTS, 8) == fused and set(seen) == {"sdpa", "eager"}
    hook.remove()
    model.config.attn_logit_softcapping = None
    monkeypatch.setattr(type(model), "generate", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        generate.replies(written, small, ["a"], 2)
    assert model.config._attn_implementation == "eager"


def test_batches_by_hand() -> None:
    # Sorted: 2, 3, 3, 9, 10, 30. Padded to the longest, 3 rows of 3 make 9 of 20 tokens; a fourth of 9 would make 36.
    lengths = [10, 3, 30, 2, 9, 3]
    assert list(generate.batches(lengths, 64, 20)) == [[3, 1, 5], [4, 0], [2]]
    assert list(generate.batches(lengths, 2, 20)) == [[3, 1], [5, 4], [0], [2]]
    assert list(generate.batches(lengths, 64, 1000)) == [[3, 1, 5, 4, 0, 2]]
    assert list(generate.batches([], 64, 20)) == []


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 9), st.integers(1, 900))
def test_batches_hold_every_row_once_and_stay_within_bounds(lengths, most_rows, most_tokens) -> None:
    found = list(generate.batches(lengths, most_rows, most_tokens))
    assert sorted(i for rows in found for i in rows) == list(range(len(lengths)))
    for rows in found:
        assert 1 <= len(rows) <= most_rows
        assert len(rows) == 1 or len(rows) * max(lengths[i] for i in rows) <= most_tokens


def test_no_batch_is_larger_than_asked_for(model, small, monkeypatch) -> None:
    shapes, written = [], type(model).generate

    def watched(self, input_ids, **settings):
        out = written(self, input_ids, **settings)
        shapes.append(tuple(out.shape))
        return out

    alone = generate.replies(model, small, PROMPTS, 8)
    monkeypatch.setattr(type(model), "generate", watched)
    assert generate.replies(model, small, PROMPTS, 8, batch_tokens=40) == alone
    assert len(shapes) > 2 and all(rows * width <= 40 for rows, width in shapes if rows > 1)


@pytest.mark.parametrize("mode", [True, False])
def test_training_mode_is_restored(model, small, mode: bool) -> None:
    model.train(mode)
    generate.replies(model, small, ["a"], 2)
    assert model.training is mode
    model.generate = lambda **_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        generate.replies(model, small, ["a"], 2)
    assert model.training is mode


def test_greedy_whatever_the_model_prefers(model, small) -> None:
    plain = generate.replies(model, small, PROMPTS, 8)
    model.generation_config.update(
        do_sample=True,
        temperature=5.0,
        top_p=0.8,
        repetition_penalty=9.0,
        no_repeat_ngram_size=1,
        max_length=3,
    )
    assert generate.replies(model, small, PROMPTS, 8) == plain
    assert generate.replies(model, small, PROMPTS, 8) == plain


def test_a_tokenizer_without_padding_or_padded_right(model, small) -> None:
    plain = generate.replies(model, small, PROMPTS, 8)
    small.padding_side = "right"
    assert generate.replies(model, small, PROMPTS, 8) == plain
    small.padding_side, small.pad_token = "left", None
    try:
        assert generate.replies(model, small, PROMPTS, 8) == plain
        assert small.pad_token is None
    finally:
        small.pad_token = tokenizer.PAD


def test_answers_ask_as_the_base_model_reads(model, small, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def reply(model, tokenizer, prompts, *_) -> list[str]:
        asked.extend(prompts)
        return [" $4.00\nQuestion: x", "yes"]

    monkeypatch.setattr(generate, "replies", reply)
    assert generate.answers(model, small, ["How much?", "page\n\nQuestion: Safe?\nAnswer:"]) == ["$4.00", "yes"]
    assert asked == ["Question: How much?\nAnswer:", "page\n\nQuestion: Safe?\nAnswer:"]
