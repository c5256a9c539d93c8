"""Sampled replies: near temperature 0 the greedy ones, several to a prompt, the same for the same seed."""

from __future__ import annotations

import pytest

from ftlab import model, texts
from ftlab.tuning import chat, generate, sft
from ftlab.tuning.sample import samples


@pytest.fixture(scope="module")
def lab():
    return sft.load(model.lab())


def test_near_temperature_zero_they_are_the_greedy_ones(lab):
    some_model, tokenizer = lab
    prompts = [*chat.prompts(tokenizer, texts.plain_conversations("test")[:3]), "Question: Who?\nAnswer:", "a"]
    greedy = generate.replies(some_model, tokenizer, prompts, 12)
    # 1e-4 makes a lead of a thousandth of a nat a certainty.
    found = samples(some_model, tokenizer, prompts, 3, temperature=1e-4, max_new_tokens=12)
    assert found == [[reply] * 3 for reply in greedy]
    by_two = samples(some_model, tokenizer, prompts, 3, temperature=1e-4, max_new_tokens=12, batch_size=6)
    assert by_two == found


def test_the_seed_decides(lab):
    some_model, tokenizer = lab
    prompts = ["Question: Where does the river flow?\nAnswer:", "The land"]
    one, two = (samples(some_model, tokenizer, prompts, 4, temperature=1.5, seed=seed, max_new_tokens=8)
                for seed in (0, 1))
    assert one != two and len(set(one[0])) > 1 and len(set(one[1])) > 1
    assert samples(some_model, tokenizer, prompts, 4, temperature=1.5, seed=0, max_new_tokens=8) == one


@pytest.mark.parametrize("options", [{"count": 0}, {"count": 2, "temperature": 0.0}, {"count": 1, "prompts": [""]}])
def test_what_cannot_be_sampled_is_refused(lab, options):
    with pytest.raises(ValueError, match="expected a count of at least 1, a temperature above 0 and prompts with text"):
        samples(*lab, **{"prompts": ["a"], **options})
