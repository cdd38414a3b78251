"""Layers that are computed again in the backward pass instead of being kept (Chen et al. 2016): as many as planned.

    checkpoint_layers(model, 12)      # the first 12; None: every layer

*Not here:* how many (lfine.finetune.compile.checkpointing).
"""

from __future__ import annotations

import warnings

from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer


def checkpoint_layers(model: PreTrainedModel, count: int | None) -> None:
    """Turn gradient checkpointing on for the first `count` layers.

    A family whose layers do not carry the switch (a model with code of its own) has it on as a whole: slower than
    planned, never larger. transformers also makes the embeddings' output want a gradient, which only the older,
    reentrant way of checkpointing needs: taken back, the first layer's frozen part costs no backward pass.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # its new name is not in transformers 5.0
        model.gradient_checkpointing_enable({"use_reentrant": False})
    model.disable_input_require_grads()
    if count is None:
        return
    layers = [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]
    for number, layer in enumerate(layers):
        layer.gradient_checkpointing = number < count
