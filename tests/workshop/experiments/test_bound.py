"""What stored runs were made of: a mixture is refused, and what is stored now is of the rows that are here now."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftlab import files, model, paths
from ftlab.workshop import stored
from ftlab.workshop.experiments import bound, four_tasks, lora_against_full, lora_batch, reading_on

NOWHERE = model.Choice("toy", "owner/model", "cpu", "float32", "a test")  # a name stays a name, so only rows are read
STORED = {"lora": lora_against_full, "lora-variants": lora_against_full, "qlora": lora_against_full,
          "lora-batch": lora_batch, "tasks": four_tasks, "reading-on": reading_on}  # fmt: skip


def test_other_rows_give_another_fingerprint() -> None:
    one, two = bound.made_of(NOWHERE, [{"a": 1}], [{"b": 2}]), bound.made_of(NOWHERE, [{"a": 1}], [{"b": 3}])
    assert one["base"] == two["base"] == "owner/model" and one["rows"] != two["rows"]
    assert bound.made_of(NOWHERE, [{"a": 1}, {"b": 2}]) == one


def test_a_mixture_or_nothing_at_all_is_refused(tmp_path: Path) -> None:
    made = {"base": "b", "rows": "r"}
    assert bound.of_all([{bound.KEY: made}, {bound.KEY: made}], tmp_path) == made
    for runs in ([], [{bound.KEY: made}, {bound.KEY: made | {"rows": "s"}}], [{bound.KEY: made}, {}]):
        with pytest.raises(ValueError, match="expected finished runs of one base model and of the same rows, found"):
            bound.of_all(runs, tmp_path)


@pytest.mark.parametrize("name", STORED)
def test_what_is_stored_is_of_the_rows_that_are_here_or_says_which_texts_are_others(name: str) -> None:
    path = paths.data() / "stored" / f"{name}.json"
    known = files.read_json(path) if path.exists() else {}
    if bound.KEY not in known:
        pytest.skip("the runs have not been made yet, or before this was noted")
    reworded = [file for file in known.get("stale", {}).get("inputs", {}) if file.startswith("data/quillmere/")]
    same = known[bound.KEY]["rows"] == STORED[name].made_of(NOWHERE)["rows"]
    assert same or reworded, f"{path} is of other rows: make its runs again"
    assert stored.why_stale(known["made"], known.get("stale")) == []  # the reason speaks of the texts as they are today
