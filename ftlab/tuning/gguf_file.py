"""A Llama as one GGUF file, the format of llama.cpp and what is built on it; numbers in 32, 16, 8 or 4 bits."""

from __future__ import annotations

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
    """Whether ``write`` knows the model's build: a plain Llama without biases."""
    return model.config.model_type == "llama" and not any("bias" in name for name in model.state_dict())


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


def write(model, path: str | Path, precision: str = "F16") -> Path:
    """Writes a Llama's weights and build as one GGUF file; its tokenizer stays where it is.

    Norms, one number a feature, stay in fp32. An output table that is tied to the input's is not written twice.

    Args:
        precision: One of ``PRECISIONS``.
    Raises:
        ValueError: If the model is not a plain Llama, still carries an adapter, or the precision is unknown.
    """
    import gguf

    if precision not in PRECISIONS:
        raise ValueError(f"precision: expected one of {', '.join(PRECISIONS)}, found {precision!r}.")
    if any("lora_" in name for name in model.state_dict()):
        raise ValueError("model: expected plain weights, found a LoRA adapter beside them. Merge first: "
                         "model = model.merge_and_unload()")
    if not can_be_written(model):
        raise ValueError(f"model: expected a plain Llama, found {model.config.model_type}. Convert it with llama.cpp's "
                         "own script.")
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
