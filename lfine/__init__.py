"""lfine: declarative fine-tuning of language models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfine._version import __version__

if TYPE_CHECKING:
    from lfine.predicting import predict

__all__ = ["__version__", "predict"]

_API = {"predict": "lfine.predicting"}
"""Function → the module that is imported when it is first asked for: `import lfine` itself is free."""


def __getattr__(name: str) -> Any:
    if name not in _API:
        raise AttributeError(f"module 'lfine' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_API[name]), name)
