"""plan.json: written once for each run, read back by every later stage.

    {"format": 1, "task": "viggo", "source": {…the task, whole…}, "training": {…}, "evaluation": {…},
     "decisions": [{"path", "value", "origin", "reason"}], "plan_hash": "…", "evaluation_hash": "…", "file_hash": "…"}

The file hash is of all the rest: whatever is edited is noticed, be it what no other hash covers. Beside the file lies
what was trained, in the folder `adapter` or `model` (weights_folder).

*Not here:* the records themselves (lfine.finetune.compile.plan).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lfine.finetune.compile.plan import Decision, Estimate, EvaluationPlan, Plan, TrainingPlan
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from lfine.schemas.records import ShapeError, digest, from_json, json_text, to_json, write_text
from lfine.schemas.task import Cost, Task

FORMAT = 1


def plan_record(plan: Plan) -> dict[str, Any]:
    """Return the JSON form of a plan."""
    record = {
        "format": FORMAT,
        "task": plan.task.name,
        "source": to_json(plan.task),
        "folder": plan.folder,
        "training": to_json(plan.training),
        "evaluation": to_json(plan.evaluation),
        "cost": to_json(plan.cost),
        "estimate": to_json(plan.estimate),
        "decisions": to_json(plan.decisions),
        "plan_hash": plan.plan_hash,
        "evaluation_hash": plan.evaluation_hash,
    }
    return {**record, "file_hash": digest(record)}


def write_plan(plan: Plan, path: Path) -> None:
    """Write plan.json whole or not at all."""
    write_text(path, json_text(plan_record(plan)))


def read_plan(path: Path) -> Plan:
    """Read plan.json; RunError LF505 when it is absent, damaged, of another format or does not match its hashes."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            raise ShapeError(f"its format is {record['format']!r}, and this version reads {FORMAT}")
        plan = Plan(
            task=from_json(Task, record["source"]),
            folder=str(record["folder"]),
            training=from_json(TrainingPlan, record["training"], "training"),
            evaluation=from_json(EvaluationPlan, record["evaluation"], "evaluation"),
            cost=from_json(Cost, record["cost"], "cost"),
            estimate=from_json(Estimate, record["estimate"], "estimate"),
            decisions=tuple(from_json(Decision, decision) for decision in record["decisions"]),
        )
    except (OSError, ValueError, KeyError, TypeError, ShapeError) as error:
        raise RunError(_damaged(path, f"cannot be read as a plan: {error}")) from error
    rest = {key: value for key, value in record.items() if key != "file_hash"}
    hashes = {"plan_hash": plan.plan_hash, "evaluation_hash": plan.evaluation_hash, "file_hash": digest(rest)}
    for name, found in hashes.items():
        if record.get(name) != found:
            raise RunError(_damaged(path, f"does not match its own {name}: it was edited, or another version wrote it"))
    return plan


def weights_folder(run: Path, plan: TrainingPlan) -> Path:
    """Return where a run has what it trained: an adapter, or the whole model of a full fine-tuning."""
    return run / ("adapter" if plan.adapter else "model")


def _damaged(path: Path, what: str) -> Problem:
    return Problem("LF505", f"{path.name} {what}", "train again; a run folder is never edited", file=str(path))
