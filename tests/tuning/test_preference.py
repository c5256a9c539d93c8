"""DPO by hand: its laws, and that it is what TRL's trainer does."""

from __future__ import annotations

import math

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from ftlab.tuning.preference import dpo_loss, reply_logps

CHOSEN, REJECTED = [1, 5, 2, 9, 3], [1, 5, 2, 4]  # the same prompt of three tokens, replies of two and of one


def tiny(seed: int = 0) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    shape = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(vocab_size=11, num_key_value_heads=2, tie_word_embeddings=True, pad_token_id=0, **shape)
    return LlamaForCausalLM(config).eval()


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """The chosen row and the rejected one, padded, and their labels."""
    ids = torch.tensor([CHOSEN, [*REJECTED, 0]])
    return ids, torch.tensor([[-100, -100, -100, 9, 3], [-100, -100, -100, 4, -100]])


def test_by_hand_on_one_pair() -> None:
    chosen, rejected, ref_chosen, ref_rejected = (torch.tensor([x]) for x in (-10.0, -12.0, -11.0, -9.0))
    loss, margin = dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta=0.5)
    # chosen has risen by 1 nat and rejected has fallen by 3: the margin is 0.5 * (1 + 3) = 2
    assert margin.item() == pytest.approx(2.0)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-2)))


def test_ln_2_where_the_policy_is_the_reference() -> None:
    for beta in (0.01, 0.1, 5.0):
        loss, margin = dpo_loss(*(torch.tensor([-3.0, -70.0]),) * 4, beta=beta)
        assert loss.tolist() == pytest.approx([math.log(2)] * 2) and margin.tolist() == [0, 0]


def test_the_gradient_raises_the_chosen_and_lowers_the_rejected() -> None:
    chosen, rejected = torch.tensor([-5.0], requires_grad=True), torch.tensor([-7.0], requires_grad=True)
    loss, margin = dpo_loss(chosen, rejected, torch.tensor([-6.0]), torch.tensor([-6.0]), beta=0.1)
    loss.sum().backward()
    pull = 0.1 / (1 + math.exp(margin.item()))  # beta times the chance that the pair is still ranked the wrong way
    assert chosen.grad.item() == pytest.approx(-pull) and rejected.grad.item() == pytest.approx(pull)


def test_what_both_models_share_does_not_count() -> None:
    four = [torch.tensor([x]) for x in (-10.0, -12.0, -11.0, -9.0)]
    lower = [four[0] - 30, four[1] - 30, *four[2:]]  # the policy finds BOTH replies e**30 times less likely
    assert dpo_loss(*four, beta=0.1)[0].item() == pytest.approx(dpo_loss(*lower, beta=0.1)[0].item(), rel=1e-5)


def test_the_log_probability_of_a_reply_is_that_of_its_tokens() -> None:
    model, (ids, labels) = tiny(), batch()
    with torch.inference_mode():
        logps = model(ids).logits.log_softmax(dim=-1)
        found = reply_logps(model, ids, labels)
        alone = reply_logps(model, ids[1:, :4], labels[1:, :4])  # without padding
    # the token at place t is predicted at place t - 1
    assert found[0].item() == pytest.approx((logps[0, 2, 9] + logps[0, 3, 3]).item(), rel=1e-5)
    assert found[1].item() == pytest.approx(logps[1, 2, 4].item(), rel=1e-5)
    assert alone.item() == pytest.approx(found[1].item(), rel=1e-5)


