"""Optimizers that a device cannot run are refused by name."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from lfine.finetune.compile.optimizers import CUDA_ONLY_OPTIMIZERS, optimizer_problems
from lfine.schemas.task import Optimizer

KINDS = get_args(get_type_hints(Optimizer)["type"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_gpu_runs_them_all(kind: str) -> None:
    assert optimizer_problems(kind, "cuda") == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_without_one_nothing_is_paged(kind: str, device: str) -> None:
    problems = optimizer_problems(kind, device)
    assert bool(problems) == kind.startswith("paged")
    for problem in problems:
        assert (problem.code, problem.path) == ("LF403", "trainer.optimizer.type")
        assert kind.removeprefix("paged_") in problem.cure


def test_the_way_out_is_an_optimizer_that_works() -> None:
    assert set(CUDA_ONLY_OPTIMIZERS) <= set(KINDS)
    assert all(other in KINDS and other not in CUDA_ONLY_OPTIMIZERS for other in CUDA_ONLY_OPTIMIZERS.values())
