"""Writing under a grammar: at each step only tokens that a grammar allows, so that a reply cannot have another form.

The grammars come from the library llguidance: a JSON Schema's by ``ftlab.scores.fields.check_schema``, that of a list
of labels by ``one_of``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import torch
from llguidance import LLMatcher, LLTokenizer
from transformers import LogitsProcessor

from ftlab.tuning import generate


class Follow(LogitsProcessor):
    """Lets each row of a batch go on only with tokens that the grammar allows after what the row has written.

    Shapes:
        ids: (B, T), all tokens so far; scores: (B, V), logits of the next one.
    """

    def __init__(self, grammar: str, words: LLTokenizer, rows: int):
        self.matchers = [LLMatcher(words, grammar) for _ in range(rows)]
        self.begun, self.end = False, words.eos_token

    def __call__(self, ids, scores):
        for matcher, row, logits in zip(self.matchers, ids, scores, strict=True):
            if self.begun and not matcher.is_stopped():
                matcher.consume_token(row[-1].item())
            if matcher.is_stopped():  # the text is whole: nothing but the end may follow
                logits.fill_(-torch.inf)[self.end] = 0
            else:
                allowed = torch.frombuffer(bytearray(matcher.compute_logit_bias()), dtype=torch.uint8)  # (V,)
                logits.masked_fill_(allowed.to(logits.device) == 0, -torch.inf)
        self.begun = True
        return scores


def one_of(labels: Sequence[str]) -> str:
    """A grammar of so many texts: a reply is one of the labels, to the letter.

    It decides nothing between them: at each step the likeliest token is taken that some label goes on with. So a label
    is chosen by its first tokens, which need not make it the likeliest as a whole.

    Raises:
        ValueError: If there is no label, or an empty one.
    """
    if isinstance(labels, str) or not labels or not all(labels):
        raise ValueError(f'labels: expected a list of texts such as ["refund", "praise"], found {labels!r}.')
    quoted = [json.dumps(label, ensure_ascii=False) for label in labels]
    return LLMatcher.grammar_from_lark(f"start: {' | '.join(quoted)}")


def words(model, tokenizer) -> LLTokenizer:
    """The tokenizer as llguidance reads it: every token of the model's output, and those at which a reply ends."""
    from llguidance.hf import from_tokenizer

    width = model.get_output_embeddings().weight.shape[0]  # some models have more rows than their tokenizer has tokens
    return from_tokenizer(tokenizer, n_vocab=width, eos_token=generate.stops(model, tokenizer))


def replies(model, tokenizer, prompts: Sequence[str], grammar: str, max_new_tokens: int = 96) -> list[str]:
    """As ``generate.replies``, with every reply held to a grammar.

    A reply that is cut off at ``max_new_tokens`` is no whole text of the grammar.
    """
    known = words(model, tokenizer)
    return generate.replies(
        model, tokenizer, prompts, max_new_tokens, held_to=lambda rows: Follow(grammar, known, rows)
    )
