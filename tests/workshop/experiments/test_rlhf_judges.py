"""The judges: folds of conversations, and how many of the votes they agree with."""

from __future__ import annotations

import pytest

from ftlab.workshop.experiments import rlhf_judges


def test_folds_are_even_and_whole() -> None:
    names = [f"talk-{i}" for i in range(12)] * 3
    parts = rlhf_judges.folds(names, seed=0)
    assert sorted(map(len, parts)) == [2, 2, 2, 3, 3] and sorted(sum(parts, [])) == sorted(set(names))
    assert parts != rlhf_judges.folds(names, seed=1) and parts == rlhf_judges.folds(names[::-1], seed=0)


def test_a_judge_agrees_by_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"pair": name} for name in ("x-0", "x-1", "y-0", "z-0")]
    monkeypatch.setattr(rlhf_judges.reward, "margins", lambda *_: [1.0, -1.0, 0.5, -0.5])
    found = rlhf_judges.agreement(None, None, rows)
    assert found["agrees"] == pytest.approx(50)  # of x half, of y all, of z none
    assert (found["pairs"], found["conversations"]) == (4, 3) and found["low"] < 50 < found["high"]
