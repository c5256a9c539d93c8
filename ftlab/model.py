"""The course's one dial: which model, on which device, in which precision, and why.

The notebooks show their headline on the real model, or on what ``FTLAB_MODEL`` names in its place, and their sweeps on
the lab model, which came with the clone. Everything is checked before any weights are read. The notebooks call
``from_pretrained`` themselves, with what is chosen here and ``use_safetensors=True``: a pickle is never loaded.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from ftlab import paths

REAL_FOLDER = "smollm2-135m-instruct"  # under models/, where ``ftlab fetch`` puts both
EMBEDDER_FOLDER = "all-minilm-l6-v2"
MARK = "source.json"  # in each of them, written last: where it came from, and the size of every file
HUB_NAME = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")
WRITERS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")  # how the classes that write text end
COPY_AGAIN = "Copy or download it again."
POINTER_FOUND = "a git-lfs pointer in its place. Run `git lfs pull` where it came from, or download the file itself."


@dataclass(frozen=True)
class Choice:
    """What ``choose`` or ``lab`` found.

    Attributes:
        name: The name a person would use: "SmolLM2-135M-Instruct", "the lab model", a folder or a hub name.
        path: What to hand to ``from_pretrained``.
        device: "cpu", "cuda" or "mps".
        dtype: "float32" or "bfloat16": the precision to compute in. Weights that train stay in float32.
        precision_reason: Why, in one sentence.
    """

    name: str
    path: str
    device: str
    dtype: str
    precision_reason: str

    def __str__(self) -> str:
        return f"{self.name} on {self.device}, {self.dtype} ({self.precision_reason})"


def choose(name: str | None = None) -> Choice:
    """Chooses the model of the headlines, its device and its precision.

    Args:
        name: A folder or a hub name; by default ``FTLAB_MODEL``, and without that the real model.
    Raises:
        ValueError: If the name leads to no model that can be loaded safely, with the remedy.
    """
    if name := unquoted(name or os.environ.get("FTLAB_MODEL", "")):
        return Choice(name, check(name), *precision())
    name = "SmolLM2-135M-Instruct"
    folder = check_folder(paths.models() / REAL_FOLDER, name, "Run `ftlab fetch`.")
    return Choice(name, str(folder), *precision())


def lab() -> Choice:
    """The lab model, whatever ``FTLAB_MODEL`` says, with this machine's device and precision.

    Raises:
        ValueError: If it is not there, or not whole.
    """
    folder = check_folder(bundled_path(), "the lab model", "Take the folder data/lab-model from the project again.")
    return Choice("the lab model", str(folder), *precision())


def bundled_path() -> Path:
    """The folder of the lab model."""
    return paths.data() / "lab-model"


def unquoted(name: str) -> str:
    """The name without the spaces and quotes that shells and settings files leave around it."""
    name = name.strip()
    while len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return name


def located(name: str) -> str:
    """Where a name would lie if it is a path: from the project's folder, wherever the caller stands."""
    return os.path.abspath(os.path.join(paths.root(), os.path.expanduser(unquoted(name))))


def check(name: str) -> str:
    """The path or hub name to load, after checking that it can be there.

    Raises:
        ValueError: As in ``choose``.
    """
    folder = located(name)
    if os.path.isdir(folder):  # unlike Path.is_dir, false for a name too long to be one
        return str(check_folder(Path(folder), name, "Name another folder."))
    if os.path.isfile(folder):
        raise ValueError(
            f"FTLAB_MODEL={name}: expected a model's folder, found a file. Name the folder that holds config.json."
        )
    if not HUB_NAME.fullmatch(name):
        raise ValueError(
            f"FTLAB_MODEL={name}: expected a folder (looked for {folder}) or a hub name such as owner/model, found "
            "neither. Check the spelling, or unset FTLAB_MODEL to use the course's own choice."
        )
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        snapshot = _cached(name)
        if snapshot is None:
            raise ValueError(
                f"FTLAB_MODEL={name}: expected a model in the local hub cache since HF_HUB_OFFLINE is set, found none. "
                f"If you meant a folder, there is none at {folder}. Otherwise unset HF_HUB_OFFLINE and run once with a "
                "network."
            )
        check_folder(snapshot, name, "Unset HF_HUB_OFFLINE and run once with a network.")
    return name


