"""Fine-tuning in one call: what it trains, on which tokens, by which dials, and the loss that it leaves on a row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import families
import pytest
import torch

from ftlab import model, shelf
from ftlab.tuning import chat, checkpoints, sft

ALL = [{"messages": [{"role": "system", "content": f"Kettle {i}. Weight: {850 + 7 * i} g."},
                     {"role": "user", "content": "Is it steel?"}, {"role": "assistant", "content": "Yes."},
                     {"role": "user", "content": "How heavy is it?"},
                     {"role": "assistant", "content": f"It weighs {850 + 7 * i} g." + " Lift it!" * i}]}
       for i in range(6)]
ROWS, HELD_OUT = ALL[:4], ALL[4:]
LORA = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    parent, read = tmp_path_factory.mktemp("models"), [turn["content"] for row in ALL for turn in row["messages"]]
    return {name: str(families.build(name, parent / name, read)) for name in ("smollm2", "gpt2", "gemma2")}


@pytest.fixture
def choice(folders: dict[str, str]) -> model.Choice:
    return replace(model.choose(folders["smollm2"]), device="cpu", dtype="float32")  # the same numbers on any machine


def weights(each) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in each.state_dict().items()}


def by_hand(base, tokenizer, messages: list[dict]) -> list[float]:
    """The loss of each token after the prompt."""
    whole = tokenizer.apply_chat_template(messages, return_dict=True)["input_ids"]
    asked = tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True, return_dict=True)["input_ids"]
    with torch.no_grad():
        log_p = base(torch.tensor([whole])).logits[0].log_softmax(-1)
    return [-log_p[place - 1, whole[place]].item() for place in range(len(asked), len(whole))]


def test_a_model_is_loaded_in_fp32_with_a_template(folders, choice):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    half = Path(choice.path).with_name("half")
    AutoModelForCausalLM.from_pretrained(choice.path, dtype=torch.bfloat16).save_pretrained(half)
    AutoTokenizer.from_pretrained(choice.path).save_pretrained(half)
    base, tokenizer = sft.load(replace(choice, path=str(half)))
    assert {p.dtype for p in base.parameters()} == {torch.float32}
    assert base.device.type == "cpu" and base.config._attn_implementation == "eager"
    assert tokenizer.chat_template == families.own_template("smollm2")  # its own stays
    _, without = sft.load(replace(choice, path=folders["gpt2"]))
    assert without.chat_template == chat.TEMPLATE


@pytest.mark.parametrize("dials", [{}, {"lora": LORA}], ids=["full", "lora"])
def test_it_trains_all_weights_or_the_adapter_alone(choice, tmp_path, dials):
    before = weights(sft.load(choice)[0])
    run = sft.fine_tune(choice, ROWS, lr=1e-2, steps=2, seed=0, batch_size=4, output_dir=str(tmp_path), **dials)
    after = weights(run.model)
    if dials:
        assert {name for name, p in run.model.named_parameters() if p.requires_grad} == {
            name for name in after if "lora_" in name}
        kept = {name.removeprefix("base_model.model.").replace(".base_layer", ""): value
                for name, value in after.items() if "lora_" not in name}
        assert kept.keys() == before.keys() and all(torch.equal(kept[name], before[name]) for name in before)
        assert all(value.any() for name, value in after.items() if "lora_B" in name), "each has moved away from zero"
    else:
        assert after.keys() == before.keys() and not any(torch.equal(after[name], before[name]) for name in before)
    assert run.seconds > 0 and not list(tmp_path.iterdir()), "nothing is saved unless it is asked for"


def test_the_loss_is_on_the_last_reply_alone(choice, tmp_path):
    base, tokenizer = sft.load(choice)
    each = [by_hand(base, tokenizer, row["messages"]) for row in ROWS]
    assert len({len(losses) for losses in each}) > 1  # so that a mean over rows and one over tokens differ
    run = sft.fine_tune(choice, ROWS, lr=1e-3, steps=1, seed=0, batch_size=4, output_dir=str(tmp_path))
    # The first step's loss is the untuned model's: the mean over all tokens that count.
    found = [entry["loss"] for entry in run.log if "loss" in entry]
    assert found == [pytest.approx(sum(map(sum, each)) / sum(map(len, each)), rel=1e-3)]


def test_the_rate_climbs_for_a_tenth_of_the_run_and_falls_to_zero(choice, tmp_path):
    run = sft.fine_tune(choice, ROWS, lr=0.01, steps=20, seed=0, batch_size=1, valid=HELD_OUT,
                        output_dir=str(tmp_path))
    told = [(entry["step"], entry["learning_rate"]) for entry in run.log if "learning_rate" in entry]
    # Told every tenth of the run, of the step just made: up in two steps (0, 0.005, 0.01), down in eighteen.
    assert told == [(step, pytest.approx(0.01 * (21 - step) / 18 if step > 2 else 0.005)) for step in range(2, 21, 2)]
    assert [entry["step"] for entry in run.log if "eval_loss" in entry] == list(range(2, 21, 2))


def test_the_held_out_loss_is_that_of_its_rows(choice, tmp_path):
    dials = {"lr": 1e-2, "steps": 2, "seed": 0, "batch_size": 2, "output_dir": str(tmp_path)}
    run = sft.fine_tune(choice, ROWS, valid=HELD_OUT, **dials)
    *_, last = [entry["eval_loss"] for entry in run.log if "eval_loss" in entry]
    run.model.eval()
    each = [by_hand(run.model, run.tokenizer, row["messages"]) for row in HELD_OUT]
    assert last == pytest.approx(sum(map(sum, each)) / sum(map(len, each)), rel=1e-3)
    without = sft.fine_tune(choice, ROWS, **dials)
    assert not any("eval_loss" in entry for entry in without.log)
    for ours, theirs in zip(run.model.parameters(), without.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)  # within the first pass over the rows, whose order the seed alone decides


def test_the_seed_decides_the_weights(choice, tmp_path):
    found = [weights(sft.fine_tune(choice, ROWS, lr=1e-2, steps=2, seed=seed, batch_size=2, lora=LORA,
                                   output_dir=str(tmp_path)).model) for seed in (0, 0, 1)]
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    assert not any(torch.equal(found[0][name], found[2][name]) for name in found[0] if "lora_A" in name)


def test_the_seconds_of_a_resumed_run_are_those_of_the_whole(choice, tmp_path, monkeypatch):
    from ftlab.tuning.trainer import HandLoss

    asked = []

    def train(self, resume_from_checkpoint=None):
        asked.append(resume_from_checkpoint)
        return SimpleNamespace(metrics={"train_runtime": 10.0})

    monkeypatch.setattr(HandLoss, "train", train)
    dials = {"lr": 1e-2, "steps": 6, "seed": 0, "output_dir": str(tmp_path)}
    place = str(tmp_path / "run-12" / "checkpoint-2")
    # Four steps of six in 10 seconds: 15 for all.
    assert sft.fine_tune(choice, ROWS, resume=place, **dials).seconds == pytest.approx(15)
    assert sft.fine_tune(choice, ROWS, **dials).seconds == 10 and asked == [place, None]


def test_rows_that_end_with_a_question_are_refused(choice, tmp_path):
    asked = {"messages": ROWS[1]["messages"][:-1]}
    for rows in ({"rows": [ROWS[0], asked]}, {"rows": ROWS, "valid": [ROWS[0], asked]}):
        with pytest.raises(ValueError, match=r"rows\[1\]: expected the assistant's turn at the end, found \['system'"):
            sft.fine_tune(choice, lr=1e-2, steps=1, seed=0, output_dir=str(tmp_path), **rows)


def test_two_kernels_never_tune_one_model_for_the_shelf(choice, home, monkeypatch):
    dials = {"lr": 1e-2, "steps": 1, "seed": 0}
    monkeypatch.setattr(sft, "fine_tune", lambda *_, **__: pytest.fail("it began to train"))
    said = "expected to be the only one who trains this very run, found another kernel at it"
    place = shelf.place("desk", choice, ROWS, lora=LORA, **dials)
    with checkpoints.resumable(place), pytest.raises(RuntimeError, match=said):
        sft.from_shelf("desk", choice, ROWS, lora=LORA, **dials)


def test_row_losses_are_the_models_own_on_the_reply_alone(choice):
    base, tokenizer = sft.load(choice)
    found = sft.row_losses(base, tokenizer, ROWS)
    for row, loss in zip(ROWS, found, strict=True):
        each = by_hand(base, tokenizer, row["messages"])
        assert loss == pytest.approx(sum(each) / len(each), abs=1e-4)
    assert sft.row_losses(base, tokenizer, []) == []


def test_row_losses_where_the_template_takes_no_system_turn(folders, choice):
    base, tokenizer = sft.load(replace(choice, path=folders["gemma2"]))
    system, question, *rest = ROWS[0]["messages"]
    joined = [{"role": "user", "content": f"{system['content']}\n\n{question['content']}"}, *rest]
    each = by_hand(base, tokenizer, joined)
    assert sft.row_losses(base, tokenizer, ROWS[:1]) == [pytest.approx(sum(each) / len(each), abs=1e-4)]
