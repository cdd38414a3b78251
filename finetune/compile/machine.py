"""What this machine has, found out without torch: processor features, memory, an accelerator.

    Machine(device="cpu", cores=2, memory=25_000_000_000, bf16=True, accelerator=None)

Memory is what this process may use: a container's limit counts where it is below the machine's.

*Not here:* what follows from it for a run (lfine.finetune.compile.passes).
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lfine.finetune.catalogue.gpus import GPUS, gpu
from lfine.schemas.errors import UsageError
from lfine.schemas.problems import Problem

BF16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})
"""Features of /proc/cpuinfo with which a processor multiplies bfloat16 matrices faster than float32 ones."""
COMPUTE_CAPABILITY = (75, 76)
"""CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR of the CUDA driver interface."""
CPUINFO = Path("/proc/cpuinfo")
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says what a container may use: version 2 of control groups, version 1."""
AMPERE = 8
"""First compute capability with bfloat16 units."""


@dataclass(frozen=True)
class Machine:
    """The machine that compiles, which is the machine that trains."""

    device: str
    """cuda, mps or cpu."""
    cores: int
    memory: int
    """Bytes: of the accelerator where there is one, else what this process may use; 0 when unknown."""
    bf16: bool
    """The device multiplies bfloat16 in hardware."""
    accelerator: str | None
    """Its name, None on a processor alone."""


@dataclass(frozen=True)
class CudaDevice:
    """One NVIDIA GPU, as its driver describes it."""

    name: str
    memory: int
    """Bytes."""
    capability: tuple[int, int]
    """Compute capability, major and minor."""


@cache
def this_machine() -> Machine:
    """Return what this machine has; looked at once."""
    cores = os.cpu_count() or 1
    found = _cuda()
    if found is not None:
        name, memory, major = found
        return Machine("cuda", cores, memory, major >= AMPERE, name)
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return Machine("mps", cores, system_memory(), bf16=True, accelerator="Apple GPU")
    return processor_alone(cores)


def machine_with(name: str) -> Machine:
    """Return a machine with the GPU of that name, for a plan that is made elsewhere; UsageError LF115 where unknown."""
    card = gpu(name)
    if card is None:
        message = f"no GPU is known here by the name {name!r}"
        raise UsageError(Problem("LF115", message, f"use one of {', '.join(each.name for each in GPUS)}"))
    return Machine("cuda", os.cpu_count() or 1, card.memory, card.bf16, card.name)


def processor_alone(cores: int) -> Machine:
    """Return this machine without its accelerator: another memory, another bfloat16."""
    return Machine("cpu", cores, system_memory(), bool(BF16_FLAGS & processor_flags()), None)


def machine_for(device: str, machine: Machine) -> Machine:
    """Return the part of a machine that a run on `device` has; `auto` is all of it."""
    return machine if device in ("auto", machine.device) else processor_alone(machine.cores)


def processor_flags(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """Return the processor's feature flags; empty where the system does not list them."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return next((frozenset(line.split(":", 1)[1].split()) for line in lines if line.startswith("flags")), frozenset())


def system_memory(limits: Sequence[Path] = CGROUP_LIMITS) -> int:
    """Return the bytes that this process may use: the machine's, or a container's limit; 0 where neither is told."""
    try:
        found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (ValueError, OSError, AttributeError):
        found = []
    return min((size for size in (*found, *map(_limit, limits)) if size), default=0)


def _limit(path: Path) -> int:
    """Return a control group's limit in bytes; 0 where there is none (`max`, no such file)."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return 0
    return int(text) if text.isdecimal() else 0


def _cuda() -> tuple[str, int, int] | None:
    """Return the first CUDA device: name, bytes, major compute capability."""
    first = next(cuda_devices(), None)
    return None if first is None else (first.name, first.memory, first.capability[0])


def cuda_devices() -> Iterator[CudaDevice]:
    """Ask the CUDA driver for its devices, one by one; none without a driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return
    count, device, memory = ctypes.c_int(), ctypes.c_int(), ctypes.c_size_t()
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return
    for number in range(count.value):
        driver.cuDeviceGet(ctypes.byref(device), number)
        name = ctypes.create_string_buffer(100)
        driver.cuDeviceGetName(name, 100, device)
        driver.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
        capability = []
        for attribute in COMPUTE_CAPABILITY:
            found = ctypes.c_int()
            driver.cuDeviceGetAttribute(ctypes.byref(found), attribute, device)
            capability.append(found.value)
        yield CudaDevice(name.value.decode(errors="replace"), memory.value, (capability[0], capability[1]))
