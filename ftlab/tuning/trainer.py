"""TRL's trainers with the losses that notebooks 02 and 06 build by hand: on a CPU faster, and the same numbers.

Import it only where a model is trained: TRL takes seconds to load.
"""

from __future__ import annotations

import torch
from trl import DPOTrainer, SFTTrainer

from ftlab.tuning.loss import masked_cross_entropy
from ftlab.tuning.pairs import from_batch, pair_logps
from ftlab.tuning.preference import dpo_loss


class HandLoss(SFTTrainer):
    """``SFTTrainer`` whose one method that computes the loss is replaced. For a model that ``can_be_lean``."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        if model is not self.model:  # wrapped, for several GPUs or by a compiler, and must then be called as a whole
            return super().compute_loss(model, dict(inputs), return_outputs, num_items_in_batch)
        with self.accelerator.autocast():  # what `bf16` asks for: the trainer sees to it only where it calls the model
            loss = masked_cross_entropy(model, inputs["input_ids"], inputs["labels"], num_items_in_batch)
        return (loss, {}) if return_outputs else loss


class HandDPO(DPOTrainer):
    """``DPOTrainer`` whose one method that computes the loss is replaced: half the time of TRL's on a CPU, or less.

    Both replies of a pair stand in one row after their prompt (``ftlab.tuning.pairs``), which is so read once. For a
    policy with a new adapter, which is the reference once the adapter is switched off, and that ``can_be_lean``. It
    logs the margin, the share of pairs above 0, and both implied rewards, by TRL's names.
    """

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        pairs = from_batch(inputs["input_ids"], inputs["completion_mask"])
        with self.accelerator.autocast():  # what `bf16` asks for
            now = pair_logps(model, pairs)
            with torch.no_grad(), model.disable_adapter():
                before = pair_logps(model, pairs)
        loss, margin = dpo_loss(*now, *before, self.beta)
        logged = self._metrics["train" if model.training else "eval"]
        logged["rewards/margins"].append(margin.mean().item())
        logged["rewards/accuracies"].append((margin > 0).float().mean().item())
        for side, new, old in zip(("chosen", "rejected"), now, before, strict=True):
            logged[f"rewards/{side}"].append(self.beta * (new.detach() - old).mean().item())
        return (loss.mean(), {}) if return_outputs else loss.mean()