def check_folder(folder: Path, name: str, remedy: str) -> Path:
    """The folder, if it holds a model that writes text: config, tokenizer and whole safetensors weights.

    Args:
        remedy: What to do if there is nothing in the folder.
    Raises:
        ValueError: As in ``choose``.
    """
    found = sorted(p.name for p in folder.glob("*")) if folder.is_dir() else []
    where = f"{name}: expected"
    if not found:
        raise ValueError(f"{where} a model in {folder}, found nothing. {remedy}")
    if "adapter_config.json" in found:
        base = _read_json(folder / "adapter_config.json", where).get("base_model_name_or_path") or "an unnamed model"
        raise ValueError(
            f"{where} a whole model in {folder}, found a LoRA adapter for {base}. Name that model instead and lay the "
            "adapter over it with peft's PeftModel.from_pretrained; or merge the two and name the merged folder."
        )
    if "config.json" not in found:
        raise ValueError(
            f"{where} config.json in {folder}, found {', '.join(found[:6])}. "
            "Name the folder that save_pretrained wrote."
        )
    kinds = _read_json(folder / "config.json", where).get("architectures") or []
    if kinds and not any(kind.endswith(WRITERS) for kind in kinds):
        raise ValueError(f"{where} a model that writes text in {folder}, found {', '.join(kinds)}. Name another.")
    for file in _weights(folder, found, where):
        if fault := _fault(folder / file):
            raise ValueError(f"{where} whole weights in {folder / file}, found {fault}")
    tokenizer = next((file for file in ("tokenizer.json", "tokenizer.model", "vocab.json") if file in found), None)
    if tokenizer is None:
        raise ValueError(f"{where} a tokenizer (tokenizer.json) in {folder}, found none. Save it there as well.")
    if _is_pointer(folder / tokenizer):
        raise ValueError(f"{where} a tokenizer in {folder / tokenizer}, found {POINTER_FOUND}")
    return folder


def _weights(folder: Path, found: list[str], where: str) -> list[str]:
    """The files that ``from_pretrained(..., use_safetensors=True)`` reads."""
    if "model.safetensors" in found:
        return ["model.safetensors"]
    if "model.safetensors.index.json" in found:
        index = _read_json(folder / "model.safetensors.index.json", where)
        return sorted(set(index.get("weight_map", {}).values()))
    others = [file for file in found if file.endswith(".safetensors")]
    pickles = [file for file in found if file.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl"))]
    if pickles and not others:
        raise ValueError(
            f"{where} safetensors weights in {folder}, found pickle weights {', '.join(pickles)}. "
            "Loading a pickle can run code that somebody hid in it. Ask its maker for safetensors, "
            "or convert it on a machine that you do not mind losing."
        )
    raise ValueError(
        f"{where} weights (model.safetensors, or model.safetensors.index.json with its parts) in {folder}, found "
        f"{', '.join(others) or 'none'}. The download or copy may be incomplete."
    )


def _is_pointer(path: Path) -> bool:
    """Whether git-lfs left its note here instead of the file."""
    with path.open("rb") as file:
        return file.read(24) == b"version https://git-lfs."


def _fault(path: Path) -> str | None:
    """What is wrong with a safetensors file, and what to do; its header says how long the file has to be."""
    if not path.is_file():
        return f"no such file, though the index beside it names it. {COPY_AGAIN}"
    if _is_pointer(path):
        return POINTER_FOUND
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")  # of the header, in bytes
        if size < 8 or length > size - 8:
            return f"{size:,} bytes, too few for its own header. {COPY_AGAIN}"
        try:
            tensors = json.loads(file.read(length))
            ends = [tensor["data_offsets"][1] for key, tensor in tensors.items() if key != "__metadata__"]
        except (ValueError, LookupError, TypeError, AttributeError):
            return f"a file that is not safetensors. {COPY_AGAIN}"
    expected = 8 + length + max(ends, default=0)
    return None if size == expected else f"{size:,} bytes where its header tells of {expected:,}. {COPY_AGAIN}"


def _read_json(path: Path, where: str) -> dict:
    """The file's object."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        what = POINTER_FOUND if _is_pointer(path) else f"something else. {COPY_AGAIN}"
        raise ValueError(f"{where} a JSON object in {path}, found {what}")
    return found


def _cached(name: str) -> Path | None:
    """The model's folder in the hub's local cache, if there is one."""
    from huggingface_hub import try_to_load_from_cache

    for file in ("config.json", "adapter_config.json"):
        if isinstance(found := try_to_load_from_cache(name, file), str):
            return Path(found).parent
    return None


def context_tokens(config) -> int | None:
    """The longest row that a model takes, in tokens, by whichever name its config has for it; None if it names none."""
    config = config.get_text_config()  # a model for pictures and text keeps it a level down
    names = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length")
    return next((value for name in names if (value := getattr(config, name, None))), None)


def precision() -> tuple[str, str, str]:
    """Device, precision and the reason. bf16 is chosen only where the processor computes in it.

    ``FTLAB_PRECISION=float32`` forces fp32, to see what a machine without bf16 would take.

    Raises:
        ValueError: If ``FTLAB_PRECISION`` is anything else.
    """
    import torch

    forced = os.environ.get("FTLAB_PRECISION", "")
    if forced not in ("", "float32"):
        raise ValueError(f"FTLAB_PRECISION={forced}: expected float32 or nothing. Unset it, or set it to float32.")
    if forced:
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        return device, "float32", "FTLAB_PRECISION asks for it"
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
