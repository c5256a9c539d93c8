"""The line of loss that a trainer prints as it runs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ftlab.tuning.loss_lines import ShowLoss


def test_a_line_for_each_loss_and_none_for_other_reports(capsys: pytest.CaptureFixture[str]) -> None:
    show, state = ShowLoss(), SimpleNamespace(global_step=5)
    show.on_log(None, state, None, logs={"loss": 1.284, "learning_rate": 1e-3})
    show.on_log(None, state, None, logs={"train_runtime": 9.0})
    show.on_log(None, state, None)
    assert capsys.readouterr().out == "step   5: loss 1.28 nats a token\n"
