"""Refusing operations without a deterministic form, for a while only."""

from __future__ import annotations

import os

import pytest
import torch

from lfine.finetune.train.determinism import FIXED, WORKSPACE, deterministic
from lfine.schemas.errors import RunError


def state() -> tuple[bool, bool, str | None]:
    enabled = torch.are_deterministic_algorithms_enabled()
    return enabled, torch.is_deterministic_algorithms_warn_only_enabled(), os.environ.get(WORKSPACE)


def test_wanted_inside_and_undone_afterwards() -> None:
    before = state()
    with deterministic(wanted=True):
        assert state() == (True, False, before[2] or FIXED)
    assert state() == before


def test_undone_after_an_error_and_one_s_own_setting_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKSPACE, ":16:8")
    before = state()
    with pytest.raises(KeyError) as caught, deterministic(wanted=True):
        raise KeyError(state())
    assert caught.value.args == ((True, False, ":16:8"),)
    assert state() == before


def test_not_wanted_changes_nothing() -> None:
    before = state()
    with deterministic(wanted=False):
        assert state() == before


def test_such_an_operation_is_named() -> None:
    message = "cumsum_cuda_kernel does not have a deterministic implementation, but you set …\nmore"
    with pytest.raises(RunError, match="cumsum_cuda_kernel") as caught, deterministic(wanted=True):
        raise RuntimeError(message)
    assert caught.value.problems[0].code == "LF509"
    with pytest.raises(RuntimeError, match="another"), deterministic(wanted=True):
        raise RuntimeError("another")
