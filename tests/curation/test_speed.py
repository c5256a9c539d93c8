"""The bench of the curation: growth by hand, its table, and what it measured, stored whole."""

from __future__ import annotations

import pytest

from ftlab import files, paths
from ftlab.curation import personal, pipeline, speed


def test_the_stored_measurements_are_complete() -> None:
    known = files.read_json(paths.data() / "curation" / "measured.json")
    assert [row["library"] for row in known["near_duplicates"]["rows"]] == ["rensa", "datasketch", "gaoya"]
    for row in known["near_duplicates"]["rows"]:
        assert 0 <= row["recall"] <= 1 and 0 <= row["precision"] <= 1 and row["seconds"] > 0
    assert 0 < known["injection"]["recall"] < 1
    assert personal.find(known["near_duplicates"]["note"]) == []
    assert [line.split()[0] for line in known["scale"]["table"][1:1 + len(pipeline.STEPS)]] == list(pipeline.STEPS)


def test_growth_by_hand_and_the_table_of_the_bench(capsys, monkeypatch):
    assert speed.growth([10, 100, 1000], [0.1, 1.0, 10.0]) == pytest.approx(1)
    assert speed.growth([10, 100], [1.0, 100.0]) == pytest.approx(2)  # ten times the records, a hundred times the time
    monkeypatch.setattr(speed, "BARS", {180: (600, 4e9)})
    assert speed.main(["--sizes", "60", "180", "--workers", "1"]) == 0
    shown = capsys.readouterr().out
    assert all(step in shown for step in pipeline.STEPS) and "growth" in shown
    assert "180 records within 10 minutes and 4 GB: yes" in shown
    monkeypatch.setattr(speed, "BARS", {60: (600, 1)})
    assert speed.main(["--sizes", "60", "--workers", "1"]) == 1
