"""Small models of real families, with random weights: each with its family's architecture, special tokens and template.

The templates are written for these tests. They do what the family's do, oddities included, in fewer words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

CHATML = (
    "{% for m in messages %}{% if loop.first and m.role != 'system' %}"
    "<|im_start|>system\nYou are a helper.<|im_end|>\n{% endif %}"
    "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# The last reply is given an empty think block, an earlier one is not; when asked not to think, the prompt holds it.
QWEN3 = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and not enable_thinking %}{{ '<think>\n\n</think>\n\n' }}{% endif %}{% endif %}"
)
LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}"
    "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
TURNS = (
    "{% for m in talk %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\n' + (before if loop.first else '') }}"
    "{{ m.content | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
GEMMA2 = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% set talk, before = messages, '' %}" + TURNS
)
GEMMA3 = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}"
    "{% set talk, before = messages[1:], messages[0].content + '\n\n' %}"
    "{% else %}{% set talk, before = messages, '' %}{% endif %}" + TURNS
)
# The system text goes into the last turn if that is the user's: it is there when asked and gone when trained.
MISTRAL = (
    "{% set system = messages[0].content if messages[0].role == 'system' else '' %}"
    "{% set talk = messages[1:] if system else messages %}{{ bos_token }}{% for m in talk %}"
    "{% if m.role == 'user' %}"
    "{{ '[INST] ' + (system + '\n\n' if loop.last and system else '') + m.content + '[/INST]' }}"
    "{% elif m.role == 'assistant' %}{{ ' ' + m.content | trim + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported') }}{% endif %}{% endfor %}"
)
# Without a prompt to follow, the end token comes after the token that ends the turn.
PHI3 = (
    "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)


@dataclass(frozen=True)
class Family:
    """One family: the name of its architecture in transformers, its tokens and its chat template.

    Attributes:
        stops: What its generation settings name as end tokens.
        words: Added tokens that are not special, so that decoding leaves them in the text.
    """

    kind: str
    template: str | None
    eos: str
    bos: str | None = None
    pad: str | None = None
    begins: bool = False  # whether its tokenizer puts the begin token before a text
    specials: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    config: dict = field(default_factory=dict)


IM = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
TURN = ("<start_of_turn>", "<end_of_turn>")
HEADER = ("<|start_header_id|>", "<|end_header_id|>", "<|end_of_text|>")
FAMILIES = {
    "smollm2": Family("llama", CHATML, "<|im_end|>", "<|im_start|>", "<|im_end|>",
                      specials=IM, config={"tie_word_embeddings": True}),
    "llama3": Family("llama", LLAMA3, "<|eot_id|>", "<|begin_of_text|>", begins=True, specials=HEADER,
                     stops=("<|end_of_text|>", "<|eot_id|>")),
    "qwen2.5": Family("qwen2", CHATML, "<|endoftext|>", pad="<|endoftext|>", specials=IM),
    "qwen3": Family("qwen3", QWEN3, "<|im_end|>", pad="<|endoftext|>", specials=IM, words=("<think>", "</think>")),
    "gemma2": Family("gemma2", GEMMA2, "<eos>", "<bos>", "<pad>", begins=True, specials=TURN,
                     config={"tie_word_embeddings": True, "query_pre_attn_scalar": 16}),
    "gemma3": Family("gemma3_text", GEMMA3, "<eos>", "<bos>", "<pad>", begins=True, specials=TURN,
                     stops=("<eos>", "<end_of_turn>"),
                     config={"tie_word_embeddings": True, "query_pre_attn_scalar": 16}),
    "mistral": Family("mistral", MISTRAL, "</s>", "<s>", begins=True, specials=("[INST]", "[/INST]")),
    "phi3": Family("phi3", PHI3, "<|endoftext|>", "<s>", "<|endoftext|>",
                   specials=("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")),
    "gpt2": Family("gpt2", None, "<|endoftext|>", "<|endoftext|>",
                   config={"n_embd": 64, "n_layer": 2, "n_head": 4} | dict.fromkeys(
                       ("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0)),
}  # fmt: skip


def tokenizer(family: Family, texts: list[str]):
    """A byte-level BPE of a few hundred tokens, with the family's special tokens and template."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    specials = [token for token in dict.fromkeys((family.bos, family.eos, family.pad, *family.specials)) if token]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=400, special_tokens=specials,
                                                        initial_alphabet=alphabet, show_progress=False))
    made.add_tokens([AddedToken(word, special=False, normalized=False) for word in family.words])
    if family.begins:
        begin = (family.bos, made.token_to_id(family.bos))
        made.post_processor = processors.TemplateProcessing(f"{family.bos} $A", special_tokens=[begin])
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token=family.bos, eos_token=family.eos,
                                   pad_token=family.pad, chat_template=family.template)


def build(name: str, folder: Path, texts: list[str]) -> Path:
    """Writes a small random model of the family with its tokenizer, as ``save_pretrained`` does."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    family = FAMILIES[name]
    small = tokenizer(family, texts)
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
             "num_key_value_heads": 2, "head_dim": 16}
    ids = {"bos_token_id": small.bos_token_id, "eos_token_id": small.eos_token_id, "pad_token_id": small.pad_token_id}
    config = AutoConfig.for_model(family.kind, vocab_size=len(small), **{
        **(shape if family.kind != "gpt2" else {}), **ids, **family.config})
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    if family.stops:
        model.generation_config.eos_token_id = small.convert_tokens_to_ids(list(family.stops))
    model.save_pretrained(folder)
    small.save_pretrained(folder)
    return folder
