import pytest

from ftlab import exercise


def test_a_false_condition_says_what_is_missing():
    with pytest.raises(exercise.NotYet, match="not multiplied by"):
        exercise.check(1 == 2, "The update is not multiplied by scale = alpha / rank.")
    exercise.check(True, "never shown")


def test_not_yet_fails_a_test_like_an_assert():
    assert issubclass(exercise.NotYet, AssertionError)


def test_passed_prints_one_line(capsys):
    exercise.passed("Your mask keeps the assistant's words alone.")
    assert capsys.readouterr().out == "Passed. Your mask keeps the assistant's words alone.\n"


def test_a_notebook_shows_the_sentence_without_a_traceback(capsys):
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    result = shell.run_cell("from ftlab.exercise import check\ncheck(False, 'Shift the labels by one.')")
    shown = capsys.readouterr().out
    assert "Not yet: Shift the labels by one." in shown
    assert "Traceback" not in shown
    assert not result.success
