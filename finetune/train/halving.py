"""An update that finds too little memory is computed again with half as many examples at once.

    engine, loss = within_memory(update_gradient, engine, batch=batch, step=3, tell=journal.less_memory)

The batch of the update stays as it is, so the gradient is the same sum in smaller parts. What was computed of it is
thrown away and the random state is that of the update's start: with dropout the update is that of a run that had the
smaller micro-batch from here on. The engine that comes back keeps it.

*Not here:* choosing the first size (lfine.finetune.compile.machine_passes), the log (journal.py).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lfine.finetune.compile.encoded import EncodedExample
from lfine.finetune.models.converting import first_line
from lfine.finetune.train.losses import Engine
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

Compute = Callable[[Engine, Sequence[EncodedExample], int], float]
"""Adds an update's gradient to the parameters and returns its loss."""
Tell = Callable[[int, int, int, str], None]
"""Is told updates done, the examples at once from now on, those before, and what was found."""
NO_WORKSPACE = "CUBLAS_STATUS_ALLOC_FAILED"
"""What cuBLAS says, as an ordinary RuntimeError, when its own allocation fails."""


def within_memory(
    compute: Compute, engine: Engine, *, batch: Sequence[EncodedExample], step: int, tell: Tell
) -> tuple[Engine, float]:
    """Return the loss of update `step` (0-based) and the engine to go on with; MachineError LF404 at one example."""
    random = random_states(engine.machine.device)
    while True:
        try:
            return engine, compute(engine, batch, step)
        except RuntimeError as error:  # torch.OutOfMemoryError among them
            if not out_of_memory(error) or engine.processes.sharded:  # shares are put together by all at once
                raise
            reason = first_line(error)
        # Only here, where the error's frames no longer hold the half-done update's tensors, can memory be given back.
        release(engine)
        set_random_states(random)
        before = min(engine.machine.micro_batch_size, len(batch))
        if before == 1:
            raise MachineError(too_large(engine, step, reason))
        machine = replace(engine.machine, micro_batch_size=before // 2, micro_batch_tokens=0)
        engine = replace(engine, machine=machine)
        tell(step, before // 2, before, reason)


def out_of_memory(error: RuntimeError) -> bool:
    """Tell whether an accelerator's memory ran out."""
    return isinstance(error, torch.OutOfMemoryError) or NO_WORKSPACE in str(error)


def release(engine: Engine) -> None:
    """Drop the gradients of a half-done update and give the allocator's unused blocks back."""
    engine.model.zero_grad(set_to_none=True)
    gc.collect()
    torch.cuda.empty_cache()


def random_states(device: str) -> tuple[Tensor, Tensor | None]:
    """Return the states that dropout draws from: the processor's, and the GPU's where there is one."""
    return torch.get_rng_state(), torch.cuda.get_rng_state() if device == "cuda" else None


def set_random_states(states: tuple[Tensor, Tensor | None]) -> None:
    torch.set_rng_state(states[0])
    if states[1] is not None:
        torch.cuda.set_rng_state(states[1])


def too_large(engine: Engine, step: int, reason: str) -> Problem:
    """Return the problem of an example that does not fit by itself; a cure that keeps the plan comes first."""
    message = f"the memory does not hold update {step + 1}, one example at once: {reason}"
    cure = "quantization: {bits: 4}, a smaller preprocessing.max_sequence_length or base_model, and train anew"
    if not engine.machine.gradient_checkpointing or engine.machine.checkpointed_layers is not None:
        cure = f"trainer.gradient_checkpointing: true, and go on with --resume; or {cure}"
    return Problem("LF404", message, cure, path="trainer.micro_batch_size")
