"""The lab model's tokenizer: byte-level BPE, digits one by one, trained on plain documents and pages of its reading."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

END, PAD = "<|end|>", "<|pad|>"
# Reserved for fine-tuning: the lab model never sees them, as hub models keep unused tokens for later training.
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")


def train(texts: Iterable[str], vocab_size: int = 4096, max_length: int = 512):
    """Trains the tokenizer.

    Digits are single tokens (the first one with the space before it), so that a price or a weight is copied digit by
    digit and no number is rare.

    Args:
        texts: Documents to count byte pairs in.
        vocab_size: Entries, special tokens included.
        max_length: The model's context, in tokens; stored as ``model_max_length``.
    Returns:
        A ``transformers.PreTrainedTokenizerFast``. It has no chat template: a base model has none.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r" ?\d"), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=3,
        special_tokens=[END, PAD, *ROLES],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        extra_special_tokens=list(ROLES),
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )


def load(path: str | Path):
    """Loads a saved tokenizer from a local folder."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(path))
