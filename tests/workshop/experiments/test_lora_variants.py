"""LoRA's variants are gathered in their order, once all of them are there."""

from __future__ import annotations

import json
from pathlib import Path

import kept
import pytest

from ftlab.evidence.packed import unpack
from ftlab.workshop.experiments import bound, lora_variants

MADE = {"base": "b", "rows": "r"}


def keep_variants() -> None:
    """Every variant as it would be kept: the longer its name the lower its losses."""
    for place, (name, changes) in enumerate(lora_variants.VARIANTS.items()):
        way = changes.get("way", "lora")
        kept.keep(lora_variants.kept(name), {
            "name": name, "way": way, "lr": changes.get("lr", lora_variants.LR[way]), "seed": 0, "batch_size": 4,
            "steps": 36, "trained": 5, "seconds": 2.0, "model": "toy", "dtype": "float32", "machine": "here",
            bound.KEY: MADE, "valid_losses": [1.0 + place, 2.0 + place]})  # fmt: skip


def test_variants_are_gathered_in_their_order_once_all_are_there(home: Path) -> None:
    with pytest.raises(ValueError, match="a run of each variant by .*, found none of rank 2; .* --name 'rank 2'"):
        lora_variants.gather()
    keep_variants()
    read = json.loads(json.dumps(lora_variants.gather()))
    assert [run["name"] for run in read["runs"]] == list(lora_variants.VARIANTS)
    assert unpack(read["runs"][1]["valid_losses"]).tolist() == [2.0, 3.0]
