"""The targets by name, found by looking into this folder: a new one is one file.

    names() == ("axolotl", "llamafactory", "ludwig", "native", "trl")

*Not here:* the targets.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lfine.finetune.targets.written import Source, Written

PLUMBING = frozenset({"registry", "written", "lacking", "hf_trainer"})
"""Modules of this folder that are no targets."""


def names() -> tuple[str, ...]:
    """Return the names of all targets."""
    found = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])}
    return tuple(sorted(found - PLUMBING))


def find(name: str) -> Callable[[Source], Written]:
    """Return the function that writes a target; ValueError for one that there is not."""
    if name not in names():
        raise ValueError(f"there is no target {name!r}")
    write: Callable[[Source], Written] = importlib.import_module(f"lfine.finetune.targets.{name}").write
    return write
