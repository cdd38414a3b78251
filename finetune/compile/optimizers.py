"""Which optimizers need what: known without loading any of them.

    optimizer_problems("paged_adamw_8bit", "cpu")  →  [LF403 trainer.optimizer.type is paged_adamw_8bit, …]

bitsandbytes 0.50 has all of its optimizers for the CPU but the paging: there it would go on without a word as if
`paged_` had not been written. So these two are refused, and the same numbers are one word away.

*Not here:* the optimizers (lfine.finetune.train.optimizers).
"""

from __future__ import annotations

from lfine.schemas.problems import Problem

CUDA_ONLY_OPTIMIZERS = {"paged_adamw": "adamw", "paged_adamw_8bit": "adamw_8bit"}
"""Optimizers whose states move between GPU and processor, and the same without the moving."""


def optimizer_problems(kind: str, device: str) -> list[Problem]:
    """Return what keeps an optimizer from working on a device (cpu, cuda, mps)."""
    if device == "cuda" or kind not in CUDA_ONLY_OPTIMIZERS:
        return []
    message = f"trainer.optimizer.type is {kind}, which moves states out of a GPU, and the device is {device}"
    cure = f"write {CUDA_ONLY_OPTIMIZERS[kind]}: the same updates, without paging"
    return [Problem("LF403", message, cure, path="trainer.optimizer.type")]
