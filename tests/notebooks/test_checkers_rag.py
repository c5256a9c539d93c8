"""Plausible wrong answers meet their own sentence, and right ones of several kinds pass: notebook 07's checkers."""

from __future__ import annotations

import pytest
from exercises import EVERY, Exercise, run

from ftlab.exercise import NotYet

EXPOSURE, CITED, FILTER, ENOUGH, WAY = (each for each in EVERY if each.notebook == "07_rag_vs_finetuning")


IMPORTS = "import math, re"


def exposure(line: str) -> str:
    return f"def exposure_of(own, others):\n    smaller = sum(other < own for other in others)\n    {line}"


def cited(line: str) -> str:
    numbers = "numbers = [int(number) for number in re.findall(r'\\[(\\d+)\\]', reply)]"
    return f"def supported(reply, passages, value):\n    {numbers}\n    return {line}"


def best(line: str) -> str:
    return f"def best_for(hits, groups, k):\n    {line}"


def enough(line: str) -> str:
    return f"def enough_recall(oracle, damaged, weights):\n    {line}"


def policy(rule: str, ahead: bool = False, ready: bool = False, sources: bool = True,
           enough: float = 0.5) -> str:  # fmt: skip
    """Ways by a rule for replies that are read; ``enough`` and the rest are given, whatever the stored run says."""
    return (
        f"enough, raft_ahead, ready, raft_cites = {enough}, {ahead}, {ready}, {sources}\n"
        "for team, (changes, cites, private, recall, one_kind, read) in teams.items():\n"
        "    documents = changes > 1 or cites or private\n"
        f"    choice_of[team] = ({rule}) if read or ready else 'not yet'"
    )


