"""What weights in shares are refused for, and that whole ones pass untouched; shares in test_several_processes.py."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.models.loading import load_base
from lfine.finetune.train import sharding
from lfine.finetune.train.processes import Processes
from lfine.finetune.train.sharding import (
    clip_gradients,
    layers_of,
    like,
    require_shareable,
    shard,
    whole,
    whole_weights,
)
from lfine.schemas.errors import UsageError

SHARED = Processes(0, 2, sharded=True)


def test_quantized_weights_on_a_gpu_are_not_shared_out(plan: TrainingPlan) -> None:
    nf4 = QuantizationPlan(4, "nf4", double_quant=True, compute_dtype="bfloat16")
    quantized = replace(plan, model=replace(plan.model, quantization=nf4))
    on_gpu = replace(quantized, machine=replace(plan.machine, device="cuda"))
    require_shareable(quantized, SHARED)
    require_shareable(on_gpu, Processes(0, 2))
    with pytest.raises(UsageError, match="quantized on the GPU"):
        require_shareable(on_gpu, SHARED)


def test_optimizers_that_need_whole_weights_are_refused_with_shares_of_them(plan: TrainingPlan) -> None:
    eight_bits = replace(plan, optimizer=replace(plan.optimizer, type="adamw_8bit"))
    require_shareable(eight_bits, SHARED)  # an adapter is whole in every process
    require_shareable(replace(plan, adapter=None), SHARED)
    with pytest.raises(UsageError, match="adamw_8bit needs whole weights"):
        require_shareable(replace(eight_bits, adapter=None), SHARED)


def test_the_layers_of_a_model(tiny_model_folder: Path, tiny_neox_folder: Path) -> None:
    for folder in (tiny_model_folder, tiny_neox_folder):
        model = load_base(folder, dtype="float32", device="cpu", quantization=None)
        found = layers_of(model)
        assert len(found) == model.config.num_hidden_layers
        assert found[0] is not found[1]
        before = [id(weight) for weight in model.parameters()]
        shard(model, Processes(), "cpu", adapted=True)
        assert [id(weight) for weight in model.parameters()] == before
        assert whole_weights(model) is None


def test_a_model_without_known_layers_is_refused(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    monkeypatch.setattr(model, "_no_split_modules", None)
    monkeypatch.setattr(sharding, "init_device_mesh", lambda *_: None)
    with pytest.raises(UsageError, match="which layers of a llama model"):
        shard(model, SHARED, "cpu", adapted=True)


def test_whole_tensors_stay_as_they_are() -> None:
    value = torch.arange(6.0)
    assert whole(value) is value
    assert like(torch.zeros(6), value) is value


@pytest.mark.parametrize("most", [0.5, 100.0, math.inf])
def test_whole_gradients_are_clipped_as_torch_does(most: float) -> None:
    gradient = torch.tensor([3.0, 4.0])
    one, other = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    one.grad, other.grad = gradient.clone(), gradient.clone()
    norm = clip_gradients([one], most, Processes())
    assert norm == nn.utils.clip_grad_norm_([other], most).item() == 5.0
    assert torch.equal(one.grad, other.grad)
