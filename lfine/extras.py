"""Libraries of an extra that a command needs: checked first, named with the pip command when absent.

    require_training()      # MachineError LF401: … pip install 'lfine[train]'

*Not here:* importing them.
"""

from __future__ import annotations

import importlib.util

from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

TRAINING = ("torch", "transformers", "peft", "safetensors", "tokenizers")
COMPILING = ("tokenizers", "pyarrow")
ENDPOINT = ("httpx2",)
FIGURES = ("matplotlib",)


def require_training() -> None:
    """Raise MachineError LF401 unless training and local generation can run."""
    _require(TRAINING, "training and local generation need", "train")


def require_compiling() -> None:
    """Raise MachineError LF401 unless prompts can be tokenized."""
    _require(COMPILING, "counting tokens needs", "train")


def require_endpoint() -> None:
    """Raise MachineError LF401 unless remote models can be asked."""
    _require(ENDPOINT, "asking a remote model needs", "endpoint")


def require_figures() -> None:
    """Raise MachineError LF401 unless figures can be written as files."""
    _require(FIGURES, "figures as files need", "report")


def require_tokenizer() -> None:
    """Raise MachineError LF401 unless a base model's own chat template and tokens can be read."""
    _require(("tokenizers",), "a text with the chat template of the base model needs", "train")


def _require(names: tuple[str, ...], what: str, extra: str) -> None:
    absent = [name for name in names if importlib.util.find_spec(name) is None]
    if absent:
        message = f"{what} {', '.join(absent)}, which this installation lacks"
        raise MachineError(Problem("LF401", message, f"pip install 'lfine[{extra}]'"))
