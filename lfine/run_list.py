"""What has been trained in a folder of runs, read from the beginnings of small files.

    listed_runs(Path("runs"), ["viggo"])
      ─▶  (ListedRun(task="viggo", status="finished", steps=160, tuned=ListedScore(0.91, 0.89, 0.93), …), …)

A folder that is half written or damaged is listed with what is wrong with it. A score stands for the whole held-out
sample unless it says otherwise, and the base model's is shown only by the metric of the tuned one.

*Not here:* the table (lfine.cli.runs), one run whole (lfine.runs).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lfine.runs import STARTED

HEAD = 2**16
"""Bytes of a file within which what is listed stands; a file of another layout is read whole."""
TAIL = 2**12
BEHIND_SOURCE, BEHIND_METRICS = '\n "folder": ', '\n  "per_example": '
"""Lines of plan.json and scores.json behind which nothing is listed."""
DAMAGED, RUNNING = "damaged", "running"


@dataclass(frozen=True)
class ListedScore:
    """The headline metric of one model."""

    value: float
    low: float
    high: float
    n: int
    limit: int | None
    """None: the whole held-out sample."""


@dataclass(frozen=True)
class ListedRun:
    task: str
    folder: str
    """As given, to be copied."""
    status: str
    """finished, interrupted, failed, running, stopped (ended without a word, as by a kill) or damaged."""
    created: str | None = None
    """UTC, ISO 8601."""
    base_model: str | None = None
    steps: int | None = None
    """Updates done."""
    seconds: float | None = None
    """Of training."""
    headline: str | None = None
    """The metric of both scores."""
    tuned: ListedScore | None = None
    base: ListedScore | None = None
    problem: str | None = None
    """What of the folder cannot be read."""

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return asdict(self)


def listed_runs(runs: Path, tasks: Sequence[str] = ()) -> tuple[ListedRun, ...]:
    """Return the runs below a folder, the newest first; of tasks whose name holds one of these texts, if any."""
    folders = [folder for task in _folders(runs) if _wanted(task.name, tasks) for folder in _folders(task)]
    found = [_listed(folder) for folder in folders if folder.name != "evaluations" and _is_run(folder)]
    return tuple(sorted(found, key=lambda run: (run.created or Path(run.folder).name, run.folder), reverse=True))


def _wanted(name: str, tasks: Sequence[str]) -> bool:
    return not tasks or any(task.lower() in name.lower() for task in tasks)


def _folders(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return []


def _is_run(folder: Path) -> bool:
    """Tell whether training made a folder: also one that it could write nothing but the plan into."""
    return any((folder / name).is_file() for name in ("run.json", "plan.json", "task.yaml"))


def _listed(folder: Path) -> ListedRun:
    problems: list[str] = []
    record = _head(folder / "run.json", None, problems)
    plan = _head(folder / "plan.json", BEHIND_SOURCE, problems)
    scores = [_scores(folder / "evaluations" / model / "scores.json", problems) for model in ("tuned", "base")]
    tuned, base = scores
    headline = next((found["headline"] for found in scores if found), None)
    status = record.get("status") if isinstance(record.get("status"), str) else DAMAGED
    if status == STARTED:
        status = RUNNING if _is_held(folder) else "stopped"
    unfinished = status in (RUNNING, "stopped")
    steps, seconds = (_last_step(folder), None) if unfinished else (record.get("steps"), record.get("seconds"))
    source = plan.get("source")
    model = source.get("base_model") if isinstance(source, dict) else None
    return ListedRun(
        task=folder.parent.name,
        folder=str(folder),
        status=str(status),
        created=_text(record.get("created")),
        base_model=_text(model.get("id")) if isinstance(model, dict) else None,
        steps=steps if isinstance(steps, int) else None,
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        headline=headline,
        tuned=_score(tuned, headline),
        base=_score(base, headline),
        problem="; ".join(problems) or None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _scores(path: Path, problems: list[str]) -> dict[str, Any]:
    """Return the head of scores.json, empty where there is none or none that can be read."""
    if not path.is_file():
        return {}
    found = _head(path, BEHIND_METRICS, problems)
    if found and not (isinstance(found.get("metrics"), dict) and isinstance(found.get("headline"), str)):
        problems.append(f"{path.parent.name}/scores.json has no metrics")
        return {}
    return found


def _score(scores: dict[str, Any], headline: str | None) -> ListedScore | None:
    try:
        found = scores["metrics"][headline]
        return ListedScore(
            float(found["value"]), float(found["low"]), float(found["high"]), int(scores["n"]), scores.get("limit")
        )
    except (KeyError, TypeError, ValueError):
        return None


def _head(path: Path, before: str | None, problems: list[str]) -> dict[str, Any]:
    """Return the keys of a JSON object that stand before the line that begins so; None: all of them."""
    try:
        with path.open("rb") as file:
            text = file.read(HEAD if before else -1).decode("utf-8", "replace")
            at = text.find(before) if before else -1
            if before and at < 0:  # of another layout
                text += file.read().decode("utf-8", "replace")
        found = json.loads(text if at < 0 else f"{text[:at].rstrip().removesuffix(',')}}}")
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problems.append(f"{path.name} cannot be read: {(reason or str(error)).lower()}")
        return {}
    if not isinstance(found, dict):
        problems.append(f"{path.name} is no JSON object")
        return {}
    return found


def _last_step(folder: Path) -> int | None:
    """Return the update that the log ends with: run.json does not say it before the end."""
    try:
        with (folder / "log.jsonl").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            lines = file.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return None
    for line in reversed(lines):
        try:
            step = json.loads(line)["step"]
        except (ValueError, KeyError, TypeError):
            continue
        return step if isinstance(step, int) else None
    return None


def _is_held(folder: Path) -> bool:
    """Tell whether a process trains into a folder now (see lfine.resuming.held); where nothing can tell, it does."""
    if os.name == "nt":
        return True
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:  # BlockingIOError among them
        return True
    finally:
        os.close(handle)
    return False
