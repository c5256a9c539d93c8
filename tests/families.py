"""Small models of real families, with random weights: each with its family's architecture, special tokens and template.

The templates are the families' own: TRL keeps them to know them again, and SmolLM2's lies with the model itself.
Mistral's is in neither place: the one below does what it does, oddities included, in fewer words.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ftlab import model, paths, texts

# The system text goes into the last turn if that is the user's: it is there when asked and gone when trained.
MISTRAL = (
    "{% set system = messages[0].content if messages[0].role == 'system' else '' %}"
    "{% set talk = messages[1:] if system else messages %}{{ bos_token }}{% for m in talk %}"
    "{% if m.role == 'user' %}"
    "{{ '[INST] ' + (system + '\n\n' if loop.last and system else '') + m.content + '[/INST]' }}"
    "{% elif m.role == 'assistant' %}{{ ' ' + m.content | trim + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported') }}{% endif %}{% endfor %}"
)


@cache
def own_template(name: str) -> str:
    """The family's chat template, letter by letter: ``name`` as TRL calls it, or "smollm2"."""
    if name == "smollm2":
        path = paths.models() / model.REAL_FOLDER / "chat_template.jinja"
    else:
        path = Path(find_spec("trl").origin).parent / "chat_templates" / f"{name}.jinja"
    return path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Family:
    """One family: the name of its architecture in transformers, its tokens and its chat template.

    Attributes:
        template: A template, or the name of one for ``own_template``; None for a base model.
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
    config: dict = field(default_factory=lambda: LLAMA_LIKE)

    @property
    def chat_template(self) -> str | None:
        return own_template(self.template) if self.template and "{" not in self.template else self.template


IM = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
TURN = ("<start_of_turn>", "<end_of_turn>")
HEADER = ("<|start_header_id|>", "<|end_header_id|>", "<|end_of_text|>")
LLAMA_LIKE = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "head_dim": 16}
GEMMA_LIKE = LLAMA_LIKE | {"tie_word_embeddings": True, "query_pre_attn_scalar": 16}
FAMILIES = {
    "smollm2": Family("llama", "smollm2", "<|im_end|>", "<|im_start|>", "<|im_end|>",
                      specials=IM, config=LLAMA_LIKE | {"tie_word_embeddings": True}),
    "llama3": Family("llama", "llama3", "<|eot_id|>", "<|begin_of_text|>", begins=True, specials=HEADER,
                     stops=("<|end_of_text|>", "<|eot_id|>")),
    "qwen2.5": Family("qwen2", "qwen2_5", "<|endoftext|>", pad="<|endoftext|>", specials=IM),
    "qwen3": Family("qwen3", "qwen3", "<|im_end|>", pad="<|endoftext|>", specials=IM, words=("<think>", "</think>")),
    "gemma2": Family("gemma2", "gemma", "<eos>", "<bos>", "<pad>", begins=True, specials=TURN, config=GEMMA_LIKE),
    "gemma3": Family("gemma3_text", "gemma3", "<eos>", "<bos>", "<pad>", begins=True, specials=TURN,
                     stops=("<eos>", "<end_of_turn>"), config=GEMMA_LIKE),
    "mistral": Family("mistral", MISTRAL, "</s>", "<s>", begins=True, specials=("[INST]", "[/INST]")),
    "phi3": Family("phi3", "phi3", "<|endoftext|>", "<s>", "<|endoftext|>",
                   specials=("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")),
    "gpt2": Family("gpt2", None, "<|endoftext|>", "<|endoftext|>",
                   config={"n_embd": 64, "n_layer": 2, "n_head": 4} | dict.fromkeys(
                       ("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0)),
    # states no longest context
    "bloom": Family("bloom", None, "</s>", "<s>", "<pad>", config={"hidden_size": 64, "n_layer": 2, "n_head": 4}),
}  # fmt: skip


def tokenizer(family: Family, read: list[str]):
    """A byte-level BPE of a few hundred tokens, with the family's special tokens and template."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    specials = [token for token in dict.fromkeys((family.bos, family.eos, family.pad, *family.specials)) if token]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(read, trainers.BpeTrainer(vocab_size=400, special_tokens=specials,
                                                        initial_alphabet=alphabet, show_progress=False))
    made.add_tokens([AddedToken(word, special=False, normalized=False) for word in family.words])
    if family.begins:
        begin = (family.bos, made.token_to_id(family.bos))
        made.post_processor = processors.TemplateProcessing(f"{family.bos} $A", special_tokens=[begin])
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token=family.bos, eos_token=family.eos,
                                   pad_token=family.pad, chat_template=family.chat_template)


def build(name: str, folder: Path, read: list[str]) -> Path:
    """Writes a small random model of the family with its tokenizer, as ``save_pretrained`` does."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    family = FAMILIES[name]
    small = tokenizer(family, read)
    ids = {"bos_token_id": small.bos_token_id, "eos_token_id": small.eos_token_id, "pad_token_id": small.pad_token_id}
    config = AutoConfig.for_model(family.kind, vocab_size=len(small), **ids, **family.config)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    if family.stops:
        model.generation_config.eos_token_id = small.convert_tokens_to_ids(list(family.stops))
    model.save_pretrained(folder)
    small.save_pretrained(folder)
    return folder


def build_course(folder: Path, *names: str) -> dict[str, str]:
    """Random models of few layers in place of the course's: as an environment for ``fast_path``.

    Args:
        names: Families for the real model, each in a folder of its name; by default SmolLM2's. The environment names
            the first.
    """
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

    read = [message["content"] for row in texts.conversations("valid") for message in row["messages"]]
    real = [build(name, folder / name, read) for name in names or ("smollm2",)]
    leave = shutil.ignore_patterns("*.safetensors")
    lab = shutil.copytree(model.bundled_path(), folder / "lab", ignore=leave)
    config = AutoConfig.from_pretrained(lab, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                                        num_attention_heads=2, num_key_value_heads=2, head_dim=16)
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(lab)
    embedder = shutil.copytree(paths.models() / model.EMBEDDER_FOLDER, folder / "embedder", ignore=leave)
    config = AutoConfig.from_pretrained(embedder, hidden_size=32, intermediate_size=64, num_hidden_layers=1,
                                        num_attention_heads=2)
    AutoModel.from_config(config).save_pretrained(embedder)
    return {"FTLAB_MODEL": str(real[0]), "FTLAB_TEST_LAB": str(lab), "FTLAB_EMBEDDER": str(embedder)}
