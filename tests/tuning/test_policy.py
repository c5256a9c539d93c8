"""Advantages, PPO's clip and two estimates of the KL by hand and against laws; a killed RLHF run goes on bitwise.

Run as a script, this file is a training that is killed: ``python test_policy.py WAY MODEL FOLDER STEP``.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ftlab.tuning import chat, checkpoints, policy

STEPS, SAVE_STEPS, PER_GENERATION = 8, 4, 2  # a checkpoint falls on a generation boundary: 4 is a multiple of 2
PROMPTS = [f"How heavy is kettle {i}?" for i in range(8)]


def test_a_sample_is_compared_with_the_others_of_its_prompt() -> None:
    # others' means: (3+5+0)/3 = 8/3, (1+5+0)/3 = 2, 4/3, 3
    found = policy.leave_one_out(torch.tensor([[1.0, 3.0, 5.0, 0.0], [2.0, 2.0, 2.0, 2.0]]))
    assert found[0].tolist() == pytest.approx([1 - 8 / 3, 1.0, 5 - 4 / 3, -3.0])
    assert found[1].tolist() == [0.0] * 4  # where all do equally well there is nothing to learn


def test_advantages_sum_to_zero_and_a_constant_changes_nothing() -> None:
    rewards = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    assert policy.leave_one_out(rewards).sum(dim=1).abs().max() < 1e-5
    assert torch.allclose(policy.leave_one_out(rewards + 3), policy.leave_one_out(rewards), atol=1e-5)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "moves"),
    [
        (1.0, 2.0, -2.0, True),  # nothing has moved yet
        (1.1, 2.0, -2.2, True),  # within the clip
        (1.5, 2.0, -2.4, False),  # likelier by more than a fifth: 1.2 * 2, and no gradient
        (0.5, 2.0, -1.0, True),  # a good sample that has become unlikelier is still pulled back
        (0.5, -2.0, 1.6, False),  # a bad one that is already unlikelier: 0.8 * 2
        (1.5, -2.0, 3.0, True),  # a bad one that has become likelier is pushed down
    ],
)
def test_the_clip_by_hand(ratio: float, advantage: float, loss: float, moves: bool) -> None:
    logps = torch.tensor([ratio]).log().requires_grad_()
    found = policy.clipped_loss(logps, torch.zeros(1), torch.tensor([advantage]))
    found.backward()
    assert found.item() == pytest.approx(loss, rel=1e-5)
    assert (logps.grad.abs().item() > 0) is moves


def test_both_estimates_have_the_mean_of_the_true_kl() -> None:
    model, reference = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.3, 0.3, 0.4])
    true = (model * (model / reference).log()).sum()
    plain = policy.plain_kl(model.log(), reference.log())
    positive = policy.positive_kl(model.log(), reference.log())
    assert (model * plain).sum() == pytest.approx(true.item(), rel=1e-5)
    assert (model * positive).sum() == pytest.approx(true.item(), rel=1e-5)
    assert (plain < 0).any() and (positive >= 0).all()


def make_model(folder: Path) -> Path:
    """Two layers, 32 wide, over letters, with the course's chat format."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        LlamaConfig,
        LlamaForCausalLM,
        LlamaForSequenceClassification,
        PreTrainedTokenizerFast,
    )

    letters = Tokenizer(models.BPE())
    letters.pre_tokenizer, letters.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    letters.train_from_iterator(PROMPTS, trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|end|>", "<|pad|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="<|end|>", pad_token="<|pad|>")
    tokenizer.chat_template = chat.TEMPLATE
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=128, eos_token_id=0, pad_token_id=1)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    judge = LlamaForSequenceClassification.from_pretrained(folder, num_labels=1)  # with a head of random numbers
    judge.save_pretrained(folder / "judge")
    tokenizer.save_pretrained(folder / "judge")
    return folder


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"))


