"""Import of an optional library: check, explain, then import.

    load("pyarrow.parquet", reader="parquet files")   # the module, or LF401 with `pip install 'lfine[data]'`

*Not here:* libraries of training (lfine.finetune.models).
"""

from __future__ import annotations

import importlib
from typing import Any

from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem


def load(module: str, *, reader: str) -> Any:
    """Return an imported module of the `data` extra; raises MachineError LF401 where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise MachineError(
            Problem("LF401", f"{reader} need the library {library}: {error}", "pip install 'lfine[data]'")
        ) from error
