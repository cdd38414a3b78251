"""Each optimizer against its paper's update written out, its decay, and its state through a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from lfine.finetune.compile.optimizers import CUDA_ONLY_OPTIMIZERS
from lfine.finetune.compile.plan import OptimizerPlan
from lfine.finetune.train import optimizers
from lfine.finetune.train.optimizers import MAKERS, optimizer_for

RATE, DECAY = 1e-2, 0.1
PLAN = OptimizerPlan("adamw", (0.9, 0.99), 1e-8, DECAY, 0.8)
EVERYWHERE = sorted(set(MAKERS) - set(CUDA_ONLY_OPTIMIZERS))
FLOAT32 = 2e-6
"""Absolute, on weights of up to 4 after six updates of 0.01."""
EIGHT_BITS = 0.2
"""Of the way gone: states rounded to 8 bits, six updates from zero."""


def start(shape: tuple[int, ...] = (80, 64)) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def gradients(shape: tuple[int, ...] = (80, 64)) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [0.1 * torch.randn(shape, generator=generator) for _ in range(6)]


def updated(kind: str, given: Sequence[Tensor], *, stop_after: int | None = None) -> Tensor:
    """Return the weight after these gradients; `stop_after` updates the state goes through a file."""
    weight = nn.Parameter(start(given[0].shape))
    plan = replace(PLAN, type=kind)
    optimizer = optimizer_for([weight], plan, rate=RATE)
    for number, gradient in enumerate(given):
        if number == stop_after:
            file = io.BytesIO()
            torch.save(optimizer.state_dict(), file)
            file.seek(0)
            weight = nn.Parameter(weight.detach().clone())
            optimizer = optimizer_for([weight], plan, rate=RATE)
            optimizer.load_state_dict(torch.load(file, weights_only=True))
        weight.grad = gradient.clone()
        optimizer.step()
        optimizer.zero_grad()
    return weight.detach()


def adamw(given: Sequence[Tensor]) -> Tensor:
    """Algorithm 2 of Loshchilov and Hutter (2019)."""
    weight, mean, square = start(), torch.zeros(80, 64), torch.zeros(80, 64)
    for step, gradient in enumerate(given, 1):
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        ratio = (mean / (1 - 0.9**step)) / ((square / (1 - 0.99**step)).sqrt() + 1e-8)
        weight = weight - RATE * ratio - RATE * DECAY * weight
    return weight


def lion(given: Sequence[Tensor]) -> Tensor:
    """Algorithm 2 of Chen et al. (2023)."""
    weight, mean = start(), torch.zeros(80, 64)
    for gradient in given:
        weight = weight * (1 - RATE * DECAY) - RATE * (0.9 * mean + 0.1 * gradient).sign()
        mean = 0.99 * mean + 0.01 * gradient
    return weight


def sgd(given: Sequence[Tensor]) -> Tensor:
    """Momentum with the decay outside of it (SGDW, Loshchilov and Hutter 2019)."""
    weight, momentum = start(), torch.zeros(80, 64)
    for gradient in given:
        momentum = 0.8 * momentum + gradient
        weight = weight - RATE * DECAY * weight - RATE * momentum
    return weight


def adafactor(given: Sequence[Tensor]) -> Tensor:
    """Algorithm 4 of Shazeer and Stern (2018) with a given rate: factored squares, update clipped at a norm of 1."""
    weight, rows, columns = start(), torch.zeros(80), torch.zeros(64)
    for step, gradient in enumerate(given, 1):
        kept, square = 1 - step**-0.8, gradient**2 + 1e-30
        rows, columns = kept * rows + (1 - kept) * square.mean(1), kept * columns + (1 - kept) * square.mean(0)
        update = gradient / torch.outer(rows / rows.mean(), columns).sqrt()
        update = update / max(1.0, update.square().mean().sqrt().item())
        weight = weight - RATE * DECAY * weight - RATE * update
    return weight


@pytest.mark.parametrize("reference", [adamw, lion, sgd, adafactor])
def test_updates_are_those_of_the_paper(reference: Callable[[Sequence[Tensor]], Tensor]) -> None:
    found = updated(reference.__name__, gradients())
    torch.testing.assert_close(found, reference(gradients()), rtol=0, atol=FLOAT32)
    assert (found - start()).abs().max() > RATE / 2


@pytest.mark.parametrize(("kind", "reference"), [("adamw_8bit", adamw), ("lion_8bit", lion)])
def test_eight_bit_states_go_nearly_the_same_way(kind: str, reference: Callable[[Sequence[Tensor]], Tensor]) -> None:
    expected, found = reference(gradients()), updated(kind, gradients())
    gone = (expected - start()).norm()
    assert 0 < (found - expected).norm() < EIGHT_BITS * gone


@pytest.mark.parametrize("kind", EVERYWHERE)
@pytest.mark.parametrize("shape", [(80, 64), (6, 8), (7,)], ids=str)
def test_a_state_goes_through_a_file_bit_for_bit(kind: str, shape: tuple[int, ...]) -> None:
    given = gradients(shape)
    assert torch.equal(updated(kind, given, stop_after=3), updated(kind, given))


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_matrices_are_decayed_and_vectors_are_not(kind: str) -> None:
    matrix, vector = nn.Parameter(torch.ones(4, 4)), nn.Parameter(torch.ones(4))
    optimizer = optimizer_for([matrix, vector], replace(PLAN, type=kind), rate=RATE)
    matrix.grad, vector.grad = torch.zeros(4, 4), torch.zeros(4)
    optimizer.step()
    torch.testing.assert_close(matrix.detach(), torch.full((4, 4), 1 - RATE * DECAY))
    assert torch.equal(vector.detach(), torch.ones(4))


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_the_rate_is_set_anew_for_every_update(kind: str) -> None:
    weight = nn.Parameter(torch.ones(4, 4))
    optimizer = optimizer_for([weight], replace(PLAN, type=kind), rate=RATE)
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    weight.grad = torch.ones(4, 4)
    optimizer.step()
    assert torch.equal(weight.detach(), torch.ones(4, 4))


def test_every_optimizer_of_the_language_is_there() -> None:
    from typing import get_args, get_type_hints

    from lfine.schemas.task import Optimizer

    assert set(get_args(get_type_hints(Optimizer)["type"])) == set(MAKERS)


@pytest.mark.parametrize("kind", sorted(CUDA_ONLY_OPTIMIZERS))
def test_paged_optimizers_are_built_as_such(kind: str) -> None:
    """Their states can only be made on a GPU; what they are is known without one."""
    weights = [nn.Parameter(torch.zeros(80, 64)), nn.Parameter(torch.zeros(80))]
    optimizer = cast("Any", optimizer_for(weights, replace(PLAN, type=kind), rate=RATE))
    assert optimizer.is_paged
    assert optimizer.args.optim_bits == (8 if kind.endswith("8bit") else 32)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [DECAY, 0.0]
    assert (optimizer.param_groups[0]["betas"], optimizer.param_groups[0]["eps"]) == ((0.9, 0.99), 1e-8)


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_what_comes_from_bitsandbytes_asks_for_its_library(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(optimizers, "require_bitsandbytes", lambda device, by: asked.append((device, by)))
    made = optimizer_for([nn.Parameter(torch.zeros(80, 64))], replace(PLAN, type=kind), rate=RATE)
    from_there = any(base.__module__.startswith("bitsandbytes") for base in type(made).__mro__)
    assert asked == ([("cpu", f"the optimizer {kind}")] if from_there else [])
