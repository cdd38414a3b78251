"""Processor, cores, memory, GPUs and torch's build, of made-up machines and of this one."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

from lfine.doctor import machine
from lfine.doctor.findings import Finding
from lfine.doctor.machine import CUDA_BUILD, cores, gpus, machine_findings, memory, processor, torch_cuda
from lfine.finetune.compile.machine import CudaDevice, cuda_devices, this_machine
from tests.finetune.compile.test_machine import Driver

A10 = CudaDevice("NVIDIA A10", 23_800_000_000, (8, 6))
T4 = CudaDevice("Tesla T4", 15_600_000_000, (7, 5))


def cpuinfo(folder: Path, flags: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\nmodel name\t: Fast One\nflags\t\t: fpu {flags}\n", encoding="utf-8")
    return path


def test_a_processor_with_fast_bfloat16(tmp_path: Path) -> None:
    found = processor(cpuinfo(tmp_path, "avx2 amx_bf16 sse amx_tile"))
    assert (found.mark, found.value) == ("ok", "Fast One")
    assert found.said == "Fast One (avx2, amx_tile, amx_bf16); multiplies bfloat16 in hardware"


def test_a_processor_without(tmp_path: Path) -> None:
    found = processor(cpuinfo(tmp_path, "sse"))
    assert (found.mark, found.said) == ("note", "Fast One; no fast bfloat16: it computes in float32")
    assert processor(tmp_path / "absent").value  # the system's own name


@pytest.mark.parametrize(
    ("text", "said"), [("200000 100000", "2 of 8"), ("max 100000", "8"), ("5000 100000", "1 of 8"), ("", "8")]
)
def test_cores_of_a_container(text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    (tmp_path / "cpu.max").write_text(text, encoding="ascii")
    assert cores(tmp_path / "cpu.max").said == said
    assert cores(tmp_path / "absent").value == 8


def test_cores_that_a_process_is_held_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert (cores(tmp_path / "absent").value, cores(tmp_path / "absent").said) == (2, "2 of 8")


def test_memory_with_and_without_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"whole": 64_000_000_000, "usable": 64_000_000_000}
    monkeypatch.setattr(
        machine, "system_memory", lambda limits=None: sizes["whole" if limits is not None else "usable"]
    )
    (tmp_path / "meminfo").write_text("MemTotal: 1 kB\nMemAvailable:   20000000 kB\n", encoding="ascii")
    found = memory(tmp_path / "meminfo")
    assert (found.mark, found.value, found.said) == ("ok", 64_000_000_000, "64.0 GB, 20.5 GB of it free now")
    sizes["usable"] = 3_000_000_000
    found = memory(tmp_path / "meminfo")
    assert (found.mark, found.value) == ("note", 3_000_000_000)
    assert found.said == "3.0 GB (a container's limit; the machine has 64.0 GB), 3.0 GB of it free now"
    assert memory(tmp_path / "absent").said == "3.0 GB (a container's limit; the machine has 64.0 GB)"
    sizes["usable"] = 0
    assert (memory(tmp_path / "absent").mark, memory(tmp_path / "absent").value) == ("note", None)


def test_gpus_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "torch_cuda", lambda: "12.8")
    first, second, torch = gpus([A10, T4])
    assert (first.name, first.mark, first.said) == ("GPU 0", "ok", "NVIDIA A10, 23.8 GB, compute capability 8.6")
    assert (second.name, second.mark) == ("GPU 1", "note")
    assert "7.5; no bfloat16" in second.said
    assert (torch.mark, torch.value) == ("ok", "12.8")


def test_a_gpu_that_torch_cannot_use_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "torch_cuda", lambda: "")
    _, torch = gpus([A10])
    assert (torch.mark, torch.cure) == ("missing", CUDA_BUILD)
    monkeypatch.setattr(machine, "torch_cuda", lambda: None)
    assert len(gpus([A10])) == 1


@pytest.mark.parametrize(("name", "mark"), [(None, "note"), ("Apple GPU", "ok")])
def test_without_an_nvidia_gpu(name: str | None, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class There:
        accelerator = name

    monkeypatch.setattr(machine, "this_machine", There)
    (found,) = gpus([])
    assert (found.mark, found.value) == (mark, name)


@pytest.mark.parametrize(
    ("text", "cuda"),
    [
        ("__version__ = '2.13.0'\ncuda: Optional[str] = '12.8'\n", "12.8"),
        ("debug = False\ncuda = '13.0'\nhip = None\n", "13.0"),
        ("cuda: Optional[str] = None\ngit_version = '12.8'\n", ""),
        ("", ""),
    ],
)
def test_what_torch_was_built_for(text: str, cuda: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "version.py").write_text(text, encoding="utf-8")

    class Installed:
        def locate_file(self, name: str) -> Path:
            assert name == "torch/version.py"
            return tmp_path / "version.py"

    monkeypatch.setattr(machine, "distribution", lambda _: Installed())
    assert torch_cuda() == cuda
    (tmp_path / "version.py").unlink()
    assert torch_cuda() is None


def test_torch_s_own_word_for_it() -> None:
    import torch

    assert torch_cuda() == (torch.version.cuda or "")


def test_each_device_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    class Two(Driver):
        def cuDeviceGetName(self, name: object, size: int, device: object) -> int:  # noqa: ARG002, N802
            name.value = b"H200"[:size]  # type: ignore[attr-defined]
            return 0

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Two(2))
    assert list(cuda_devices()) == [
        CudaDevice("H200", 150_000_000_040, (9, 0)),
        CudaDevice("H200", 150_000_000_041, (0, 0)),
    ]


def test_this_machine() -> None:
    this_machine.cache_clear()
    found = machine_findings()
    assert [each.name for each in found[:3]] == ["processor", "cores", "memory"]
    assert all(isinstance(each, Finding) and each.section == "machine" for each in found)
    assert found[3].name.startswith("GPU")
