"""The processes that train one run together: they divide each batch, sum their gradients, and the first one writes.

    processes = Processes(rank=1, count=2)
    processes.share(batch, plan.machine)   # its micro-batches, as places in the batch
    processes.sum_gradients(parameters)    # afterwards every process has the gradient of the whole batch
    processes.any(interruption.asked)      # the same answer everywhere, so that all stop at the same update

`Processes()` is one process: all is its own, and nothing is sent. Numbers are summed in float64 and gradients in
float32, so the result differs from one process's by the order of sums alone; dropout, which draws from a stream of each
process, is the exception.

*Not here:* how they find each other (launch.py), one that fails (failing.py), weights in shares (sharding.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.distributed.distributed_c10d import Store
from torch.distributed.tensor import DTensor

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan
from lfine.finetune.train.batches import dealt, micro_batches

BUCKET = 1 << 25
"""Numbers of the gradient that are summed at once: 134 MB."""
Value = TypeVar("Value")


class ElsewhereError(Exception):
    """Another process failed, is gone or does not answer."""


@dataclass(frozen=True)
class Processes:
    rank: int = 0
    """0-based number of this one."""
    count: int = 1
    sharded: bool = False
    """Each holds a part of the base model's weights (FSDP2); then all must run the layers equally often."""
    store: Store | None = field(default=None, compare=False, repr=False)
    """Where they leave word for each other."""

    @property
    def first(self) -> bool:
        """Whether this is the one that writes files and speaks."""
        return self.rank == 0

    @property
    def alone(self) -> bool:
        return self.count == 1

    @property
    def described(self) -> str:
        """What a person is told of them, behind something else."""
        shares = " with the weights in shares (FSDP2)" if self.sharded else ""
        return "" if self.alone else f" by {self.count} processes{shares}"

    def places(self, lengths: Sequence[int]) -> list[int]:
        """Return which of several items this process takes, given their tokens."""
        return dealt(lengths, self.count)[self.rank]

    def share(
        self, batch: Sequence[EncodedExample], machine: MachinePlan, prefix: int = 0
    ) -> list[tuple[list[int], float]]:
        """Return this process's micro-batches, as places in the batch, and 1.0 with each.

        0.0 stands with one that is computed without counting: shared weights are put together by all processes at
        once, so one with fewer micro-batches keeps step with the others.
        """
        hands = dealt([row.length for row in batch], self.count)
        looked_at = hands if self.sharded else [hands[self.rank]]
        parts = [micro_batches(batch, machine, prefix, hand) for hand in looked_at]
        mine = parts[self.rank if self.sharded else 0]
        idle = max(len(each) for each in parts) - len(mine)
        return [(part, 1.0) for part in mine] + [(hands[0][-1:], 0.0)] * idle

    def seed_update(self, seed: int, step: int) -> None:
        """Give dropout a stream of this update and process, so that a resumed run needs no state of each process."""
        if not self.alone:
            key = f"{seed}:{step}:{self.rank}".encode()
            torch.manual_seed(int.from_bytes(hashlib.sha256(key).digest()[:8], "big", signed=True))

    def sum(self, number: float) -> float:
        """Return the sum of every process's number."""
        if self.alone:
            return number
        total = torch.tensor(number, dtype=torch.float64)
        with connection():
            distributed.all_reduce(total)
        return total.item()

    def any(self, flag: bool) -> bool:  # noqa: FBT001 (the one thing it takes)
        """Return whether any process says so."""
        return self.sum(float(flag)) > 0

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give every process the sum of all processes' gradients; one that none of them has stays None."""
        if self.alone:
            return
        for bucket in buckets(
            weight for weight in parameters if weight.requires_grad and not isinstance(weight, DTensor)
        ):
            device = bucket[0].device if bucket[0].is_cuda else torch.device("cpu")
            pieces = [torch.zeros_like(each) if each.grad is None else each.grad for each in bucket]
            there = torch.tensor([float(each.grad is not None) for each in bucket], device=device)
            flat = torch.cat([*(piece.flatten().to(device, torch.float32) for piece in pieces), there])
            with connection():
                distributed.all_reduce(flat)
            *summed, there = flat.split([*(each.numel() for each in bucket), len(bucket)])
            for weight, piece, anywhere in zip(bucket, summed, there.tolist(), strict=True):
                weight.grad = piece.view(weight.shape).to(weight.device, weight.dtype) if anywhere else None

    def from_first(self, make: Callable[[], Value]) -> Value:
        """Let the first process make a value and give it to all; ElsewhereError on the others when it could not."""
        if self.alone:
            return make()
        said: list[Value | None] = [None]
        made = False
        try:
            if self.first:
                said = [make()]
            made = True
        finally:  # the others wait for word, also of a failure
            whole: list[object] = [made, said]
            with connection():
                distributed.broadcast_object_list(whole, src=0, device=torch.device("cpu"))
        if not whole[0]:
            raise ElsewhereError("the first process failed")
        return whole[1][0]  # type: ignore[index,no-any-return]

    def after_first(self, make: Callable[[], Value]) -> Value:
        """Let every process make a value, the first one before the others: what it keeps on disk they find."""
        if self.alone:
            return make()
        made: list[Value] = []
        self.from_first(lambda: made.append(make()))
        return made[0] if made else make()

    def gathered(self, value: Value) -> list[Value]:
        """Return every process's value, by rank."""
        if self.alone:
            return [value]
        found: list[Value] = [value] * self.count
        with connection():
            distributed.all_gather_object(found, value)
        return found

    def take_first(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors by the first process's, in place."""
        for tensor in () if self.alone else tensors:
            there = tensor if tensor.is_cuda else tensor.cpu()
            with connection():
                distributed.broadcast(there, src=0)
            if there is not tensor:
                tensor.copy_(there)

    def wait(self) -> None:
        """Return when every process is here."""
        self.sum(0.0)


def buckets(parameters: Iterable[nn.Parameter]) -> Iterator[list[nn.Parameter]]:
    """Cut parameters into lists of about BUCKET numbers, the same in every process."""
    held: list[nn.Parameter] = []
    for weight in parameters:
        held.append(weight)
        if sum(each.numel() for each in held) >= BUCKET:
            yield held
            held = []
    if held:
        yield held


@contextmanager
def connection() -> Iterator[None]:
    """Turn what torch raises when a process is gone, or has not answered in time, into ElsewhereError."""
    try:
        yield
    except RuntimeError as error:
        raise ElsewhereError(str(error).splitlines()[0]) from error
