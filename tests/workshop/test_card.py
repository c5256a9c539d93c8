"""The lab model's card: the weights and the recipe that it names, and files that load offline."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

from ftlab import files, model, paths
from ftlab.workshop import card
from ftlab.workshop.recipe import Recipe

FOLDER = model.bundled_path()


def test_the_card_names_the_weights() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.search(r"`([0-9a-f]{64})`", text)[1] == card.weights_sha256(FOLDER)
    log = files.read_jsonl(FOLDER / "log.jsonl")
    assert f"{log[-1]['tokens'] / 1e6:.1f} million tokens" in text


def test_its_recipe_is_the_one_that_the_command_has() -> None:
    stored = files.read_json(FOLDER / "recipe.json")
    assert stored == json.loads(json.dumps(asdict(Recipe())))


def test_safetensors_only_and_small() -> None:
    names = {path.name for path in FOLDER.iterdir()}
    assert not {name for name in names if name.endswith((".bin", ".pt", ".pth", ".pkl", ".py"))}
    assert sum(path.stat().st_size for path in FOLDER.glob("*.safetensors")) <= 16e6
    assert "auto_map" not in files.read_json(FOLDER / "config.json")
    assert not {"chat_template.jinja"} & names and "chat_template" not in files.read_json(
        FOLDER / "tokenizer_config.json"
    )


def test_the_card_says_what_more_tokens_did_after_a_fine_tune() -> None:
    rows = files.read_jsonl(paths.data() / "lab-model" / "bars.jsonl")
    said = card.after_a_fine_tune(rows)
    assert said and said in (paths.data() / "lab-model" / "README.md").read_text(encoding="utf-8")
    ends = {"names": (10, 20), "rules": (9, 8)}
    rows = [{"tokens": 1e6 * (i + 1), "tuned": True, "bar": f"tuned, {bar}", "percent": percent, "difference": False,
             "goal": "at least 90%"} for bar, each in ends.items() for i, percent in enumerate(each)]  # fmt: skip
    said = card.after_a_fine_tune(rows)
    assert "at 1.0 and 2.0 million tokens" in said and "- names: 10.0 and 20.0 % (at least 90%)\n" in said
    assert "Higher at the last than at the first: names.\nNot so: rules." in said
    assert card.after_a_fine_tune(rows[::2]) == ""  # one point is no curve
