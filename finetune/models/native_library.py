"""Whether bitsandbytes found a library of its own for this machine's GPU, asked before anything is quantized.

    require_bitsandbytes("cuda", "quantization")     # MachineError LF401: bitsandbytes has no library for CUDA 12.9: …

bitsandbytes imports well without one, and fails in the middle of loading with a page of advice.

*Not here:* its layers (loading.py), its optimizers (lfine.finetune.train.optimizers).
"""

from __future__ import annotations

import torch

from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem


def require_bitsandbytes(device: str, wanted_by: str) -> None:
    """Raise MachineError LF401 where bitsandbytes cannot be loaded, or on CUDA has loaded no CUDA library."""
    try:
        from bitsandbytes.cextension import lib
    except (ImportError, OSError) as error:
        raise MachineError(absent(wanted_by, str(error))) from error
    if device == "cuda" and not lib.compiled_with_cuda:
        raise MachineError(absent(wanted_by, getattr(lib, "error_msg", "it loaded the processor's")))


def absent(wanted_by: str, reason: str) -> Problem:
    first = (reason.strip().splitlines() or ["no reason given"])[0]
    version = f"CUDA {torch.version.cuda}" if torch.version.cuda else "this torch, which has no CUDA"
    message = f"{wanted_by} needs bitsandbytes, which has no library for {version}: {first}"
    cure = (
        "pip install -U bitsandbytes; `python -m bitsandbytes` says what it looks for, and BNB_CUDA_VERSION=126 makes "
    )
    return Problem("LF401", message, cure + "it take the library of CUDA 12.6; or do without")
