"""The bounds are set before the first multiplication, and the user's own are left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lfine.finetune.models.kernel_caches import CACHES, bound_kernel_caches
from lfine.finetune.models.loading import load_base


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = CACHES
    monkeypatch.setenv(first, "500")
    monkeypatch.delenv(second, raising=False)
    bound_kernel_caches()
    assert os.environ[first] == "500"
    assert os.environ[second] == CACHES[second]


def test_loading_a_model_sets_them(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CACHES:
        monkeypatch.delenv(name, raising=False)
    load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    assert {name: os.environ.get(name) for name in CACHES} == CACHES
