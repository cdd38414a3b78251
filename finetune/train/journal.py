"""log.jsonl, one line an event, and the progress bar on stderr.

    {"step": 3, "loss": 1.92, "learning_rate": 0.0002, "step_seconds": 1.71, "examples": 16, "tokens": 2744}
    {"step": 20, "kind": "validation", "validation_loss": 0.61, "metrics": {"f1": 0.84}, "best": true, "seconds": 4}
    {"step": 20, "kind": "checkpoint", "checkpoint": "checkpoints/step-000020", "seconds": 0.1}
    {"step": 20, "kind": "memory", "micro_batch_size": 4, "before": 8, "reason": "CUDA out of memory…", "seconds": 0.9}

Every line carries the wall time since the line before, so the seconds of all lines add up to the loop's time. Numbers
of updates and validations also go to the task's trackers.

*Not here:* what is measured (lfine.finetune.train.loop) and drawing it (lfine.evaluation.reports).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tqdm import tqdm

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.train.evaluations import Evaluation
from lfine.finetune.train.trackers import Trackers
from lfine.schemas.records import write_text

MEMORY = "memory"
"""The kind of line that says how far the micro-batch was reduced."""
QUIET_INTERVAL = 15.0
"""Seconds between two progress lines where stderr is a file, a pipe or a CI log."""


class Journal:
    """Writes the log of one run; lines of steps after `start` (of an interrupted run) are taken back first."""

    def __init__(self, path: Path, *, start: int, steps: int, trackers: Trackers | None = None) -> None:
        self.path = path
        self._trackers = trackers
        self.best_validation_loss: float | None = None
        self.last_loss: float | None = None
        kept = _kept(path, start)
        write_text(path, "".join(line + "\n" for line in kept))
        for line in kept:
            self._remember(json.loads(line))
        self._file = path.open("a", encoding="utf-8")
        terminal = sys.stderr.isatty()
        self._bar = tqdm(
            total=steps,
            initial=start,
            desc="train",
            unit="update",
            mininterval=0.3 if terminal else QUIET_INTERVAL,
            dynamic_ncols=terminal,
            file=sys.stderr,
        )
        self._lap = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
        self._file.close()

    def update(self, step: int, *, loss: float, learning_rate: float, batch: Sequence[EncodedExample]) -> None:
        tokens = sum(row.length for row in batch)
        seconds = self._seconds()
        self._write(
            {
                "step": step,
                "loss": loss,
                "learning_rate": learning_rate,
                "step_seconds": seconds,
                "examples": len(batch),
                "tokens": tokens,
            }
        )
        self._track(step, {"loss": loss, "learning_rate": learning_rate, "step_seconds": seconds})
        self._bar.set_postfix_str(f"loss {loss:.3f}, {tokens / max(seconds, 1e-9):.0f} tokens/s", refresh=False)
        self._bar.update()

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
        scores = "".join(f", {name} {value:.3f}" for name, value in list(found.metrics.items())[:1])
        self._bar.set_description_str(f"train (validation loss {found.loss:.3f}{scores})", refresh=False)

    def checkpoint(self, step: int, folder: Path) -> None:
        place = folder.relative_to(self.path.parent).as_posix()
        self._write({"step": step, "kind": "checkpoint", "checkpoint": place, "seconds": self._seconds()})

    def less_memory(self, step: int, size: int, before: int, reason: str) -> None:
        """Note that fewer examples are computed at once from the update after `step` on, and say so."""
        line = {"step": step, "kind": MEMORY, "micro_batch_size": size, "before": before, "reason": reason}
        self._write({**line, "seconds": self._seconds()})
        said = f"out of memory in update {step + 1}: from here on {size} examples at once in place of {before}"
        self._bar.write(f"{said}; the update is computed again, the result is the same", file=sys.stderr)

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

    def _remember(self, line: dict[str, object]) -> None:
        loss, validation = line.get("loss"), line.get("validation_loss")
        if isinstance(loss, float):
            self.last_loss = loss
        if isinstance(validation, float):
            best = self.best_validation_loss
            self.best_validation_loss = validation if best is None else min(best, validation)


def reached_micro_batch(path: Path) -> int | None:
    """Return the smallest micro-batch that memory forced on a run by its log; None: that of the plan was never left."""
    sizes = [found["micro_batch_size"] for found in map(json.loads, _lines(path)) if found.get("kind") == MEMORY]
    return min(sizes, default=None)


def _kept(path: Path, start: int) -> list[str]:
    """Return the lines of the updates that are not done again; a smaller micro-batch outlives the update it came in."""
    kept = [line for line in _lines(path) if json.loads(line)["step"] <= start]
    later = [found for found in map(json.loads, _lines(path)) if found["step"] > start and found.get("kind") == MEMORY]
    return kept + [json.dumps({**found, "step": start, "seconds": 0.0}) for found in later[-1:]]


def _lines(path: Path) -> list[str]:
    """The whole lines of a log; a last line cut short by a crash is dropped."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1].splitlines()
