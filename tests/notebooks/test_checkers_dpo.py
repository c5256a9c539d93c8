"""Plausible wrong answers meet their own sentence, and right ones of several kinds pass: notebook 06's checkers."""

from __future__ import annotations

import pytest
from exercises import EVERY, Exercise, run

from ftlab.exercise import NotYet

LOSS, START, ROWS, WAY = (exercise for exercise in EVERY if exercise.notebook == "06_dpo")


IMPORTS = "import math"


MARGIN = "beta * ((policy[0] - reference[0]) - (policy[1] - reference[1]))"
SAFE = "max(-margin, 0) + math.log1p(math.exp(-abs(margin)))"


def loss(margin: str = MARGIN, value: str = SAFE) -> str:
    return f"def pair_loss(policy, reference, beta):\n    margin = {margin}\n    return margin, {value}"


def start(value: str) -> str:
    return f"def starts_at_reference(margins, tolerance=0.01):\n    return {value}"


def rows(condition: str, chosen: str = "each[each['vote']]", rejected: str = "each[other[each['vote']]]") -> str:
    return (
        "def to_rows(votes):\n"
        "    other = {'a': 'b', 'b': 'a', 'tie': 'b', 'skip': 'b'}\n"
        "    for each in votes: each.setdefault('tie', each['a']); each.setdefault('skip', each['a'])\n"
        f"    found = [{{'prompt': each['prompt'], 'chosen': {chosen}, 'rejected': {rejected}}}\n"
        f"             for each in votes if {condition}]\n"
        "    for each in votes: each.pop('tie'); each.pop('skip')\n"
        "    return found"
    )


DECIDES = "each['vote'] in ('a', 'b') and each['a'] != each['b']"
CHOOSE = """
def choose(has_sft, given, wrong, judges):
    if not has_sft:
        return 'SFT first'
    if wrong > bearable:
        return 'better votes'
    if given == 'thumbs':
        return 'KTO'
    return 'RLHF' if judges else 'DPO'

way = {team: choose(*what) for team, what in teams.items()}
"""


def but(team: str, choice: str) -> str:
    return CHOOSE + f"\nway[next(team for team in teams if {team!r} in team)] = {choice!r}"


