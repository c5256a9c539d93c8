"""LoRA by hand, as notebook 04 builds it: a layer with an addition, putting it into a model, and merging it.

The lessons train with ``peft``; this is what it does, small enough to read, and a test holds the two equal.
"""

from __future__ import annotations

import torch


class LoraLinear(torch.nn.Module):
    """A frozen linear layer plus a trainable low-rank addition.

    Computes ``x @ W.T + b + (alpha / rank) * (x @ A.T) @ B.T``. ``B`` starts at zero, so a fresh layer returns what the
    original layer returned.

    Args:
        linear: The layer to add to; its weights are frozen and stay where they are.
        rank: Inner width of the addition, in features. ``1 <= rank <= min(d_in, d_out)``.
        alpha: Numerator of the scale, unitless.
    Shapes:
        x: (..., d_in); A: (rank, d_in); B: (d_out, rank); returns (..., d_out).
    Raises:
        ValueError: If ``rank`` is outside ``[1, min(d_in, d_out)]``.
    Source: Hu et al. 2021, arXiv:2106.09685, section 4.1.
    """

    def __init__(self, linear, rank, alpha):
        super().__init__()
        d_out, d_in = linear.weight.shape
        if not 1 <= rank <= min(d_in, d_out):
            raise ValueError(f"rank: expected 1 to {min(d_in, d_out)} for a layer of {d_in} by {d_out}, found {rank}. "
                             "A wider addition can express nothing more: choose a smaller rank.")
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = torch.nn.Parameter(torch.empty(rank, d_in, device=linear.weight.device))
        self.B = torch.nn.Parameter(torch.zeros(d_out, rank, device=linear.weight.device))
        torch.nn.init.kaiming_uniform_(self.A, a=5**0.5)  # small random numbers, as peft draws them

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

    def merged(self):
        """The plain layer with the addition in its weight; the original stays as it was."""
        d_out, d_in = self.linear.weight.shape
        plain = torch.nn.Linear(d_in, d_out, bias=self.linear.bias is not None, device=self.linear.weight.device)
        plain.load_state_dict(self.linear.state_dict())
        plain.weight.data += self.scale * self.B.data @ self.A.data
        return plain


def put_lora(model, rank, alpha, targets):
    """Freezes a model and puts a ``LoraLinear`` in the place of every linear layer whose name ends in a target.

    Args:
        targets: Last parts of the names of layers, such as ``("q_proj", "v_proj")``.
    Returns:
        The names of the layers that were replaced.
    Raises:
        ValueError: If a target is the name of no linear layer.
    """
    linears = {name: part for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)}
    endings = {name.rpartition(".")[2] for name in linears}
    if missing := set(targets) - endings:
        raise ValueError(f"targets: expected names among {', '.join(sorted(endings))}, found "
                         f"{', '.join(sorted(missing))}. Correct the name: nothing has been changed.")
    model.requires_grad_(False)
    chosen = [name for name in linears if name.rpartition(".")[2] in targets]
    for name in chosen:
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, LoraLinear(linears[name], rank, alpha))
    return chosen


def merge(model):
    """Puts a plain layer, addition included, in the place of every ``LoraLinear``.

    Returns:
        How many layers were merged.
    Raises:
        ValueError: If there is none: merged already, or never given an addition.
    """
    found = {name: part for name, part in model.named_modules() if isinstance(part, LoraLinear)}
    if not found:
        raise ValueError("model: expected layers with an addition, found none. It is merged already, or put_lora has "
                         "not been called.")
    for name, layer in found.items():
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, layer.merged())
    return len(found)
