"""A tiny model with room for long prompts, and no variable of the person who runs the tests.

    roomy_model / "config.json"      one layer, 16 wide, 16,384 positions

*Not here:* the tiny model of all other tests (tests/conftest.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.task_configs.golden_prompts import save_roomy_model


@pytest.fixture(scope="session")
def roomy_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_roomy_model(tmp_path_factory.mktemp("models") / "roomy")


@pytest.fixture(autouse=True)
def _clean_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LFINE_RUNS", "LFINE_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LFINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
