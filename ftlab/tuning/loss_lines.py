"""A line of loss now and then while a trainer runs, in the place of its own display."""

from __future__ import annotations

from transformers import TrainerCallback


class ShowLoss(TrainerCallback):
    """Prints the training loss (nats a counted token) whenever the trainer logs it: ``logging_steps`` says how often.

    With ``disable_tqdm=True`` transformers prints all that it measures, by its ``PrinterCallback``; remove that too.
    """

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "loss" in (logs or {}):
            print(f"step {state.global_step:>3}: loss {logs['loss']:.2f} nats a token", flush=True)
