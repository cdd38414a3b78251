"""The two parts of a causal language model: its layers, and the projection onto the vocabulary.

    layers, head = parts_of(model)
    head(layers(input_ids=ids).last_hidden_state[:, -1].contiguous())     # (B, vocabulary)

Called apart, so that the projection is computed where it is needed and nowhere else. What a few families do behind it
(a cap, a scale) leaves the order of the logits as it is; training such a family takes the whole model.

*Not here:* loading (lfine.finetune.models.loading).
"""

from __future__ import annotations

from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel


def parts_of(model: PreTrainedModel | PeftModel) -> tuple[nn.Module, nn.Module]:
    """Return the layers and the vocabulary projection of a model, with or without an adapter in it."""
    inner = model.get_base_model() if isinstance(model, PeftModel) else model
    layers: nn.Module = getattr(inner, inner.base_model_prefix)
    return layers, inner.get_output_embeddings()
