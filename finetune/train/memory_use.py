"""The memory that training takes at this moment, cheap enough to be read after every update.

    memory_in_use("cpu") -> 1_310_720_000        # resident set of this process
    memory_in_use("cuda") -> 21_474_836_480      # the most that torch has held on the GPU so far

*Not here:* the estimate before a run (lfine.finetune.compile.memory).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch

STATM = Path("/proc/self/statm")
"""Linux: sizes of this process in pages, the second one is the resident set."""


def memory_in_use(device: str, statm: Path = STATM) -> int:
    """Return bytes; 0 where the system does not tell."""
    if device == "cuda":
        return torch.cuda.max_memory_reserved()
    if device == "mps":
        return torch.mps.driver_allocated_memory()
    try:
        return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return _peak()


def _peak() -> int:
    """Return the largest resident set so far, for systems without /proc."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
