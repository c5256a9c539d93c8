"""Notebook 06's own votes: with forty of them in the file, the cell trains, and says what became of those kept back."""

from __future__ import annotations

import io
import math
import time
from contextlib import redirect_stdout
from pathlib import Path

import cells
import families
import pytest

from ftlab import texts
from ftlab.scores import vote_log, votes
from ftlab.world import house

ROWS = texts.conversations("test")[:20]
CELL = 'everyone = vote_log.read(mine_path)'


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the cell finds when it is reached: a small tuned model, pairs of replies, and functions of cells before."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    from ftlab.evidence import clusters, intervals
    from ftlab.model import Choice
    from ftlab.scores import agreement, desk
    from ftlab.tuning import chat, generate
    from ftlab.tuning.loss import can_be_lean
    from ftlab.tuning.pairs import leads
    from ftlab.tuning.trainer import HandDPO
    from ftlab.world import brand

    folder = families.build("smollm2", tmp_path_factory.mktemp("model"),
                            [message["content"] for row in ROWS for message in row["messages"]])
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    adapter = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
    short = [{**row, "messages": [*row["messages"][-2:]]} for row in ROWS]
    pairs = votes.pair_up(short, [[house.reply(row), "Blue.", "No."] for row in ROWS])[:60]
    prompts = chat.prompts(tokenizer, short[:2])
    names = {
        "torch": torch, "time": time, "io": io, "redirect_stdout": redirect_stdout, "math": math, "Dataset": Dataset,
        "LoraConfig": LoraConfig, "DPOConfig": DPOConfig, "DPOTrainer": DPOTrainer, "HandDPO": HandDPO,
        "can_be_lean": can_be_lean, "leads": leads, "votes": votes, "vote_log": vote_log, "agreement": agreement,
        "desk": desk, "brand": brand, "texts": texts, "generate": generate, "clusters": clusters,
        "intervals": intervals, "tokenizer": tokenizer, "tuned": get_peft_model(model, adapter), "pairs": pairs,
        "cast": votes.cast(pairs)[0], "choice": Choice("small", str(folder), "cpu", "float32", ""),
        "home": type("Home", (), {"name": str(folder)}), "desk_prompts": prompts, "held_out": ROWS[:2],
        "before": ["Blue.", "No."], "BETA": 0.1, "LR": 1e-3, "BATCH_SIZE": 4, "SEED": 0, "RATER": "ann",
        "FEWEST_OWN": 30, "OWN_STEPS": 25, "OWN_S": 120, "step_s": 60.0,
    }  # fmt: skip
    code = cells.functions("06_dpo", "tune", "net_wins", "win_rate", "shown", "told", "ending")
    return cells.run(code, **names)


def cast(path: Path, scope: dict, count: int, rater: str = "ann") -> None:
    for pair in scope["pairs"][:count]:
        vote_log.append(path, {"pair": pair["id"], "rater": rater, "vote": "a"})


def test_forty_votes_are_trained_on_within_the_time(scope: dict, tmp_path: Path, capsys) -> None:
    path = tmp_path / "mine.jsonl"
    cast(path, scope, 40)
    cast(path, scope, 10, rater="bob")
    cells.run(cells.holding("06_dpo", CELL), **scope, mine_path=path)
    out = capsys.readouterr().out
    assert "40 pairs of" in out and "decided by 'ann'" in out
    assert "You and the majority: kappa" in out and "You and exact: kappa" in out and "You and bob: kappa" in out
    assert "\n2 steps in " in out  # of a minute each, in two minutes
    assert all(name in out for name in ("votes that were kept back", "before: ", "after: ", "gained on the other in "))
    assert "Your model is " in out


def test_fewer_votes_are_not(scope: dict, tmp_path: Path, capsys) -> None:
    path = tmp_path / "mine.jsonl"
    cells.run(cells.holding("06_dpo", CELL), **scope, mine_path=path)
    assert "0 pairs of 0 conversations" in capsys.readouterr().out
    cast(path, scope, 12)
    cells.run(cells.holding("06_dpo", CELL), **scope, mine_path=path)
    out = capsys.readouterr().out
    assert "12 pairs of" in out and "From 30 pairs of 10 conversations on" in out and "steps in" not in out
