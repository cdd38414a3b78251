"""A base model kept in memory between tasks, so that several tasks of one command load it once.

    load = KeptBase(say)
    one = load(folder, dtype="bfloat16", device="cpu", quantization=None)      # as load_base, from disk
    other = load(folder, dtype="bfloat16", device="cpu", quantization=None)    # the same weights, another model

Each call returns a model of its own: modules, hooks, configuration and buffers are copied, the weights alone are
shared. So an adapter, another attention or checkpointing never reaches the next task. Weights that a task did change
(full fine-tuning, biases) are found by a hash over their bits, and the base model is then loaded again.

*Not here:* loading (lfine.finetune.models.loading), when two tasks need the same base (their plans).
"""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
from torch import nn
from transformers import PreTrainedModel

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.models.loading import load_base

HASHED_ON = ("cpu", "cuda")
"""Devices on which torch hashes a tensor."""
Bits = tuple[int, ...]


class Loader(Protocol):
    """What loads a base model: `load_base`, or a KeptBase in its place."""

    def __call__(
        self,
        folder: Path,
        *,
        dtype: str,
        device: str,
        quantization: QuantizationPlan | None,
        trust_remote_code: bool = False,
    ) -> PreTrainedModel: ...


class KeptBase:
    """A Loader that keeps what it loaded last and gives it out again where the next call asks for the same."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` is told when a base model is used again, and when it could not be."""
        self._say = say
        self._asked: tuple[object, ...] = ()
        self._model: PreTrainedModel | None = None
        self._bits: Bits = ()

    def __call__(
        self,
        folder: Path,
        *,
        dtype: str,
        device: str,
        quantization: QuantizationPlan | None,
        trust_remote_code: bool = False,
    ) -> PreTrainedModel:
        """Return the base model, from memory where it is still there as it was loaded."""
        gc.collect()  # of the last task: adapter, optimizer and its copy of the model refer to each other
        asked = (folder.resolve(), dtype, device, quantization, trust_remote_code)
        kept = self._kept(asked)
        if kept is not None:
            return fresh(kept)
        self._model = None  # two models at once may be more than the memory holds
        model = load_base(
            folder, dtype=dtype, device=device, quantization=quantization, trust_remote_code=trust_remote_code
        )
        if not keepable(model):
            return model
        self._model, self._asked, self._bits = model, asked, bits_of(model)
        return fresh(model)

    def _kept(self, asked: tuple[object, ...]) -> PreTrainedModel | None:
        if self._model is None or asked != self._asked:
            return None
        if bits_of(self._model) != self._bits:
            self._say("the last task has changed weights of the base model itself: it is loaded again")
            return None
        self._say("the base model is still in memory: it is not loaded again")
        return self._model


def keepable(model: nn.Module) -> bool:
    """Say whether a copy can share the weights: not bitsandbytes' 8-bit ones, which their first use moves elsewhere."""
    weights = list(model.parameters())
    moved = any(type(weight).__name__ == "Int8Params" for weight in weights)
    hashed = hasattr(torch, "hash_tensor") and all(weight.device.type in HASHED_ON for weight in weights)
    return hashed and not moved


def bits_of(model: nn.Module) -> Bits:
    """Return one number for each weight, another one when its bits change; some 3 GB/s on one core."""
    hashes = torch.stack([torch.hash_tensor(weight.detach()) for weight in model.parameters()])
    return tuple(hashes.cpu().numpy().tolist())  # uint64, which int() of a tensor does not take


def fresh(model: PreTrainedModel) -> PreTrainedModel:
    """Return a model of its own with the weights of `model`: not copied, frozen, without gradient."""
    shared: dict[int, object] = {}
    for weight in model.parameters():
        weight.grad = None
        weight.requires_grad_(requires_grad=False)
        for each in (weight, getattr(weight, "quant_state", None)):  # bitsandbytes' scales belong to the weight
            if each is not None:
                shared[id(each)] = each
    return copy.deepcopy(model, shared).eval()
