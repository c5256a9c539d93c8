"""Imported first in a notebook's kernel, for a fast path through it.

A small model takes the lab model's place, trainers stop after one step (and evaluate and save then, if they do so at
all), replies after a few tokens, and of many rows only the first are answered or scored. All else is real.
"""

from __future__ import annotations

import os
from functools import wraps
from pathlib import Path

import transformers
from transformers import GenerationMixin, Trainer, TrainerCallback

from ftlab import model
from ftlab.tuning import generate, sft

MOST_TOKENS, MOST_ROWS = 2, 16


class OneStep(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        control.should_training_stop = True
        control.should_log = True
        control.should_evaluate = args.eval_strategy != "no"
        control.should_save = args.save_strategy != "no"


def one_step(train):
    @wraps(train)
    def first(self, *args, **kwargs):
        self.add_callback(OneStep)
        return train(self, *args, **kwargs)

    return first


def few_tokens(generate):
    @wraps(generate)
    def short(self, *args, **kwargs):
        if kwargs.get("max_new_tokens"):
            kwargs["max_new_tokens"] = min(kwargs["max_new_tokens"], MOST_TOKENS)
        return generate(self, *args, **kwargs)

    return short


def few_rows(function):
    """``function(model, tokenizer, rows, ...)`` of the first rows; every other row gets the last one's result."""

    @wraps(function)
    def first(model, tokenizer, rows, *args, **kwargs):
        found = function(model, tokenizer, list(rows)[:MOST_ROWS], *args, **kwargs)
        return found + found[-1:] * (len(rows) - len(found))

    return first


Trainer.train = one_step(Trainer.train)
GenerationMixin.generate = few_tokens(GenerationMixin.generate)
generate.replies = few_rows(generate.replies)
sft.row_losses = few_rows(sft.row_losses)
transformers.logging.set_verbosity_error()
model.bundled_path = lambda: Path(os.environ["FTLAB_TEST_LAB"])
