"""The numbers of a quantized model at the speed of an ordinary one: for CPUs, where 4-bit matmuls are slow.

    quantize_weights(model, QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="bfloat16"))

Each weight becomes dequantize(quantize(weight)) with bitsandbytes' own functions: every linear layer but the output
head, as transformers does with bitsandbytes. Memory is that of the dtype. Tests compare the weights, bit for bit, with
what bitsandbytes' own layers hold.

*Not here:* CUDA, where the weights stay quantized (lfine.finetune.models.loading).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
BLOCK = 64
"""Weights that share one scale in 4-bit schemes; bitsandbytes' and QLoRA's own."""


def quantize_weights(model: nn.Module, plan: QuantizationPlan) -> None:
    """Replace the weights of the model's linear layers by what their quantized form stands for, in place."""
    with torch.no_grad():
        for layer in linear_layers(model):
            turned = isinstance(layer, Conv1D)  # its weight is (in, out); bitsandbytes quantizes (out, in)
            weight = layer.weight.T if turned else layer.weight
            rounded = round_trip(weight, plan)
            layer.weight.copy_(rounded.T if turned else rounded)
            if plan.bits == 4:
                multiply_in(layer, DTYPES[plan.compute_dtype])


def multiply_in(layer: nn.Linear | Conv1D, dtype: torch.dtype) -> None:
    """Let a layer multiply in another dtype than the model's, as bitsandbytes' layers do; its output is the model's."""
    outside = layer.weight.dtype
    if dtype == outside:
        return
    layer.to(dtype)
    layer.register_forward_pre_hook(lambda _, inputs: (inputs[0].to(dtype), *inputs[1:]))
    layer.register_forward_hook(lambda _, __, output: output.to(outside))


def linear_layers(model: nn.Module) -> Iterator[nn.Linear | Conv1D]:
    """Yield every linear layer but the output head."""
    find = getattr(model, "get_output_embeddings", None)
    head = find() if find is not None else None
    for layer in model.modules():
        if isinstance(layer, nn.Linear | Conv1D) and layer is not head:
            yield layer


def round_trip(weight: Tensor, plan: QuantizationPlan) -> Tensor:
    """Return dequantize(quantize(weight)), of the same shape (out, in) and dtype."""
    return round_trip_4bit(weight, plan) if plan.bits == 4 else round_trip_8bit(weight)


def round_trip_4bit(weight: Tensor, plan: QuantizationPlan) -> Tensor:
    """NF4 or FP4 in blocks (QLoRA, Dettmers et al. 2023), the scales in 8 bits with `double_quant`."""
    from bitsandbytes import functional

    codes, state = functional.quantize_4bit(
        weight.contiguous(),
        blocksize=BLOCK,
        compress_statistics=plan.double_quant,
        quant_type=plan.quant_type,
    )
    found: Tensor = functional.dequantize_4bit(codes, state)
    return found.to(weight.dtype)


def round_trip_8bit(weight: Tensor) -> Tensor:
    """Int8 with one scale for each row, from fp16 as bitsandbytes' layer does (LLM.int8, Dettmers et al. 2022).

    Activations stay as they are: bitsandbytes rounds them too on CUDA, which only its kernels can do fast.
    """
    from bitsandbytes import functional

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Ii]nputs will be cast")
        codes, scales, _ = functional.int8_vectorwise_quant(weight.contiguous().to(torch.float16))
    found: Tensor = functional.int8_vectorwise_dequant(codes, scales)
    return found.to(weight.dtype)
