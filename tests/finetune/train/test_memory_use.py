"""The memory of this process, as Linux tells it and where nothing is told."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import pytest
import torch

from lfine.finetune.train.memory_use import memory_in_use


def test_the_resident_set_is_the_second_number(tmp_path: Path) -> None:
    (tmp_path / "statm").write_text("900 300 100 2 0 200 0\n", encoding="ascii")
    assert memory_in_use("cpu", tmp_path / "statm") == 300 * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_grows_with_what_is_held() -> None:
    before = memory_in_use("cpu")
    held = torch.ones(50_000_000)
    assert 100_000_000 < memory_in_use("cpu") - before < 400_000_000
    assert held[0] == 1


@pytest.mark.parametrize("text", ["", "900", "900 many"])
def test_without_proc_it_is_the_peak(text: str, tmp_path: Path) -> None:
    (tmp_path / "statm").write_text(text, encoding="ascii")
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    assert memory_in_use("cpu", tmp_path / "statm") >= peak > 0
    assert memory_in_use("cpu", tmp_path / "absent") >= peak


def test_on_a_gpu_it_is_what_torch_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 7)
    assert memory_in_use("cuda") == 7