WRONG = [
    (LOSS, "def pair_loss(policy, reference, beta):\n    pass", "nothing comes back"),
    (LOSS, "def pair_loss(policy, reference, beta):\n    return 0.3", "two numbers come back"),
    (LOSS, loss("beta * ((policy[1] - reference[1]) - (policy[0] - reference[0]))"), "not the other way round"),
    (LOSS, loss("beta * (policy[0] - policy[1])"), "the reference is missing"),
    (LOSS, loss(MARGIN.removeprefix("beta * ")), "beta is missing"),
    (LOSS, loss(value="math.log(1 + math.exp(margin))"), "grows with the margin"),
    (LOSS, loss(value="1 / (1 + math.exp(-margin))"), "minus its logarithm"),
    (LOSS, loss(value="math.log(1 + math.exp(-margin))"), "ends in OverflowError"),
    (LOSS, loss(value="-math.log(1 / (1 + math.exp(min(700, -margin))))"), "at a margin of -1000"),
    (LOSS, loss(value="-margin if margin < -0.5 else math.log1p(math.exp(-margin))"), "too low there"),
    (LOSS, loss(value="max(-margin, 0) if abs(margin) > 1.5 else math.log1p(math.exp(-margin))"), "not the whole"),
    (LOSS, "def pair_loss(policy, reference, beta):\n    margin = " + MARGIN + "\n    try:\n"
           "        return margin, math.log(1 + math.exp(-margin))\n    except OverflowError:\n"
           "        return margin, 1000", "no fixed number"),
    (LOSS, loss() + "\nin_order = pair_loss\ndef pair_loss(*given, **more):\n"
           "    return in_order(*given, **more)[::-1]", "the two are swapped"),
    (LOSS, loss() + "\npair = pair_loss\ndef pair_loss(*given, **more):\n"
           "    return dict(zip(('margin', 'loss'), pair(*given, **more)))", "two numbers come back"),
    (LOSS, loss(value="max(-margin, 0) if abs(margin) > 6 else math.log1p(math.exp(-margin))"), "at a margin of 8"),
    (START, "def starts_at_reference(margins, tolerance=0.01):\n    pass", "nothing comes back"),
    (START, start("'yes' if all(abs(m) <= tolerance for m in margins) else ''"), "return True or False, and nothing"),
    (START, start("all(abs(m) <= tolerance for m in margins) or 'no'"),
     "for a wrong start, too"),
    (START, start("max(abs(m) for m in margins) <= tolerance"), "no number is within no tolerance"),
    (START, start("max(abs(m) for m in reversed(margins)) <= tolerance"), "no number is within no tolerance"),
    (START, start("max(margins) <= tolerance and min(margins) >= -tolerance"), "no number is within no tolerance"),
    (START, start("True"), "the reference is another model"),
    (START, start("max(margins) <= tolerance"), "as far from 0"),
    (START, start("abs(sum(margins)) / len(margins) <= tolerance"), "look at each pair"),
    (START, start("any(abs(m) <= tolerance for m in margins)"), "one pair is enough"),
    (START, start("max(margins) - min(margins) <= tolerance"), "not from each other"),
    (START, start("sum(map(abs, margins)) / len(margins) <= tolerance"), "hides one"),
    (START, start("sum(map(abs, margins)) <= tolerance"), "no sum"),
    (START, start("max(margins) <= tolerance and abs(sum(margins) / len(margins)) <= tolerance"), "in the middle"),
    (START, start("abs(margins[0]) <= tolerance and abs(margins[-1]) <= tolerance"), "in the middle"),
    (START, "def starts_at_reference(margins, tolerance=0.01):\n    for m in margins:\n        ok = abs(m) <= tolerance"
            "\n    return ok", "must not forget"),
    (START, start("(sum(m * m for m in margins) / len(margins)) ** 0.5 <= tolerance"), "squares too"),
    (START, start("not any(abs(m) > tolerance for m in margins)"), "no number is within no tolerance"),
    (START, start("all(m == 0 for m in margins)"), "each within the tolerance"),
    (START, start("all(-0.005 <= m <= tolerance for m in margins)"), "rounding is no other model"),
    (START, start("all(abs(m) <= 0.01 for m in margins)"), "the tolerance is the caller's"),
    (START, start("all(abs(m) <= 2 * tolerance for m in margins)"), "unrounded"),
    (START, start("all(abs(m) <= 1.4 * tolerance for m in margins)"), "unrounded"),
    (START, start("all(abs(m) <= 0.7 * tolerance for m in margins)"), "no more than it asks"),
    (START, start("all(abs(round(m, 2)) <= tolerance for m in margins)"), "unrounded"),
    (START, start("all(abs(m) <= max(tolerance, 0.01) for m in margins)"), "be it small"),
    (ROWS, "def to_rows(votes):\n    pass", "nothing comes back"),
    (ROWS, rows("each['vote'] != 'skip' and each['a'] != each['b']"), "a tie prefers neither"),
    (ROWS, rows("each['vote'] != 'tie' and each['a'] != each['b']"), "who skips has not voted"),
    (ROWS, rows("each['vote'] in ('a', 'b')"), "cannot be told apart"),
    (ROWS, rows("each['vote'] in ('a', 'b') and len(each['a']) != len(each['b'])"), "as long as each other"),
    (ROWS, rows("each['vote'] in ('a', 'b') and each['a'] not in each['b']"), "the one holds the other"),
    (ROWS, rows("each['vote'] in ('a', 'b') and each['a'].lower() != each['b'].lower()"), "the very same text"),
    (ROWS, rows(DECIDES) + "\nall_rows = to_rows\ndef to_rows(votes):\n"
           "    return list({row['prompt']: row for row in all_rows(votes)}.values())", "nothing is keyed"),
    (ROWS, rows(DECIDES) + "\nall_rows = to_rows\ndef to_rows(votes):\n"
           "    return sorted(all_rows(votes), key=lambda row: row['prompt'])", "in the order of the votes"),
    (ROWS, rows("each['vote'] in ('a', 'b') and each['a'].strip() != each['b'].strip()"), "differ by a space"),
    (ROWS, rows(DECIDES) + "\nall_rows = to_rows\ndef to_rows(votes):\n    found = []\n"
           "    for row in all_rows(votes):\n        found += [row] * (row not in found)\n    return found",
     "one more vote, and one more row"),
    (ROWS, rows(DECIDES, "each[each['vote']].strip()", "each[other[each['vote']]].strip()"), "stripped"),
    (ROWS, rows(DECIDES) + "\nall_rows = to_rows\ndef to_rows(votes):\n    first = {}\n"
           "    for row in all_rows(votes):\n        first.setdefault(row['prompt'], row)\n"
           "    return [dict(first[row['prompt']]) for row in all_rows(votes)]", "of its own vote"),
    (ROWS, rows(DECIDES) + "\nall_rows = to_rows\ndef to_rows(votes):\n    return all_rows(votes) or None",
     "an empty list"),
    (ROWS, rows(DECIDES) + "\nall_rows = to_rows\ndef to_rows(votes):\n    found = []\n"
           "    for row in all_rows(votes):\n        found += [row] * (found[-1:] != [row])\n    return found",
     "one more vote, and one more row"),
    (ROWS, rows(DECIDES, "max(each['a'], each['b'])", "min(each['a'], each['b'])"), "somebody voted for 'bad'"),
    (ROWS, rows(DECIDES, "max(each['a'], each['b'], key=len)", "min(each['b'], each['a'], key=len)"),
     "somebody voted for 'bad'"),
    (ROWS, rows(DECIDES, "each['a']", "each['b']"), "teach the opposite"),
    (ROWS, rows(DECIDES, "each[other[each['vote']]]", "each[each['vote']]"), "teach the opposite|a vote for a"),
    (ROWS, "def to_rows(votes):\n    votes[:] = [v for v in votes if v['vote'] in 'ab']\n    return votes",
     "the votes themselves have changed"),
    (WAY, "way = dict.fromkeys(way, 'Dpo')", "can be chosen"),
    (WAY, "", "for every team"),
    (WAY, "way = {}", "exactly these teams"),
    (WAY, CHOOSE + "del way['a help page with thumbs']", "exactly these teams"),
    (WAY, "way = ['DPO'] * 6", "exactly these teams"),
    (WAY, but("no desk yet", "DPO"), "it has not been shown the job"),
    (WAY, but("expert voters", "SFT first"), "knows the job already"),
    (WAY, but("expert voters", "better votes"), "do not wait for better"),
    (WAY, but("expert voters", "RLHF"), "kept for nothing"),
    (WAY, but("expert voters", "KTO"), "people compare two replies"),
    (WAY, but("in a hurry", "DPO"), "20% of the votes are wrong.*against clean votes"),
    (WAY, but("for fun", "DPO"), "45% of the votes are wrong"),
    (WAY, but("thumbs", "DPO"), "no pairs to learn from"),
    (WAY, but("goes on learning", "DPO"), "leaves nothing that could"),
]  # fmt: skip
RIGHT = [
    (LOSS, loss(value="-margin + math.log1p(math.exp(margin)) if margin < 0 else math.log1p(math.exp(-margin))")),
    (LOSS, "import numpy as np\n" + loss("np.float64(" + MARGIN + ")", "np.logaddexp(0, -margin)")),
    (LOSS, "import torch\ndef pair_loss(policy, reference, beta):\n    p, r = map(torch.tensor, (policy, reference))\n"
           "    margin = beta * torch.diff(r - p)[0]\n    return margin, torch.nn.functional.softplus(-margin)"),
    (LOSS, "import torch\ndef pair_loss(policy, reference, beta):\n    p, r = map(torch.tensor, (policy, reference))\n"
           "    margin = (beta * torch.diff(r - p)).double()\n"
           "    return [margin.item(), -torch.nn.functional.logsigmoid(margin).item()]"),
    (START, start("not [m for m in margins if not abs(m) <= tolerance]")),
    (START, "import numpy as np\n" + start("np.abs(np.asarray(margins)).max() <= tolerance")),
    (ROWS, rows(DECIDES)),
    (ROWS, "def to_rows(votes):\n    for v in votes:\n        if v['vote'] in 'ab' and v['a'] != v['b']:\n"
           "            a, b = (v['a'], v['b']) if v['vote'] == 'a' else (v['b'], v['a'])\n"
           "            yield dict(prompt=v['prompt'], chosen=a, rejected=b)"),
    (WAY, CHOOSE),
    (WAY, "way = dict(zip(teams, ['SFT first', 'DPO', 'DPO' if bearable >= 0.2 else 'better votes', 'better votes', "
          "'KTO', 'RLHF']))"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "answer", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_answer_meets_its_own_sentence(exercise: Exercise, answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(exercise, answer, IMPORTS)


@pytest.mark.parametrize(("exercise", "answer"), RIGHT, ids=lambda value: str(value)[:40])
def test_a_right_answer_of_another_kind_passes(exercise: Exercise, answer: str, capsys) -> None:
    run(exercise, answer, IMPORTS)
    assert "Passed." in capsys.readouterr().out
