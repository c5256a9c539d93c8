"""Exercises of every notebook: the folded answer passes its checker, the unanswered stub does not.

An exercise is a stub cell, its checker in the next code cell (tagged ``raises-exception``, ending in ``passed(...)``)
and below it a text cell with a folded ``Answer`` that holds a python block. An answer needs no more than the stub's
imports.
"""

from __future__ import annotations

import pytest
from exercises import EVERY, Exercise, names, run

from ftlab.exercise import NotYet

every_exercise = pytest.mark.parametrize("exercise", EVERY, ids=lambda e: f"{e.notebook[:2]}-{e.number}")


def test_there_are_exercises() -> None:
    assert EVERY
    assert len({exercise.checker for exercise in EVERY}) == len(EVERY)


@every_exercise
def test_the_answer_passes(exercise: Exercise, capsys: pytest.CaptureFixture) -> None:
    assert exercise.answer, "expected a folded answer with a python block below the checker"
    run(exercise, exercise.answer)
    assert capsys.readouterr().out.splitlines()[-1].startswith("Passed.")


@every_exercise
def test_the_unanswered_stub_does_not(exercise: Exercise, capsys: pytest.CaptureFixture) -> None:
    scope = names()
    exec(exercise.stub, scope)
    with pytest.raises((NotYet, NotImplementedError)) as caught:
        exec(exercise.checker, scope)
    assert str(caught.value), "a checker says in a sentence what is missing"
    assert "Passed." not in capsys.readouterr().out
