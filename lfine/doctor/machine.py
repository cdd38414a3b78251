"""The machine that lfine runs on: processor, cores, memory, GPUs, and whether torch was built for them.

    machine_findings()[0]
      →  Finding("machine", "processor", "ok", "Intel Xeon", "Intel Xeon (avx512_bf16, amx_bf16): fast bfloat16")

*Not here:* what a plan makes of it (lfine.finetune.compile.machine and passes).
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from lfine.doctor.findings import Finding, Mark, gigabytes
from lfine.finetune.compile.machine import (
    AMPERE,
    BF16_FLAGS,
    CPUINFO,
    CudaDevice,
    cuda_devices,
    processor_flags,
    system_memory,
    this_machine,
)

TOLD = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_int8", "amx_bf16", "avx_vnni")
"""Features of a processor that decide how fast it multiplies matrices."""
MEMINFO = Path("/proc/meminfo")
QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""What a container may use of the processor: microseconds in each period, or `max`."""
LITTLE_MEMORY = 4e9
"""Bytes with which the smallest base models just train."""
CUDA_BUILD = "pip install the CUDA build of torch, as PyTorch's installation page describes"


def machine_findings() -> list[Finding]:
    """Return processor, cores, memory, and each GPU or that there is none."""
    return [processor(), cores(), memory(), *gpus(list(cuda_devices()))]


def processor(cpuinfo: Path = CPUINFO) -> Finding:
    """Return the processor's name and its features for matrices."""
    flags = processor_flags(cpuinfo)
    name = _model_name(cpuinfo) or platform.processor() or platform.machine()
    told = ", ".join(flag for flag in TOLD if flag in flags)
    fast = sorted(BF16_FLAGS & flags)
    speed = "multiplies bfloat16 in hardware" if fast else "no fast bfloat16: it computes in float32"
    said = f"{name} ({told}); {speed}" if told else f"{name}; {speed}"
    return Finding("machine", "processor", "ok" if fast else "note", name, said)


def _model_name(cpuinfo: Path) -> str:
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, flags=re.MULTILINE)
    return found[1].strip() if found else ""


def cores(quota: Path = QUOTA) -> Finding:
    """Return the cores that this process may use."""
    there = os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else there
    usable = min(allowed, _quota(quota) or allowed)
    return Finding("machine", "cores", "ok", usable, f"{usable}" if usable == there else f"{usable} of {there}")


def _quota(path: Path) -> int | None:
    """Return a container's share of the processor in whole cores, at least one; None without a limit."""
    try:
        share, period = path.read_text(encoding="ascii").split()
        return max(1, int(share) // int(period))
    except (OSError, ValueError):
        return None


def memory(meminfo: Path = MEMINFO) -> Finding:
    """Return what this process may use, the limit of a container said where there is one, and what is free."""
    whole, usable, free = system_memory(()), system_memory(), _available(meminfo)
    if not usable:
        return Finding("machine", "memory", "note", None, "this system does not tell")
    limit = f" (a container's limit; the machine has {gigabytes(whole)})" if usable < whole else ""
    now = f", {gigabytes(min(free, usable))} of it free now" if free else ""
    mark: Mark = "ok" if usable >= LITTLE_MEMORY else "note"
    return Finding("machine", "memory", mark, usable, f"{gigabytes(usable)}{limit}{now}")


def _available(meminfo: Path) -> int:
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(encoding="ascii"), flags=re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return 0
    return 1024 * int(found[1]) if found else 0


def gpus(devices: Sequence[CudaDevice]) -> list[Finding]:
    """Return each NVIDIA GPU and whether torch can use it; Apple's, or that there is none."""
    if not devices:
        name = this_machine().accelerator
        said = "none that is usable here: training runs on the processor" if name is None else name
        return [Finding("machine", "GPU", "note" if name is None else "ok", name, said)]
    return [*(gpu(number, each) for number, each in enumerate(devices)), *torch_for_cuda(torch_cuda())]


def gpu(number: int, device: CudaDevice) -> Finding:
    """Return what one NVIDIA GPU has."""
    major, minor = device.capability
    bf16 = "" if major >= AMPERE else "; no bfloat16: it computes in float32, write trainer.dtype: float16 to try that"
    said = f"{device.name}, {gigabytes(device.memory)}, compute capability {major}.{minor}{bf16}"
    return Finding("machine", f"GPU {number}", "ok" if major >= AMPERE else "note", device.name, said)


def torch_for_cuda(cuda: str | None) -> list[Finding]:
    """Return whether the installed torch can use an NVIDIA GPU; `cuda` as torch_cuda returns it."""
    if cuda is None:
        return []  # without torch the extra train is missing, which is said there
    if cuda == "":
        said = "torch is built for processors only, so the GPU is not used"
        return [Finding("machine", "torch for CUDA", "missing", None, said, CUDA_BUILD)]
    return [Finding("machine", "torch for CUDA", "ok", cuda, f"built for CUDA {cuda}")]


def torch_cuda() -> str | None:
    """Return the CUDA version that torch was built for, empty for none, None without torch; torch is not imported."""
    try:
        path = Path(str(distribution("torch").locate_file("torch/version.py")))
        text = path.read_text(encoding="utf-8")
    except (PackageNotFoundError, OSError):
        return None
    found = re.search(r"^cuda\b[^=\n]*=\s*['\"]([\d.]+)['\"]", text, flags=re.MULTILINE)
    return found[1] if found else ""
