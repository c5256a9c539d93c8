"""LoRA beside QLoRA: only the base differs, and what is gathered is what notebook 04 reads."""

from __future__ import annotations

import json
from pathlib import Path

import cells
import families
import kept
import numpy as np
import pytest
import torch

from ftlab import files, model, paths, texts
from ftlab.evidence import intervals
from ftlab.evidence.packed import unpack
from ftlab.tuning import quantized
from ftlab.workshop.experiments import bound, qlora

NOTEBOOK = "04_lora"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> model.Choice:
    """A random model of SmolLM2's family."""
    read = [message["content"] for row in texts.plain_conversations("valid")[:40] for message in row["messages"]]
    folder = families.build("smollm2", tmp_path_factory.mktemp("small"), read)
    return model.Choice("toy", str(folder), "cpu", "float32", "a test")


def tuned(small: model.Choice, way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path))
    return qlora.tune(small, way, texts.plain_conversations("train")[:4], seed=0, steps=2)


def test_lora_trains_the_addition_in_fp32(small, monkeypatch, tmp_path, capsys) -> None:
    run = tuned(small, "lora", monkeypatch, tmp_path)
    moved = [p for name, p in run.model.named_parameters() if "lora_B" in name]
    assert all(p.dtype == torch.float32 for p in moved) and any(p.abs().max() > 0 for p in moved)
    assert not run.model.training and len([entry for entry in run.log if "loss" in entry]) == 2


def test_with_four_bits_only_the_base_differs(small, monkeypatch, tmp_path, capsys) -> None:
    pytest.importorskip("bitsandbytes")
    plain, four = (tuned(small, way, monkeypatch, tmp_path) for way in qlora.WAYS)
    parts, packed = (quantized.weight_bytes(run.model) for run in (plain, four))
    assert parts["adapter"] == packed["adapter"]  # fp32 in both: TRL would have made the second bf16
    assert parts["rest"] == packed["rest"] and packed["linear"] < parts["linear"] / 7
    losses = [[entry["loss"] for entry in run.log if "loss" in entry] for run in (plain, four)]
    assert losses[0] != losses[1] and losses[0] == pytest.approx(losses[1], rel=0.2)
    # all additions have had gradients: no layer was repacked before the training
    moved = [p.abs().max().item() for name, p in four.model.named_parameters() if "lora_B" in name]
    assert min(moved) > 0


def test_untuned_in_four_bits_it_is_asked_the_same(small, monkeypatch) -> None:
    pytest.importorskip("bitsandbytes")
    monkeypatch.setattr(qlora, "FACTS", 2)
    monkeypatch.setattr(qlora.lora_against_full, "FACT_TOKENS", 3)
    monkeypatch.setattr(qlora.lora_against_full, "VALID_PER_KIND", 1)
    plain, four = (qlora.untuned(small, way) for way in qlora.WAYS)
    assert len(four["knows"]) == len(plain["knows"]) == 2 and len(four["valid_losses"]) == 9
    assert four["library"].startswith("bitsandbytes ")


def test_without_the_library_the_extra_is_named(small, monkeypatch) -> None:
    monkeypatch.setattr(qlora, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install -e '\.\[qlora\]'"):
        qlora.four_bits(small)


def keep(scores: dict[str, list[int]], losses: dict[str, list[float]]) -> None:
    """Runs of both ways with two seeds, and both untuned bases, as the experiment writes them."""
    folder = paths.runs() / qlora.FOLDER
    for way in qlora.WAYS:
        for seed in (0, 1):
            kept.keep(folder / f"{way}-seed-{seed}.json", {
                "way": way, "lr": 1e-3, "seed": seed, "model": "toy", "dtype": "float32", "library": "bitsandbytes 9",
                "machine": "here", "seconds": 10.0 if way == "lora" else 15.0, "peak_bytes": 2**31,
                bound.KEY: {"base": "b", "rows": "r"},
                "weight_bytes": {"linear": 5e6, "adapter": 1e6, "rest": 2e6}, "losses": [1.0],
                "valid_losses": losses[way], "on_brand": [1, 1, 1], "right": scores[way], "both": scores[way],
                "knows": [1, 0, 1], "leaks": [0, 0, 1], "kinds": ["fact"] * 3, "replies": list("abc"),
                "answers": list("def"), "judged_s": 1,
            })  # fmt: skip
        kept.keep(folder / f"untuned-{way}.json", {
            "way": way, "library": "bitsandbytes 9", bound.KEY: {"base": "b", "rows": "r"},
            "knows": [1, 1, 0], "leaks": [0, 0, 0], "answers": list("ghi"),
            "valid_losses": [2.0, 3.0] if way == "lora" else [2.5, 3.25]})  # fmt: skip


def test_without_an_untuned_base_nothing_is_gathered(home) -> None:
    keep({"lora": [1, 0, 1], "qlora": [1, 0, 0]}, {way: [1.0, 1.01, 0.99] for way in qlora.WAYS})
    qlora.kept("untuned-qlora").unlink()
    with pytest.raises(ValueError, match="scores by the present code, found none of qlora.* --untuned --way qlora$"):
        qlora.gather()


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    """What the notebook's cell prints from the stored file."""
    scope = {"files": files, "paths": paths, "unpack": unpack, "intervals": intervals, "np": np}
    cells.run(cells.functions(NOTEBOOK, "unpacked"), cells.holding(NOTEBOOK, '"qlora.json"'), **scope)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("four_losses", "word"),
    [([1.5, 1.6, 1.7], "higher"), ([0.5, 0.4, 0.3], "lower"), ([1.0, 0.9, 1.1], "no difference shown")],
)
def test_the_notebook_reads_what_is_gathered_whatever_came_out(home, capsys, four_losses, word) -> None:
    keep({"lora": [1, 0, 1], "qlora": [1, 0, 0]}, {"lora": [1.0, 1.01, 0.99], "qlora": four_losses})
    stored = json.loads(json.dumps(qlora.gather()))
    runs = [(run["way"], run["seed"]) for run in stored["runs"]]
    assert runs == [("lora", 0), ("lora", 1), ("qlora", 0), ("qlora", 1)]
    assert stored["runs"][0]["first_replies"] == ["a", "b", "c"] and "answers" not in stored["runs"][0]
    files.write_json(paths.data() / "stored" / "qlora.json", stored)
    lines = shown(capsys).splitlines()
    gap = next(line for line in lines if line.strip().startswith("loss, tuned"))
    assert gap.endswith(word) or word in gap
    assert next(line for line in lines if "loss, untuned" in line).split(": ")[1].startswith("+0.375")
    # a third of the replies is fit no more
    assert next(line for line in lines if "fit to send" in line).split(": ")[1].startswith("-33.3")
