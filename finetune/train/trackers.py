"""Losses and scores also go where the task says: TensorBoard, MLflow, W&B, trackio, through accelerate's classes.

    with Trackers(("tensorboard",), TrackedRun("viggo", folder, start=0, settings={"batch_size": 16})) as trackers:
        trackers.log(40, {"loss": 0.61})

Nothing is sent where the task names no tracker. TensorBoard's files lie in the run folder, under tensorboard/.

*Not here:* log.jsonl, which is always written (lfine.finetune.train.journal).
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from accelerate.tracking import GeneralTracker, MLflowTracker, TensorBoardTracker, TrackioTracker, WandBTracker

from lfine.schemas.problems import Problem

Setting = str | int | float | bool


@dataclass(frozen=True)
class TrackedRun:
    """What a tracker calls the run, and what it shows beside the curves."""

    task: str
    folder: Path
    """The run folder; its name is the run's."""
    start: int = 0
    """Updates done before this process: of a resumed run."""
    settings: Mapping[str, Setting] = field(default_factory=dict)


def tracker_problems(names: Sequence[str]) -> list[Problem]:
    """Return LF401 with the pip line for each tracker whose library is not installed; call before training."""
    return [
        Problem(
            "LF401",
            f"trainer.trackers names {name}, and its library is not installed",
            f"pip install {name}, or leave it out",
            path="trainer.trackers",
        )
        for name in names
        if importlib.util.find_spec(name) is None
    ]


def tensorboard(run: TrackedRun) -> GeneralTracker:
    """Lines after the checkpoint that a resumed run goes on from are taken back (purge_step)."""
    return TensorBoardTracker(run.folder.name, run.folder / "tensorboard", purge_step=run.start + 1)


def mlflow(run: TrackedRun) -> GeneralTracker:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # version 3 reports its use unless told otherwise
    return MLflowTracker(experiment_name=run.task, run_name=run.folder.name)


def wandb(run: TrackedRun) -> GeneralTracker:
    return WandBTracker(run.task, name=run.folder.name, dir=str(run.folder))


def trackio(run: TrackedRun) -> GeneralTracker:
    return TrackioTracker(run.task, name=run.folder.name)


MAKERS: dict[str, Callable[[TrackedRun], GeneralTracker]] = {
    make.__name__: make for make in (tensorboard, mlflow, wandb, trackio)
}
"""By the names of the task language, which are those of the libraries."""


class Trackers:
    """All trackers of one run, begun together and ended together."""

    def __init__(self, names: Sequence[str], run: TrackedRun) -> None:
        self._waiting, self._run = names, run
        self._trackers: list[GeneralTracker] = []

    def __enter__(self) -> Self:
        for name in self._waiting:
            tracker = MAKERS[name](self._run)
            tracker.start()
            self._trackers.append(tracker)
            tracker.store_init_configuration(dict(self._run.settings))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for tracker in self._trackers:
            tracker.finish()

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Send values after `step` updates."""
        for tracker in self._trackers:
            tracker.log(dict(values), step=step)
