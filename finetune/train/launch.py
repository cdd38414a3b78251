"""Several processes of one training, started by torchrun, accelerate launch or mpirun, find each other.

    with joined() as processes:        # Processes(rank=1, count=2) where RANK=1 WORLD_SIZE=2 MASTER_ADDR=… say so
        …

Only the first one is heard: what the others print is dropped, and so is the error with which all of them end.
Started without a launcher it is one process, and nothing here does anything.

*Not here:* what they do together (processes.py), one that fails (failing.py).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
from torch import distributed
from torch.distributed.rendezvous import rendezvous

from lfine.finetune.train.failing import INTERRUPTED
from lfine.finetune.train.processes import Processes
from lfine.schemas.errors import LfineError, MachineError, RunError, UsageError
from lfine.schemas.problems import Problem

RANK = ("RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK")
COUNT = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
LOCAL = ("LOCAL_RANK", "MPI_LOCALRANKID", "OMPI_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_RANK")
"""What torchrun, and the launchers of three kinds of MPI, call them."""
TIMEOUT = timedelta(minutes=30)
"""How long a process waits for another: longer than fetching a model or answering a validation sample takes."""
UNKNOWN = {
    "ACCELERATE_USE_DEEPSPEED": "DeepSpeed",
    "ACCELERATE_USE_MEGATRON_LM": "Megatron-LM",
    "ACCELERATE_USE_PARALLELISM_CONFIG": "a parallelism config",
}
"""What accelerate launch can ask for, and lfine does not do."""

ALONE = (
    "accelerate launch was asked for several processes and started one, which trains alone; "
    "without GPUs too it starts several with --multi_gpu"
)


@dataclass(frozen=True)
class Launch:
    """What a launcher said."""

    rank: int
    count: int
    local_rank: int
    """Number on this machine: of the GPU too."""
    sharded: bool


def launched(environment: Mapping[str, str]) -> Launch | None:
    """Return what the environment says of a launcher, None for one process; UsageError LF115 where it is not enough."""
    count = _number(environment, COUNT)
    if count is None or count < 2:
        return None
    rank = _number(environment, RANK)
    if rank is None or "MASTER_ADDR" not in environment:
        absent = "RANK" if rank is None else "MASTER_ADDR"
        message = f"WORLD_SIZE says that {count} processes train together, and {absent} is not set"
        raise UsageError(Problem("LF115", message, "start them with torchrun, or unset WORLD_SIZE"))
    for name, what in UNKNOWN.items():
        if _true(environment.get(name)):
            message = f"accelerate launch asks for {what}, which lfine does not do"
            raise UsageError(Problem("LF115", message, "accelerate launch --multi_gpu, or --use_fsdp to shard weights"))
    local = _number(environment, LOCAL)
    return Launch(rank, count, rank if local is None else local, _true(environment.get("ACCELERATE_USE_FSDP")))


def accelerated_alone(environment: Mapping[str, str]) -> bool:
    """Whether accelerate launch got a number of processes and started one: it does so where there are no GPUs."""
    return "ACCELERATE_USE_CPU" in environment and "MASTER_ADDR" in environment and not set(RANK) & set(environment)


@contextmanager
def joined() -> Iterator[Processes]:
    """Yield this process's part; SystemExit with the error's exit code where another process says the error."""
    launch = launched(os.environ)
    if launch is None:
        if accelerated_alone(os.environ):
            print(ALONE, file=sys.stderr)
        yield Processes()
        return
    with heard(first=launch.rank == 0):
        processes = join(launch)
        try:
            yield processes
        finally:
            if distributed.is_initialized():  # a process that failed alone has left already
                distributed.destroy_process_group()


@contextmanager
def heard(*, first: bool) -> Iterator[None]:
    """Drop what is printed, and the error, in all but the first process."""
    if first:
        yield
        return
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            yield
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None
        except Exception as error:
            raise SystemExit(error.exit_code if isinstance(error, LfineError) else LfineError.exit_code) from error


def join(launch: Launch) -> Processes:
    """Meet the other processes; MachineError LF403 without a GPU for this one, RunError LF515 where nobody comes."""
    backend = "gloo"
    if torch.cuda.is_available():
        if launch.local_rank >= torch.cuda.device_count():
            message = f"process {launch.rank} has no GPU of its own: this machine has {torch.cuda.device_count()}"
            raise MachineError(Problem("LF403", message, "start as many processes as there are GPUs"))
        torch.cuda.set_device(launch.local_rank)
        backend = "cpu:gloo,cuda:nccl"
    try:
        store, rank, count = next(rendezvous("env://", rank=launch.rank, world_size=launch.count, timeout=TIMEOUT))
        store.set_timeout(TIMEOUT)
        distributed.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=TIMEOUT)
    except (RuntimeError, ValueError) as error:
        message = f"the {launch.count} processes did not find each other: {str(error).splitlines()[0]}"
        raise RunError(
            Problem("LF515", message, "check MASTER_ADDR and MASTER_PORT, or start with torchrun")
        ) from error
    return Processes(rank, count, launch.sharded, store)


def _number(environment: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    found = next((environment[name] for name in names if name in environment), None)
    return int(found) if found is not None and found.isdecimal() else None


def _true(text: str | None) -> bool:
    return (text or "").lower() in ("1", "true", "yes", "on")
