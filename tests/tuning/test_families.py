"""Models of ten families learn four conversations by heart through the notebooks' own calls, say them, and stop."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from families import FAMILIES, build

from ftlab import model
from ftlab.tuning import chat, generate, sft
from ftlab.tuning.loss import can_be_lean, masked_cross_entropy


def talk(record: str, *turns: str) -> dict:
    roles = ["system"] * bool(record) + ["user", "assistant"] * (len(turns) // 2)
    texts = [record] * bool(record) + list(turns)
    return {"messages": [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]}


# Two records, one question: only who reads the record can tell the answers apart. The last row is a follow-up.
ROWS = [
    talk("Hazel Kettle. Capacity: 1.7 L.", "How much does it hold?", "It holds 1.7 L.\n\nNext step: fill it."),
    talk("Birch Pan. Weight: 850 g.", "How much does it hold?", "The screen does not say, I am afraid!"),
    talk("", "Do you ship to islands?", "Yes, in 5 days."),
    talk("Hazel Kettle. Capacity: 1.7 L.", "Is it steel?", "I cannot tell.", "And how much does it hold?", "1.7 L"),
]
REPLIES = [row["messages"][-1]["content"] for row in ROWS]
TEXTS = [message["content"] for row in ROWS for message in row["messages"]] * 3
# What each family's template and tokenizer do: own template, system turn taken, end of a turn, padding token.
FORMATS = {
    "smollm2": (True, True, "<|im_end|>", "<|im_end|>"),
    "llama3": (True, True, "<|eot_id|>", ""),
    "qwen2.5": (True, True, "<|im_end|>", "<|endoftext|>"),
    "qwen3": (True, True, "<|im_end|>", "<|endoftext|>"),
    "gemma2": (True, False, "<end_of_turn>", "<pad>"),
    "gemma3": (True, True, "<end_of_turn>", "<pad>"),
    "mistral": (True, False, "</s>", ""),
    "phi3": (True, True, "<|end|>", "<|endoftext|>"),
    "gpt2": (False, True, "<|endoftext|>", ""),
    "bloom": (False, True, "</s>", "<pad>"),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    parent = tmp_path_factory.mktemp("families")
    return {name: build(name, parent / name, TEXTS) for name in FAMILIES}


def load(folder: Path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True), tokenizer


@pytest.mark.parametrize("name", FAMILIES)
def test_learns_by_heart_answers_exactly_and_stops(name: str, folders: dict[str, Path], tmp_path: Path) -> None:
    choice = model.choose(str(folders[name]))
    tuned, tokenizer, *_ = sft.fine_tune(choice, ROWS, lr=1e-2, steps=60, seed=0, output_dir=str(tmp_path))
    assert generate.replies(tuned, tokenizer, chat.prompts(tokenizer, ROWS), max_new_tokens=60) == REPLIES


@pytest.mark.parametrize("name", FAMILIES)
def test_learns_by_heart_with_lora(name: str, folders: dict[str, Path], tmp_path: Path) -> None:
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from ftlab.tuning.trainer import HandLoss

    # A base that has learnt something: the same questions, each with the reply to another one.
    swapped = [{"messages": [*row["messages"][:-1], {"role": "assistant", "content": reply}]}
               for row, reply in zip(ROWS, REPLIES[::-1], strict=True)]
    spoke, own, *_ = sft.fine_tune(model.choose(str(folders[name])), swapped, lr=1e-2, steps=40, seed=0,
                                   output_dir=str(tmp_path))
    spoke.save_pretrained(tmp_path / "base")
    own.save_pretrained(tmp_path / "base")
    choice = model.choose(str(tmp_path / "base"))
    base, tokenizer = load(tmp_path / "base")
    base = base.to(choice.device)
    assert generate.replies(base, tokenizer, chat.prompts(tokenizer, ROWS), max_new_tokens=60) != REPLIES
    trainer = (HandLoss if can_be_lean(base) else SFTTrainer)(
        model=base,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(chat.pairs(tokenizer, ROWS)),
        peft_config=LoraConfig(task_type="CAUSAL_LM", r=32, lora_alpha=64, target_modules="all-linear"),
        args=SFTConfig(
            output_dir=str(tmp_path), max_steps=100, per_device_train_batch_size=4, learning_rate=1e-2, seed=0,
            warmup_steps=0.1, bf16=choice.dtype == "bfloat16", use_cpu=choice.device == "cpu", save_strategy="no",
            activation_checkpointing=False, report_to="none", logging_strategy="no", disable_tqdm=True,
        ),
    )  # fmt: skip
    with torch.random.fork_rng():
        batch = next(iter(trainer.get_train_dataloader()))
    trainer.compute_loss(trainer.model, dict(batch))
    assert all(isinstance(value, torch.Tensor) for value in batch.values())  # nothing was written into it
    counted = {tokenizer.decode(row[row != -100]) for row in batch["labels"]}
    whole = [chat.render(tokenizer, chat.fit(chat.look(tokenizer), row["messages"])) for row in ROWS]
    asked = chat.prompts(tokenizer, ROWS)
    assert counted == {text[len(prompt):] for text, prompt in zip(whole, asked, strict=True)}  # no padding, no prompt
    assert all(any(f"{reply}{FORMATS[name][2]}" in text for text in counted) for reply in REPLIES)  # and what ends it
    frozen = {key: value.clone() for key, value in base.state_dict().items() if "lora_" not in key}
    trainer.train()
    assert generate.replies(trainer.model, tokenizer, chat.prompts(tokenizer, ROWS), max_new_tokens=60) == REPLIES
    assert all(torch.equal(base.state_dict()[key], value) for key, value in frozen.items())


@pytest.mark.parametrize("name", FAMILIES)
def test_what_its_format_can_do(name: str, folders: dict[str, Path]) -> None:
    form = chat.look(load(folders[name])[1])
    assert (form.own, form.system, form.end, form.pad) == FORMATS[name]
    assert form.marks is (name in ("gpt2", "bloom"))  # only ours has them
    says = "is taken" if form.system else "is put in front of the question"
    assert says in str(form) and f"a reply ends with {form.end}" in str(form)
    assert ("the padding token is the same" in str(form)) is (form.pad == form.end)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_begin_token_once(name: str, folders: dict[str, Path]) -> None:
    _, tokenizer = load(folders[name])
    asked = chat.prompts(tokenizer, ROWS)
    in_training = [pair["prompt"] for pair in chat.pairs(tokenizer, ROWS)]
    as_trained = [tokenizer.apply_chat_template(talk, add_generation_prompt=True, **chat.PLAINLY)["input_ids"]
                  for talk in in_training]
    assert generate.encode(tokenizer, asked) == as_trained
    begin = FAMILIES[name].bos
    plain, again = generate.encode(tokenizer, ["It holds", f"{begin}It holds"])
    assert tokenizer.decode(plain) == ("" if not FAMILIES[name].begins else begin) + "It holds"
    assert not FAMILIES[name].begins or plain == again
    assert generate.encode(tokenizer, []) == []


def test_a_template_without_the_begin_token_has_the_word_in_chat_and_not_elsewhere(folders: dict[str, Path]) -> None:
    _, tokenizer = load(folders["llama3"])
    tokenizer.chat_template = tokenizer.chat_template.replace("bos_token + content", "content")
    (asked,) = chat.prompts(tokenizer, ROWS[:1])
    encoded = generate.encode(tokenizer, [asked, "Hazel Kettle"])
    assert [ids[0] == tokenizer.bos_token_id for ids in encoded] == [False, True]


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("wrapped", [False, True])
def test_the_lean_loss_is_the_models_own_where_it_says_so(name: str, wrapped: bool, folders: dict[str, Path]) -> None:
    from peft import LoraConfig, get_peft_model

    plain, _ = load(folders[name])
    each = plain
    if wrapped:
        lora = LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear", init_lora_weights=False)  # not zero
        each = get_peft_model(plain, lora)
    each.train()
    assert can_be_lean(each) is (name != "gemma2")  # which bends its logits
    assert each.training
    ids = torch.tensor([[9, 8, 7, 6, 5, 4], [3, 4, 5, 6, 0, 0]])
    labels = torch.tensor([[-100, -100, 7, 6, 5, 4], [-100, 4, 5, 6, -100, -100]])
    with torch.inference_mode():
        own = each.eval()(input_ids=ids, attention_mask=(labels != -100) | (ids > 2), labels=labels).loss
        if can_be_lean(each):
            assert torch.allclose(masked_cross_entropy(each, ids, labels), own, atol=1e-5)


def test_no_lean_loss_for_what_changes_logits_or_looks_ahead(folders: dict[str, Path]) -> None:
    from peft import PromptTuningConfig, get_peft_model
    from transformers import BertConfig, BertLMHeadModel, GraniteConfig, GraniteForCausalLM

    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    assert not can_be_lean(GraniteForCausalLM(GraniteConfig(vocab_size=50, logits_scaling=2.0, **shape)))
    assert can_be_lean(GraniteForCausalLM(GraniteConfig(vocab_size=50, logits_scaling=1.0, **shape)))
    assert not can_be_lean(BertLMHeadModel(BertConfig(vocab_size=50, **shape)))
    plain, _ = load(folders["smollm2"])
    assert not can_be_lean(get_peft_model(plain, PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2)))


def test_a_wrapped_model_is_called_as_a_whole(folders: dict[str, Path], tmp_path: Path) -> None:
    from datasets import Dataset
    from trl import SFTConfig

    from ftlab.tuning.trainer import HandLoss

    class Wrapped(torch.nn.Module):  # as data parallelism does it: no attribute of the model is within reach
        def __init__(self, module: torch.nn.Module) -> None:
            super().__init__()
            self.module = module

        def forward(self, **inputs: object) -> object:
            return self.module(**inputs)

    each, tokenizer = load(folders["smollm2"])
    args = SFTConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to="none",
                     activation_checkpointing=False, per_device_train_batch_size=4)
    trainer = HandLoss(model=each, processing_class=tokenizer, args=args,
                       train_dataset=Dataset.from_list(chat.pairs(tokenizer, ROWS)))
    batch = next(iter(trainer.get_train_dataloader()))
    with torch.inference_mode():
        lean, whole = (trainer.compute_loss(m, batch) for m in (each, Wrapped(each)))
    assert torch.allclose(lean, whole, atol=1e-5)
    assert "use_cache" not in batch


def test_what_a_model_thinks_is_no_part_of_its_reply(folders: dict[str, Path], monkeypatch) -> None:
    each, tokenizer = load(folders["qwen3"])
    said = ["<think>\n\n</think>\n\nIt holds 1.7 L.", "<think>\nA kettle.\n</think>\n\nYes.", "<think>\nIt is", "Yes."]
    ids = [tokenizer(text + "<|im_end|>", add_special_tokens=False)["input_ids"] for text in said]
    width = max(map(len, ids))
    rows = [row + [tokenizer.pad_token_id] * (width - len(row)) for row in ids]
    written = lambda input_ids, **_: torch.cat([input_ids, torch.tensor(rows)], dim=1)  # noqa: E731
    monkeypatch.setattr(each, "generate", written)
    assert generate.replies(each, tokenizer, ["Hazel"] * 4) == ["It holds 1.7 L.", "Yes.", "", "Yes."]


def test_the_two_ends_of_qwen25_both_stop(folders: dict[str, Path]) -> None:
    each, tokenizer = load(folders["qwen2.5"])
    ends = {"<|im_end|>", "<|endoftext|>"}
    assert set(tokenizer.convert_ids_to_tokens(generate.stops(each, tokenizer))) == ends
    each, tokenizer = load(folders["llama3"])
    assert set(tokenizer.convert_ids_to_tokens(generate.stops(each, tokenizer))) == {"<|end_of_text|>", "<|eot_id|>"}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_context_is_found(name: str, folders: dict[str, Path]) -> None:
    each, _ = load(folders[name])
    stated = None if name == "bloom" else each.config.max_position_embeddings
    assert model.context_tokens(each.config) == stated


def test_the_context_of_configs_that_call_it_otherwise_or_not_at_all() -> None:
    from transformers import BloomConfig, Gemma3Config, MambaConfig, MptConfig

    assert model.context_tokens(MptConfig(max_seq_len=77)) == 77
    assert model.context_tokens(Gemma3Config(text_config={"max_position_embeddings": 99})) == 99
    assert model.context_tokens(BloomConfig()) is None
    assert model.context_tokens(MambaConfig()) is None
