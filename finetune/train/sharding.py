"""Weights in shares: each process holds a part of every decoder layer (FSDP2), put together while the layer runs.

    shard(model, processes, "cuda", adapted=True)       # an adapter stays whole in every process
    clip_gradients(parameters, 1.0, processes)
    whole(value)                                        # as one process would hold it

Embeddings, final norm and vocabulary projection stay whole everywhere: they are run apart from the layers, and are
often one and the same tensor. Files hold whole tensors, so a run goes on with another number of processes.

*Not here:* summing the gradients of what is whole (processes.py), files (checkpoints.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer
from transformers import PreTrainedModel

from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.models.first_values import INITIAL
from lfine.finetune.models.parts import parts_of
from lfine.finetune.train.processes import Processes
from lfine.schemas.errors import UsageError
from lfine.schemas.problems import Problem

OPTIMIZERS = ("adamw", "sgd")
"""Those that compute number by number, and so on shares as on the whole."""
WHOLE = "start without FSDP: torchrun, or accelerate launch --multi_gpu"


def require_shareable(plan: TrainingPlan, processes: Processes) -> None:
    """Raise UsageError LF115 where a plan cannot be trained with weights in shares."""
    if not processes.sharded:
        return
    if plan.model.quantization is not None and plan.machine.device == "cuda":
        message = "weights that are quantized on the GPU cannot be shared out among processes (FSDP)"
        raise UsageError(Problem("LF115", message, WHOLE, path="quantization"))
    if plan.adapter is None and plan.optimizer.type not in OPTIMIZERS:
        message = f"the optimizer {plan.optimizer.type} needs whole weights, and they are shared out (FSDP)"
        raise UsageError(Problem("LF115", message, f"adamw or sgd, or {WHOLE}", path="trainer.optimizer.type"))


def shard(model: PreTrainedModel, processes: Processes, device: str, *, adapted: bool) -> None:
    """Keep this process's share of the layers' weights on `device`; the others, and an adapter, stay whole there."""
    if not processes.sharded:
        return
    mesh = init_device_mesh(device, (processes.count,))
    layers = layers_of(model)
    if not layers:
        message = f"which layers of a {model.config.model_type} model can be shared out (FSDP) is not known"
        raise UsageError(Problem("LF115", message, WHOLE, path="base_model"))
    shared_out = {
        weight
        for layer in layers
        for name, weight in layer.named_parameters()
        if not (adapted and (weight.requires_grad or f".{INITIAL}." in name))
    }
    ignored = set(model.parameters()) - shared_out
    for weight in ignored:
        weight.data = weight.data.to(device)
    for layer in layers:
        _fully_shard(layer, mesh, ignored)
    _fully_shard(parts_of(model)[0], mesh, ignored)  # the root, so that one layer's weights are fetched beside the last


def layers_of(model: PreTrainedModel) -> list[nn.Module]:
    """Return the decoder layers: what transformers does not let be divided between devices."""
    names = set(model._no_split_modules or ())
    return [module for module in model.modules() if type(module).__name__ in names]


def _fully_shard(module: nn.Module, mesh: DeviceMesh, ignored: set[nn.Parameter]) -> None:
    """Gradients are summed in float32: each process's loss is divided by the whole batch's weight already."""
    fully_shard(module, mesh=mesh, ignored_params=ignored, mp_policy=MixedPrecisionPolicy(reduce_dtype=torch.float32))
    assert isinstance(module, FSDPModule)  # noqa: S101 (what the call above makes of it)
    module.set_gradient_divide_factor(1.0)
    module.set_force_sum_reduction_for_comms(enable=True)  # gloo has no division of its own


def whole(value: Tensor) -> Tensor:
    """Return a tensor as one process would hold it; every process must ask for it, and the first one gets it."""
    if not isinstance(value, DTensor):
        return value
    full: Tensor = value.full_tensor()
    return full.cpu() if value.device_mesh.get_rank() == 0 else full.new_empty(0)


def like(parameter: Tensor, value: Tensor) -> Tensor:
    """Return a whole tensor as the parameter is held: this process's share of it, where it is in shares."""
    if not isinstance(parameter, DTensor):
        return value
    there = value.to(parameter.device)
    return distribute_tensor(there, parameter.device_mesh, parameter.placements, src_data_rank=None)


def whole_states(optimizer: Optimizer) -> None:
    """Let an optimizer give and take its states whole, as they stand in a checkpoint."""

    def give(_: Optimizer, states: dict[str, Any]) -> dict[str, Any]:
        each = {
            number: {name: _whole(value) for name, value in held.items()} for number, held in states["state"].items()
        }
        return {**states, "state": each}

    def take(mine: Optimizer, states: dict[str, Any]) -> dict[str, Any]:
        pairs = zip(mine.param_groups, states["param_groups"], strict=True)
        weights = {
            number: weight
            for group, stored in pairs
            for number, weight in zip(stored["params"], group["params"], strict=True)
        }
        each = {
            number: {name: _like(weights[number], value) for name, value in held.items()}
            for number, held in states["state"].items()
        }
        return {**states, "state": each}

    optimizer.register_state_dict_post_hook(give)
    optimizer.register_load_state_dict_pre_hook(take)


def _whole(value: object) -> object:
    return whole(value) if isinstance(value, Tensor) else value


def _like(weight: Tensor, value: object) -> object:
    return like(weight, value) if isinstance(value, Tensor) and value.shape == weight.shape else value


def whole_weights(model: nn.Module) -> dict[str, Tensor] | None:
    """Return the state of a model whose weights are in shares, whole; None where they are not."""
    state: dict[str, Tensor] = model.state_dict()
    if not any(isinstance(value, DTensor) for value in state.values()):
        return None
    return {name: whole(value) for name, value in state.items()}


@torch.no_grad()
def clip_gradients(parameters: Sequence[nn.Parameter], most: float, processes: Processes) -> float:
    """Scale the gradients so that their norm, over all weights and processes, is at most `most`; return the norm."""
    if not any(isinstance(weight, DTensor) for weight in parameters):
        return float(nn.utils.clip_grad_norm_(parameters, most))
    gradients = [weight.grad for weight in parameters if weight.grad is not None]
    shares = [each.to_local() for each in gradients if isinstance(each, DTensor)]
    common = [each for each in gradients if not isinstance(each, DTensor)]
    norm = math.sqrt(processes.sum(get_total_norm(shares).item() ** 2) + get_total_norm(common).item() ** 2)
    for gradient in (*shares, *common):
        gradient.mul_(min(1.0, most / (norm + 1e-6)))  # as clip_grad_norm_ does
    return norm