def test_the_log_chances_are_those_of_the_model_itself(model_path: Path) -> None:
    """Left padding changes nothing, and each number is the log-softmax at the place before its token."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32).eval()
    row, new = torch.tensor([[40, 41, 42, 43, 44]]), 2
    with torch.inference_mode():
        chances = model(input_ids=row).logits[0].log_softmax(-1)
        padded = torch.cat([torch.full((1, 3), 1), row], dim=1)
        mask = torch.tensor([[0, 0, 0, 1, 1, 1, 1, 1]])
        found = policy.token_logps(model, padded, mask, new)
    assert found[0].tolist() == pytest.approx([chances[2, 43].item(), chances[3, 44].item()], abs=1e-4)


def arguments(way: str, folder: Path, **more: object):
    """The settings of a short training, as the lesson has them: replies of two steps drawn at once, a KL penalty."""
    import trl

    return getattr(trl, f"{way}Config")(
        output_dir=str(folder), max_steps=STEPS, per_device_train_batch_size=4, num_generations=4,
        steps_per_generation=PER_GENERATION, max_completion_length=8, learning_rate=1e-3, beta=0.02, seed=0,
        save_strategy="steps", use_cpu=True, bf16=False, activation_checkpointing=False, report_to="none",
        disable_tqdm=True, logging_steps=STEPS, **{"save_steps": SAVE_STEPS, **more})


def train(way: str, model_path: Path, folder: Path, kill_at: int | None = None) -> str:
    """A short training against a reward model; the same call goes on where it was killed. The hash of its weights."""
    import trl
    from datasets import Dataset
    from transformers import AutoTokenizer, TrainerCallback

    class Kill(TrainerCallback):
        def on_step_end(self, args, state, control, **_):
            if state.global_step == kill_at:
                os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)

    folder.mkdir(exist_ok=True)
    trainer = getattr(trl, f"{way}Trainer")(
        model=str(model_path), reward_funcs=str(model_path / "judge"),
        processing_class=AutoTokenizer.from_pretrained(model_path),
        train_dataset=Dataset.from_list([{"prompt": [{"role": "user", "content": text}]} for text in PROMPTS]),
        callbacks=[Kill()], args=arguments(way, folder))  # fmt: skip
    policy.check_boundary(trainer.args)
    with checkpoints.resumable(folder) as at:
        trainer.train(resume_from_checkpoint=at)
    assert trainer.state.global_step == STEPS
    trainer.save_model(str(folder / "done"))
    return hashlib.sha256((folder / "done" / "model.safetensors").read_bytes()).hexdigest()


@pytest.mark.parametrize("way", ["RLOO", "GRPO"])
def test_a_run_killed_between_two_drawings_goes_on_from_one_to_the_same_weights(way, model_path, tmp_path, capsys):
    known = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": known, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    killed = tmp_path / "killed"
    running = subprocess.run([sys.executable, __file__, way, str(model_path), str(killed), "5"], env=environment,
                             text=True, capture_output=True, timeout=240, check=False)
    assert running.returncode != 0, running.stdout
    assert [path.name for path in killed.glob("checkpoint-*")] == ["checkpoint-4"], running.stderr
    quiet = train(way, model_path, tmp_path / "quiet")
    assert train(way, model_path, killed) == quiet
    assert "resuming from step 4" in capsys.readouterr().out
    assert not list(killed.glob("checkpoint-*"))


def test_a_checkpoint_between_two_drawings_is_refused(tmp_path: Path) -> None:
    policy.check_boundary(arguments("RLOO", tmp_path, save_steps=6))
    with pytest.raises(ValueError, match="every 2 batches, found one every 3. Take a multiple"):
        policy.check_boundary(arguments("RLOO", tmp_path, save_steps=3))
    with pytest.raises(ValueError, match="every 4 batches, found one every 6"):
        policy.check_boundary(arguments("GRPO", tmp_path, save_steps=6, num_iterations=2))
    policy.check_boundary(arguments("RLOO", tmp_path, save_steps=3, gradient_accumulation_steps=2))


if __name__ == "__main__":
    train(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), kill_at=int(sys.argv[4]))
