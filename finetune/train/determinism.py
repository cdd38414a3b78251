"""Operations whose result differs from run to run, refused for a while.

    with deterministic(wanted=plan.machine.deterministic):
        …

On CUDA the workspace of cuBLAS must be fixed as well, before the first product: CUBLAS_WORKSPACE_CONFIG. On a processor
the number of threads decides in which order a sum is taken, so it belongs to a run that is to be repeated bit for bit.

*Not here:* seeds (lfine.finetune.train.loop).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem

WORKSPACE, FIXED = "CUBLAS_WORKSPACE_CONFIG", ":4096:8"


@contextmanager
def deterministic(*, wanted: bool) -> Iterator[None]:
    """Refuse operations without a deterministic form (RunError LF509); afterwards everything is as before."""
    if not wanted:
        yield
        return
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    workspace = os.environ.get(WORKSPACE)
    os.environ[WORKSPACE] = workspace or FIXED
    torch.use_deterministic_algorithms(mode=True, warn_only=False)
    try:
        yield
    except RuntimeError as error:
        if "does not have a deterministic implementation" not in str(error):
            raise
        message = f"trainer.deterministic is true, and an operation has no such form: {str(error).splitlines()[0]}"
        raise RunError(Problem("LF509", message, "write `deterministic: false`, or train on another device")) from error
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        if workspace is None:
            del os.environ[WORKSPACE]


def computing_threads() -> int:
    """Return how many processor threads one operation is divided among (OMP_NUM_THREADS, else the cores)."""
    return torch.get_num_threads()
