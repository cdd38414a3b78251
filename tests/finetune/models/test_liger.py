"""What Liger is asked for: this model, its norms, rotary embedding and gate, never its losses."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lfine.finetune.models.liger import use_liger
from lfine.finetune.models.loading import load_base
from lfine.schemas.errors import MachineError


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A library with the one function that is called, of liger-kernel 0.8.5's name and parameters."""
    calls: list[dict[str, Any]] = []

    def apply(model: Any, **what: Any) -> None:
        calls.append({"model": model, **what})

    library, transformers = ModuleType("liger_kernel"), ModuleType("liger_kernel.transformers")
    transformers.__dict__["_apply_liger_kernel_to_instance"] = apply
    monkeypatch.setitem(sys.modules, "liger_kernel", library)
    monkeypatch.setitem(sys.modules, "liger_kernel.transformers", transformers)
    return calls


@pytest.mark.parametrize(("activation", "gate"), [("silu", True), ("swish", True), ("gelu", False)])
def test_layers_yes_losses_no(
    activation: str, gate: bool, tiny_model_folder: Path, asked: list[dict[str, Any]]
) -> None:
    model = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    model.config.hidden_act = activation
    use_liger(model)
    (call,) = asked
    assert call.pop("model") is model
    assert call == {
        "rope": True,
        "rms_norm": True,
        "swiglu": gate,
        "cross_entropy": False,
        "fused_linear_cross_entropy": False,
    }


def test_a_library_that_cannot_be_loaded_is_an_error_with_a_way_out(
    tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "liger_kernel.transformers", None)
    model = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    with pytest.raises(MachineError) as caught:
        use_liger(model)
    (problem,) = caught.value.problems
    assert problem.code == "LF401"
    assert "pip uninstall liger-kernel" in problem.cure
