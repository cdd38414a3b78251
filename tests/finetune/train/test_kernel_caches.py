"""The bounds are set before a model is there to multiply, and the user's own are left alone."""

from __future__ import annotations

import os
from typing import Any
from unittest.mock import MagicMock

import pytest

from lfine.finetune.train.kernel_caches import CACHES, bound_kernel_caches
from lfine.finetune.train.loop import set_up


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = CACHES
    monkeypatch.setenv(first, "500")
    monkeypatch.delenv(second, raising=False)
    bound_kernel_caches()
    assert os.environ[first] == "500"
    assert os.environ[second] == CACHES[second]


def test_a_training_sets_them_before_it_loads_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CACHES:
        monkeypatch.delenv(name, raising=False)
    found: list[dict[str, str | None]] = []

    def load(*_: Any, **__: Any) -> None:
        found.append({name: os.environ.get(name) for name in CACHES})
        raise InterruptedError

    with pytest.raises(InterruptedError):
        set_up(MagicMock(), [], MagicMock(load=load))
    assert found == [CACHES]
