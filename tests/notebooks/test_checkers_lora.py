"""Plausible wrong answers meet their own sentence, and right ones of several kinds pass: notebook 04's checkers."""

from __future__ import annotations

import pytest
from exercises import EVERY, Exercise, run

from ftlab.exercise import NotYet

MERGE, SIZE, HELD, SETUP = (exercise for exercise in EVERY if exercise.notebook == "04_lora")


def merge(line: str) -> str:
    return f"def merged_weight(W, A, B, alpha):\n    rank = A.shape[0]\n    {line}"


def size(line: str) -> str:
    return f"def adapter_weights(layers, rank):\n    return {line}"


def held(weights: str, gradients: str = "4 * trained", optimizer: str = "8 * trained") -> str:
    parts = f"{{'weights': {weights}, 'gradients': {gradients}, 'optimizer': {optimizer}}}"
    return f"def bytes_held(frozen, trained, frozen_bytes=2):\n    return {parts}"


def policy(full_if: str, leave: float = 0.9) -> str:
    """Setups by a rule: all weights where that fits and ``full_if``; ``leave`` is the share of a card that is used."""
    return (
        "for team, (name, card, tasks, examples) in teams.items():\n"
        f"    fits = [way for way in memory.WAYS if gib[name, way] <= {leave} * card]\n"
        "    lighter = next((way for way in fits if way != 'full'), 'smaller model')\n"
        f"    setup[team] = 'full' if 'full' in fits and {full_if} else lighter"
    )


