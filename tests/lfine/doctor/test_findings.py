"""Paths that say nothing of their owner, bytes for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.doctor.findings import gigabytes, short_path


def test_home_and_working_folder_are_shortened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "someone"))
    assert short_path(tmp_path / "someone") == "~"
    assert short_path(tmp_path / "someone" / ".cache" / "lfine") == "~/.cache/lfine"
    assert short_path(tmp_path / "runs") == "./runs"
    assert short_path(tmp_path) == "."
    assert short_path(Path("/data/models")) == "/data/models"


def test_a_home_at_the_root_shortens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/")
    assert short_path(Path("/data/models")) == "/data/models"


def test_bytes() -> None:
    assert gigabytes(12_140_000_000) == "12.1 GB"
