"""The judges: folds of conversations, and how many of the votes they agree with."""

from __future__ import annotations

import pytest

from ftlab.workshop.experiments import rlhf_judges


def test_folds_are_even_and_whole() -> None:
    names = [f"talk-{i}" for i in range(12)] * 3
    parts = rlhf_judges.folds(names, seed=0)
    assert sorted(map(len, parts)) == [2, 2, 2, 3, 3] and sorted(sum(parts, [])) == sorted(set(names))
    assert parts != rlhf_judges.folds(names, seed=1) and parts == rlhf_judges.folds(names[::-1], seed=0)


def test_how_often_a_judge_is_content_with_a_greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    paid = {"Hello.": 1.0, "It weighs 2 kg.": 1.5, "It is red.": 1.0, "It is 3 cm high.": 0.5, "Yes.": 2.0}
    monkeypatch.setattr(rlhf_judges.reward, "rewards", lambda _, __, talks: [paid[t[-1]["content"]] for t in talks])
    rows = [{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]}
            for text in list(paid)[1:]]
    assert rlhf_judges.content_with("Hello.", None, None, rows) == 50  # a tie counts, two of four are paid more


def test_a_judge_agrees_by_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"pair": name} for name in ("x-0", "x-1", "y-0", "z-0")]
    monkeypatch.setattr(rlhf_judges.reward, "margins", lambda *_: [1.0, -1.0, 0.5, -0.5])
    found = rlhf_judges.agreement(None, None, rows)
    assert found["agrees"] == pytest.approx(50)  # of x half, of y all, of z none
    assert (found["pairs"], found["conversations"]) == (4, 3) and found["low"] < 50 < found["high"]
