"""A run's adapter for servers: one rank, one scale, and the base model under a name that another machine knows.

    write_adapter(run / "adapter", folder, base_name="mistralai/Mistral-7B-v0.1")

`rank_pattern` and `alpha_pattern` give layers ranks and scales of their own. vLLM and LoRAX read neither: they multiply
every layer by alpha / r. So each layer is written with the largest rank (rows and columns of zeros change nothing) and
its own scale inside B: the same model, to the last bit or two of float32.

*Not here:* what else servers do not take (serving.py).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peft.utils.other import get_pattern_key
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import pad

from lfine.finetune.models.adapters import CONFIG, WEIGHTS

FIRST, SECOND = ("lora_A", "lora_embedding_A"), ("lora_B", "lora_embedding_B")
"""Names of the halves: the first has the rank as its rows, the second as its columns."""


def write_adapter(adapter: Path, folder: Path, *, base_name: str) -> None:
    """Write adapter_config.json and adapter_model.safetensors; weights that need no change keep their bits."""
    config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
    weights = load_file(adapter / WEIGHTS)
    if config["rank_pattern"] or config["alpha_pattern"]:
        config, weights = evened(config, weights)
    config["base_model_name_or_path"] = base_name
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


def evened(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the same adapter with the largest of its ranks everywhere and the scale 1."""
    ranks = {layer: tensor.shape[0] for name, tensor in weights.items() for layer in [layer_of(name, FIRST)] if layer}
    rank = max(ranks.values())
    found = {}
    for name, tensor in weights.items():
        first, second = layer_of(name, FIRST), layer_of(name, SECOND)
        if first is not None:
            found[name] = pad(tensor, (0, 0, 0, rank - tensor.shape[0]))  # (rank, in)
        elif second is not None:
            scaled = tensor * scale(config, second, ranks[second])
            found[name] = pad(scaled, (0, rank - tensor.shape[1]))  # (out, rank)
        else:
            found[name] = tensor
    same = {"r": rank, "lora_alpha": rank, "use_rslora": False, "rank_pattern": {}, "alpha_pattern": {}}
    return {**config, **same}, found


def layer_of(name: str, halves: tuple[str, ...]) -> str | None:
    """Return the layer whose half a saved weight is: `base_model.model.(model.layers.0.…q_proj).lora_A.weight`."""
    parts = name.removeprefix("base_model.model.").split(".")
    at = next((at for at, part in enumerate(parts) if part in halves), None)
    return None if at is None else ".".join(parts[:at])


def scale(config: Mapping[str, Any], layer: str, rank: int) -> float:
    """Return what peft multiplies the layer's B A by."""
    alphas = config["alpha_pattern"]
    alpha = alphas.get(get_pattern_key(alphas.keys(), layer), config["lora_alpha"])
    return float(alpha) / (math.sqrt(rank) if config["use_rslora"] else rank)
