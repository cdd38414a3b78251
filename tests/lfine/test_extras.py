"""Which libraries are missed, and what is said."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec

import pytest

from lfine.extras import require_compiling, require_endpoint, require_tokenizer, require_training
from lfine.schemas.errors import MachineError


def without(monkeypatch: pytest.MonkeyPatch, *absent: str) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name in absent else ModuleSpec(name, None)

    monkeypatch.setattr(importlib.util, "find_spec", find)


def test_all_that_are_absent_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "torch", "peft")
    with pytest.raises(MachineError) as caught:
        require_training()
    (problem,) = caught.value.problems
    assert problem.code == "LF401"
    assert problem.message == "training and local generation need torch, peft, which this installation lacks"
    assert problem.cure == "pip install 'lfine[train]'"


def test_compiling_needs_no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "torch", "transformers", "peft", "safetensors")
    require_compiling()
    without(monkeypatch, "tokenizers")
    with pytest.raises(MachineError):
        require_compiling()


def test_a_remote_model_needs_no_more_than_its_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "torch", "transformers", "peft", "safetensors", "tokenizers", "pyarrow")
    require_endpoint()
    with pytest.raises(MachineError):
        require_tokenizer()
    without(monkeypatch, "httpx2")
    require_tokenizer()
    with pytest.raises(MachineError) as caught:
        require_endpoint()
    assert caught.value.problems[0].message == "asking a remote model needs httpx2, which this installation lacks"
    assert caught.value.problems[0].cure == "pip install 'lfine[endpoint]'"


def test_nothing_is_said_where_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    require_training()
