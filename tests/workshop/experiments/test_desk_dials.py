"""The stored runs of notebook 02: the rows that they train on, the scaled adapter, and what is stored of them."""

from __future__ import annotations

import pytest
from dials import dials

from ftlab import files, paths
from ftlab.workshop.experiments import desk_dials


def test_they_have_the_dials_of_the_notebook() -> None:
    found = dials("02_supervised_finetuning")
    for key in ("PER_KIND", "LR", "STEPS", "BATCH_SIZE"):
        assert found[key] == getattr(desk_dials, key), key


def test_the_mixture_adds_the_general_conversations_and_takes_nothing_away() -> None:
    alone, mixed = desk_dials.training_rows(3), desk_dials.training_rows(3, "mixed")
    assert len(alone) == 9 * 16 and mixed[: len(alone)] == alone == desk_dials.training_rows(3, "scaled")
    assert len(mixed) - len(alone) == 24 and all(len(row["messages"]) == 2 for row in mixed[len(alone) :])


def test_fewer_examples_are_of_every_kind_and_among_the_many() -> None:
    few, some, all_rows = (desk_dials.training_rows(3, arm) for arm in ("few", "some", "desk"))
    assert (len(few), len(some)) == (9 * 2, 9 * 6) and all(row in some for row in few)
    assert all(row in all_rows for row in some)
    assert [row["messages"] for row in desk_dials.training_rows(3, "few")] == [row["messages"] for row in few]


def test_an_adapter_at_strength_zero_is_the_base_and_at_one_itself() -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    base = LlamaForCausalLM(LlamaConfig(vocab_size=11, **shape)).eval()
    tuned = get_peft_model(base, LoraConfig(r=2, init_lora_weights=False, target_modules="all-linear")).eval()
    ids = torch.tensor([[1, 2, 3]])
    with torch.inference_mode():
        whole = tuned(ids).logits
        with tuned.disable_adapter():
            without = tuned(ids).logits
        desk_dials.scale(tuned, 1)
        assert torch.equal(tuned(ids).logits, whole) and not torch.allclose(whole, without)
        desk_dials.scale(tuned, 0)
        assert torch.allclose(tuned(ids).logits, without)


def test_what_looks_fine_keeps_the_manner_and_must_not_be_sent() -> None:
    rows = [{"id": name} for name in "abcd"]
    run = {"replies": ["A", "B", "C", "D"], "on_brand": [1, 1, 0, 1], "fit": [0, 1, 0, 0]}
    assert desk_dials.look_fine(run, rows) == {"a": "A", "d": "D"}


@pytest.mark.parametrize("arm", ["base", "desk", "scaled", "mixed"])
def test_what_is_stored_has_a_score_for_every_prompt(arm: str) -> None:
    stored = files.read_json(paths.data() / "stored" / "desk-dials.json")
    assert len(stored["ids"]) == len(stored["kinds"]) == 9 * desk_dials.ASKED
    for run in stored["arms"][arm].values():
        assert len(run["fit"]) == len(run["on_brand"]) == 9 * desk_dials.ASKED
        assert len(run["knows"]) == len(run["leaks"]) == stored["questions"]
        assert all(set(run[key]) <= {"0", "1"} for key in ("fit", "on_brand", "knows", "leaks"))
        assert all(one <= other for one, other in zip(run["fit"], run["on_brand"], strict=True))  # fit is on-brand too
    assert set(stored["arms"]) <= set(desk_dials.ARMS)
