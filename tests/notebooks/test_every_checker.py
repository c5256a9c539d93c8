"""The tests know three wrong and two right answers of every checker, and three sentences; no wrong shape breaks it."""

from __future__ import annotations

import ast
import importlib.util
from collections import defaultdict
from pathlib import Path

import pytest
from exercises import EVERY, Exercise, run

from ftlab.exercise import NotYet

WRONG, RIGHT = 3, 2
SENTENCES = 3  # that wrong answers of a checker are met by, all different
SHAPES = ("3", "(1,)", "'text'", "[]", "{}", "object()")  # one number, too few of them, and things that are no numbers


def known() -> tuple[dict[str, set[str]], dict[str, set[str]], dict[str, set[str]]]:
    """The wrong and the right answers in the tests of checkers, and wrong ones' sentences, by the checker's source."""
    wrong, right, sentences = defaultdict(set), defaultdict(set), defaultdict(set)
    for path in sorted(Path(__file__).parent.glob("test_checkers*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, test in list(vars(module).items()):
            if not name.startswith("test_"):
                continue
            marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
            names, rows = marks[0].args[:2] if marks else ("answer", [name])
            names = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)
            used = test.__code__.co_names
            in_view = [vars(module)[each] for each in used if isinstance(vars(module).get(each), Exercise)]
            refuses = "sentence" in names or bool({"NotYet", "refused"} & set(used))
            for row in rows:
                row = dict(zip(names, row if len(names) > 1 else [row], strict=True))
                for exercise in [row["exercise"]] if "exercise" in row else in_view:
                    (wrong if refuses else right)[exercise.checker].add(repr(row.get("answer", row)))
                    if "sentence" in row:
                        sentences[exercise.checker].add(row["sentence"])
    return wrong, right, sentences


def test_each_checker_is_tried_with_three_wrong_and_two_right_answers() -> None:
    wrong, right, _ = known()
    few = [f"{each.notebook} exercise {each.number}: {len(wrong[each.checker])} wrong, {len(right[each.checker])} right"
           for each in EVERY if len(wrong[each.checker]) < WRONG or len(right[each.checker]) < RIGHT]  # fmt: skip
    assert not few, few


def test_each_checker_meets_wrong_answers_with_three_sentences() -> None:
    sentences = known()[2]
    few = {f"{each.notebook} exercise {each.number}": sorted(sentences[each.checker])
           for each in EVERY if len(sentences[each.checker]) < SENTENCES}  # fmt: skip
    assert not few, few


def shaped(exercise: Exercise, shape: str) -> str | None:
    """An answer of that shape: what the stub's function returns, or each value of the dict that it begins."""
    body = ast.parse(exercise.stub).body
    functions = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    if functions:
        return f"def {functions[-1]}(*_, **__):\n    return {shape}"
    for node in reversed(body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            return f"{name} = {{key: [{shape}] for key in {name}}} if isinstance({name}, dict) else {shape}"
    return None


@pytest.mark.parametrize("exercise", EVERY, ids=lambda each: f"{each.notebook[:2]}-{each.number}")
def test_a_wrong_shape_is_not_yet_right_and_no_error(exercise: Exercise) -> None:
    for shape in SHAPES:
        if answer := shaped(exercise, shape):
            with pytest.raises((NotYet, NotImplementedError)) as caught:
                run(exercise, answer)
            assert str(caught.value), "a checker says in a sentence what is missing"
