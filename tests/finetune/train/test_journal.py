"""log.jsonl: one line an event; a resumed run takes back what came after its checkpoint."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.train.evaluations import Evaluation
from lfine.finetune.train.journal import Journal
from lfine.finetune.train.trackers import Trackers

BATCH = [EncodedExample(0, (1, 2, 3), (4, 2)), EncodedExample(1, (1, 2), (2,))]


def written(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_lines_of_an_update_a_validation_and_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with Journal(path, start=0, steps=2) as journal:
        journal.update(1, loss=2.5, learning_rate=0.1, batch=BATCH, computed=7)
        journal.validation(1, Evaluation(2.25, {"f1": 0.5}), best=True)
        journal.checkpoint(1, tmp_path / "checkpoints" / "step-000001")
    update, validation, checkpoint = written(path)
    assert {key: update[key] for key in ("step", "loss", "learning_rate", "examples", "tokens", "computed_tokens")} == {
        "step": 1,
        "loss": 2.5,
        "learning_rate": 0.1,
        "examples": 2,
        "tokens": 8,
        "computed_tokens": 7,
    }
    assert isinstance(update["step_seconds"], float)
    assert (validation["kind"], validation["validation_loss"], validation["best"]) == ("validation", 2.25, True)
    assert validation["metrics"] == {"f1": 0.5}
    assert checkpoint["checkpoint"] == "checkpoints/step-000001"


def test_a_resumed_log_loses_later_lines_and_remembers_earlier_ones(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with Journal(path, start=0, steps=4) as journal:
        for step in (1, 2, 3):
            journal.update(step, loss=3.0 - step, learning_rate=0.1, batch=BATCH, computed=7)
            journal.validation(step, Evaluation(1.0 * step), best=False)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"step": 4, "lo')  # a line that a crash cut short
    with Journal(path, start=2, steps=4) as journal:
        assert journal.best_validation_loss == 1.0
        assert journal.last_loss == 1.0
        journal.update(3, loss=0.5, learning_rate=0.1, batch=BATCH, computed=7)
    assert [line["step"] for line in written(path)] == [1, 1, 2, 2, 3]
    assert journal.last_loss == 0.5


def test_lines_that_a_power_cut_spoiled_are_left_out_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"step": 1, "loss": 0.1}\n\0\0\0\n[]\n{"loss": 1}\n\xff\xfe\n{"step": 2, "loss": 0.3}\n{"st')
    with Journal(path, start=2, steps=4) as journal:
        assert journal.last_loss == 0.3
    assert written(path) == [{"step": 1, "loss": 0.1}, {"step": 2, "loss": 0.3}]
    assert f"{path}: 4 lines cannot be read and are left out" in capsys.readouterr().err


def test_a_loss_that_is_not_finite_is_no_best_one(tmp_path: Path) -> None:
    with Journal(tmp_path / "log.jsonl", start=0, steps=2) as journal:
        for step, loss in enumerate([math.nan, 2.0, math.inf, 3.0]):
            journal.validation(step, Evaluation(loss), best=False)
        assert journal.best_validation_loss == 2.0


def test_lines_are_put_on_the_disk_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    with Journal(tmp_path / "log.jsonl", start=0, steps=2) as journal:
        monkeypatch.setattr(os, "fsync", synced.append)
        journal.update(1, loss=2.5, learning_rate=0.1, batch=BATCH, computed=7)
        assert synced == []
        journal.sync()
    assert len(synced) == 1


class Told(Trackers):
    """Trackers that remember what they were sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, dict[str, float]]] = []

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self.sent.append((step, dict(values)))


def test_trackers_are_sent_updates_and_evaluations(tmp_path: Path) -> None:
    trackers = Told()
    with Journal(tmp_path / "log.jsonl", start=0, steps=2, trackers=trackers) as journal:
        journal.update(1, loss=2.5, learning_rate=0.1, batch=BATCH, computed=7)
        journal.validation(1, Evaluation(2.25, {"f1": 0.5}), best=False)
        journal.checkpoint(1, tmp_path / "checkpoints" / "step-000001")
    (first, update), (second, validation) = trackers.sent
    assert (first, second) == (1, 1)
    assert (update["loss"], update["learning_rate"]) == (2.5, 0.1)
    assert validation == {"validation_loss": 2.25, "f1": 0.5}


def test_that_of_another_process_than_the_first_writes_and_shows_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 9, "loss": 1.0}\n', encoding="utf-8")
    with Journal(path, start=0, steps=4, kept=False) as journal:
        journal.update(1, loss=2.0, learning_rate=0.1, batch=BATCH, computed=7)
        journal.validation(1, Evaluation(1.5), best=True)
        journal.checkpoint(1, tmp_path / "checkpoints" / "step-000001")
        assert (journal.last_loss, journal.best_validation_loss) == (2.0, 1.5)
    assert path.read_text(encoding="utf-8") == '{"step": 9, "loss": 1.0}\n'
    assert capsys.readouterr() == ("", "")
