"""Plausible wrong answers meet their own sentence, and right ones of several kinds pass: notebook 05's checkers."""

from __future__ import annotations

import pytest
from exercises import EVERY, Exercise, run

from ftlab.exercise import NotYet

JUDGE, PAID, CLIP, SHIPS = (exercise for exercise in EVERY if exercise.notebook == "05_rlhf")


IMPORTS = "import math\nimport numpy as np\nimport torch"


def judged(
    agree: str = "((gap > 0) + 0.5 * (gap == 0)).mean()", chance: str = "logs.exp().mean()", loss: str = "-logs.mean()"
) -> str:
    return (
        "def judge_the_judge(chosen, rejected):\n    gap = torch.tensor(chosen) - torch.tensor(rejected)\n"
        f"    logs = torch.nn.functional.logsigmoid(gap)\n    return {agree}, {chance}, {loss}"
    )


def paid(
    reward: str = "r - beta * sum(g)", mean: str = "(sum(p) - own) / (len(p) - 1)", out: str = "own - mean"
) -> str:
    return (
        f"def advantages(rewards, gaps, beta):\n    p = [{reward} for r, g in zip(rewards, gaps)]\n    found = []\n"
        f"    for own in p:\n        mean = {mean}\n        found.append({out})\n    return found"
    )


def clip(rule: str) -> str:
    return f"def is_clipped(ratios, advantages, epsilon=0.2):\n    return [{rule} for r, a in zip(ratios, advantages)]"


def ships(**ways: str) -> str:
    return f"ships = {ways}"


def by_rule(wins: str = "v[1][1] > 50", right: str = "v[2][1] >= -3", best_of: str = "best_of in good") -> str:
    """The house's rules as a loop, with each limit as an expression of a way's numbers."""
    return (
        "best_of = 'best of 4'\n"
        "for team, ways in teams.items():\n"
        f"    good = [way for way, v in ways.items() if way[0] != 'm' and {wins} and {right}]\n"
        "    trained = [way for way in good if way != best_of]\n"
        f"    else_ = best_of if {best_of} and ways['may cost 4 times'] else 'nothing new'\n"
        "    ships[team] = max(trained, key=lambda way: ways[way][1][1]) if trained else else_"
    )


GOOD = {"returns": "KL 0.05", "kettles": "best of 4", "tents": "nothing new", "stoves": "nothing new",
        "lanterns": "KL 0.05"}  # fmt: skip
