"""export.json: what an exported folder is, what was checked before it was given its name, and how it may be served.

    {"format": 1, "task": "viggo", "kind": "merged", "dtype": "bfloat16", "check": {"rows": 50, "differing": [7], …}, …}

No path of this machine stands in it: the folder is made to be given away.

*Not here:* finding any of it out (lfine.exporting).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.evaluation.records import Prediction, ScoringSettings
from lfine.evaluation.scoring import higher_is_better, quick_scores
from lfine.finetune.export.drift import Drift, Limits, Said
from lfine.schemas.records import ShapeError, from_json, json_text, to_json, write_text

NAME, FORMAT = "export.json", 1
MERGED, ADAPTER = "merged", "adapter"


@dataclass(frozen=True)
class Answered:
    """The answers of both models to the same rows."""

    rows: Sequence[Prediction]
    """What they are judged by, without an answer."""
    run: Sequence[Said]
    exported: Sequence[Said]


@dataclass(frozen=True)
class Check:
    """The exported folder, loaded afresh, beside the run's own model: the same rows, answered greedily."""

    drift: Drift
    limits: Limits
    """Of the drift: what rounding explains."""
    scores: dict[str, float]
    """Of the run's own model on these rows."""
    exported_scores: dict[str, float]
    tolerance: float
    """By how much the first of them may be worse; one answer among the rows always may."""
    refused: tuple[str, ...]
    """Why the export is refused; empty: it is not."""


@dataclass(frozen=True)
class ExportRecord:
    task: str
    kind: str
    """merged: a whole model; adapter: for the base model."""
    base_model: str
    """As the task names it; of a local folder only its name."""
    dtype: str
    """Of the weights in the folder."""
    merged_into: str | None
    """trained: the base as training saw it, quantized; original: the base's own weights; None: nothing was merged."""
    quantization: str | None
    """How the base was stored in training: nf4, fp4 or int8; None: not quantized."""
    plan_hash: str
    evaluation_hash: str
    check: Check
    largest_rank: int | None
    """Of the adapter; None after full fine-tuning."""
    not_servable: tuple[str, ...]
    """What vLLM or LoRAX do not take of the adapter; of merged weights nothing matters."""
    created: str
    """UTC, ISO 8601."""
    versions: dict[str, str]


def judge(
    drift: Drift,
    limits: Limits,
    answered: Answered,
    settings: ScoringSettings,
    *,
    tolerance: float,
) -> Check:
    """Score both models' answers and say whether the exported one is another model."""
    scores, exported = (
        quick_scores(
            [replace(row, prediction=each.text) for row, each in zip(answered.rows, side, strict=True)], settings
        )
        for side in (answered.run, answered.exported)
    )
    refused = [*_unexplained(drift), *_moved(drift, limits)]
    refused += _worse(scores, exported, settings, drift.rows, tolerance)
    return Check(drift, limits, scores, exported, tolerance, tuple(refused))


def _unexplained(drift: Drift) -> list[str]:
    if not drift.unexplained:
        return []
    rows = ", ".join(str(row_id) for row_id in drift.unexplained[:10])
    much = f"{len(drift.unexplained)} of {drift.rows} answers"
    return [f"{much} part from the run's at a token that it held to be much less likely (row ids: {rows})"]


def _moved(drift: Drift, limits: Limits) -> list[str]:
    if drift.mean <= limits.mean:
        return []
    found = f"the log-probability of a token of the run's answers moved by {drift.mean:.4f} nats on average"
    return [f"{found}, and rounding explains {limits.mean:.4f}"]


def _worse(
    scores: dict[str, float], exported: dict[str, float], settings: ScoringSettings, rows: int, tolerance: float
) -> list[str]:
    """A headline of any size: the tolerance is of the score itself where that is larger than 1."""
    headline = next(iter(scores), None)
    if headline is None:
        return []
    before, after = scores[headline], exported[headline]
    loss = before - after if higher_is_better(headline, settings.metrics) else after - before
    if loss <= max(tolerance, 1 / rows) * max(1.0, abs(before)) + 1e-9:
        return []
    return [f"{headline} on these {rows} rows is {after:.4f}, and the run's {before:.4f}"]


def write_export(folder: Path, record: ExportRecord) -> None:
    write_text(folder / NAME, json_text({"format": FORMAT, **to_json(record)}))


def read_export(folder: Path) -> ExportRecord | None:
    """Return the record of an exported folder; None for a folder that is none, or of another version."""
    try:
        value = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return from_json(ExportRecord, value) if value.get("format") == FORMAT else None
    except (OSError, ValueError, AttributeError, ShapeError):
        return None
