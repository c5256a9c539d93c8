"""A grammar holds whatever model to its form: here one with random weights, which knows nothing."""

from __future__ import annotations

import json

import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from ftlab import model
from ftlab.scores import fields
from ftlab.tuning import constrained, generate

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "sea green"]}, "count": {"type": "integer", "minimum": 3, "maximum": 12},
                   "safe": {"type": ["boolean", "null"]}},
    "required": ["colour", "count", "safe"], "additionalProperties": False,
}  # fmt: skip
PROMPTS = ["The mug is red.", "A board of oak, with a groove for the juice, stands by the bread.", "Flask"]


@pytest.fixture(scope="module")
def untrained() -> tuple:
    tokenizer = AutoTokenizer.from_pretrained(model.bundled_path())
    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=len(tokenizer) + 5, hidden_size=32, intermediate_size=48, num_hidden_layers=1,
                         num_attention_heads=2, eos_token_id=tokenizer.eos_token_id)  # fmt: skip
    return LlamaForCausalLM(config).eval(), tokenizer  # five more outputs than the tokenizer has tokens


def test_every_reply_satisfies_the_schema(untrained: tuple) -> None:
    grammar = fields.check_schema(SCHEMA)
    held = constrained.replies(*untrained, PROMPTS, grammar, max_new_tokens=80)
    assert all(fields.valid(reply, SCHEMA) for reply in held), held
    assert not any(fields.valid(reply, SCHEMA) for reply in generate.replies(*untrained, PROMPTS, 80))


def test_a_reply_that_is_cut_off_is_a_beginning(untrained: tuple) -> None:
    cut = constrained.replies(*untrained, PROMPTS[:1], fields.check_schema(SCHEMA), max_new_tokens=3)[0]
    assert '{"colour": "'.startswith(cut) and cut
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut)


def test_only_what_the_grammar_allows_keeps_its_score(untrained: tuple) -> None:
    words = constrained.words(*untrained)
    follow = constrained.Follow(constrained.one_of(["no"]), words, rows=1)
    _, tokenizer = untrained
    width, ids = len(tokenizer) + 5, torch.tensor([[1]])
    scores = follow(ids, torch.zeros(1, width))
    allowed = [tokenizer.decode([token]) for token in scores[0].isfinite().nonzero().flatten().tolist()]
    assert set(allowed) <= {"n", "no"} and "n" in allowed


def test_without_a_grammar_nothing_changes(untrained: tuple) -> None:
    free = generate.replies(*untrained, PROMPTS, 12)
    assert free == generate.replies(*untrained, PROMPTS, 12, held_to=None)


def test_a_reply_is_one_of_the_labels_to_the_letter(untrained: tuple) -> None:
    labels = ["return", "returns", 'a "quoted" one', "größer", "(x|y)*"]  # one is the beginning of another
    held = constrained.replies(*untrained, PROMPTS, constrained.one_of(labels), max_new_tokens=30)
    assert all(reply in labels for reply in held), held
    for wrong in ([], [""], "refund"):
        with pytest.raises(ValueError, match="labels: expected a list of texts"):
            constrained.one_of(wrong)
