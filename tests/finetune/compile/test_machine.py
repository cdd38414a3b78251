"""What a machine has: features from a made-up /proc/cpuinfo, memory under a container's limit, a made-up GPU."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.compile import machine as probing
from lfine.finetune.compile.machine import (
    Machine,
    machine_for,
    processor_alone,
    processor_flags,
    system_memory,
    this_machine,
)
from tests.finetune.compile.bench import CPU, GPU

CPUINFO = """\
processor\t: 0
vendor_id\t: GenuineIntel
model name\t: flags of a name: none
flags\t\t: fpu vme avx512_bf16 amx_bf16 amx_tile
bugs\t\t: spectre_v1

processor\t: 1
flags\t\t: fpu
"""


@pytest.fixture(autouse=True)
def _looked_at_afresh() -> Iterator[None]:
    this_machine.cache_clear()
    yield
    this_machine.cache_clear()


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Return a switch that gives the processor these flags, and no accelerator."""

    def use(flags: str) -> None:
        path = tmp_path / "cpuinfo"
        path.write_text(f"flags\t\t: {flags}\n", encoding="utf-8")
        monkeypatch.setattr(processor_flags, "__defaults__", (path,))
        monkeypatch.setattr(probing, "_cuda", lambda: None)
        monkeypatch.setattr(probing, "system_memory", lambda: 7)
        monkeypatch.setattr(platform, "system", lambda: "Linux")
        monkeypatch.setattr(os, "cpu_count", lambda: 6)

    return use


def test_flags_of_the_first_processor(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(CPUINFO, encoding="utf-8")
    assert processor_flags(path) == {"fpu", "vme", "avx512_bf16", "amx_bf16", "amx_tile"}


def test_no_flags_where_the_system_lists_none(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nFeatures\t: fp asimd bf16\n", encoding="utf-8")
    assert processor_flags(path) == frozenset()
    assert processor_flags(tmp_path / "absent") == frozenset()
    path.write_bytes(b"model name: \xff\xfe\nflags : \xff sse\n")
    assert "sse" in processor_flags(path)


@pytest.mark.parametrize(
    ("flags", "bf16"),
    [("fpu amx_bf16", True), ("avx512_bf16", True), ("fpu avx2 avx512f", False), ("amx_bf16_new", False)],
)
def test_a_processor_with_matrix_units_for_bfloat16(pretend: Callable[[str], None], flags: str, *, bf16: bool) -> None:
    pretend(flags)
    assert this_machine() == Machine("cpu", 6, 7, bf16=bf16, accelerator=None)


def test_the_machine_is_looked_at_once(pretend: Callable[[str], None]) -> None:
    pretend("amx_bf16")
    first = this_machine()
    pretend("none")
    assert this_machine() is first


@pytest.mark.parametrize(("chip", "device"), [("arm64", "mps"), ("x86_64", "cpu")])
def test_apple_silicon_is_an_accelerator(
    pretend: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, chip: str, device: str
) -> None:
    pretend("sse")
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: chip)
    found = this_machine()
    assert (found.device, found.accelerator) == (device, "Apple GPU" if device == "mps" else None)
    assert found.memory == 7


@pytest.mark.parametrize(("major", "bf16"), [(7, False), (8, True), (9, True)])
def test_a_cuda_device(
    pretend: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, major: int, *, bf16: bool
) -> None:
    pretend("sse")
    monkeypatch.setattr(probing, "_cuda", lambda: ("A10", 24_000_000_000, major))
    assert this_machine() == Machine("cuda", 6, 24_000_000_000, bf16=bf16, accelerator="A10")


class Driver:
    """The six functions of the CUDA driver library that are called; `devices` of compute capability 8."""

    def __init__(self, devices: int, status: int = 0) -> None:
        self.devices, self.status = devices, status

    def cuInit(self, flags: int) -> int:  # noqa: N802 -- the driver's own names
        assert flags == 0
        return self.status

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = self.devices
        return 0

    def cuDeviceGet(self, device: Any, number: int) -> int:  # noqa: N802
        device._obj.value = number + 40
        return 0

    def cuDeviceGetName(self, name: Any, size: int, device: Any) -> int:  # noqa: N802
        name.value = b"H200"[:size]
        assert device.value == 40
        return 0

    def cuDeviceTotalMem_v2(self, memory: Any, device: Any) -> int:  # noqa: N802
        memory._obj.value = 150_000_000_000 + device.value
        return 0

    def cuDeviceGetAttribute(self, value: Any, attribute: int, device: Any) -> int:  # noqa: N802
        value._obj.value = 9 if (attribute, device.value) == (75, 40) else 0
        return 0


def test_the_driver_is_asked_for_its_first_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: {"libcuda.so.1": Driver(2)}[name])
    assert this_machine() == Machine("cuda", os.cpu_count() or 1, 150_000_000_040, bf16=True, accelerator="H200")


@pytest.mark.parametrize("driver", [Driver(0), Driver(1, status=100)], ids=["no device", "no permission"])
def test_a_driver_without_a_device_is_no_accelerator(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: driver)
    assert this_machine().accelerator is None


def test_no_driver_is_no_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", absent)
    assert this_machine().accelerator is None


def test_memory_is_the_machines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    assert system_memory([tmp_path / "absent"]) == 4_096_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000000\n", 1_000_000),
        ("max\n", 4_096_000),
        ("9223372036854771712", 4_096_000),
        ("0", 4_096_000),
        ("", 4_096_000),
    ],
)
def test_a_containers_limit_counts_where_it_is_lower(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, expected: int
) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    (tmp_path / "memory.max").write_text(text, encoding="ascii")
    assert system_memory([tmp_path / "absent", tmp_path / "memory.max"]) == expected


def test_memory_that_cannot_be_asked_is_0(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown(name: str) -> int:
        raise ValueError(name)

    monkeypatch.setattr(os, "sysconf", unknown)
    assert system_memory([]) == 0
    (tmp_path / "memory.max").write_text("500", encoding="ascii")
    assert system_memory([tmp_path / "memory.max"]) == 500


def test_this_real_machine_tells_something() -> None:
    found = this_machine()
    assert found.device in ("cpu", "cuda", "mps")
    assert found.cores >= 1
    assert found.memory > 100_000_000
    assert (found.device == "cpu") == (found.accelerator is None)


def test_a_run_on_the_processor_has_the_processors_memory(pretend: Callable[[str], None]) -> None:
    pretend("sse")
    assert machine_for("cpu", GPU) == processor_alone(8) == Machine("cpu", 8, 7, bf16=False, accelerator=None)
    assert machine_for("cuda", GPU) is GPU
    assert machine_for("auto", GPU) is GPU
    assert machine_for("cpu", CPU) is CPU
