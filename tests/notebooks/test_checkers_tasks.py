"""Plausible wrong answers meet their own sentence, and right ones of several kinds pass: notebook 03's checkers."""

from __future__ import annotations

import pytest
from exercises import EVERY, Exercise, run

from ftlab.exercise import NotYet

F1, FIELDS, SHARES, TEAMS = (exercise for exercise in EVERY if exercise.notebook == "03_tasks_and_domains")


def f1(line: str) -> str:
    return (
        "def f1(predicted, true, label):\n"
        "    hits = sum(p == label == t for p, t in zip(predicted, true))\n"
        "    said, there = predicted.count(label), true.count(label)\n"
        f"    {line}"
    )


def parts(same: str) -> str:
    """F1 by another idea of what it is that a text has the label."""
    return (
        "def f1(predicted, true, label):\n"
        f"    p, t = [{same.format('x')} for x in predicted], [{same.format('x')} for x in true]\n"
        "    hits = sum(a and b for a, b in zip(p, t))\n"
        "    return 2 * hits / (sum(p) + sum(t)) if hits else 0"
    )


def fields(compare: str, guard: str = "ValueError", start: str = "{}") -> str:
    return (
        "import json\n"
        "def fields_right(reply, truth):\n"
        "    try:\n"
        "        found = json.loads(reply)\n"
        f"    except {guard}:\n"
        f"        found = {start}\n"
        "    found = found if isinstance(found, dict) else {}\n"
        f"    return {{key: {compare} for key, value in truth.items()}}"
    )


def shares(take: str, after: str = "pass") -> str:
    return (
        "def equal_shares(rows, labels, per_label):\n"
        f"    chosen = {take}\n"
        "    for label in labels:\n"
        "        count = sum(row['label'] == label for row in chosen)\n"
        "        if count < per_label:\n"
        f"            {after}\n"
        "    return chosen"
    )


BY_LABEL = "[row for label in labels for row in [r for r in rows if r['label'] == label][:per_label]]"
IN_ORDER = f"sorted({BY_LABEL}, key=rows.index)"
SAYS = "raise ValueError(f'label {label!r} has {count}')"
SAME = "key in found and isinstance(found[key], bool) == isinstance(value, bool) and found[key] == value"


def policy(
    changes: str = "'page'",
    prompt: int = 90,
    certain: str = "low > 0",
    unsure: str = "",
    program: str = "",
    done: int = 50,
    no_model: int = 90,
    first: str = "'no model'",
) -> str:
    unsure = unsure or "('no model' if facts['rival'] == 'no model' and facts['no_model'] >= 50 else 'more rows')"
    floor = f"'more rows' if {certain} and facts['done'] < {done} else "
    program = program or "('adapter and schema' if facts['program'] else 'adapter')"
    return (
        "for team, facts in teams.items():\n"
        "    low, high = facts['gain']\n"
        f"    way = {floor}{program} if {certain} else {unsure}\n"
        f"    way = 'prompt' if facts['prompt'] >= {prompt} else way\n"
        f"    way = {first} if facts['no_model'] >= {no_model} else way\n"
        f"    choice_of[team] = {changes} if facts['changes'] else way"
    )


ONE = ("teams = {{'a': {{'prompt': {}, 'done': 70, 'gain': {}, 'rival': {!r}, 'no_model': 10, 'program': False, "
       "'changes': False}}}}\n")  # fmt: skip