def trls(policy, reference, folder, beta: float):
    """TRL's trainer on one pair, of words that are numbers: its loss on that pair, the batch, and its log."""
    from datasets import Dataset
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    from trl import DPOConfig, DPOTrainer

    words = Tokenizer(models.WordLevel({str(i): i for i in range(11)}, unk_token="0"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="0", eos_token="10")
    trainer = DPOTrainer(
        model=policy,
        ref_model=reference,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list([{"prompt": "1 5 2", "chosen": " 9 3 10", "rejected": " 4 10"}]),
        args=DPOConfig(output_dir=str(folder), beta=beta, use_cpu=True, bf16=False, report_to="none",
                       activation_checkpointing=False),
    )  # fmt: skip
    batch = next(iter(trainer.get_train_dataloader()))
    return trainer.compute_loss(trainer.model, batch), batch, trainer


@pytest.mark.parametrize("with_lora", [False, True], ids=["full", "lora"])
def test_ours_equals_trls(with_lora: bool, tmp_path) -> None:
    from peft import LoraConfig, get_peft_model

    policy, reference = tiny(), tiny()
    if with_lora:
        policy = get_peft_model(policy, LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM"))
    torch.manual_seed(3)
    for p in policy.parameters():
        if p.requires_grad:
            p.data += 0.3 * torch.randn_like(p)  # as if it had been trained
    theirs, batch, trainer = trls(policy, reference, tmp_path, beta=0.7)
    ids = batch["input_ids"]
    assert ids.tolist() == [[1, 5, 2, 9, 3, 10], [1, 5, 2, 4, 10, 0]]
    labels = ids.masked_fill(batch["completion_mask"] == 0, -100)
    with torch.no_grad():
        before = reply_logps(reference, ids, labels)
    now = reply_logps(policy, ids, labels)
    loss, margin = dpo_loss(now[:1], now[1:], before[:1], before[1:], beta=0.7)
    assert loss.item() == pytest.approx(theirs.item(), rel=1e-4)
    logged = trainer._metrics["train" if policy.training else "eval"]
    assert margin.item() == pytest.approx(logged["rewards/margins"][0], rel=1e-4)
    if with_lora:  # the trainer of notebook 06, which has no copy of the reference, on the same batch
        from ftlab.tuning.trainer import HandDPO

        trainer.__class__ = HandDPO
        assert trainer.compute_loss(policy, batch).item() == pytest.approx(theirs.item(), rel=1e-4)
        assert logged["rewards/margins"][1] == pytest.approx(logged["rewards/margins"][0], rel=1e-4)
        for side in ("chosen", "rejected"):
            assert logged[f"rewards/{side}"][1] == pytest.approx(logged[f"rewards/{side}"][0], rel=1e-4)
    weights = [p for p in policy.parameters() if p.requires_grad]
    ours = torch.autograd.grad(loss.sum(), weights)
    for a, b in zip(ours, torch.autograd.grad(theirs, weights), strict=True):
        assert torch.allclose(a, b, atol=1e-4)


def test_the_trainer_of_the_lesson_trains_and_logs_where_it_starts(tmp_path) -> None:
    from datasets import Dataset
    from peft import LoraConfig
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    from trl import DPOConfig

    from ftlab.tuning.trainer import HandDPO

    words = Tokenizer(models.WordLevel({str(i): i for i in range(11)}, unk_token="0"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = HandDPO(
        model=tiny(),
        processing_class=PreTrainedTokenizerFast(tokenizer_object=words, pad_token="0", eos_token="10"),
        train_dataset=Dataset.from_list([{"prompt": "1 5 2", "chosen": " 9 3 10", "rejected": " 4 10"}] * 4),
        peft_config=LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM"),
        args=DPOConfig(output_dir=str(tmp_path), beta=0.1, use_cpu=True, bf16=False, report_to="none",
                       activation_checkpointing=False, per_device_train_batch_size=1, num_train_epochs=2,
                       learning_rate=0.05, logging_steps=1, save_strategy="no", disable_tqdm=True),
    )  # fmt: skip
    trainer.train()
    log = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert len(log) == 8 and log[0]["loss"] == pytest.approx(math.log(2), rel=1e-4)
    assert log[0]["rewards/margins"] == pytest.approx(0, abs=1e-6) and log[0]["rewards/accuracies"] == 0
    last = log[-1]
    assert last["loss"] < log[0]["loss"] - 0.02 and last["rewards/accuracies"] == 1
    assert last["rewards/margins"] == pytest.approx(last["rewards/chosen"] - last["rewards/rejected"], abs=1e-4)
