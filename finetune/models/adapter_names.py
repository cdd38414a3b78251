"""Names of the task's adapter that fit nothing in the base model: peft passes most of them over without a word.

    unfitting(adapted, plan.adapter)  →  [LF104 adapter.rank_pattern names 'down_proj', …]

*Not here:* putting the adapter in (lfine.finetune.models.adapters).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import peft
from peft.utils.other import ModulesToSaveWrapper

from lfine.finetune.compile.plan import AdapterPlan
from lfine.finetune.models.first_values import ADAPTER, OF_THE_WEIGHT, layers_of
from lfine.schemas.problems import Problem


def unfitting(adapted: peft.PeftModel, adapter: AdapterPlan) -> list[Problem]:
    """Return a problem for each name without a layer, for biases that are not there and ranks beyond a matrix."""
    return [
        *unused_patterns(adapted, adapter),
        *unused_modules(adapted, adapter),
        *missing_biases(adapted, adapter),
        *ranks_beyond(adapted, adapter),
    ]


def unused_patterns(adapted: peft.PeftModel, adapter: AdapterPlan) -> Iterator[Problem]:
    """Names are compared as peft does: a regular expression for the end of a layer's name."""
    names = [name for name, _ in layers_of(adapted)]
    targets = () if isinstance(adapter.target_modules, str) else adapter.target_modules
    for key, patterns in (
        ("target_modules", [re.escape(target) for target in targets]),
        ("rank_pattern", list(adapter.rank_pattern)),
        ("alpha_pattern", list(adapter.alpha_pattern)),
    ):
        for pattern in patterns:
            if not any(re.match(rf"(.*\.)?({pattern})$", name) for name in names):
                message = f"adapter.{key} names {pattern!r}, which is the end of no adapted layer's name"
                yield Problem("LF104", message, f"write it as in {names[0]!r}", path=f"adapter.{key}")


def unused_modules(adapted: peft.PeftModel, adapter: AdapterPlan) -> Iterator[Problem]:
    wrapped = [name for name, layer in adapted.named_modules() if isinstance(layer, ModulesToSaveWrapper)]
    path = "adapter.modules_to_save"
    for module in adapter.modules_to_save:
        if not any(name.endswith(module) for name in wrapped):
            message = f"{path} names {module!r}, and the base model has no such layer"
            yield Problem("LF104", message, "write for instance lm_head or embed_tokens", path=path)


def missing_biases(adapted: peft.PeftModel, adapter: AdapterPlan) -> Iterator[Problem]:
    trained = [name for name, weight in adapted.named_parameters() if weight.requires_grad]
    if adapter.bias != "none" and not any(name.endswith(".bias") for name in trained):
        message = f"adapter.bias is {adapter.bias}, and those layers of the base model have no bias"
        yield Problem("LF104", message, "write `bias: none`", path="adapter.bias")


def ranks_beyond(adapted: peft.PeftModel, adapter: AdapterPlan) -> Iterator[Problem]:
    """A weight has no more directions than its shorter side: first values made of them end there."""
    for name, layer in layers_of(adapted):
        most = min(layer.in_features, layer.out_features) if adapter.init in OF_THE_WEIGHT else layer.in_features
        if adapter.init in (*OF_THE_WEIGHT, "eva") and layer.r[ADAPTER] > most:
            message = f"adapter.init_lora_weights is {adapter.init}, the rank {layer.r[ADAPTER]}, and {name} has {most}"
            yield Problem("LF292", message, "lower the rank, or write `default`", path="adapter.init_lora_weights")
            return
