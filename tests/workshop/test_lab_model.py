"""The bundled base model: the weights that its card names, loadable offline, and at its bars on a sample."""

from __future__ import annotations

import re

import pytest

from ftlab import files, model
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
    _, low, high = bar.interval
    assert high >= bar.at_least and low <= bar.at_most, str(bar)


def test_a_bar_says_what_was_found_and_whether_that_is_enough() -> None:
    bar = bars.Bar("reads", [True] * 97 + [False] * 3, at_least=0.97)
    assert bar.met and bar.found == "97.0 % [91.5, 99.0]" and bar.over == "100 questions"  # Wilson's interval
    assert not bars.Bar("reads", [True] * 96 + [False] * 4, at_least=0.97).met
    assert bars.Bar("on-brand", [False] * 100, at_most=0.02).goal == "at most 2%"


def test_a_difference_must_clear_its_bar_with_its_interval() -> None:
    same = bars.Bar("tuned minus base", [[True, False] * 100] * 3, at_least=-0.03, against=[[True, False] * 100])
    assert same.interval.value == 0 and same.met and same.over == "200 questions, 3 seeds"
    few = bars.Bar("tuned minus base", [[True, False] * 10] * 3, at_least=-0.03, against=[[True, False] * 10])
    assert few.interval.value == 0 and not few.met  # as good on 20 questions: too few to know


def test_the_bars_after_a_fine_tune_are_measured() -> None:
    found = bars.measure_tuned(seeds=(0, 1), general=60, asked=40, steps=2)
    assert [len(bar.right) for bar in found[:1] + found[2:]] == [2, 2, 2]
    assert all(str(bar).startswith(("ok", "MISSED")) for bar in found)
    assert 0.5 < found[3].interval.value <= 1  # two steps forget little
