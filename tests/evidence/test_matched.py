"""What is kept at an equal loss, on numbers that can be worked out by hand."""

from __future__ import annotations

import pytest

from ftlab.evidence.matched import Point, kept_at

CURVE = [Point(3.0, [1, 1, 1, 0]), Point(1.0, [1, 0, 1, 0]), Point(0.5, [0, 0, 1, 0])]


@pytest.mark.parametrize(
    ("loss", "kept"),
    [(3.0, [1, 1, 1, 0]), (1.5, [1, 0.25, 1, 0]), (1.0, [1, 0, 1, 0]), (0.75, [0.5, 0, 1, 0]), (0.5, [0, 0, 1, 0])],
)
def test_between_the_two_runs_on_either_side(loss: float, kept: list[float]) -> None:
    assert kept_at(CURVE, loss) == kept


def test_a_step_that_learns_nothing_is_passed_over() -> None:
    curve = [Point(2.0, [1]), Point(2.5, [0]), Point(1.0, [0])]
    assert kept_at(curve, 1.75) == [0.0]  # between the second and the third


@pytest.mark.parametrize("loss", [3.1, 0.4])
def test_a_loss_that_no_run_reaches_is_refused(loss: float) -> None:
    with pytest.raises(ValueError, match="expected two runs with .* between their losses, found 3, 1, 0.5"):
        kept_at(CURVE, loss)
