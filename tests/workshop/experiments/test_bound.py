"""What stored runs were made of: a mixture is refused, and what is stored now is of the rows that are here now."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftlab import files, model, paths
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
def test_what_is_stored_is_of_the_rows_that_are_here(name: str) -> None:
    path = paths.data() / "stored" / f"{name}.json"
    made = files.read_json(path).get(bound.KEY) if path.exists() else None
    if made is None:
        pytest.skip("the runs have not been made yet, or before this was noted")
    assert made["rows"] == STORED[name].made_of(NOWHERE)["rows"], f"{path} is of other rows: make its runs again"