SIGMOID = (
    "def judge_the_judge(chosen, rejected):\n    gaps = [a - b for a, b in zip(chosen, rejected)]\n"
    "    chances = [1 / (1 + math.exp(-g)) for g in gaps]\n    n = len(gaps)\n"
    "    agree = sum((g > 0) + 0.5 * (g == 0) for g in gaps) / n\n"
    "    return agree, sum(chances) / n, sum({loss} for c in chances) / n"
)
WRONG = [
    (JUDGE, "def judge_the_judge(chosen, rejected):\n    return 1.0, 0.88", "three numbers: agreement"),
    (JUDGE, judged(agree="(gap < 0).float().mean()"), "agrees with this vote"),
    (JUDGE, judged(chance="(-gap).sigmoid().mean()"), "the loser's chance"),
    (JUDGE, judged(chance="gap.mean()"), "sigmoid"),
    (JUDGE, judged(loss="logs.mean()"), "minus the log"),
    (JUDGE, judged(agree="(gap > 0).float().mean()"), "two of the four are equal"),
    (JUDGE, judged(agree="(gap >= 0).float().mean()"), "not wholly"),
    (JUDGE, judged(agree="((torch.tensor(chosen).abs() > torch.tensor(rejected).abs()) + 0.5 * (gap == 0)).mean()"),
     "may be negative"),
    (JUDGE, judged(loss="-logs.exp().mean().log()"), "not the log of the mean"),
    (JUDGE, judged(chance="gap.mean().sigmoid()"), "the mean over the votes"),
    (JUDGE, judged(loss="-gap.sigmoid().log().mean()"), "no infinite loss"),
    (JUDGE, "def judge_the_judge(chosen, rejected):\n    return 0.88", "three numbers: agreement"),
    (JUDGE, judged(agree="((gap > 0.6) + 0.5 * (abs(gap) <= 0.6)).mean()"), "only equal rewards agree by half"),
    (JUDGE, judged(agree="((gap > 0.6) * 1.0 + 0.5 * (gap.abs() == 0)).mean()"), "a small gap is a gap"),
    (JUDGE, judged(agree="((gap > 0.05) + 0.5 * (abs(gap) <= 0.05)).mean()"), "or by 0.001, agrees wholly"),
    (JUDGE, SIGMOID.format(loss="-math.log(c)"), "too much for math.exp"),
    (JUDGE, SIGMOID.format(loss="-math.log(max(c, 1e-9))"), "too much for math.exp"),
    (JUDGE, judged(loss="-gap.sigmoid().clamp(min=1e-9).log().mean()"), "the loss is 800 nats"),
    (PAID, "def advantages(rewards, gaps, beta):\n    return 2.0", "one number is not enough"),
    (PAID, paid(mean="np.median([x for x in p if x is not own])"), "not with their median"),
    (PAID, paid(mean="0", out="(own - sum(p) / len(p)) * (2 if len(p) == 2 else 1.5)"), "four uneven replies"),
    (PAID, "def advantages(rewards, gaps, beta):\n    if len(rewards) == 3:\n"
           "        return [1.5 * (r - sum(rewards) / 3) for r in rewards]\n"
           "    p = [r - beta * sum(g) for r, g in zip(rewards, gaps)]\n    return [2 * (x - sum(p) / 2) for x in p]",
     "four uneven replies"),
    (PAID, paid(mean="sum(p) / len(p)"), "not with the mean of all"),
    (PAID, paid(mean="(sum(p) - own)"), "others' means are 4, 3 and 2"),
    (PAID, paid(mean="min(p)", out="own - mean if own != min(p) else own - max(p)"), "others' means are 4, 3 and 2"),
    (PAID, paid(mean="np.mean([x for x in p if x != own])"), "by place, not by value"),
    (PAID, paid("r + beta * sum(g)"), "it does not earn"),
    (PAID, paid("r"), "where is the KL"),
    (PAID, paid("r - beta * sum(g) / len(g)"), "summed, not averaged"),
    (PAID, paid("r - sum(g)"), "beta times the sum"),
    (PAID, paid("r - beta * sum(map(abs, g))"), "take no abs"),
    (PAID, paid("r - beta * max(0, sum(g))"), "do not cut it off"),
    (CLIP, "def is_clipped(ratios, advantages, epsilon=0.2):\n    return [True]", "one boolean for each"),
    (CLIP, clip("r > 1 - epsilon"), "has not moved"),
    (CLIP, clip("False"), "half again as likely"),
    (CLIP, clip("a > 0 and r > 1 + epsilon"), "on the other side"),
    (CLIP, clip("abs(r - 1) > epsilon"), "UNLIKELIER is not clipped"),
    (CLIP, clip("r > 1 + epsilon or (a < 0 and r < 1 - epsilon)"), "LIKELIER is not clipped"),
    (CLIP, clip("(a > 0 and r > 1.2) or (a < 0 and r < 0.8)"), "with 0.6, not at 1.5"),
    (CLIP, clip("(a > 0 and r > 1 + 1.4 * epsilon) or (a < 0 and r < 1 - epsilon)"), "beyond 1.2"),
    (CLIP, clip("(a > 0 and r > 1 + epsilon) or (a < 0 and r < 1 / (1 + epsilon))"), "not 1 / 1.2"),
    (CLIP, clip("(a > 0 and r > 1 + epsilon) or (a < 0 and r < 0.8)"), "the lower side, too"),
    (CLIP, clip("(a > 0 and r > 1 + epsilon) or (a < 0 and r < min(0.8, 1 - 2 * epsilon))"), "below 0.6"),
    (CLIP, clip("(a > 0 and r > 1 + epsilon) or (a < 0 and r < 1.1 - 1.5 * epsilon)"), "below 0.6"),
    (CLIP, clip("(a > 0 and r > 1 + epsilon) or (a <= 0 and r < 1 - epsilon)"), "neither side bites"),
    (CLIP, clip("(a >= 0 and r > 1 + epsilon) or (a < 0 and r < 1 - epsilon)"), "neither side bites"),
    (CLIP, clip("(a > 0 and math.log(r) > epsilon) or (a < 0 and math.log(r) < -epsilon)"), "not its logarithm"),
    (CLIP, clip("(a > 0 and r > 1 + max(epsilon, 0.2)) or (a < 0 and r < 1 - max(epsilon, 0.2))"), "be it small"),
    (CLIP, clip("a * (r - 1) > epsilon"), "not its size"),
    (CLIP, clip("(a > 0 and r > 1 + epsilon) or (a < 0 and a * (r - 1) > epsilon)"), "on the lower side as well"),
    (SHIPS, "ships = {}", "exactly these teams"),
    (SHIPS, 'ships = {"returns": "KL 0.05"}', "exactly these teams"),
    (SHIPS, ships(**GOOD) + "\nships['boats'] = 'KL 0'", "exactly these teams"),
    (SHIPS, ships(**GOOD | {"returns": "nothing new"}), "one of them ships: KL 0.05, KL 0.2"),
    (SHIPS, ships(**GOOD | {"returns": "PPO"}), "choose 'KL 0'"),
    (SHIPS, ships(**GOOD | {"returns": "KL 0"}), "A high reward is no witness"),
    (SHIPS, ships(**GOOD | {"kettles": "KL 0"}), "lost 9 points"),
    (SHIPS, ships(**GOOD | {"kettles": "KL 0.2"}), "reaches down to 47"),
    (SHIPS, ships(**GOOD | {"returns": "best of 4"}), "cost one reply where best of 4 costs four"),
    (SHIPS, ships(**GOOD | {"tents": "best of 4"}), "may not"),
    (SHIPS, ships(**GOOD | {"kettles": "nothing new"}), "best of 4 passes and may cost it"),
    (SHIPS, ships(**GOOD | {"lanterns": "nothing new"}), "one of them ships"),
    (SHIPS, ships(**GOOD | {"lanterns": "KL 0.2"}), "not the highest win rate"),
    (SHIPS, ships(**GOOD | {"lanterns": "KL 0"}), "not the highest reward"),
    (SHIPS, by_rule(right="v[2][0] >= -3"), "tents: KL 0 may have lost 3.5 points"),
    (SHIPS, by_rule(right="v[2][1] >= -6"), "tents: KL 0 may have lost 3.5 points"),
    (SHIPS, by_rule(right="v[2][1] > -3"), "kettles: best of 4 passes and may cost it"),
    (SHIPS, by_rule(wins="v[1][0] > 50"), "by rule 1 it may be no better"),
    (SHIPS, by_rule(wins="v[1][1] >= 50"), "tents: KL 0.05 wins 55 % .* reaches down to 50"),
    (SHIPS, by_rule(best_of="True"), "stoves: best of 4 may have lost 5 points"),
]
RIGHT = [
    (JUDGE, judged()),
    (JUDGE, "def judge_the_judge(chosen, rejected):\n"
            "    gaps = [a - b for a, b in zip(chosen, rejected)]\n"
            "    loss = [max(0, -g) + math.log1p(math.exp(-abs(g))) for g in gaps]\n"
            "    agree = [1 if g > 0 else 0.5 if g == 0 else 0 for g in gaps]\n"
            "    return [np.mean(agree), np.mean(np.exp(-np.array(loss))), np.mean(loss)]"),
    (PAID, paid()),
    (PAID, paid(mean="np.mean([x for j, x in enumerate(p) if j != len(found)])")),
    (PAID, "def advantages(rewards, gaps, beta):\n"
           "    p = np.array([r - beta * np.sum(g) for r, g in zip(rewards, gaps)])\n"
           "    return (p - p.mean()) * len(p) / (len(p) - 1)"),
    (CLIP, clip("r > 1 + epsilon if a > 0 else (r < 1 - epsilon if a < 0 else False)")),
    (CLIP, clip("a != 0 and (r - 1) * (1 if a > 0 else -1) > epsilon")),
    (CLIP, "def is_clipped(ratios, advantages, epsilon=0.2):\n    r, a = np.array(ratios), np.array(advantages)\n"
           "    return ((a > 0) & (r > 1 + epsilon)) | ((a < 0) & (r < 1 - epsilon))"),
    (SHIPS, ships(**GOOD)),
    (SHIPS, by_rule()),
    (SHIPS, "\n".join(f"ships[{team!r}] = {way!r}" for team, way in GOOD.items())),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "answer", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_answer_meets_its_own_sentence(exercise: Exercise, answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(exercise, answer, IMPORTS)


@pytest.mark.parametrize(("exercise", "answer"), RIGHT, ids=lambda value: str(value)[:40])
def test_a_right_answer_of_another_kind_passes(exercise: Exercise, answer: str, capsys) -> None:
    run(exercise, answer, IMPORTS)
    assert "Passed." in capsys.readouterr().out
