"""The dial: what is refused, before anything heavy is imported and with the remedy; what is accepted and loads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ftlab import files, model, paths

# Each name in turn: the message, and whether torch had been imported by then.
REFUSE = """
import json, os, sys
from ftlab import model
found = []
for name in sys.argv[1:]:
    os.environ["FTLAB_MODEL"] = name
    try:
        print(model.choose())
    except ValueError as error:
        found.append([str(error), "torch" in sys.modules])
print(json.dumps(found))
"""
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:1f2e\nsize 269060552\n"
FULL = ("config.json", "model.safetensors", "tokenizer.json")


def whole(tokens: int = 3) -> bytes:
    """A safetensors file of one tensor, by the format's rule: the header's length in 8 bytes, the header, the data."""
    header = json.dumps({"__metadata__": {"format": "pt"},
                         "w": {"dtype": "U8", "shape": [tokens], "data_offsets": [0, tokens]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(tokens)


def folder(parent: Path, name: str, *found: str, **contents: str | bytes) -> Path:
    """A folder with the files named, and others by content (``config__json="{}"`` for config.json)."""
    made = parent / name
    made.mkdir(parents=True)
    for file in found:
        (made / file).write_bytes(whole() if file.endswith(".safetensors") else b"{}")
    for file, content in contents.items():
        (made / file.replace("__", ".")).write_bytes(content if isinstance(content, bytes) else content.encode())
    return made


def test_bad_choices_say_what_to_do(python: Callable, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(home / "hub"))
    (home / "model.bin").write_bytes(b"x")
    index = json.dumps({"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}})
    for name, *found in [
        ("empty",), ("no-config", "a.txt"), ("no-weights", "config.json", "tokenizer.json"),
        ("pickle", "config.json", "tokenizer.json", "pytorch_model.bin"), ("no-tokenizer", *FULL[:2]),
        ("another-name", "config.json", "tokenizer.json", "consolidated.safetensors", "pytorch_model.bin"),
    ]:  # fmt: skip
        folder(home, name, *found)
    rest = ("config.json", "tokenizer.json")
    folder(home, "pointer", *rest, model__safetensors=POINTER)
    folder(home, "pointer-tokenizer", *FULL[:2], tokenizer__json=POINTER)
    folder(home, "pointer-config", *FULL[1:], config__json=POINTER)
    folder(home, "cut", *rest, model__safetensors=whole(1000)[:-1])
    folder(home, "cut-early", *rest, model__safetensors=whole()[:40])
    folder(home, "cut-at-once", *rest, model__safetensors=b"abc")
    folder(home, "html", *rest, model__safetensors=(9).to_bytes(8, "little") + b"<!doctype html>")
    folder(home, "shard", *rest, "model-1-of-2.safetensors", model__safetensors__index__json=index)
    folder(home, "cut-shard", *rest, "model-1-of-2.safetensors", **{
        "model__safetensors__index__json": index, "model-2-of-2__safetensors": whole(50)[:-9]})
    folder(home, "lora", adapter_config__json=json.dumps({"base_model_name_or_path": "owner/base"}))
    folder(home, "lora-and-more", *FULL, adapter_config__json="{}")
    folder(home, "bert", *FULL[1:], config__json=json.dumps({"architectures": ["BertModel"]}))
    cases = {
        "no such model": ("found neither", f"looked for {home / 'no such model'}", "Check the spelling, or unset"),
        "../elsewhere/model": ("found neither", "Check the spelling"),
        "x" * 5000: ("found neither", "Check the spelling"),
        "model.bin": ("expected a model's folder, found a file", "Name the folder that holds config.json"),
        "empty": ("found nothing", "Name another folder"),
        "no-config": ("expected config.json", "Name the folder that save_pretrained"),
        "no-weights": ("model.safetensors", "may be incomplete"),
        "pickle": ("found pickle weights pytorch_model.bin", "Ask its maker for safetensors"),
        "another-name": ("expected weights (model.safetensors", "found consolidated.safetensors"),
        "no-tokenizer": ("expected a tokenizer", "Save it there"),
        "pointer": ("expected whole weights", "a git-lfs pointer", "git lfs pull"),
        "pointer-tokenizer": ("expected a tokenizer", "tokenizer.json", "a git-lfs pointer", "git lfs pull"),
        "pointer-config": ("expected a JSON object", "config.json", "a git-lfs pointer", "git lfs pull"),
        "cut": (f"found {len(whole(1000)) - 1:,} bytes where its header tells of {len(whole(1000)):,}", "Copy or"),
        "cut-early": ("found 40 bytes, too few for its own header", "Copy or download it again"),
        "cut-at-once": ("found 3 bytes, too few for its own header", "Copy or download it again"),
        "html": ("a file that is not safetensors", "Copy or download it again"),
        "shard": ("model-2-of-2.safetensors", "no such file, though the index", "Copy or download it again"),
        "cut-shard": ("model-2-of-2.safetensors", "where its header tells of", "Copy or download it again"),
        "lora": ("found a LoRA adapter for owner/base", "PeftModel.from_pretrained"),
        "lora-and-more": ("found a LoRA adapter for an unnamed model", "merge the two"),
        "bert": ("expected a model that writes text", "found BertModel", "Name another"),
        "some-owner/some-model": ("found none", "unset HF_HUB_OFFLINE"),
        "": ("SmolLM2-135M-Instruct: expected a model in", "found nothing", "Run `ftlab fetch`"),
    }  # fmt: skip
    done = python("-c", REFUSE, *cases)
    found = json.loads(done.stdout)
    assert len(found) == len(cases), done.stdout
    for (name, parts), (message, torch_was_there) in zip(cases.items(), found, strict=True):
        assert not torch_was_there, name[:40]
        assert "expected" in message and "found" in message
        assert name in message
        for part in parts:
            assert part in message, message


def test_shards_that_are_whole_pass(home: Path) -> None:
    index = json.dumps({"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}})
    parts = ("model-1-of-2.safetensors", "model-2-of-2.safetensors")
    made = folder(home, "shards", "config.json", "tokenizer.json", *parts, model__safetensors__index__json=index)
    assert model.check("shards") == str(made)


def test_a_pickle_beside_whole_weights_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

    made = GPT2LMHeadModel(GPT2Config(vocab_size=10, n_embd=8, n_layer=1, n_head=1))
    made.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    torch.save({name: p + 1 for name, p in made.state_dict().items()}, tmp_path / "pytorch_model.bin")
    monkeypatch.setattr(torch, "load", lambda *_, **__: 1 / 0)
    path = model.choose(str(tmp_path)).path
    loaded = AutoModelForCausalLM.from_pretrained(path, use_safetensors=True)
    assert torch.equal(loaded.lm_head.weight, made.lm_head.weight)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(OSError):
        AutoModelForCausalLM.from_pretrained(path, use_safetensors=True)


def test_a_cached_hub_model_is_checked_like_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def cached(name: str, file: str) -> str | None:
        return str(snapshot / file) if (snapshot / file).exists() else None

    snapshot = folder(tmp_path, "snapshot", "config.json", "tokenizer.json", "pytorch_model.bin")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", cached)
    with pytest.raises(ValueError, match="owner/model: .*pickle weights"):
        model.check("owner/model")
    (snapshot / "model.safetensors").write_bytes(whole())
    assert model.check("owner/model") == "owner/model"
    snapshot = folder(tmp_path, "adapter", adapter_config__json=json.dumps({"base_model_name_or_path": "owner/base"}))
    with pytest.raises(ValueError, match="owner/adapter: .*a LoRA adapter for owner/base"):
        model.check("owner/adapter")


def test_a_hub_name_passes_with_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert model.check("some-owner/some-model") == "some-owner/some-model"


def test_the_argument_wins_and_spaces_and_quotes_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = folder(tmp_path, "one", *FULL), folder(tmp_path, "two", *FULL)
    for written in (f"  {one} ", f'"{one}"', f"'{one}'", f" ' {one} ' ", f"\"'{one}'\""):
        monkeypatch.setenv("FTLAB_MODEL", written)
        assert (model.choose().path, model.choose().name) == (str(one), str(one))
    assert model.choose(str(two)).path == str(two)
    for nothing in ('""', "  ", "' '"):
        monkeypatch.setenv("FTLAB_MODEL", nothing)
        monkeypatch.setattr(paths, "models", lambda: tmp_path)
        with pytest.raises(ValueError, match="SmolLM2-135M-Instruct: .*Run `ftlab fetch`"):
            model.choose()
    assert model.unquoted('"') == '"' and model.unquoted("it's") == "it's"


def test_a_relative_folder_is_the_projects_wherever_one_stands(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = folder(home, "models/one", *FULL)
    elsewhere = home / "notebooks"
    folder(elsewhere, "models/one", "a.txt")  # a folder of that name where the notebooks stand is not meant
    for place in (home, elsewhere):
        monkeypatch.chdir(place)
        assert model.check("models/one") == model.check("./models/one/") == model.check("'models/one'") == str(one)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    assert model.check("~/models/one") == str(one)


def test_the_real_model_and_the_lab_model(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, bundled = folder(home, f"models/{model.REAL_FOLDER}", *FULL), folder(home, "data/lab-model", *FULL)
    other = folder(home, "other", *FULL)
    assert (model.choose().path, model.choose().name) == (str(real), "SmolLM2-135M-Instruct")
    assert (model.lab().path, model.bundled_path()) == (str(bundled), bundled)
    assert str(model.lab()).startswith("the lab model on ")
    monkeypatch.setenv("FTLAB_MODEL", "other")
    assert (model.choose().path, model.lab().path) == (str(other), str(bundled))
    monkeypatch.delenv("FTLAB_MODEL")
    (real / "model.safetensors").write_bytes(whole()[:-1])
    with pytest.raises(ValueError, match="SmolLM2-135M-Instruct: expected whole weights"):
        model.choose()
    files.write_text(bundled / "config.json", "[]")
    with pytest.raises(ValueError, match="the lab model: expected a JSON object"):
        model.lab()


def test_precision_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTLAB_PRECISION", "float32")
    assert model.precision()[1:] == ("float32", "FTLAB_PRECISION asks for it")
    monkeypatch.setenv("FTLAB_PRECISION", "bf16")
    with pytest.raises(ValueError, match="FTLAB_PRECISION=bf16: expected float32 or nothing"):
        model.precision()


def test_precision_gives_its_reason() -> None:
    device, dtype, reason = model.precision()
    assert device in ("cpu", "cuda", "mps") and dtype in ("float32", "bfloat16") and reason