WRONG = [
    (F1, f1("return hits / said if said else 0"), "that is the precision"),
    (F1, f1("return hits / there if there else 0"), "that is the recall"),
    (F1, f1("return (hits / said + hits / there) / 2 if hits else 0"), "the plain mean of the two"),
    (F1, f1("return sum(p == t for p, t in zip(predicted, true)) / len(true)"), "looks at one label"),
    (F1, f1("p, r = hits / said, hits / there; return 2 * p * r / (p + r)"), "must not divide by zero"),
    (F1, f1("return 2 * hits / (said + there)"), "must not divide by zero"),
    (F1, f1("return 2 * hits / (said + there) if hits else 1"), "no right prediction has F1 0"),
    (F1, f1("return 28.5714 * hits"), "between 0 and 1"),
    (F1, f1("return hits / (said + there)"), "make 2PR"),
    (F1, f1("return round(2 * hits / (said + there), 4)"), "that is rounded"),
    (F1, f1("return '0.28'"), "not a text"),
    (F1, f1("return 0 if not hits else 1 if hits == said else 2 * hits / (said + there)"), "half was missed"),
    (F1, parts("label in {}"), "compare whole labels"),
    (F1, parts("{}.startswith(label)"), "compare whole labels"),
    (F1, parts("{}.lower() == label"), "compare whole labels"),
    (FIELDS, fields("found.get(key) == value"), "true is not 1"),
    (FIELDS, fields("str(found.get(key)) == str(value)"), "40 and 40.0 are one number"),
    (FIELDS, fields("key in found and type(found[key]) is type(value) and found[key] == value"), "one number in JSON"),
    (FIELDS, fields("isinstance(found.get(key), bool) == isinstance(value, bool) and found.get(key) == value"),
     "a missing key is not the same as null"),
    (FIELDS, fields(SAME, guard="KeyError"), "must not raise"),
    (FIELDS, "import json\ndef fields_right(reply, truth):\n    found = json.loads(reply)\n    return found == truth",
     "return a dict"),
    (FIELDS, fields(SAME).replace("return {", "return {} if found == {} else {"), "every key of the truth wrong"),
    (FIELDS, fields("all(k in found and str(type(found[k])) and isinstance(found[k], bool) == isinstance(v, bool) "
                    "and found[k] == v for k, v in truth.items())"), "does not spoil the others"),
    (FIELDS, fields("key in found and (isinstance(found[key], bool), isinstance(found[key], (int, float)), "
                    "isinstance(found[key], str)) == (isinstance(value, bool), isinstance(value, (int, float)), "
                    "isinstance(value, str))"), "not their types alone"),
    (FIELDS, fields(f"bool(found.get(key)) and {SAME}"), "where false is the truth"),
    (FIELDS, fields(f"found.get(key) is not None and {SAME}"), "where null is the truth"),
    (FIELDS, fields(f"isinstance(value, str) and isinstance(found.get(key), str) or ({SAME})"), "'Tern Kettle' is not"),
    (FIELDS, fields(f"isinstance(value, str) and value in str(found.get(key)) or ({SAME})"), "'Gull Kettle XL' is not"),
    (FIELDS, fields(f"isinstance(value, str) and value in reply or ({SAME})"), "has every key of the truth wrong"),
    (FIELDS, fields(f"isinstance(value, str) and key in found and value in reply or ({SAME})"), "'Gull Kettle XL' is"),
    (FIELDS, fields(f"isinstance(value, str) and str(found.get(key)) in value or ({SAME})"), "'Gull' is not"),
    (FIELDS, fields(f"isinstance(value, str) and str(found.get(key)).lower() == value.lower() or ({SAME})"),
     "'gull kettle' is not"),
    (FIELDS, fields(f"type(found.get(key)) is float and round(found[key]) == value or ({SAME})"), "do not round"),
    (FIELDS, "import re\n" + fields(SAME).replace("json.loads(reply)", "json.loads(re.search(r'{.*}|$', reply)[0])"),
     "do not cut the object out"),
    (SHARES, shares(IN_ORDER), "do not go on with less"),
    (SHARES, shares(BY_LABEL, SAYS), "keep the order"),
    (SHARES, shares("rows[:per_label * len(labels)]", SAYS), "take the first ones of each label"),
    (SHARES, shares(f"sorted({BY_LABEL.replace('[:per_label]', '')}, key=rows.index)", SAYS), "are four rows"),
    (SHARES, shares(IN_ORDER, "raise ValueError('too few rows')"), "name the label"),
    (SHARES, shares(IN_ORDER, "raise ValueError('too few rows for one class')"), "name the label"),
    (SHARES, shares(IN_ORDER, "raise ValueError('a label has too few rows: cannot go on')"), "name the label"),
    (SHARES, shares(IN_ORDER, SAYS).replace("        if count < per_label:\n            raise",
                                            "    if count < per_label:\n        raise"), "look at each label"),
    (SHARES, shares(IN_ORDER, "raise ValueError(f'too few rows of one of {labels}')"), "name who has too few, alone"),
    (TEAMS, "choice_of['this week\\'s prices'] = 'page'", "choose for every team"),
    (TEAMS, "choice_of = dict.fromkeys(teams, 'tune')", "can be chosen"),
    (TEAMS, policy(changes="'adapter'"), "rule 1 decides before all others"),
    (TEAMS, "choice_of = dict.fromkeys(teams, 'page')", "rule 1 does not apply"),
    (TEAMS, policy(prompt=95), "does 90 % already"),
    (TEAMS, policy(prompt=80), "with a prompt 16 of 100"),
    (TEAMS, policy(no_model=101), "warranty cards.*fixed or counted words do 90 % already"),
    (TEAMS, policy(no_model=91), "warranty cards.*fixed or counted words do 90 % already"),
    (TEAMS, policy(no_model=80), "delivery notes of four firms.* so an adapter pays"),
    (TEAMS, policy(first="'prompt' if facts['prompt'] >= 90 else 'no model'"), "do 90 % already, for nothing"),
    (TEAMS, policy(done=0), "rare dialect: ahead, but 52 of 100"),
    (TEAMS, policy(done=51), "answers to reviews: .* half of the rows or more are done"),
    (TEAMS, policy(certain="low >= 0"), "old photographs: the interval of the gain begins at 0.0"),
    (TEAMS, policy(certain="(low + high) / 2 > 0"), "old photographs: the interval of the gain begins at 0.0"),
    (TEAMS, policy(unsure="'no model'"), "letters of forty firms.* without a model only 39 % are done"),
    (TEAMS, policy(unsure="('no model' if facts['rival'] == 'no model' else 'more rows')"),
     "letters of forty firms.* without a model only 39 % are done"),
    (TEAMS, policy(unsure="('no model' if facts['no_model'] >= 25 and facts['rival'] == 'prompt' else 'more rows')"),
     "a mail room.*no gain over a rival that costs nothing is shown"),
    (TEAMS, ONE.format(20, (5, 9), "prompt").replace("model': 10", "model': 95") + "choice_of = {'a': 'adapter'}",
     "95 % already, for nothing"),
    (TEAMS, policy(prompt=60), "the policy asks for 90 %"),
    (TEAMS, policy(certain="high > 0"), "there may be none"),
    (TEAMS, ONE.format(20, (5, 9), "prompt").replace("'done': 70", "'done': 40") + "choice_of = {'a': 'adapter'}",
     "a person would read them all"),
    (TEAMS, policy(unsure="'more rows'"), "no gain over a rival that costs nothing is shown"),
    (TEAMS, ONE.format(20, (5, 9), "prompt") + "choice_of = {'a': 'more rows'}", "an adapter pays"),
    (TEAMS, ONE.format(20, (-5, 9), "prompt") + "choice_of = {'a': 'no model'}", "that is no rival here"),
    (TEAMS, ONE.format(20, (5, 9), "prompt") + "choice_of = {'a': 'adapter and schema'}", "prose has no schema"),
    (TEAMS, ONE.format(20, (5, 9), "prompt").replace("'program': False", "'program': True")
     + "choice_of = {'a': 'adapter'}", "force its form"),
]  # fmt: skip
RIGHT = [
    (F1, f1("return 0.0 if not hits else 2 / (said / hits + there / hits)")),
    (F1, "import numpy as np\n" + f1("return np.float64(2 * hits) / max(1, said + there)")),
    (FIELDS, fields(SAME)),
    (FIELDS, fields("json.dumps(found.get(key, '')) == json.dumps(value) or (type(found.get(key)) in (int, float) and "
                    "type(value) in (int, float) and found[key] == value)")),
    (SHARES, shares(IN_ORDER, SAYS)),
    (SHARES, shares(IN_ORDER, "raise ValueError(f'{label}: found too few')")),
    (SHARES, "from collections import Counter\n"
             "def equal_shares(rows, labels, per_label):\n    seen, kept = Counter(), []\n    for row in rows:\n"
             "        seen[row['label']] += 1\n"
             "        if row['label'] in labels and seen[row['label']] <= per_label:\n            kept.append(row)\n"
             "    short = [label for label in labels if seen[label] < per_label]\n    if short:\n"
             "        raise ValueError(f'too few of {short}')\n    return kept"),
    (TEAMS, policy()),
    (TEAMS, policy().replace("choice_of[team] =", "choice_of.update(x=1); choice_of.pop('x'); choice_of[team] =")),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "answer", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_answer_meets_its_own_sentence(exercise: Exercise, answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(exercise, answer)


@pytest.mark.parametrize(("exercise", "answer"), RIGHT, ids=lambda value: str(value)[:40])
def test_a_right_answer_of_another_kind_passes(exercise: Exercise, answer: str, capsys) -> None:
    run(exercise, answer)
    assert "Passed." in capsys.readouterr().out
