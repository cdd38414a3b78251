"""Weights laid out beforehand as the processor's library multiplies by them, for steps of few tokens.

    with laid_out(model, tokens=32):
        …                                      # the same products, to the last bit

oneDNN lays a bfloat16 weight out anew in every call. A step of a thousand tokens earns that back; one of thirty, of
which an answer has one for each of its tokens, does not. The price is a second copy of the weights meanwhile.

*Not here:* what is multiplied (lfine.finetune.generate), kernels of training (lfine.finetune.train.kernels).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def laid_out(model: nn.Module, *, tokens: int) -> Iterator[None]:
    """Multiply by copies of the model's bfloat16 weights laid out for `tokens` rows; other weights stay as they are.

    Afterwards the model is as it was. Weights must not change meanwhile. Inside another `laid_out` of the model nothing
    is laid out again: the outer one puts back what it laid out.
    """
    linear = [each for each in model.modules() if type(each) is nn.Linear and "forward" not in vars(each)]
    found = [each for each in linear if _takes(each)]
    for module in found:
        setattr(module, "forward", _product(module, tokens))  # noqa: B010 - a method, which a type checker lets nobody replace
    try:
        yield
    finally:
        for module in found:
            del module.forward


def _takes(module: nn.Linear) -> bool:
    weight = module.weight
    known = weight.device.type == "cpu" and weight.dtype == torch.bfloat16 and torch.backends.mkldnn.is_available()
    return bool(known and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _product(module: nn.Linear, tokens: int) -> Callable[[Tensor], Tensor]:
    weight = torch.ops.mkldnn._reorder_linear_weight(module.weight.detach(), tokens)
    bias = module.bias

    def forward(states: Tensor) -> Tensor:
        made: Tensor = torch.ops.mkldnn._linear_pointwise(states, weight, bias, "none", [], "")
        return made

    return forward
