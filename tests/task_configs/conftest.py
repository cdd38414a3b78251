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
def _clean_place(clean_place: None) -> None:
    """For every test here."""
