"""Muon: momentum whose direction is made orthogonal, for the matrices inside the layers.

``torch.optim.Muon`` orthogonalizes in bfloat16, matrix by matrix; on a processor without bf16 arithmetic that takes as
long as the forward and backward pass together. This one takes all matrices of a shape at once, in bfloat16 where the
processor computes in it.
"""

from __future__ import annotations

from collections import defaultdict

import torch


def orthogonalize(matrices: torch.Tensor, steps: int = 5, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Moves all singular values towards one by a quintic Newton-Schulz iteration.

    Args:
        matrices: (N, rows, columns).
        dtype: What to compute in.
    Returns:
        (N, rows, columns), with singular values between about 0.7 and 1.2; those that start below about a
        five-hundredth of the matrix's norm end lower.
    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = (x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)).to(dtype)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalized, scaled so that an update is as large as one of AdamW's.

    Args:
        params: Matrices only, (rows, columns).
        lr: Learning rate, as for AdamW.
        momentum: Share of the running mean that is kept at each step.
        weight_decay: Decoupled, as in AdamW.
        dtype: What the orthogonalization computes in; the momentum stays in the parameters' own precision.
    Raises:
        ValueError: If a parameter is no matrix.
    Source: Liu et al. 2025, arXiv:2502.16982, section 2.2.
    """

    def __init__(self, params, lr: float = 1e-3, momentum: float = 0.95, weight_decay: float = 0.05,
                 dtype: torch.dtype = torch.float32):
        self.dtype = dtype
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        f"Muon: expected matrices, found a parameter of shape {tuple(p.shape)}. Give it to AdamW."
                    )

    @torch.no_grad()
    def step(self, closure=None):
        """One update of every matrix that has a gradient."""
        with torch.enable_grad():
            loss = closure() if closure is not None else None
        for group in self.param_groups:
            by_shape = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    by_shape[p.shape].append(p)
            for shape, params in by_shape.items():
                updates = []
                for p in params:
                    mean = self.state[p].setdefault("momentum", torch.zeros_like(p))
                    mean.lerp_(p.grad, 1 - group["momentum"])
                    updates.append(p.grad.lerp(mean, group["momentum"]))
                scale = 0.2 * max(shape) ** 0.5
                for p, update in zip(params, orthogonalize(torch.stack(updates), dtype=self.dtype), strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update, alpha=-group["lr"] * scale)
        return loss
