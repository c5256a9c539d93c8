"""The loss of a reward model against the library's, the best of n against every draw, scores whatever the padding."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
import torch

from ftlab.tuning import chat, reward


def test_the_loss_of_three_pairs_by_hand() -> None:
    chosen, rejected = torch.tensor([2.0, 0.0, -1.0]), torch.tensor([0.0, 0.0, 1.0])
    # margins 2, 0, -2: -log sigmoid(x) = log(1 + e^-x)
    by_hand = (math.log(1 + math.exp(-2)) + math.log(2) + math.log(1 + math.exp(2))) / 3
    assert reward.bradley_terry(chosen, rejected).item() == pytest.approx(by_hand, rel=1e-6)
    assert reward.bradley_terry(chosen + 7, rejected + 7).item() == pytest.approx(by_hand, rel=1e-6)


def test_votes_that_agree_with_the_rewards_cost_less() -> None:
    high, low = torch.tensor([3.0]), torch.tensor([-3.0])
    assert reward.bradley_terry(high, low) < math.log(2) < reward.bradley_terry(low, high)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_best_of_n_is_the_mean_over_every_draw(n: int) -> None:
    rewards, worths = [0.3, -1.0, 2.5, 0.7], [1.0, 0.0, 0.0, 1.0]
    every = [max(draw, key=lambda i: rewards[i]) for draw in itertools.combinations(range(4), n)]
    by_hand = sum(worths[i] for i in every) / len(every)
    assert reward.best_of(rewards, worths, n) == pytest.approx(by_hand)


def test_the_best_of_one_is_the_mean_and_the_best_of_all_is_the_best() -> None:
    assert reward.best_of([5.0, 1.0, 3.0], [0.0, 9.0, 3.0], 1) == pytest.approx(4.0)
    assert reward.best_of([5.0, 1.0, 3.0], [0.0, 9.0, 3.0], 3) == 0.0


@pytest.mark.parametrize("n", [0, 4])
def test_more_replies_than_there_are_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"expected 1 to 3, the replies at hand, found {n}"):
        reward.best_of([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], n)


TALKS = [
    [{"role": "user", "content": "How heavy is it?"}, {"role": "assistant", "content": text}]
    for text in ("850 g.", "It weighs 850 g. Next step: write to us.", "We are sorry. We are so very sorry.", "No.")
]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory):
    """A reward model of two layers with random weights over the letters of the talks."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForSequenceClassification, PreTrainedTokenizerFast

    letters = Tokenizer(models.BPE())
    letters.pre_tokenizer, letters.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    letters.train_from_iterator([turn["content"] for talk in TALKS for turn in talk], trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|end|>", "<|pad|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="<|end|>", pad_token="<|pad|>")
    tokenizer.chat_template = chat.TEMPLATE
    torch.manual_seed(0)
    model = LlamaForSequenceClassification(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_labels=1, pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id))
    return model, tokenizer


def test_a_reward_does_not_depend_on_what_else_is_in_the_batch(judge) -> None:
    together = reward.rewards(*judge, TALKS)
    alone = [reward.rewards(*judge, [talk])[0] for talk in TALKS]
    assert together == pytest.approx(alone, abs=1e-5)
    assert len(set(together)) == len(TALKS)


def test_the_margin_of_a_vote_is_the_difference_of_two_rewards(judge) -> None:
    rows = [{"prompt": TALKS[a][:1], "chosen": TALKS[a][1:], "rejected": TALKS[b][1:]} for a, b in ((0, 1), (2, 3))]
    given = reward.rewards(*judge, TALKS)
    assert reward.margins(*judge, rows) == pytest.approx([given[0] - given[1], given[2] - given[3]], abs=1e-5)


def test_the_library_computes_the_same_loss(judge, tmp_path: Path) -> None:
    """``RewardTrainer``'s loss on three pairs, before any step, is ours of the rewards of those replies."""
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    model, tokenizer = judge
    pairs = [(0, 1), (2, 1), (3, 0)]
    rows = [{"prompt": TALKS[a][:1], "chosen": TALKS[a][1:], "rejected": TALKS[b][1:]} for a, b in pairs]
    trainer = RewardTrainer(
        model=model, processing_class=tokenizer, train_dataset=Dataset.from_list(rows),
        eval_dataset=Dataset.from_list(rows),
        args=RewardConfig(output_dir=str(tmp_path), per_device_eval_batch_size=3, use_cpu=True, bf16=False,
                          activation_checkpointing=False, report_to="none", disable_tqdm=True),
    )
    theirs = trainer.evaluate()["eval_loss"]
    found = torch.tensor(reward.rewards(model, tokenizer, TALKS))
    ours = reward.bradley_terry(found[[a for a, _ in pairs]], found[[b for _, b in pairs]])
    assert ours.item() == pytest.approx(theirs, abs=1e-5)
