"""Where losses and scores are sent besides the log."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from accelerate.tracking import GeneralTracker

from lfine.finetune.train.trackers import MAKERS, TrackedRun, Trackers, tracker_problems


class Noted(GeneralTracker):  # type: ignore[misc]  # accelerate has no types
    """A tracker that remembers what it was told."""

    name = "noted"
    requires_logging_directory = False

    def __init__(self, told: list[Any]) -> None:
        super().__init__(_blank=True)
        self.told = told

    def start(self) -> None:
        self.told.append("start")

    def store_init_configuration(self, values: dict[str, Any]) -> None:
        self.told.append(values)

    def log(self, values: dict[str, Any], step: int | None = None, **_: Any) -> None:
        self.told.append((step, values))

    def finish(self) -> None:
        self.told.append("finish")


def fail_after(found: Trackers) -> None:
    found.log(3, {"loss": 0.5})
    raise KeyError


def test_a_tracker_is_begun_told_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setitem(MAKERS, "wandb", lambda _: Noted(told))
    run = TrackedRun("viggo", tmp_path, settings={"batch_size": 16})
    with pytest.raises(KeyError), Trackers(("wandb",), run) as found:
        fail_after(found)
    assert told == ["start", {"batch_size": 16}, (3, {"loss": 0.5}), "finish"]


def test_without_trackers_nothing_is_sent(tmp_path: Path) -> None:
    with Trackers((), TrackedRun("viggo", tmp_path)) as found:
        found.log(3, {"loss": 0.5})
    assert list(tmp_path.iterdir()) == []


def test_a_missing_library_is_named_with_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "trackio" else object())
    (problem,) = tracker_problems(("mlflow", "trackio"))
    assert (problem.code, problem.path) == ("LF401", "trainer.trackers")
    assert "trackio" in problem.message
    assert problem.cure.startswith("pip install trackio")


def test_the_names_of_the_language_have_their_trackers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    run = TrackedRun("viggo", tmp_path / "20261122T091500Z")
    names = {name: MAKERS[name](run).name for name in MAKERS}
    assert names == {name: name for name in ("tensorboard", "mlflow", "wandb", "trackio")}
    monkeypatch.undo()


@pytest.mark.skipif(importlib.util.find_spec("tensorboard") is None, reason="tensorboard is not installed")
def test_tensorboard_s_files_hold_the_curve(tmp_path: Path) -> None:
    reading = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    run = TrackedRun("viggo", tmp_path, settings={"batch_size": 16, "decay": "cosine"})
    with Trackers(("tensorboard",), run) as found:
        for step in (1, 2, 3):
            found.log(step, {"loss": 1.0 / step})
    again = TrackedRun("viggo", tmp_path, start=2)
    with Trackers(("tensorboard",), again) as found:
        found.log(3, {"loss": 0.25})
    events = reading.EventAccumulator(str(tmp_path / "tensorboard" / tmp_path.name))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 1.0), (2, 0.5), (3, 0.25)]
