"""The bundled base model: the weights that its card names, loadable offline, and at its bars on a sample."""

from __future__ import annotations

import re

import pytest

from ftlab import files, model
from ftlab.evidence import intervals
from ftlab.workshop import bars, card

FOLDER = model.bundled_path()


def test_the_card_names_the_weights() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.search(r"`([0-9a-f]{64})`", text)[1] == card.weights_sha256(FOLDER)
    log = files.read_jsonl(FOLDER / "log.jsonl")
    assert f"{log[-1]['tokens'] / 1e6:.1f} million tokens" in text


def test_safetensors_only_and_small() -> None:
    names = {path.name for path in FOLDER.iterdir()}
    assert not {name for name in names if name.endswith((".bin", ".pt", ".pth", ".pkl", ".py"))}
    assert sum(path.stat().st_size for path in FOLDER.glob("*.safetensors")) <= 16e6
    assert "auto_map" not in files.read_json(FOLDER / "config.json")
    assert not {"chat_template.jinja"} & names and "chat_template" not in files.read_json(
        FOLDER / "tokenizer_config.json"
    )


@pytest.fixture(scope="module")
def measured() -> list[bars.Bar]:
    return bars.measure(general=100, reading=60, support=50)


@pytest.mark.parametrize("number", range(5))
def test_bars_on_a_sample(measured: list[bars.Bar], number: int) -> None:
    bar = measured[number]
    _, low, high = intervals.rate_interval(sum(bar.right), len(bar.right))
    assert high >= bar.at_least and low <= bar.at_most, str(bar)
