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
    """The folder, if it holds what a ``SentenceTransformer`` saves: its plan, or a plain model's parts."""
    if not (place / "modules.json").is_file():
        for file in ("config.json", "model.safetensors", "tokenizer.json"):
            if not (place / file).is_file():
                raise ValueError(f"{name}: expected an embedder in {place}, found no {file}. {remedy}")
    elif not any(place.rglob("*.safetensors")):
        raise ValueError(f"{name}: expected an embedder in {place}, found no weights as safetensors. {remedy}")
    return str(place)


def load():
    """The ``SentenceTransformer`` of ``folder()``, on this machine's device, in float32.

    Raises:
        ValueError: If ``folder()`` finds none, or the hub's cannot be had: no such name, no network, no safetensors, or
            code of its own, which is never run.
    """
    from sentence_transformers import SentenceTransformer

    place = folder()
    try:
        return SentenceTransformer(
            place, device=model.precision()[0], model_kwargs={"use_safetensors": True}, trust_remote_code=False
        )
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).strip().split("\n")[0][:200]
        raise ValueError(
            f"{place}: expected an embedder that sentence-transformers loads, with safetensors weights and without "
            f"code of its own, found none ({reason}). Check the spelling and the network (HF_HUB_OFFLINE must be "
            "unset the first time), name another in FTLAB_EMBEDDER, or unset it to use all-MiniLM-L6-v2."
        ) from error


def encode(embedder, texts: Sequence[str], asked: bool = False) -> np.ndarray:
    """Vectors of length 1, so that their dot product is a cosine; computed in bf16 where the processor does that.

    Args:
        embedder: A ``SentenceTransformer``, or anything with its ``encode``.
        asked: Whether the texts are questions. Some embedders were trained with other words before a question than
            before a passage ("query: "), and find less without them; they bring these words along.
    Shapes:
        returns (len(texts), D), float32.
    """
    own = getattr(embedder, "encode_query" if asked else "encode_document", embedder.encode)
    with fast(embedder):
        vectors = own(list(texts), convert_to_numpy=True, show_progress_bar=False)
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
