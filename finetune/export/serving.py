"""What vLLM and LoRAX do not take of an adapter, and the number that vLLM must be started with.

    serving_problems(run / "adapter", layers=32)  →  [LF541 … bias: vLLM refuses it, LoRAX leaves it out …]
    vllm_rank(24) == 32                            # --max-lora-rank

Read from their sources: vLLM's lora/peft_helper.py, lora/lora_model.py and config/lora.py (2026), LoRAX's
adapters/lora.py. Merged weights are an ordinary model: every server takes them.

*Not here:* ranks and scales that differ between layers, which an exported adapter no longer has (adapter_folder.py).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lfine.finetune.catalogue.weights import Tensor, read_header
from lfine.finetune.models.adapters import CONFIG, WEIGHTS, unreadable
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

VLLM_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""What --max-lora-rank can be; 16 unless given."""
LAYER = re.compile(r"\.(\d+)\.(.+)\.lora_A\.weight$")
"""Number and kind of the adapted layer in the name of a saved weight."""
MERGED = "export merged weights (without --adapter-only), which every server takes"


def serving_problems(adapter: Path, *, layers: int) -> list[Problem]:
    """Return a warning for each thing of a saved adapter that a server refuses or leaves out without a word.

    `layers` is the number of the base model's decoder layers. Raises RunError LF503 for an adapter that cannot be read.
    """
    config, tensors = read_adapter(adapter)
    found = [*of_the_configuration(config), *of_the_rank(tensors), *of_the_layers(tensors, layers)]
    return [Problem("LF541", message, cure, severity="warning") for message, cure in found]


def read_adapter(adapter: Path) -> tuple[Mapping[str, Any], Sequence[Tensor]]:
    """Return configuration and the names and shapes of the weights."""
    try:
        config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unreadable(adapter, f"{CONFIG}: {error}") from error
    try:
        return config, read_header(adapter / WEIGHTS)
    except MachineError as error:
        raise unreadable(adapter, error.problems[0].message) from error


def of_the_configuration(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (message, cure) for what is trained besides A and B."""
    whole = config.get("modules_to_save") or []
    if whole:
        message = f"the adapter holds whole layers ({', '.join(whole)}): vLLM refuses it, LoRAX serves it without them"
        yield message, f"{MERGED}; or train without adapter.modules_to_save"
    if config.get("use_dora"):
        message = "the adapter is a DoRA adapter: vLLM refuses it, and LoRAX serves it without its magnitudes"
        yield message, f"{MERGED}; or train without adapter.use_dora"
    if config.get("bias", "none") != "none":
        message = "the adapter has biases of the base model: vLLM refuses it, and LoRAX serves it without them"
        yield message, f"{MERGED}; or train with `bias: none`"


def of_the_rank(tensors: Sequence[Tensor]) -> Iterator[tuple[str, str]]:
    rank = largest_rank(tensors)
    if rank > VLLM_RANKS[-1]:
        message = f"the adapter has rank {rank}: vLLM serves at most {VLLM_RANKS[-1]}"
        yield message, f"{MERGED}; or train with a lower adapter.r"


def of_the_layers(tensors: Sequence[Tensor], layers: int) -> Iterator[tuple[str, str]]:
    """Yield (message, cure) for embeddings, and for kinds of layers that are adapted here and there."""
    if any(".lora_embedding_" in each.name for each in tensors):
        message = "the adapter adapts the embedding: vLLM takes that of some families only, and LoRAX leaves it out"
        yield message, f"{MERGED}; or leave the embedding out of adapter.target_modules"
    numbers: dict[str, set[str]] = defaultdict(set)
    for each in tensors:
        place = LAYER.search(each.name)
        if place:
            numbers[place[2]].add(place[1])
    partly = [f"{kind} in {len(found)} of {layers}" for kind, found in sorted(numbers.items()) if len(found) < layers]
    if partly:
        message = f"the adapter adapts some layers of a kind only ({'; '.join(partly)}): LoRAX leaves such kinds out"
        yield message, f"{MERGED}; vLLM takes the adapter; or adapt every layer of a kind"


def largest_rank(tensors: Sequence[Tensor]) -> int:
    """Return the largest number of rows of an A; 0 without one."""
    return max((each.shape[0] for each in tensors if re.search(r"\.lora_(embedding_)?A\b", each.name)), default=0)


def vllm_rank(rank: int) -> int | None:
    """Return the smallest --max-lora-rank that takes a rank; None beyond the largest."""
    return next((each for each in VLLM_RANKS if each >= rank), None)
