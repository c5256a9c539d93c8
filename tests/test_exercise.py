import pytest

from ftlab import exercise


def test_a_false_condition_says_what_is_missing():
    with pytest.raises(exercise.NotYet, match="not multiplied by"):
        exercise.check(1 == 2, "The update is not multiplied by scale = alpha / rank.")
    exercise.check(True, "never shown")


def test_a_condition_on_another_shape_is_false_and_no_error():
    for found in (3, None, (), "ab", {}):
        with pytest.raises(exercise.NotYet, match="two numbers"):
            exercise.check(lambda found=found: len(found) == 2 and found[0] <= found[1] + 0, "return two numbers.")
    exercise.check(lambda: True, "never shown")
    with pytest.raises(ZeroDivisionError):  # no shape
        exercise.check(lambda: 1 / 0, "never shown")


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
