"""The two parts of a causal language model: its layers, and the projection onto the vocabulary.

    layers, head = parts_of(model)
    head(layers(input_ids=ids).last_hidden_state[:, -1].contiguous())     # (B, vocabulary)
    projection_of(model)(states)                                          # the same with what a family does behind it
    projection_of(model, wide=True)(states)                               # and in float32, whatever the model's dtype

Called apart, so that the projection is computed where it is needed and nowhere else. What a few families do behind it
(a cap, a scale) leaves the order of the logits as it is, and so a greedy answer; a loss needs it.

*Not here:* loading (lfine.finetune.models.loading).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from peft import PeftModel
from torch import Tensor, nn
from transformers import PreTrainedModel


def parts_of(model: PreTrainedModel | PeftModel) -> tuple[nn.Module, nn.Module]:
    """Return the layers and the vocabulary projection of a model, with or without an adapter in it."""
    inner = model.get_base_model() if isinstance(model, PeftModel) else model
    layers: nn.Module = getattr(inner, inner.base_model_prefix)
    return layers, inner.get_output_embeddings()


def projection_of(model: PreTrainedModel | PeftModel, *, wide: bool = False) -> Callable[[Tensor], Tensor]:
    """Return what turns hidden states (N, width) into the model's own logits (N, vocabulary).

    Gemma 2 caps them by a tanh, Granite divides and Cohere multiplies them by a number of the configuration. `wide`:
    multiplied and kept in float32. A bfloat16 logit of 40 is known to 0.25 only, which is between 44 and 56 in 100 for
    the one of two labels. It takes a float32 copy of the projection's weights for as long as the function lives.
    """
    layer, config = parts_of(model)[1], model.config
    head: Callable[[Tensor], Tensor] = layer
    if wide and type(layer) is nn.Linear and layer.weight.dtype != torch.float32:
        head = _widened(layer)
    cap = getattr(config, "final_logit_softcapping", None)
    scale = getattr(config, "logit_scale", None) or 1 / (getattr(config, "logits_scaling", None) or 1)

    def logits(states: Tensor) -> Tensor:
        found: Tensor = head(states)
        if scale != 1:
            found = found * scale
        return capped(found, cap)

    return logits


def _widened(head: nn.Linear) -> Callable[[Tensor], Tensor]:
    weight, bias = head.weight.detach().float(), None if head.bias is None else head.bias.detach().float()

    def product(states: Tensor) -> Tensor:
        return nn.functional.linear(states.float(), weight, bias)

    return product


def capped(scores: Tensor, cap: float | None) -> Tensor:
    """Return scores bent to stay within -cap..cap, as Gemma 2 does with logits and attention; None: as they are."""
    return scores if cap is None else torch.tanh(scores / cap) * cap
