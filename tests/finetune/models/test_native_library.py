"""bitsandbytes without its CUDA library is named before anything is quantized, with what mends it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from bitsandbytes import cextension

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.models import loading
from lfine.finetune.models.loading import load_base
from lfine.finetune.models.native_library import require_bitsandbytes
from lfine.schemas.errors import MachineError

NF4 = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="bfloat16")
REASON = "No compatible CUDA binary found at /x/libbitsandbytes_cuda129.so\nand a page of advice"


def with_library(patch: pytest.MonkeyPatch, *, cuda: bool) -> None:
    patch.setattr(cextension, "lib", SimpleNamespace(compiled_with_cuda=cuda, error_msg=REASON))


def test_the_processor_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with_library(monkeypatch, cuda=False)
    require_bitsandbytes("cpu", "quantization")


def test_with_it_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with_library(monkeypatch, cuda=True)
    require_bitsandbytes("cuda", "quantization")


def test_without_it_the_reason_is_one_line_and_the_cure_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    with_library(monkeypatch, cuda=False)
    with pytest.raises(MachineError) as caught:
        require_bitsandbytes("cuda", "the optimizer paged_adamw")
    (problem,) = caught.value.problems
    assert problem.code == "LF401"
    assert problem.message.startswith("the optimizer paged_adamw needs bitsandbytes, which has no library for ")
    assert problem.message.endswith(REASON.splitlines()[0])
    assert problem.cure.startswith("pip install -U bitsandbytes; `python -m bitsandbytes`")


def test_a_library_that_cannot_be_imported_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes.cextension", None)
    with pytest.raises(MachineError) as caught:
        require_bitsandbytes("cpu", "quantization")
    assert caught.value.problems[0].code == "LF401"


def test_loading_asks_before_it_reads_weights(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> None:
        raise AssertionError("weights were read")

    monkeypatch.setattr(loading, "require_device", lambda _: None)
    monkeypatch.setattr(loading, "from_folder", read)
    with_library(monkeypatch, cuda=False)
    with pytest.raises(MachineError) as caught:
        load_base(tiny_model_folder, dtype="bfloat16", device="cuda", quantization=NF4)
    assert caught.value.problems[0].code == "LF401"
    assert "quantization needs bitsandbytes" in caught.value.problems[0].message
