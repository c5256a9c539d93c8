"""The course's one dial: which model, on which device, in which precision, and why.

``FTLAB_MODEL`` names a local folder or a hub model; without it the course uses the bundled base model. Everything is
checked before any weights are read. The notebooks call ``from_pretrained`` themselves, with what is chosen here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ftlab import paths

HUB_NAME = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")


@dataclass(frozen=True)
class Choice:
    """What ``choose`` found.

    Attributes:
        name: The name a person would use: "the bundled base model", a folder or a hub name.
        path: What to hand to ``from_pretrained``.
        device: "cpu", "cuda" or "mps".
        dtype: "float32" or "bfloat16": the precision to compute in. Weights that train stay in float32 on a CPU.
        precision_reason: Why, in one sentence.
        bundled: Whether it is the course's own base model, for which the reference results hold.
    """

    name: str
    path: str
    device: str
    dtype: str
    precision_reason: str
    bundled: bool

    def __str__(self) -> str:
        return f"{self.name} on {self.device}, {self.dtype} ({self.precision_reason})"


def bundled_path() -> Path:
    """The folder of the bundled base model."""
    return paths.data() / "base-model"


def choose(name: str | None = None) -> Choice:
    """Chooses model, device and precision.

    Args:
        name: A folder or a hub name; by default ``FTLAB_MODEL``, and without that the bundled base model.
    Raises:
        ValueError: If the name leads to no model that can be loaded safely, with the remedy.
    """
    name = (name or os.environ.get("FTLAB_MODEL", "")).strip()
    path = check(name) if name else check_folder(bundled_path(), "the bundled base model")
    device, dtype, reason = precision()
    bundled = not name or Path(path) == bundled_path()
    return Choice("the bundled base model" if bundled else name, str(path), device, dtype, reason, bundled)


def check(name: str) -> str:
    """The path or hub name to load, after checking that it can be there.

    Raises:
        ValueError: As in ``choose``.
    """
    folder = os.path.expanduser(name)
    if os.path.isdir(folder):  # unlike Path.is_dir, false for a name too long to be one
        return str(check_folder(Path(folder).resolve(), name))
    if os.path.isfile(folder):
        raise ValueError(
            f"FTLAB_MODEL={name}: expected a model's folder, found a file. Name the folder that holds config.json."
        )
    if not HUB_NAME.fullmatch(name):
        raise ValueError(
            f"FTLAB_MODEL={name}: expected a folder or a hub name such as owner/model, found neither. "
            "Check the spelling, or unset FTLAB_MODEL to use the bundled base model."
        )
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        snapshot = _cached(name)
        if snapshot is None:
            raise ValueError(
                f"FTLAB_MODEL={name}: expected a model in the local hub cache since HF_HUB_OFFLINE is set, found none. "
                "If you meant a folder, it is not there. Otherwise unset HF_HUB_OFFLINE and run once with a network."
            )
        check_folder(snapshot, name)
    return name


def check_folder(folder: Path, name: str) -> Path:
    """The folder, if it holds a config, a tokenizer and safetensors weights.

    Raises:
        ValueError: As in ``choose``.
    """
    found = sorted(p.name for p in folder.glob("*")) if folder.is_dir() else []
    if not found:
        raise ValueError(
            f"{name}: expected a model in {folder}, found nothing. Clone the project again, or name another folder."
        )
    if "config.json" not in found:
        raise ValueError(
            f"{name}: expected config.json in {folder}, found {', '.join(found[:6])}. "
            "Name the folder that save_pretrained wrote."
        )
    if not any(file.endswith(".safetensors") for file in found):
        pickles = [file for file in found if file.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl"))]
        if pickles:
            raise ValueError(
                f"{name}: expected safetensors weights in {folder}, found pickle weights {', '.join(pickles)}. "
                "Loading a pickle can run code that somebody hid in it. Ask its maker for safetensors, "
                "or convert it on a machine that you do not mind losing."
            )
        raise ValueError(
            f"{name}: expected weights (*.safetensors) in {folder}, found none. The download or copy may be incomplete."
        )
    if not any(file in found for file in ("tokenizer.json", "tokenizer.model", "vocab.json")):
        raise ValueError(
            f"{name}: expected a tokenizer (tokenizer.json) in {folder}, found none. "
            "Save it there with tokenizer.save_pretrained."
        )
    return folder


def _cached(name: str) -> Path | None:
    """The model's folder in the hub's local cache, if there is one."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(name, "config.json")
    return Path(config).parent if isinstance(config, str) else None


def precision() -> tuple[str, str, str]:
    """Device, precision and the reason. bf16 is chosen only where the processor computes in it."""
    import torch

    if torch.cuda.is_available():
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "cuda", "bfloat16", f"{torch.cuda.get_device_name()} computes in bf16"
        return "cuda", "float32", f"{torch.cuda.get_device_name()} has no bf16"
    if torch.backends.mps.is_available():
        return "mps", "float32", "Apple GPU: fp32 is the safe choice"
    if torch.cpu._is_amx_tile_supported():
        return "cpu", "bfloat16", "this processor has AMX for bf16"
    if torch.cpu._is_avx512_bf16_supported():
        return "cpu", "bfloat16", "this processor has avx512_bf16"
    return "cpu", "float32", "this processor has no bf16 arithmetic"
