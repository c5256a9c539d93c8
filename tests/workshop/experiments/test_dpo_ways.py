"""A run has the votes that it is to have."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftlab.workshop.experiments import dpo, dpo_ways


def test_a_run_with_fewer_votes_than_it_is_to_have_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dpo, "stage", lambda seed: tmp_path)
    monkeypatch.setattr(dpo, "load", lambda folder: (None, None))
    monkeypatch.setattr(dpo, "preferences", lambda *_: [{"pair": f"p-{i}"} for i in range(999)])
    with pytest.raises(ValueError, match="few-1000: expected 1000 decided pairs of seed 0, found 999"):
        dpo_ways.train("few-1000", 0)
