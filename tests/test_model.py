"""The dial: what is refused, before anything heavy is imported and with the remedy; what is accepted and loads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ftlab import model, paths
from ftlab.tuning import generate
from ftlab.workshop import tokenizer

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


def folder(parent: Path, name: str, *files: str) -> Path:
    made = parent / name
    made.mkdir()
    for file in files:
        (made / file).write_text("{}", encoding="utf-8")
    return made


def test_bad_choices_say_what_to_do(python: Callable, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(home / "hub"))
    a_file = home / "model.bin"
    a_file.write_bytes(b"x")
    full = ("config.json", "model.safetensors", "tokenizer.json")
    cases = {
        "no such model": ("found neither", "Check the spelling, or unset FTLAB_MODEL"),
        "../elsewhere/model": ("found neither", "Check the spelling"),
        "x" * 5000: ("found neither", "Check the spelling"),
        str(a_file): ("expected a model's folder, found a file", "Name the folder that holds config.json"),
        str(folder(home, "empty")): ("found nothing", "name another folder"),
        str(folder(home, "no-config", "a.txt")): ("expected config.json", "Name the folder that save_pretrained"),
        str(folder(home, "no-weights", "config.json", "tokenizer.json")): ("*.safetensors", "may be incomplete"),
        str(folder(home, "pickle", "config.json", "tokenizer.json", "pytorch_model.bin")): (
            "found pickle weights pytorch_model.bin", "Ask its maker for safetensors",
        ),
        str(folder(home, "no-tokenizer", *full[:2])): ("expected a tokenizer", "tokenizer.save_pretrained"),
        "some-owner/some-model": ("found none", "unset HF_HUB_OFFLINE"),
        "": ("the bundled base model: expected a model in", "Clone the project again"),
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


def test_a_cached_hub_model_is_checked_like_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    snapshot = folder(tmp_path, "snapshot", "config.json", "tokenizer.json", "pytorch_model.bin")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, file: str(snapshot / file))
    with pytest.raises(ValueError, match="owner/model: .*pickle weights"):
        model.check("owner/model")
    (snapshot / "model.safetensors").write_bytes(b"")
    assert model.check("owner/model") == "owner/model"


def test_a_hub_name_passes_with_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert model.check("some-owner/some-model") == "some-owner/some-model"


def test_the_argument_wins_and_spaces_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = folder(tmp_path, "one", "config.json", "model.safetensors", "tokenizer.json")
    two = folder(tmp_path, "two", "config.json", "model.safetensors", "tokenizer.json")
    monkeypatch.setenv("FTLAB_MODEL", f"  {one} ")
    assert model.choose().path == str(one.resolve())
    assert model.choose(str(two)).path == str(two.resolve())
    assert not model.choose().bundled


def test_a_folder_from_here_or_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = folder(tmp_path, "one", "config.json", "model.safetensors", "tokenizer.json").resolve()
    monkeypatch.chdir(tmp_path)
    assert model.check("one") == model.check("./one") == str(one)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert model.check("~/one") == str(one)


def test_the_bundled_folder_is_bundled_by_any_name(home: Path) -> None:
    (home / "data").mkdir()
    folder(home / "data", "base-model", "config.json", "model.safetensors", "tokenizer.json")
    assert paths.data() / "base-model" == model.bundled_path()
    assert model.choose().bundled and model.choose(str(home / "data" / "base-model")).bundled
    assert str(model.choose()).startswith("the bundled base model on ")


def test_precision_gives_its_reason() -> None:
    device, dtype, reason = model.precision()
    assert device in ("cpu", "cuda", "mps") and dtype in ("float32", "bfloat16") and reason


@pytest.mark.parametrize("kind", ["gpt2", "llama", "qwen2", "qwen3"])
def test_other_architectures_are_accepted_and_load(kind: str, tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    small = tokenizer.train(["The kettle costs $49.00. The pan weighs 850 g. " * 5], 300, 64)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    shape |= {"num_key_value_heads": 1, "head_dim": 8}
    if kind == "gpt2":
        shape = {"n_embd": 16, "n_layer": 1, "n_head": 2}
    tokens = {"bos_token_id": None, "eos_token_id": small.eos_token_id, "pad_token_id": small.pad_token_id}
    config = AutoConfig.for_model(kind, vocab_size=len(small), **tokens, **shape)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    small.save_pretrained(tmp_path)
    choice = model.choose(str(tmp_path))
    assert (choice.path, choice.bundled) == (str(tmp_path.resolve()), False)
    loaded = AutoModelForCausalLM.from_pretrained(choice.path, dtype="float32", use_safetensors=True)
    loaded_tokenizer = AutoTokenizer.from_pretrained(choice.path)
    assert loaded.config.model_type == kind
    text = "The kettle costs $49.00, é"
    assert loaded_tokenizer(text)["input_ids"] == small(text)["input_ids"]
    assert len(generate.replies(loaded, loaded_tokenizer, [text, "The pan"], 3)) == 2
