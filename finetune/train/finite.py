"""An update that would spoil the weights is refused before it is made: a loss or gradient that is not finite.

    require_finite(loss=0.41, norm=math.inf, step=60, batch=[…], checkpoints=folder / "checkpoints")
    LF504 the gradient of update 61 is inf (its loss is 0.41); its rows are 7, 31, 2, 15; step-000060 is still good

*Not here:* scaling gradients down (lfine.finetune.train.loop).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.train.checkpoints import WEIGHTS, latest_checkpoint
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem


def require_finite(*, loss: float, norm: float, step: int, batch: Sequence[EncodedExample], checkpoints: Path) -> None:
    """Raise RunError LF504 with the rows of the batch and the checkpoint that is still good; `step` is 0-based."""
    if math.isfinite(loss) and math.isfinite(norm):
        return
    what = "loss" if not math.isfinite(loss) else "gradient"
    found = f"{loss}" if what == "loss" else f"{norm} (its loss is {loss:.4g})"
    ids = ", ".join(str(row.row_id) for row in batch)
    raise RunError(
        Problem(
            "LF504",
            f"the {what} of update {step + 1} is {found}; its rows are {ids}; {_still_good(checkpoints)}",
            "lower trainer.learning_rate, or look at these rows with `lfine preview`",
        )
    )


def _still_good(checkpoints: Path) -> str:
    path = latest_checkpoint(checkpoints)
    if path is None:
        return "no checkpoint was written before"
    weights = load_file(path / WEIGHTS).values()
    good = all(bool(torch.isfinite(value).all()) for value in weights)
    return f"{path.name} is still good" if good else f"the weights of {path.name} are not finite either"
