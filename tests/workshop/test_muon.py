"""Muon: what it makes of a matrix, one step by hand, and what it refuses."""

from __future__ import annotations

import pytest
import torch

from ftlab.workshop.muon import Muon, orthogonalize


@pytest.mark.parametrize("shape", [(48, 16), (16, 48), (24, 24)], ids=["tall", "wide", "square"])
def test_singular_values_come_close_to_one(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(1)
    matrices = torch.randn(5, *shape, generator=generator)
    # A random square matrix may be all but singular, and what starts at zero stays there: lift its small values.
    u, s, v = torch.linalg.svd(matrices, full_matrices=False)
    matrices = u @ torch.diag_embed(s.clamp(min=0.02 * float(s.max()))) @ v
    values = torch.linalg.svdvals(orthogonalize(matrices))
    assert values.min() > 0.6 and values.max() < 1.3


def test_directions_stay() -> None:
    # The singular vectors of a matrix are those of its orthogonalized form; only the values change.
    matrix = torch.randn(1, 6, 4, generator=torch.Generator().manual_seed(2))
    u, _, v = torch.linalg.svd(matrix[0], full_matrices=False)
    inner = u.mT @ orthogonalize(matrix)[0] @ v.mT
    assert torch.allclose(inner, torch.diag(inner.diagonal()), atol=1e-4)
    assert (inner.diagonal() > 0).all()


def test_scale_of_the_gradient_does_not_matter() -> None:
    matrix = torch.randn(1, 5, 5, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(orthogonalize(matrix), orthogonalize(1000 * matrix), atol=1e-4)
    assert torch.equal(orthogonalize(torch.zeros(1, 3, 3)), torch.zeros(1, 3, 3))


def test_matrices_of_a_batch_do_not_mix() -> None:
    matrices = torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(4))
    assert torch.allclose(orthogonalize(matrices)[1], orthogonalize(matrices[1:2])[0], atol=1e-5)


def test_first_step_by_hand() -> None:
    # A 1 x 1 matrix has one singular value. Divided by its norm, the gradient 3 is 1, and the quintic
    # 3.4445 x - 4.775 x^3 + 2.0315 x^5 takes it 1 -> 0.7010 -> 1.1136 -> 0.7207 -> 1.0900 -> 0.6965.
    # The weight first loses lr * weight_decay = 0.1 * 0.5 of itself; the step is lr * 0.2 * sqrt(1) * 0.6965 = 0.01393.
    weight = torch.nn.Parameter(torch.tensor([[2.0]]))
    weight.grad = torch.tensor([[3.0]])
    Muon([weight], lr=0.1, weight_decay=0.5).step()
    assert weight.item() == pytest.approx(2.0 * 0.95 - 0.01393, abs=1e-4)


def test_a_rotation_gradient_by_hand() -> None:
    # The gradient 5 * [[0, -1], [1, 0]] has both singular values 5: the step has its direction, entries of one size
    # s in 0.6..1.3, and the factor lr * 0.2 * sqrt(2).
    weight = torch.nn.Parameter(torch.zeros(2, 2))
    weight.grad = torch.tensor([[0.0, -5.0], [5.0, 0.0]])
    Muon([weight], lr=1.0).step()
    size = 0.2 * 2**0.5
    assert weight[0, 0].abs() < 1e-6 and weight[1, 1].abs() < 1e-6
    assert 0.6 * size < weight[0, 1] < 1.3 * size
    assert torch.isclose(weight[0, 1], -weight[1, 0])


def test_a_matrix_without_gradient_stays() -> None:
    weight = torch.nn.Parameter(torch.ones(2, 3))
    Muon([weight], lr=1.0).step()
    assert torch.equal(weight.detach(), torch.ones(2, 3))


def test_closure_may_run_backward() -> None:
    weight = torch.nn.Parameter(torch.ones(2, 3))

    def closure() -> torch.Tensor:
        loss = (weight**2).sum()
        loss.backward()
        return loss

    assert Muon([weight], lr=0.1).step(closure).item() == 6.0
    assert (weight < 1).all()


@pytest.mark.parametrize("shape", [(4,), (), (2, 3, 4)])
def test_refuses_what_is_no_matrix(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected matrices, found .*AdamW"):
        Muon([torch.nn.Parameter(torch.zeros(shape))])
