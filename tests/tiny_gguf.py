"""A tiny Llama as a GGUF file, quantized the way the real model's is, and what a right conversion of it must give."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

WIDTH, INNER, LAYERS, HEADS, KV_HEADS, CONTEXT = 64, 96, 2, 4, 2, 128
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TEXTS = ["The kettle holds 1.7 litres and the tent sleeps 4.", "    x = 12\n        y = 3456\n"] * 3 + [
    f"The {noun} of the {place} is {adjective}." for noun in ("lid", "rope", "handle", "peg")
    for place in ("kitchen", "garden", "hill") for adjective in ("warm", "light", "sturdy")
]


@dataclass
class Tiny:
    """What the file holds: its weights under transformers' names, dequantized, and the tokenizer it was made with."""

    path: Path
    weights: dict[str, np.ndarray]
    tokenizer: object


def learn_tokens():
    """A BPE that splits texts as SmolLM does: digits one by one, then bytes of words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=352, special_tokens=SPECIALS, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def write(path: Path) -> Tiny:
    """Writes the file: embeddings in Q8_0, matrices in Q4_1, norms in float32, tied embeddings, a ChatML template."""
    import json

    from gguf import GGMLQuantizationType, GGUFWriter, TokenType
    from gguf.quants import dequantize, quantize

    tokenizer = learn_tokens()
    learned = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(learned["vocab"], key=learned["vocab"].get)
    head = WIDTH // HEADS

    writer = GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if token in SPECIALS else TokenType.NORMAL for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in learned["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(TEMPLATE)

    random, weights = np.random.default_rng(0), {}

    def add(name: str, ours: str, shape: tuple[int, ...], kind: str = "Q4_1", heads: int = 0) -> None:
        value = random.normal(0, 0.2, shape).astype(np.float32)
        if heads:  # llama.cpp lays the two halves of each head's rows alternately
            value = value.reshape(heads, 2, head // 2, WIDTH).swapaxes(1, 2).reshape(shape)
        quantization = GGMLQuantizationType[kind]
        stored = quantize(value, quantization)
        writer.add_tensor(name, stored, raw_dtype=quantization)
        read = dequantize(stored, quantization)
        if heads:
            read = read.reshape(heads, head // 2, 2, WIDTH).swapaxes(1, 2).reshape(shape)
        weights[ours] = read

    add("token_embd.weight", "model.embed_tokens.weight", (len(tokens), WIDTH), "Q8_0")
    for layer in range(LAYERS):
        there, here = f"blk.{layer}", f"model.layers.{layer}"
        add(f"{there}.attn_norm.weight", f"{here}.input_layernorm.weight", (WIDTH,), "F32")
        add(f"{there}.attn_q.weight", f"{here}.self_attn.q_proj.weight", (WIDTH, WIDTH), heads=HEADS)
        add(f"{there}.attn_k.weight", f"{here}.self_attn.k_proj.weight", (KV_HEADS * head, WIDTH), heads=KV_HEADS)
        add(f"{there}.attn_v.weight", f"{here}.self_attn.v_proj.weight", (KV_HEADS * head, WIDTH))
        add(f"{there}.attn_output.weight", f"{here}.self_attn.o_proj.weight", (WIDTH, WIDTH))
        add(f"{there}.ffn_norm.weight", f"{here}.post_attention_layernorm.weight", (WIDTH,), "F32")
        add(f"{there}.ffn_gate.weight", f"{here}.mlp.gate_proj.weight", (INNER, WIDTH))
        add(f"{there}.ffn_up.weight", f"{here}.mlp.up_proj.weight", (INNER, WIDTH))
        add(f"{there}.ffn_down.weight", f"{here}.mlp.down_proj.weight", (WIDTH, INNER))
    add("output_norm.weight", "model.norm.weight", (WIDTH,), "F32")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    return Tiny(path, weights, tokenizer)