REAL = "all(1 <= n <= len(passages) for n in numbers)"
KEEP = "[hit for hit in hits if hit[2] in groups]"
ENDS = "if damaged >= weights: return 0\n    if oracle < weights: return None"
RULE = (
    "'template' if one_kind else 'weights' if not documents and recall < enough "
    "else 'RAFT' if (raft_cites if cites else raft_ahead) else 'RAG'"
)
WRONG = [
    (EXPOSURE, exposure("return math.log(len(others) + 1) - math.log(1 + smaller)"), "to the base 2"),
    (EXPOSURE, exposure("return math.log2(len(others)) - math.log2(max(1, smaller))"), "four, not three"),
    (EXPOSURE, exposure("return math.log2(len(others) + 1) - math.log2(1 + len(others) - smaller)"),
     "likeliest of four"),
    (EXPOSURE, exposure("return math.log2(len(others) + 1) - math.log2(max(1, smaller))"), "count from 1"),
    (EXPOSURE, "def exposure_of(own, others):\n    place = 1 + sum(other <= own for other in others)\n"
               "    return math.log2(len(others) + 1) - math.log2(place)", "equal losses"),
    (CITED, cited("any(value in passage for passage in passages)"), "not any"),
    (CITED, cited("any(value in passages[n] for n in numbers if n < len(passages))"), "numbers count from 1"),
    (CITED, cited("all(value in passages[n - 1] for n in numbers if n <= len(passages))"), "without a citation"),
    (CITED, cited("bool(numbers) and value in passages[numbers[0] - 1]"), "look at all"),
    (CITED, cited("any(value in passages[n - 1] for n in numbers if n <= len(passages))"), "one invented number"),
    (CITED, cited("all(n <= len(passages) for n in numbers) and any(value in passages[n - 1] for n in numbers)"),
     "index -1"),
    (CITED, cited(f"bool(numbers) and {REAL} and value in passages[numbers[-1] - 1]"), "last citation alone"),
    (CITED, cited(f"bool(numbers) and {REAL} and any(value in passages[n - 1] for n in numbers[:2])"), "the third one"),
    (CITED, cited(f"bool(numbers) and {REAL} and value in ''.join(passages[n - 1] for n in numbers)"), "glue them"),
    (CITED, "def supported(reply, passages, value):\n"
            "    numbers = [int(n) for n in re.findall(r'\\[(\\d)\\]', reply)]\n"
            f"    return bool(numbers) and {REAL} and any(value in passages[n - 1] for n in numbers)", "two digits"),
    (CITED, cited(f"bool(numbers := [n for n in numbers if n]) and {REAL} and "
                  "any(value in passages[n - 1] for n in numbers)"), "do not drop it"),
    (CITED, "def supported(reply, passages, value):\n"
            "    for n in reversed([int(n) for n in re.findall(r'\\[(\\d+)\\]', reply)]):\n"
            "        if not 1 <= n <= len(passages): return False\n"
            "        if value in passages[n - 1]: return True\n"
            "    return False", "wherever it stands"),
    (CITED, "def supported(reply, passages, value):\n"
            "    numbers = [int(n) for n in re.findall(r'(\\d+)\\]', reply)]\n"
            f"    return bool(numbers) and {REAL} and any(value in passages[n - 1] for n in numbers)", "both brackets"),
    (FILTER, best("return [id for id, *_ in sorted(hits, key=lambda hit: -hit[1])[:k]]"), "must not see them"),
    (FILTER, best("return [h[0] for h in sorted(hits, key=lambda h: -h[1])[:k] if h[2] in groups]"), "not after"),
    (FILTER, best(f"return [hit[0] for hit in {KEEP}][:k]"), "best first"),
    (FILTER, best(f"hits.sort(key=lambda h: -h[1])\n    return [h[0] for h in {KEEP}][:k]"), "handed in has changed"),
    (FILTER, best("return [h[0] for h in sorted(hits, key=lambda h: -h[1]) if h[2] == groups[0]][:k]"),
     "several groups"),
    (FILTER, best("few = sorted(hits, key=lambda h: -h[1])[:k + 2]\n"
                  "    return [h[0] for h in few if h[2] in groups][:k]"),
     "filter all of them"),
    (FILTER, best("allowed = [h for h in hits if h[2] in [*groups, 'everyone']]\n    if not groups: return []\n"
                  "    return [h[0] for h in sorted(allowed, key=lambda h: -h[1])[:k]]"), "add no group"),
    (FILTER, best("allowed = [h for h in hits if any(h[2] in group for group in groups)]\n"
                  "    return [h[0] for h in sorted(allowed, key=lambda h: -h[1])[:k]]"), "compare whole names"),
    (FILTER, best("allowed = [h for h in hits if any(group in h[2] for group in groups)]\n"
                  "    return [h[0] for h in sorted(allowed, key=lambda h: -h[1])[:k]]"), "who is in 'staff' may read"),
    (FILTER, best("allowed = [h for h in hits if any(h[2].startswith(group) for group in groups)]\n"
                  "    return [h[0] for h in sorted(allowed, key=lambda h: -h[1])[:k]]"), "who is in 'staff' may read"),
    (FILTER, best("groups = {group.lower() for group in groups}\n"
                  "    allowed = [h for h in hits if h[2].lower() in groups]\n"
                  "    return [h[0] for h in sorted(allowed, key=lambda h: -h[1])[:k]]"), "capitals included"),
    (FILTER, best(f"by_score = {{h[1]: h[0] for h in {KEEP}}}\n"
                  "    return [by_score[score] for score in sorted(by_score, reverse=True)][:k]"), "keep both"),
    (FILTER, best(f"return [h[0] for h in sorted({KEEP}, key=lambda h: -h[1]) if h[1] > 0][:k]"), "below zero"),
    (FILTER, best("few = sorted(hits, key=lambda h: -h[1])[:21]\n"
                  "    return [h[0] for h in few if h[2] in groups][:k]"), "200 hits"),
    (ENOUGH, enough("if oracle == damaged: return 0\n    if damaged >= weights: return 0\n"
                    "    return None if oracle < weights else (weights - damaged) / (oracle - damaged)"),
     "both are below the weights"),
    (ENOUGH, enough("if oracle < weights: return None\n    if damaged >= weights: return 0\n"
                    "    return (weights - damaged) / (oracle - damaged)"), "look at damaged first"),
    (ENOUGH, enough("return weights / oracle if weights <= oracle else None"), "subtract damaged"),
    (ENOUGH, enough("return (weights - damaged) / (oracle - damaged)"), "None"),
    (ENOUGH, enough("return None if oracle < weights else (weights - damaged) / (oracle - damaged)"),
     "cannot be below 0"),
    (ENOUGH, enough("return None if oracle <= weights else max(0, (weights - damaged) / (oracle - damaged))"),
     "just enough"),
    (ENOUGH, enough(f"{ENDS}\n    return 1 if oracle == weights else 0.5"), "not always"),
    (ENOUGH, enough(f"{ENDS}\n    r = (weights - damaged) / (oracle - damaged)\n    return round(r, 1)"),
     "do not round"),
    (ENOUGH, enough(f"{ENDS}\n    grid = [i / 20 for i in range(21)]\n"
                    "    return next(r for r in grid if r * oracle + (1 - r) * damaged >= weights - 1e-9)"),
     "off a grid"),
    (ENOUGH, enough(f"{ENDS}\n    r = (weights - damaged) / (oracle - damaged)\n    return r * r * (3 - 2 * r)"),
     "line is straight"),
    (WAY, "choice_of = dict.fromkeys(choice_of, 'rag')", "can be chosen"),
    (WAY, "choice_of = {'a shop by phone': 'template'}", "name each of the teams"),
    (WAY, policy("'not yet'"), "a person reads each reply"),
    (WAY, policy(f"{RULE}") + " if team[2] != 'h' else 'RAFT'", "nobody reads the replies"),
    (WAY, "enough, raft_ahead, ready = 0.5, False, True\nchoice_of = dict.fromkeys(teams, 'not yet')",
     "fit in nine of ten"),
    (WAY, policy("'RAFT'", ahead=True), "one kind of question"),
    (WAY, policy("'template' if one_kind else 'RAG'"), "RAFT is ahead in that"),
    (WAY, policy("'template' if one_kind else 'RAFT' if cites else 'RAG'", sources=False), "merely told to cite"),
    (WAY, policy("'template' if one_kind else 'RAFT' if cites else 'RAG'", ahead=True), "shows RAFT ahead"),
    (WAY, policy("'template' if one_kind else 'RAFT'"), "save the training"),
    (WAY, policy("'template' if one_kind else 'RAFT' if cites else 'RAG'"), "which is too little"),
    (WAY, policy("'weights' if private else 'template' if one_kind else 'RAFT'"), "asked out of weights"),
    (WAY, policy("'weights'"), "cannot name a source"),
    (WAY, policy(RULE.replace("documents", "(changes > 1 or cites)")), "law firm's files.*asked out of weights"),
    (WAY, policy(RULE.replace("documents", "(changes > 1 or private)")), "union.*weights cannot name a source"),
    (WAY, policy(RULE.replace("documents", "(cites or private)")), "bus line.*2 changes a month"),
    (WAY, policy(RULE.replace("documents", "(changes > 2 or cites or private)")), "bus line.*2 changes a month"),
    (WAY, policy(RULE.replace("documents", "(changes >= 1 or cites or private)")), "finds 10%, .* too little"),
    (WAY, policy(RULE.replace("recall <", "recall < 0.5 *"), enough=0.2), "game's lore.*too little"),
    (WAY, policy(RULE.replace("recall <", "recall < 2 *"), enough=0.2), "museum's guide.*30%, which is enough"),
    (WAY, policy(RULE) + "\n    if one_kind: choice_of[team] = 'template'", "ferry's fares.*nobody reads the replies"),
    (WAY, policy("'template'"), "many kinds"),
    (WAY, policy("'template' if one_kind else 'RAFT' if cites else 'RAG' if documents else 'weights'", enough=0.2),
     "which is enough: documents"),
    (WAY, policy("'weights'").replace("for team", "teams = {'news': (30, False, False, 0.1, False, True)}\n"
                                      "choice_of = {}\nfor team"), "as many retrainings"),
]  # fmt: skip
RIGHT = [
    (EXPOSURE, "import numpy as np\ndef exposure_of(own, others):\n    others = np.array(others)\n"
               "    return np.log2(len(others) + 1) - np.log2(1 + (others < own).sum())"),
    (EXPOSURE, exposure("return math.log2((len(others) + 1) / (smaller + 1))")),
    (CITED, cited(f"any(value in passages[n - 1] for n in numbers) if numbers and {REAL} else False")),
    (CITED, cited(f"int(bool(numbers) and {REAL} and any(value in passages[n - 1] for n in numbers))")),
    (FILTER, best("allowed = [h for h in hits if h[2] in set(groups)]\n"
                  "    return [h[0] for h in sorted(allowed, key=lambda h: h[1], reverse=True)][:k]")),
    (FILTER, best(f"return tuple(id for _, id in sorted(((-s, id) for id, s, _ in {KEEP}))[:k])")),
    (ENOUGH, enough("if weights <= damaged: return 0.0\n    r = (weights - damaged) / (oracle - damaged) if oracle > "
                    "damaged else 2\n    return r if r <= 1 + 1e-12 else None")),
    (ENOUGH, enough("import numpy as np\n    if weights <= damaged: return 0\n    if oracle < weights: return None\n"
                    "    return np.float64(weights - damaged) / np.float64(oracle - damaged)")),
    (WAY, policy(RULE)),
    (WAY, policy(RULE, ahead=True)),
    (WAY, policy(RULE, ready=True)),
    (WAY, policy(RULE, ahead=True, sources=False)),
    (WAY, policy(RULE, enough=0.2)),
    (WAY, "enough, raft_ahead, ready, raft_cites = 0.2, False, False, True\n"
          "choice_of = dict(zip(teams, ['not yet', 'not yet', 'RAFT', 'RAG', 'RAG', 'template', 'weights', 'RAG']))"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "answer", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_answer_meets_its_own_sentence(exercise: Exercise, answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(exercise, answer, IMPORTS)


@pytest.mark.parametrize(("exercise", "answer"), RIGHT, ids=lambda value: str(value)[:40])
def test_a_right_answer_of_another_kind_passes(exercise: Exercise, answer: str, capsys) -> None:
    run(exercise, answer, IMPORTS)
    assert "Passed." in capsys.readouterr().out
