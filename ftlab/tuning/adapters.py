"""What an adapter was made for, kept beside it: its base model's weights and its chat template, by their hashes.

``peft`` notes the base model's path and checks shapes only, so an adapter goes silently onto another model of the same
build, onto a model that it was merged into already, and under another chat template.
"""

from __future__ import annotations

import json
from pathlib import Path

from ftlab import files
from ftlab.tuning import checkpoints

NOTE = "made_for.json"
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"


def note(folder: str | Path, base: str | Path, tokenizer) -> None:
    """Writes beside a saved adapter which base model (a folder; a hub name stays a name) and template it is for."""
    files.write_json(Path(folder) / NOTE, _made_for(base, tokenizer))


def check(folder: str | Path, base: str | Path, tokenizer) -> None:
    """Raises unless the adapter in a folder is whole and was made for this base model and this chat template.

    Raises:
        ValueError: If a file is missing or the note is damaged, or it names other weights or another template.
    """
    folder = Path(folder)
    there = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
    for name, remedy in (
        (CONFIG, "Without it nobody can tell the rank or the layers: copy the folder again, or save the adapter anew."),
        (WEIGHTS, "Copy the folder again, whole."),
        (NOTE, "Call ftlab.tuning.adapters.note where the adapter was made."),
    ):
        if name not in there:
            found = ", ".join(there) or "nothing"
            raise ValueError(f"{folder}: expected {name} of an adapter, found {found}. {remedy}")
    made, here = files.read_json(folder / NOTE), _made_for(base, tokenizer)
    if set(made) != set(here):
        raise ValueError(f"{folder / NOTE}: expected the keys {', '.join(here)}, found {', '.join(made) or 'none'}. "
                         "The note is damaged: call ftlab.tuning.adapters.note where the adapter was made.")
    if made["base"] != here["base"]:
        raise ValueError(f"{folder}: expected the base model that the adapter was made for ({made['base']}), found "
                         f"another ({here['base']}): other weights, or the same with an adapter merged in. Load that "
                         "base, or tune a new adapter.")
    if made["template"] != here["template"]:
        raise ValueError(f"{folder}: expected the chat template that the adapter was trained with, found another. Take "
                         "the tokenizer that was saved with it.")


def _made_for(base: str | Path, tokenizer) -> dict[str, str]:
    template = {"template": json.dumps(tokenizer.chat_template)}
    return {"base": checkpoints.fingerprint(_weights_only(base)), "template": checkpoints.fingerprint([template])}


def _weights_only(base: str | Path) -> str | list[dict]:
    """The hash of each weights file of a folder: a tokenizer or a README saved beside them changes no base model.

    Raises:
        ValueError: If the folder has no such file: two bases in another format would look alike.
    """
    if not Path(base).is_dir():
        return str(base)
    import hashlib

    hashes = []
    for path in sorted(Path(base).glob("*.safetensors")):
        with open(path, "rb") as file:
            hashes.append({path.name: hashlib.file_digest(file, "sha256").hexdigest()})
    if not hashes:
        raise ValueError(f"{base}: expected the base model's weights as .safetensors, found none. Save it with "
                         "save_pretrained, or give the folder that from_pretrained gets.")
    return hashes
