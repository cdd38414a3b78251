"""log.jsonl, one line an event; the same numbers go to the progress bar and to the task's trackers.

    {"step": 3, "loss": 1.92, "learning_rate": 0.0002, "step_seconds": 1.71, "examples": 16, "tokens": 2744,
     "computed_tokens": 1310}
    {"step": 20, "kind": "validation", "validation_loss": 0.61, "metrics": {"f1": 0.84}, "best": true, "seconds": 4}
    {"step": 20, "kind": "checkpoint", "checkpoint": "checkpoints/step-000020", "seconds": 0.1}
    {"step": 20, "kind": "memory", "micro_batch_size": 4, "before": 8, "reason": "CUDA out of memory…", "seconds": 0.9}

Every line carries the wall time since the line before, so the seconds of all lines add up to the loop's time. `tokens`
are those of the examples, `computed_tokens` those that went through the layers for them.

*Not here:* what is measured (lfine.finetune.train.loop) and showing it (progress.py, lfine.evaluation.reports).
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.train.evaluations import Evaluation
from lfine.finetune.train.progress import Pace, Progress, Watch
from lfine.finetune.train.trackers import Trackers
from lfine.schemas.records import sync, write_text

WATCH = Watch()
MEMORY = "memory"
"""The kind of line that says how far the micro-batch was reduced."""


class Journal:
    """Writes the log of one run; lines of steps after `start` (of an interrupted run) are taken back first.

    With `kept` False it writes and shows nothing: that of a process beside the first.
    """

    def __init__(
        self,
        path: Path,
        *,
        start: int,
        steps: int,
        trackers: Trackers | None = None,
        watch: Watch = WATCH,
        kept: bool = True,
    ) -> None:
        self.path = path
        self._trackers = trackers
        self.best_validation_loss: float | None = None
        self.last_loss: float | None = None
        before = _kept(path, start) if kept else []
        if kept:
            write_text(path, "".join(json.dumps(line) + "\n" for line in before))
            sync(path.parent)
        self._kept = kept
        self._progress = Progress(start=start, steps=steps, watch=watch, shown=kept)
        for line in before:
            self._take_up(line)
        self._file = (path if kept else Path(os.devnull)).open("a", encoding="utf-8")
        self._lap = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.close()
        self._file.close()

    def update(
        self, step: int, *, loss: float, learning_rate: float, batch: Sequence[EncodedExample], computed: int
    ) -> None:
        """Note an update of `batch` for which `computed` tokens went through the layers."""
        pace = Pace(self._seconds(), sum(row.length for row in batch), computed)
        self._write(
            {
                "step": step,
                "loss": loss,
                "learning_rate": learning_rate,
                "step_seconds": pace.seconds,
                "examples": len(batch),
                "tokens": pace.tokens,
                "computed_tokens": pace.computed,
            }
        )
        self._track(step, {"loss": loss, "learning_rate": learning_rate, "step_seconds": pace.seconds})
        self._progress.update(step, loss=loss, learning_rate=learning_rate, pace=pace)

    def validation(self, step: int, found: Evaluation, *, best: bool) -> None:
        self._write(
            {
                "step": step,
                "kind": "validation",
                "validation_loss": found.loss,
                "metrics": found.metrics,
                "best": best,
                "seconds": self._seconds(),
            }
        )
        self._track(step, {"validation_loss": found.loss, **found.metrics})
        self._progress.validation(step, found)

    def checkpoint(self, step: int, folder: Path) -> None:
        place = folder.relative_to(self.path.parent).as_posix()
        self._write({"step": step, "kind": "checkpoint", "checkpoint": place, "seconds": self._seconds()})

    def sync(self) -> None:
        """Put the lines so far on the disk: a checkpoint that a power cut leaves has those before it."""
        if self._kept:
            os.fsync(self._file.fileno())

    def less_memory(self, step: int, size: int, before: int, reason: str) -> None:
        """Note that fewer examples are computed at once from the update after `step` on, and say so."""
        line = {"step": step, "kind": MEMORY, "micro_batch_size": size, "before": before, "reason": reason}
        self._write({**line, "seconds": self._seconds()})
        said = f"out of memory in update {step + 1}: from here on {size} examples at once in place of {before}"
        self._progress.say(f"{said}; the update is computed again, the result is the same")

    def _track(self, step: int, values: dict[str, float]) -> None:
        if self._trackers is not None:
            self._trackers.log(step, values)

    def _seconds(self) -> float:
        now = time.perf_counter()
        seconds, self._lap = now - self._lap, now
        return round(seconds, 6)

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        self._remember(line)

    def _take_up(self, line: dict[str, Any]) -> None:
        """Remember a line that an earlier part of the run wrote."""
        self._remember(line)
        self._progress.remember(line["step"], loss=line.get("loss"), validation=line.get("validation_loss"))

    def _remember(self, line: dict[str, object]) -> None:
        loss, validation = line.get("loss"), line.get("validation_loss")
        if isinstance(loss, float):
            self.last_loss = loss
        if isinstance(validation, float) and math.isfinite(validation):  # another is in the log, but is no best one
            best = self.best_validation_loss
            self.best_validation_loss = validation if best is None else min(best, validation)


def reached_micro_batch(path: Path) -> int | None:
    """Return the smallest micro-batch that memory forced on a run by its log; None: that of the plan was never left."""
    return min((line["micro_batch_size"] for line in _lines(path) if line.get("kind") == MEMORY), default=None)


def _kept(path: Path, start: int) -> list[dict[str, Any]]:
    """Return the lines of the updates that are not done again; a smaller micro-batch outlives the update it came in."""
    lines = _lines(path)
    later = [line for line in lines if line["step"] > start and line.get("kind") == MEMORY]
    return [line for line in lines if line["step"] <= start] + [
        {**line, "step": start, "seconds": 0.0} for line in later[-1:]
    ]


def _lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a log; what a crash cut short or a power cut spoiled is dropped, and said where more follows."""
    if not path.exists():
        return []
    texts = path.read_bytes().split(b"\n")
    lines = [_line(text) for text in texts]
    spoiled = sum(line is None for line in lines[:-1])
    if spoiled:
        print(f"{path}: {spoiled} lines cannot be read and are left out", file=sys.stderr)
    return [line for line in lines[:-1] if line is not None]


def _line(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) and isinstance(line.get("step"), int) else None
