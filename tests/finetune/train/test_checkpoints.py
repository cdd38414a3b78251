"""A checkpoint is whole or not there."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from lfine.finetune.train import checkpoints
from lfine.finetune.train.checkpoints import (
    checkpoint_standing,
    checkpoint_step,
    latest_checkpoint,
    load_best,
    load_checkpoint,
    save_checkpoint,
)
from lfine.finetune.train.selection import Standing
from lfine.schemas.errors import MachineError, RunError


def small() -> tuple[nn.Linear, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return model, optimizer


def test_weights_optimizer_and_random_state_come_back(tmp_path: Path) -> None:
    model, optimizer = small()
    path = save_checkpoint(tmp_path, 4, model, optimizer)
    drawn = torch.rand(3)
    other = nn.Linear(3, 2)
    fresh = torch.optim.AdamW(other.parameters(), lr=0.1)
    load_checkpoint(path, other, fresh)
    assert torch.equal(torch.rand(3), drawn)
    assert torch.equal(other.weight, model.weight)
    first, second = optimizer.state_dict()["state"][0], fresh.state_dict()["state"][0]
    assert torch.equal(first["exp_avg_sq"], second["exp_avg_sq"])
    assert checkpoint_step(path) == 4


def test_another_process_than_the_first_writes_nothing(tmp_path: Path) -> None:
    model, optimizer = small()
    assert save_checkpoint(tmp_path / "checkpoints", 4, model, optimizer, write=False).name == "step-000004"
    assert list(tmp_path.iterdir()) == []


def test_only_the_newest_stays(tmp_path: Path) -> None:
    model, optimizer = small()
    for step in (2, 4, 6):
        save_checkpoint(tmp_path, step, model, optimizer)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000006"]


@pytest.mark.parametrize("file", ["weights.safetensors", "optimizer.pt", "state.json"])
def test_a_damaged_checkpoint_is_passed_over(file: str, tmp_path: Path) -> None:
    model, optimizer = small()
    path = save_checkpoint(tmp_path, 2, model, optimizer)
    assert latest_checkpoint(tmp_path) == path
    (path / file).write_bytes((path / file).read_bytes()[:-7])
    assert latest_checkpoint(tmp_path) is None


def test_a_full_disk_keeps_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, optimizer = small()
    before = save_checkpoint(tmp_path, 2, model, optimizer)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(MachineError) as caught:
        save_checkpoint(tmp_path, 4, model, optimizer)
    assert caught.value.problems[0].code == "LF405"
    assert [path.name for path in tmp_path.iterdir()] == [before.name]
    assert latest_checkpoint(tmp_path) == before


def test_the_state_names_every_file(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 1, *small())
    state = json.loads((path / "state.json").read_text(encoding="utf-8"))
    assert set(state["sha256"]) == {"weights.safetensors", "optimizer.pt"}


def test_the_newest_and_the_best_stay(tmp_path: Path) -> None:
    model, optimizer = small()
    for step in (2, 4, 6, 8, 10):
        save_checkpoint(tmp_path, step, model, optimizer, keep=2, standing=Standing(min(step, 4), 0.5, 0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000004", "step-000008", "step-000010"]
    latest = latest_checkpoint(tmp_path)
    assert latest is not None
    assert checkpoint_standing(latest) == Standing(4, 0.5, 0)


def test_the_best_weights_come_back_and_the_optimizer_stays(tmp_path: Path) -> None:
    model, optimizer = small()
    best = model.weight.detach().clone()
    save_checkpoint(tmp_path, 2, model, optimizer, standing=Standing(2, 0.5, 0))
    with torch.no_grad():
        model.weight.add_(1)
    load_best(tmp_path, 2, model)
    assert torch.equal(model.weight, best)
    path = tmp_path / "step-000002" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(RunError, match="missing or damaged") as caught:
        load_best(tmp_path, 2, model)
    assert caught.value.problems[0].code == "LF505"
