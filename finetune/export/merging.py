"""A model with its adapter becomes plain weights: merged in float32 layer by layer, then rounded once.

    merged = merge(load_adapter(load_base(…), run / "adapter"), torch.bfloat16, computing=torch.bfloat16)
    merged.weights["model.layers.0.self_attn.q_proj.weight"]     # (out, in) bfloat16, on the CPU
    merged.tied                                                  # the output head is still the embedding

The weights that the adapter is added to are those that the model holds: of a quantized model what its few bits stand
for, which is what the adapter was trained beside. The model stays as it was. A model without an adapter gives its own
weights.

*Not here:* writing them (model_folder.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from peft.tuners.lora.layer import Embedding
from peft.utils.integrations import dequantize_module_weight
from peft.utils.other import ModulesToSaveWrapper
from torch import Tensor, nn
from transformers import PreTrainedModel

from lfine.finetune.models.first_values import ADAPTER
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem


@dataclass(frozen=True)
class Merged:
    weights: dict[str, Tensor]
    """Under the names of the plain model; on the CPU."""
    rounded: frozenset[str]
    """Names of the weights that lost digits, in `dtype` or when they are computed with."""
    tied: bool
    """The output head is the embedding. An adapter that trains one of the two takes them apart."""


@torch.no_grad()
def merge(model: nn.Module, dtype: torch.dtype, *, computing: torch.dtype) -> Merged:
    """Return the plain weights in `dtype`; RunError LF540 for a weight that `dtype` cannot hold.

    `computing` is the data type in which they will be multiplied: what it cannot hold is rounded as well.
    """
    plain = model.get_base_model() if isinstance(model, PeftModel) else model
    weights: dict[str, Tensor] = {}
    first_name: dict[int, str] = {}
    rounded = set()
    for name, tensor in plain_tensors(plain, ""):
        # A weight that stands in two places is one tensor afterwards too. (What was merged just now is new each time.)
        known = first_name.setdefault(id(tensor), name) if isinstance(tensor, nn.Parameter) else name
        weights[name] = as_dtype(name, tensor, dtype) if known == name else weights[known]
        if tensor.is_floating_point() and not torch.equal(weights[name].to(computing).to(tensor), tensor):
            rounded.add(name)
    return Merged(weights, frozenset(rounded), tied=still_tied(plain, weights))


def plain_tensors(module: nn.Module, prefix: str) -> Iterator[tuple[str, Tensor]]:
    """Yield every weight and buffer that a checkpoint holds, by its name in the plain model, adapters merged."""
    if isinstance(module, ModulesToSaveWrapper):
        yield from plain_tensors(module.modules_to_save[ADAPTER], prefix)
        return
    if isinstance(module, LoraLayer):
        inner = module.get_base_layer()
        yield f"{prefix}weight", merged_weight(module)
    else:
        inner = module
        for name, child in module.named_children():
            yield from plain_tensors(child, f"{prefix}{name}.")
    for name, tensor in own_tensors(inner):
        if not (isinstance(module, LoraLayer) and name == "weight"):
            yield f"{prefix}{name}", tensor


def own_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield a module's own parameters, dequantized where they are stored in few bits, and its saved buffers."""
    for name, parameter in module.named_parameters(recurse=False):
        yield name, parameter if parameter.is_floating_point() else dequantize_module_weight(module)
    for name, buffer in module.named_buffers(recurse=False):
        if name not in module._non_persistent_buffers_set:
            yield name, buffer


def merged_weight(layer: LoraLayer) -> Tensor:
    """Return W + s B A in float32, with DoRA m (W + s B A) / |W + s B A| (Liu et al. 2024), in the shape of W."""
    inner = layer.get_base_layer()
    stored = inner.weight if inner.weight.is_floating_point() else dequantize_module_weight(inner)
    merged: Tensor = stored.float() + layer.get_delta_weight(ADAPTER).float()
    if ADAPTER in layer.lora_magnitude_vector:
        of_inputs = 0 if isinstance(layer, Embedding) or getattr(layer, "fan_in_fan_out", False) else 1
        lengths = torch.linalg.vector_norm(merged, dim=of_inputs, keepdim=True)
        merged *= layer.lora_magnitude_vector[ADAPTER].weight.float().reshape(lengths.shape) / lengths
    return merged


def as_dtype(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Return a tensor on the CPU, rounded to `dtype` where it holds fractions."""
    if not tensor.is_floating_point():
        return tensor.detach().cpu()
    found = tensor.detach().to(dtype).cpu()
    if not bool(torch.isfinite(found).all()):
        largest = float(tensor.abs().max())
        message = f"{name} has a weight of {largest:.3g}, and {str(dtype).removeprefix('torch.')} cannot hold it"
        raise RunError(Problem("LF540", message, "lfine export --dtype bfloat16, which holds every float32"))
    return found


def still_tied(plain: nn.Module, weights: dict[str, Tensor]) -> bool:
    """Say whether embedding and output head are one weight in the configuration and still the same numbers."""
    if not isinstance(plain, PreTrainedModel) or not plain.config.get_text_config().tie_word_embeddings:
        return False
    names = {module: name for name, module in plain.named_modules()}
    inner, head = (names.get(each) for each in (plain.get_input_embeddings(), plain.get_output_embeddings()))
    pair = [weights.get(f"{name}.weight") for name in (inner, head)]
    return pair[0] is None or pair[1] is None or pair[0] is pair[1] or torch.equal(pair[0], pair[1])
