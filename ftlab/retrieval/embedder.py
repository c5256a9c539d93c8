"""The embedder: turns a text into a vector whose direction stands for what the text is about."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from ftlab import model, paths


def folder() -> str:
    """What to hand to ``SentenceTransformer``: ``FTLAB_EMBEDDER`` (a folder or a hub name), else all-MiniLM-L6-v2.

    Raises:
        ValueError: If it leads to nothing, with the remedy.
    """
    if name := model.unquoted(os.environ.get("FTLAB_EMBEDDER", "")):
        place = Path(model.located(name))
        if place.is_dir():
            return _checked(place, f"FTLAB_EMBEDDER={name}", "Name another folder.")
        if not model.HUB_NAME.fullmatch(name):
            raise ValueError(
                f"FTLAB_EMBEDDER={name}: expected a folder (looked for {place}) or a hub name such as owner/model, "
                "found neither. Check the spelling, or unset FTLAB_EMBEDDER to use all-MiniLM-L6-v2."
            )
        return name
    place = paths.models() / model.EMBEDDER_FOLDER
    return _checked(place, "all-MiniLM-L6-v2", f"Run `ftlab fetch {model.EMBEDDER_FOLDER}`.")


def _checked(place: Path, name: str, remedy: str) -> str:
    for file in ("config.json", "model.safetensors", "tokenizer.json"):
        if not (place / file).is_file():
            raise ValueError(f"{name}: expected an embedder in {place}, found no {file}. {remedy}")
    return str(place)


def load():
    """The ``SentenceTransformer`` of ``folder()``, on this machine's device, in float32."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        folder(), device=model.precision()[0], model_kwargs={"use_safetensors": True}, trust_remote_code=False
    )


def encode(embedder, texts: Sequence[str]) -> np.ndarray:
    """Vectors of length 1, so that their dot product is a cosine; computed in bf16 where the processor does that.

    Args:
        embedder: A ``SentenceTransformer``, or anything with its ``encode``.
    Shapes:
        returns (len(texts), D), float32.
    """
    with fast(embedder):
        vectors = embedder.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
    vectors = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def fast(embedder):
    """A context in which a torch model computes in bf16, if this processor has it: the vectors keep three digits."""
    if not hasattr(embedder, "state_dict"):
        return nullcontext()
    import torch

    device, dtype, _ = model.precision()
    return torch.autocast(device, torch.bfloat16, enabled=dtype == "bfloat16")


def fingerprint(embedder) -> str:
    """A name that changes with any weight: vectors of two embedders must not meet in one index."""
    if not hasattr(embedder, "state_dict"):
        return embedder.name
    digest = hashlib.sha256()
    for name, tensor in sorted(embedder.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy())
    return digest.hexdigest()[:16]
