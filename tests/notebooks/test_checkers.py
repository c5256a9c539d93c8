"""Plausible wrong answers meet their own sentence, and right ones of several kinds pass: notebook 00's checkers."""

from __future__ import annotations

import re

import pytest
from exercises import EVERY, run

from ftlab.exercise import NotYet

RULE, PLAN = (exercise for exercise in EVERY if exercise.notebook == "00_start_here")
STRIP = """
def has_no_hurry(text):
    return not {word.strip(".,") for word in text.lower().split()} & {"now", "today", "hurry"}
"""
SPACES = """
def has_no_hurry(text):
    return all(f" {word}" not in f" {text.lower()}" for word in ("now", "today", "hurry"))
"""
CASE = """
import re
def has_no_hurry(text):
    return not re.search(r"\\b(now|today|hurry)\\b", text)
"""
LOOSE = """
import re
def has_no_hurry(text):
    return not re.search(r"\\bnow|today|hurry\\b", text, re.IGNORECASE)
"""
NONE = """
import re
def has_no_hurry(text):
    return re.search(r"\\b(?:now|today|hurry)\\b", text, re.IGNORECASE)
"""
ONE_WORD = """
def has_no_hurry(text):
    return "now" not in text.lower()
"""
INSIDE = """
def has_no_hurry(text):
    return not any(word in text.lower() for word in ("now", "today", "hurry"))
"""
TOKENS = """
import re
def has_no_hurry(text):
    return {"now", "today", "hurry"}.isdisjoint(re.findall("[a-z]+", text.lower()))
"""
BEGINS = """
import re
def has_no_hurry(text):
    return not re.search(r"\\b(?:now\\b|today\\b|hurr(?:y|ied)\\b)", text, re.IGNORECASE)
"""
FROM_THE_START = """
import re
def has_no_hurry(text):
    return not re.search(r"\\b(?:now(?:adays)?|today|hurry)\\b", text, re.IGNORECASE)
"""
PLURAL = """
import re
def has_no_hurry(text):
    return not re.search(r"\\b(?:now|todays?|hurry)\\b", text, re.IGNORECASE)
"""
LISTED = """
import string
def has_no_hurry(text):
    for mark in string.punctuation:
        text = text.replace(mark, " ")
    return not set(text.lower().split()) & {"now", "today", "hurry"}
"""
SLASH = """
import re
def has_no_hurry(text):
    return not re.search(r"\\bnow\\b|(?<![\\w/])(?:today|hurry)\\b", text, re.IGNORECASE)
"""
UNEVEN = """
import re
def has_no_hurry(text):
    return not re.search(r"\\bnow\\b|\\b(?:today|hurry)(?:[ ,.]|$)", text, re.IGNORECASE)
"""
OWNED = """
import re
def has_no_hurry(text):
    return not re.search(r"\\b(?:now|today|hurry)\\b(?!')", text, re.IGNORECASE)
"""
FORMS = """
import re
def has_no_hurry(text):
    return not re.search(r"\\b(?:now|Now|NOW|today|Today|TODAY|hurry|Hurry|HURRY)\\b", text)
"""
SOON = """
import re
def has_no_hurry(text):
    return not re.search(r"\\b(?:now|today|hurry|asap)\\b", text, re.IGNORECASE)
"""
WORDS = """
import re
def has_no_hurry(text):
    return not any(word in ("now", "today", "hurry") for word in re.split(r"\\W+", text.lower()))
"""
ONE_PLACE = """
def has_no_hurry(text):
    low = text.lower()
    for word in ("now", "today", "hurry"):
        i = low.find(word)
        if i >= 0 and not low[i - 1 : i].isalpha() and not low[i + len(word) : i + len(word) + 1].isalpha():
            return False
    return True
"""
NO_BRACKETS = """
def has_no_hurry(text):
    for mark in "?!;:.,()/-*'\\"—–“”’…":
        text = text.replace(mark, " ")
    return not {"now", "today", "hurry"} & set(text.lower().split())
"""
NUMBERS = """
import re
def has_no_hurry(text):
    return 0 if re.search(r"\\b(?:now|today|hurry)\\b", text, re.IGNORECASE) else 1
"""
NUMPY = """
import re
import numpy as np
def has_no_hurry(text):
    return np.bool_(re.search(r"\\b(?:now|today|hurry)\\b", text, re.IGNORECASE) is None)
"""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(STRIP, "'now' is still that word"), (CASE, "without regard to capitals"), (ONE_WORD, "should be found too"),
     (INSIDE, "look for whole words"), (SPACES, "look for whole words|a word may end"),
     (LOOSE, "look for whole words"), (BEGINS, "Nobody hurried.*whole words"),
     (FROM_THE_START, "Nowadays.*whole words"), (PLURAL, "todays.*whole words"),
     (SLASH, "after '/', too, 'today'"), (UNEVEN, "before .*'today' is still"), (OWNED, "before \"'\".*'now'"),
     (FORMS, "'nOW' should be found"), (SOON, "ASAP.*whole words"), (LISTED, "'—', too, 'now' is still"),
     (ONE_PLACE, "look at every place"), (NO_BRACKETS, "'‘', too|'\\[', too|'«', too"),
     (NONE, "True or False, and nothing else"), (NUMBERS, "True or False, and nothing else")],
)  # fmt: skip
def test_a_rule_that_misses_something_is_told_what(answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(RULE, answer)


@pytest.mark.parametrize("answer", [TOKENS, NUMPY, WORDS])
def test_other_right_rules_pass(answer: str, capsys: pytest.CaptureFixture) -> None:
    run(RULE, answer)
    assert "Passed." in capsys.readouterr().out


BEST = "plan = {kind: max(shares, key=shares.get) for kind, shares in measured.items()}\n"
RULE_OF_TEAM = "plan = {kind: 'tuned' if clearly[kind] else 'template' for kind in measured}\n"
POLICY = RULE_OF_TEAM + "plan |= {kind: 'person' for kind, who in plan.items() if measured[kind][who] < 0.6}\n"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [("plan = dict.fromkeys(plan, 'tuned')", "a grave case goes to a person"),
     (BEST + "plan['grave'] = 'person'", "costs nothing"),
     (RULE_OF_TEAM + "plan['grave'] = 'person'", "fewer than six in ten"),
     ("plan = dict.fromkeys(plan, 'person')", "a person is not needed"),
     (POLICY + "plan = {kind: {'tuned': 'template', 'template': 'tuned'}.get(who, who) for kind, who in plan.items()}\n"
      "plan['grave'] = 'person'", "clearly better"),
     (POLICY + "plan['grave'] = 'person'\ndel plan['order']", "each of these kinds once, spelled so, .* order, "),
     (POLICY + "plan['grave'] = 'person'\nplan['poem'] = 'person'", "and no other"),
     (POLICY + "plan['grave'] = 'person'\nplan['facts'] = plan.pop('fact')", "spelled so"),
     ("plan = ['person'] * 9", "each of these kinds once"),
     ("plan = dict.fromkeys(plan, 'Person')", "only 'template', 'tuned' and 'person'")],
)  # fmt: skip
def test_a_plan_against_the_policy_is_told_why(answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(PLAN, answer)


LOOP = """
for kind, shares in measured.items():
    who = "tuned" if clearly[kind] else "template"
    plan[kind] = "person" if kind == "grave" or shares[who] < 0.6 else who
"""


@pytest.mark.parametrize("answer", [POLICY + "plan['grave'] = 'person'", LOOP])
def test_the_policy_as_a_rule_passes(answer: str, capsys: pytest.CaptureFixture) -> None:
    run(PLAN, answer)
    said = capsys.readouterr().out
    assert "Passed." in said and re.search(r"; person: .*grave", said), "it says who answers what"
