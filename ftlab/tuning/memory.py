"""Will it fit on my card? The memory that training a language model takes, by its parts, for a Llama of any size.

A rule of thumb made explicit: every part is a line of arithmetic, so that a reader can disagree with one.
"""

from __future__ import annotations

from typing import NamedTuple

GIB = 2**30


class Shape(NamedTuple):
    """What of a model's build counts for memory.

    Attributes:
        name: What a person calls it.
        layers, width, inner, kv_width, vocabulary: Blocks; features of the stream, of the MLP, of keys and values
            together; tokens.
        tied: Whether the table that reads tokens is also the one that writes them.
    """

    name: str
    layers: int
    width: int
    inner: int
    kv_width: int
    vocabulary: int
    tied: bool = False

    @property
    def linears(self) -> list[tuple[int, int]]:
        """``(d_in, d_out)`` of the seven linear layers in a block: q, k, v, o, gate, up, down."""
        d, inner, kv = self.width, self.inner, self.kv_width
        return [(d, d), (d, kv), (d, kv), (d, d), (d, inner), (d, inner), (inner, d)]

    @property
    def in_linears(self) -> int:
        """Weights in the blocks' linear layers: what 4-bit storage makes small."""
        return self.layers * sum(d_in * d_out for d_in, d_out in self.linears)

    @property
    def weights(self) -> int:
        """All weights: linear layers, norms, and the token tables."""
        norms = (2 * self.layers + 1) * self.width
        return self.in_linears + norms + (1 if self.tied else 2) * self.vocabulary * self.width

    def lora(self, rank: int) -> int:
        """Weights of a LoRA addition to all linear layers: ``rank`` rows of A and columns of B in each."""
        return self.layers * sum(rank * (d_in + d_out) for d_in, d_out in self.linears)


def shape_of(config) -> Shape:
    """The shape of a Llama-like model from its config."""
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return Shape(
        config.model_type, config.num_hidden_layers, config.hidden_size, config.intermediate_size,
        head * config.num_key_value_heads, config.vocab_size, bool(config.tie_word_embeddings)
    )


SHAPES = (  # as their makers' configs have them
    Shape("SmolLM2 135M", 30, 576, 1536, 192, 49_152, True),
    Shape("SmolLM2 1.7B", 24, 2048, 8192, 2048, 49_152, True),
    Shape("Llama 3.2 3B", 28, 3072, 8192, 1024, 128_256, True),
    Shape("Llama 3.1 8B", 32, 4096, 14_336, 1024, 128_256),
    Shape("Llama 3.1 70B", 80, 8192, 28_672, 1024, 128_256),
)
WAYS = ("full", "LoRA", "QLoRA")
BITS_4 = 4.127 / 8  # bytes a weight: 4 bits, and the blocks' scales, themselves stored in 8 bits (QLoRA, section 3)


def training_bytes(
    shape: Shape, way: str, rank: int = 16, tokens: int = 4096, recompute: bool = True
) -> dict[str, float]:
    """Bytes of one training step by part: ``weights``, ``gradients``, ``optimizer``, ``activations``.

    Full tuning and what LoRA adds are counted as in the course: fp32 weights that train, fp32 gradients, and Adam's two
    fp32 numbers a weight; what is frozen is held in bf16 (LoRA) or in 4 bits (QLoRA: the linear layers only).

    Args:
        way: One of ``WAYS``.
        rank: Of the addition to all linear layers.
        tokens: In the batch, padding included: rows times their length.
        recompute: Whether activations inside a block are thrown away and computed again (gradient checkpointing).
    Raises:
        ValueError: If the way is unknown, or rank or tokens are below 1.
    Source: Rajbhandari et al. 2019, arXiv:1910.02054, section 3 (weights, gradients, Adam); Korthikanti et al. 2022,
        arXiv:2205.05198, section 4 (activations, without the attention matrix, which fused kernels do not keep);
        Dettmers et al. 2023, arXiv:2305.14314 (4 bits).
    """
    if way not in WAYS or rank < 1 or tokens < 1:
        raise ValueError(f"expected a way among {', '.join(WAYS)} and rank and tokens of at least 1, found {way!r}, "
                         f"{rank} and {tokens}. Correct the argument.")
    trained = shape.weights if way == "full" else shape.lora(rank)
    outside = shape.weights - shape.in_linears  # token tables and norms
    frozen = {"full": 0, "LoRA": 2 * shape.weights, "QLoRA": BITS_4 * shape.in_linears + 2 * outside}[way]
    # In bf16, two bytes each: a block keeps its input and, unless it recomputes, what each linear layer was given and
    # what the two norms and the MLP's product need. One block at a time is whole in either case.
    inside = 2 * tokens * (8 * shape.width + 2 * shape.kv_width + 4 * shape.inner)
    kept = shape.layers * 2 * tokens * shape.width + inside if recompute else shape.layers * inside
    # The logits in fp32, their log-softmax, which the way back needs, and their gradient: often the widest of all.
    logits = 4 * tokens * shape.vocabulary * 3
    return {"weights": frozen + 4 * trained, "gradients": 4 * trained, "optimizer": 8 * trained,
            "activations": kept + logits}  # fmt: skip


def gib(parts: dict[str, float]) -> float:
    """All parts together, in GiB."""
    return sum(parts.values()) / GIB
