"""Chat formats: what is rendered, to the letter; system turns put in front; templates that cannot teach refused."""

from __future__ import annotations

import pytest
from families import FAMILIES, tokenizer

from ftlab.tuning import chat

TEXTS = ["A kettle holds 1.7 L. Is it red? Yes. And its lid? Black."]
TALK = [
    {"role": "system", "content": "A kettle."},
    {"role": "user", "content": "Is it red?"},
    {"role": "assistant", "content": "Yes."},
    {"role": "user", "content": "And its lid?"},
    {"role": "assistant", "content": "Black."},
]
ROWS = [{"messages": TALK}]


def of(name: str, template: str | None = None):
    made = tokenizer(FAMILIES[name], TEXTS)
    made.chat_template = template or made.chat_template
    return made


def test_our_template_by_hand() -> None:
    gpt2 = of("gpt2", chat.TEMPLATE)
    prompt = ("<|endoftext|><|system|>\nA kettle.\n<|user|>\nIs it red?\n<|assistant|>\nYes.<|endoftext|>"
              "<|user|>\nAnd its lid?\n<|assistant|>\n")
    assert chat.prompts(gpt2, ROWS) == [prompt]
    assert chat.render(gpt2, TALK) == prompt + "Black.<|endoftext|>"
    qwen = of("qwen2.5", chat.TEMPLATE)  # no begin token
    assert chat.prompts(qwen, [{"messages": TALK[1:3]}]) == ["<|user|>\nIs it red?\n<|assistant|>\n"]


def test_a_row_that_ends_with_a_question_is_asked_whole() -> None:
    phi = of("phi3")
    assert chat.prompts(phi, [{"messages": TALK[:4]}]) == chat.prompts(phi, ROWS)


def test_earlier_replies_keep_no_think_block_and_the_prompt_ends_with_one() -> None:
    (prompt,) = chat.prompts(of("qwen3"), ROWS)
    assert prompt.count("<think>") == 1 and prompt.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


@pytest.mark.parametrize(("name", "prompt"), [
    ("gemma2", "<bos><start_of_turn>user\nA kettle.\n\nIs it red?<end_of_turn>\n<start_of_turn>model\n"),
    ("gemma3", "<bos><start_of_turn>user\nA kettle.\n\nIs it red?<end_of_turn>\n<start_of_turn>model\n"),
    ("mistral", "<s>[INST] A kettle.\n\nIs it red?[/INST]"),
    ("llama3", "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nA kettle.<|eot_id|>"
               "<|start_header_id|>user<|end_header_id|>\n\nIs it red?<|eot_id|>"
               "<|start_header_id|>assistant<|end_header_id|>\n\n"),
])  # fmt: skip
def test_the_system_text_reaches_every_model(name: str, prompt: str) -> None:
    assert chat.prompts(of(name), [{"messages": TALK[:3]}]) == [prompt]
    (pair,) = chat.pairs(of(name), [{"messages": TALK[:3]}])
    assert "A kettle." in chat.render(of(name), pair["prompt"] + pair["completion"])


def test_a_template_that_drops_the_system_turn_without_a_word_does_not_take_it() -> None:
    turns = FAMILIES["phi3"].chat_template.partition("%}")[2]
    quiet = of("phi3", "{% for message in messages if message.role != 'system' %}" + turns)
    assert not chat.look(quiet).system
    (prompt,) = chat.prompts(quiet, [{"messages": TALK[:3]}])
    assert prompt == "<|user|>\nA kettle.\n\nIs it red?<|end|>\n<|assistant|>\n"


def test_pairs_are_the_conversation_cut_before_the_last_reply() -> None:
    assert chat.pairs(of("llama3"), ROWS) == [
        {"prompt": TALK[:4], "completion": TALK[4:], "chat_template_kwargs": {"enable_thinking": False}}
    ]
    (folded,) = chat.pairs(of("gemma2"), ROWS)
    assert folded["prompt"] == [{"role": "user", "content": "A kettle.\n\nIs it red?"}, *TALK[2:4]]
    assert ROWS == [{"messages": TALK}] and TALK[1]["content"] == "Is it red?"  # the row itself is left alone


def test_what_a_template_refuses_is_told_with_its_own_words() -> None:
    with pytest.raises(ValueError, match="found the turns user, user.*roles must alternate.*chat.TEMPLATE"):
        chat.prompts(of("gemma2"), [{"messages": [TALK[1], TALK[3]]}])
    with pytest.raises(ValueError, match="expected a user's turn after it.*found the turns system, assistant"):
        chat.prompts(of("gemma2"), [{"messages": [TALK[0], TALK[2], TALK[3]]}])
    with pytest.raises(ValueError, match="expected a chat template, found none.*chat.TEMPLATE"):
        chat.prompts(of("gpt2"), ROWS)


def test_templates_that_would_teach_what_is_never_asked_are_refused() -> None:
    thinks = FAMILIES["smollm2"].chat_template.replace("assistant\n' }}", "assistant\n<think>\n' }}")
    with pytest.raises(ValueError, match=r"rows\[0\]: expected a prompt that stays the same.*chat.TEMPLATE"):
        chat.pairs(of("smollm2", thinks), ROWS)
    endless = "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}" + (
        "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}")  # fmt: skip
    assert chat.look(of("smollm2", endless)).end == ""
    with pytest.raises(ValueError, match=r"rows\[0\]: expected a token that ends the reply"):
        chat.pairs(of("smollm2", endless), ROWS)
    ours = of("gpt2", chat.TEMPLATE)
    ours.eos_token = None
    with pytest.raises(ValueError, match="expected a token that ends the reply.*set tokenizer.eos_token to the token"):
        chat.pairs(ours, ROWS)
    with pytest.raises(ValueError, match=r"rows\[0\]: expected the assistant's turn at the end, found \['sys"):
        chat.pairs(of("smollm2"), [{"messages": TALK[:4]}])