WRONG = [
    (MERGE, merge("return W + alpha / rank * (A @ B)"), "the other order"),
    (MERGE, merge("return W + alpha * (B @ A)"), "scale is alpha / rank"),
    (MERGE, merge("W += alpha / rank * (B @ A); return W"), "W itself has changed"),
    (MERGE, merge("return W + (B @ A)"), "not multiplied by scale"),
    (MERGE, merge("return W + alpha // rank * (B @ A)"), "not to be rounded"),
    (MERGE, merge("return W + int(alpha / rank) * (B @ A)"), "not to be rounded"),
    (MERGE, merge("B *= alpha / rank; return W + B @ A"), "A or B has changed"),
    (MERGE, merge("A *= alpha / rank; return W + B @ A"), "A or B has changed"),
    (MERGE, merge("return W + alpha / rank * (B @ A).abs()"), "has signs"),
    (MERGE, merge("return W.numpy() + alpha / rank * (B.numpy() @ A.numpy())"), "torch.from_numpy makes one"),
    (MERGE, merge("return (W + alpha / rank * (B @ A)).tolist()"), "W is a tensor"),
    (MERGE, merge("return W.double() + alpha / rank * (B @ A)"), "add no float64"),
    (MERGE, merge("return W.mean() + alpha / rank * (B @ A)"), "place by place"),
    (MERGE, merge("return W + alpha / A.shape[1] * (B @ A)"), "not by d_in or d_out"),
    (MERGE, merge("return W + alpha / B.shape[0] * (B @ A)"), "not by d_in or d_out"),
    (MERGE, merge("return W + alpha / A.shape[1] * (B @ A)"), "not by d_in"),
    (MERGE, merge("return alpha / rank * (B @ A)"), "the addition alone"),
    (SIZE, size("sum(d_out * d_in for d_out, d_in in layers)"), "the layer itself"),
    (SIZE, size("sum(rank * d_out * d_in for d_out, d_in in layers)"), "do not multiply them"),
    (SIZE, size("sum(rank * d_in for d_out, d_in in layers)"), "one of the two matrices"),
    (SIZE, size("sum(rank * d_out for d_out, d_in in layers)"), "one of the two matrices"),
    (SIZE, size("rank * sum(layers[0])"), "sum over the layers"),
    (SIZE, size("len(layers) * rank * sum(layers[0])"), "may differ in shape"),
    (SIZE, size("sum(min(rank, d_out, d_in) * (d_out + d_in) for d_out, d_in in layers)"), "not cut down to the width"),
    (HELD, "def bytes_held(frozen, trained, frozen_bytes=2):\n    return 16 * trained", "return a dict"),
    (HELD, held("frozen_bytes * frozen + 4 * trained", "40", "80"), "grow with the weights that train"),
    (HELD, held("frozen_bytes * frozen + 4 * trained", optimizer="80"), "grow with the weights that train"),
    (HELD, held("frozen_bytes * frozen + 4 * trained", optimizer="4 * frozen_bytes * trained"),
     "what trains is in fp32"),
    (HELD, held("frozen_bytes * frozen + 4 * trained", "(2 if frozen_bytes == 0.5 else 4) * trained"),
     "what trains is in fp32"),
    (HELD, held("frozen_bytes * frozen + 4 * trained", optimizer="4 * trained"), "two numbers for each weight"),
    (HELD, held("2 * trained"), "take 40 bytes"),
    (HELD, held("frozen_bytes * frozen + 4 * trained", gradients="4 * (frozen + trained)"), "get no gradients"),
    (HELD, held("frozen_bytes * frozen + 4 * trained", optimizer="8 * (frozen + trained)"), "and no others"),
    (HELD, held("4 * (frozen + trained)"), "a frozen weight takes frozen_bytes"),
    (HELD, held("(frozen_bytes * frozen) or (4 * trained)"), "the addition has weights too"),
    (HELD, held("2 * frozen + 4 * trained"), "half a byte"),
    (SETUP, "setup = dict.fromkeys(setup, 'Lora')", "can be chosen"),
    (SETUP, policy("True"), "60,000 examples are no reason"),
    (SETUP, policy("tasks == 1 and examples >= 50_000"), "60,000 examples are no reason"),
    (SETUP, policy("tasks == 1 and examples > 100_000"), "one task, 100,000 examples and room for it"),
    (SETUP, policy("tasks == 1 and examples >= 100_000").replace("'full' in fits and ", ""),
     "a hospital's letters .*full takes 54.9 GiB"),
    (SETUP, policy("tasks == 1 and examples >= 100_000", leave=0.8), "QLoRA would fit, so no smaller model"),
    (SETUP, policy("examples >= 100_000"), "12 whole models"),
    (SETUP, policy("tasks == 1"), "60,000 examples are no reason"),
    (SETUP, policy("tasks == 1 and examples >= 100_000", leave=1.0), "9.4 GiB, and a tenth"),
    (SETUP, "setup = dict.fromkeys(setup, 'full')\nsetup[\"a shop's desk\"] = setup[list(setup)[1]] = 'LoRA'",
     "a tenth of the card must stay free"),
    (SETUP, "setup = dict.fromkeys(setup, 'smaller model')", "so no smaller model is needed"),
    (SETUP, "setup = dict.fromkeys(setup, 'QLoRA')", "LoRA fits, so do not pay"),
    (SETUP, "setup = dict.fromkeys(setup, 'LoRA')", "by rule 2, all weights"),
    (SETUP, "setup = dict.fromkeys(setup, 'LoRA')\nteams = {'a': ('SmolLM2 135M', 80, 3, 9)}\nsetup = {'a': 'full'}",
     "3 whole models"),
    (SETUP, "teams = {'a': ('SmolLM2 135M', 80, 1, 9)}\nsetup = {'a': 'full'}", "no reason to train all weights"),
]  # fmt: skip
RIGHT = [
    (MERGE, merge("return torch.add(W, (B * alpha / rank) @ A)")),
    (MERGE, merge("new = W.clone(); new += alpha / rank * torch.einsum('or,ri->oi', B, A); return new")),
    (SIZE, size("rank * sum(map(sum, layers))")),
    (SIZE, "import numpy as np\n" + size("np.int64(sum(rank * d_out + rank * d_in for d_out, d_in in layers))")),
    (HELD, held("frozen * frozen_bytes + trained * 4.0")),
    (HELD, "import numpy as np\n" + held("np.float64(frozen_bytes * frozen + 4 * trained)", "np.int64(4 * trained)")),
    (SETUP, "setup = dict(zip(teams, ['LoRA', 'LoRA', 'full', 'LoRA', 'QLoRA', 'smaller model']))"),
    (SETUP, policy("tasks == 1 and examples >= 100_000")),
    (SETUP, "for team, way in zip(list(teams), ('LoRA', 'LoRA', 'full', 'LoRA', 'QLoRA', 'smaller model')):\n"
            "    setup[team] = way"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "answer", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_answer_meets_its_own_sentence(exercise: Exercise, answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(exercise, answer, "import torch")


@pytest.mark.parametrize(("exercise", "answer"), RIGHT, ids=lambda value: str(value)[:40])
def test_a_right_answer_of_another_kind_passes(exercise: Exercise, answer: str, capsys) -> None:
    run(exercise, answer, "import torch")
    assert "Passed." in capsys.readouterr().out
