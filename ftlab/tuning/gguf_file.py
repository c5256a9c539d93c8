"""A Llama as one GGUF file, the format of llama.cpp and what is built on it; numbers in 32, 16, 8 or 4 bits."""

from __future__ import annotations

import json
from pathlib import Path

PRECISIONS = ("F32", "F16", "Q8_0", "Q4_0")  # names of the gguf library, from exact to coarse
NAMES = {  # of a block's tensors: Hugging Face's, then GGUF's
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
OUTSIDE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def can_be_written(model) -> bool:
    """Whether ``write`` knows the model's build: a plain Llama without biases, its positions as they were trained.

    Llama 3.1 and later stretch their positions (``rope_type`` "llama3"). A file that does not say so reads well at
    first and fails on long texts, so such a model is none that can be written.
    """
    if model.config.model_type != "llama" or any("bias" in name for name in model.state_dict()):
        return False
    return model.config.rope_parameters.get("rope_type", "default") == "default"


def splitting(tokenizer) -> str | None:
    """llama.cpp's name for how a byte-level tokenizer splits a text before it merges; None if it has no such name."""
    made = json.loads(tokenizer.backend_tokenizer.to_str())
    steps = made["pre_tokenizer"] or {}
    steps = steps.get("pretokenizers", [steps])
    kinds = [step.get("type") for step in steps]
    if made["model"]["type"] != "BPE" or made["normalizer"] or not kinds or kinds[-1] != "ByteLevel":
        return None
    if steps[-1].get("add_prefix_space") or not steps[-1].get("use_regex", True):
        return None
    if kinds == ["Digits", "ByteLevel"] and steps[0]["individual_digits"]:
        return "smollm"
    return "gpt-2" if len(kinds) == 1 else None


def kept_choices(exported, model, rows) -> float:
    """The share of places at which two models would write the same next token.

    Args:
        rows: Lists of tokens, such as whole conversations, each read by itself.
    """
    import torch

    same = places = 0
    with torch.inference_mode():
        for row in rows:
            ids = torch.tensor([row], device=model.device)
            a, b = (each(input_ids=ids).logits[0].argmax(-1) for each in (exported, model))
            same, places = same + int((a == b).sum()), places + len(row)
    return same / places


def gguf_name(name: str) -> str:
    """``model.layers.3.mlp.up_proj.weight`` becomes ``blk.3.ffn_up.weight``."""
    name = name.removesuffix(".weight")
    if name in OUTSIDE:
        return f"{OUTSIDE[name]}.weight"
    block, _, part = name.removeprefix("model.layers.").partition(".")
    return f"blk.{block}.{NAMES[part]}.weight"


def halves_to_pairs(weight, heads):
    """The rows of q or k in GGUF's order: a head's rotation pairs stand side by side, not half a head apart.

    Shapes:
        weight: (heads * head_dim, d_in); returns the same.
    """
    rows, d_in = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, d_in).swapaxes(1, 2).reshape(rows, d_in)


def write(model, path: str | Path, precision: str = "F16", tokenizer=None) -> Path:
    """Writes a Llama's weights and build as one GGUF file, and its tokenizer with its chat template if it is given one.

    Norms, one number a feature, stay in fp32. An output table that is tied to the input's is not written twice.

    Args:
        precision: One of ``PRECISIONS``.
        tokenizer: Programs such as llama.cpp need it in the file; transformers can do without.
    Raises:
        ValueError: If the model is not a plain Llama, still carries an adapter, the precision is unknown, or the
            tokenizer splits texts in a way that llama.cpp has no name for.
    """
    import gguf

    if precision not in PRECISIONS:
        raise ValueError(f"precision: expected one of {', '.join(PRECISIONS)}, found {precision!r}.")
    if any("lora_" in name for name in model.state_dict()):
        raise ValueError("model: expected plain weights, found a LoRA adapter beside them. Merge first: "
                         "model = model.merge_and_unload()")
    if not can_be_written(model):
        rope = getattr(model.config, "rope_parameters", None) or "no rotation"
        raise ValueError("model: expected a plain Llama without biases or stretched positions, found "
                         f"{model.config.model_type}, {rope}. Convert it with llama.cpp's own script.")
    if tokenizer is not None and splitting(tokenizer) is None:
        raise ValueError("tokenizer: expected a byte-level one that llama.cpp has a name for, found another. Leave it "
                         "out, or convert the model with llama.cpp's own script.")
    config, kind = model.config, gguf.GGMLQuantizationType[precision]
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(head)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    if tokenizer is not None:
        _add_words(writer, tokenizer, config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType[{"F32": "ALL_F32"}.get(precision, f"MOSTLY_{precision}")])
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        weight = tensor.detach().float().cpu().numpy()
        if "q_proj" in name or "k_proj" in name:
            heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
            weight = halves_to_pairs(weight, heads)
        used = kind if weight.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(gguf_name(name), gguf.quants.quantize(weight, used), raw_dtype=used)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return Path(path)


def _add_words(writer, tokenizer, vocabulary: int) -> None:
    """The tokens with their kinds, the merges in their order, the special ones and the chat template."""
    from gguf import TokenType

    learned = json.loads(tokenizer.backend_tokenizer.to_str())
    of_id = {number: token for token, number in learned["model"]["vocab"].items()}
    of_id |= {each["id"]: each["content"] for each in learned["added_tokens"]}
    special = {each["id"] for each in learned["added_tokens"] if each["special"]}
    kinds = [TokenType.CONTROL if i in special else TokenType.NORMAL if i in of_id else TokenType.UNUSED
             for i in range(vocabulary)]  # fmt: skip
    merges = learned["model"]["merges"]
    writer.add_tokenizer_model("gpt2")  # the name of byte-level merges, whoever made them
    writer.add_tokenizer_pre(splitting(tokenizer))
    writer.add_token_list([of_id.get(i, f"[PAD{i}]") for i in range(vocabulary)])
    writer.add_token_types(kinds)
    writer.add_token_merges([each if isinstance(each, str) else " ".join(each) for each in merges])
    for add, number in ((writer.add_bos_token_id, tokenizer.bos_token_id), (writer.add_eos_token_id,
                        tokenizer.eos_token_id), (writer.add_pad_token_id, tokenizer.pad_token_id)):  # fmt: skip
        if number is not None:
            add(number)
    writer.add_add_bos_token(tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id)
    if isinstance(tokenizer.chat_template, str):
        writer.add_chat_template(tokenizer.chat_template)
