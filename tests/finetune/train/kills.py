"""What `kill -9` would leave, at every moment of a run that touches the disk, without killing anything.

    moments = Moments(tmp_path / "run", tmp_path / "moments", monkeypatch)
    run(plan, rows, tmp_path / "run", base)
    moments.folders()          # 000-fsync, 001-rename, …: copies of the run folder as it was just before each of CALLS

A killed process leaves its files as they are: what it had written, and nothing that it would have done next. Copies
that hold the same as the one before are left out.

*Not here:* going on from them (test_killed.py); real kills of real processes (benchmarks/soak.py).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.lfine.projects import files_of

CALLS: tuple[tuple[Any, str], ...] = (
    (os, "fsync"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "write_text"),
    (shutil, "rmtree"),
    (torch, "save"),
)


class Moments:
    """Copies `folder` into `into` before each of these calls."""

    def __init__(self, folder: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._into = folder, into
        self._last: dict[str, bytes] = {}
        self._taking = False
        for where, name in CALLS:
            monkeypatch.setattr(where, name, self._before(getattr(where, name), name))

    def folders(self) -> list[Path]:
        """In the order of time."""
        return sorted(self._into.iterdir())

    def _before(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            self._copy(name)
            return call(*arguments, **named)

        return watched

    def _copy(self, name: str) -> None:
        if self._taking or not self._folder.is_dir():
            return
        self._taking = True
        try:
            now = files_of(self._folder)
            if now != self._last:
                number = len(list(self._into.iterdir())) if self._into.is_dir() else 0
                shutil.copytree(self._folder, self._into / f"{number:03d}-{name}")
                self._last = now
        finally:
            self._taking = False
