"""A checkpoint is whole or not there."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from lfine.finetune.train import checkpoints
from lfine.finetune.train.checkpoints import (
    damage,
    latest_checkpoint,
    load_best,
    load_checkpoint,
    numbered,
    read_state,
    resume_point,
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
    state = load_checkpoint(path, other, fresh)
    assert torch.equal(torch.rand(3), drawn)
    assert torch.equal(other.weight, model.weight)
    first, second = optimizer.state_dict()["state"][0], fresh.state_dict()["state"][0]
    assert torch.equal(first["exp_avg_sq"], second["exp_avg_sq"])
    assert state.step == 4


def test_another_process_than_the_first_writes_nothing(tmp_path: Path) -> None:
    model, optimizer = small()
    assert save_checkpoint(tmp_path / "checkpoints", 4, model, optimizer, write=False).name == "step-000004"
    assert list(tmp_path.iterdir()) == []


def test_only_the_newest_stays(tmp_path: Path) -> None:
    model, optimizer = small()
    for step in (2, 4, 6):
        save_checkpoint(tmp_path, step, model, optimizer)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000006"]


def cut(path: Path) -> None:
    """Let a file lose its end."""
    path.write_bytes(path.read_bytes()[:-7])


def edited_standing(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace('"rounds": 0', '"rounds": 1'), encoding="utf-8")


@pytest.mark.parametrize("file", ["weights.safetensors", "optimizer.pt", "state.json"])
@pytest.mark.parametrize(
    "spoil", [cut, Path.unlink, lambda path: path.write_bytes(b"[]")], ids=["cut", "gone", "other"]
)
def test_a_damaged_checkpoint_is_passed_over_and_said(
    file: str, spoil: Callable[[Path], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, optimizer = small()
    before = save_checkpoint(tmp_path, 2, model, optimizer, keep=2)
    path = save_checkpoint(tmp_path, 4, model, optimizer, keep=2)
    assert resume_point(tmp_path) == path
    assert capsys.readouterr().err == "going on from step-000004\n"
    spoil(path / file)
    assert resume_point(tmp_path) == before
    said = capsys.readouterr().err
    assert said.startswith(f"step-000004 is damaged ({file} ")
    assert said.endswith("); going on from step-000002\n")
    spoil(before / file)
    assert resume_point(tmp_path) is None
    assert capsys.readouterr().err.endswith("); no whole checkpoint: beginning at the start\n")


def test_a_state_that_was_edited_or_lies_elsewhere(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 2, *small())
    assert damage(path) is None
    renamed = path.rename(tmp_path / "step-000003")
    assert damage(renamed) == "state.json cannot be read"
    path = renamed.rename(path)
    edited_standing(path / "state.json")
    assert damage(path) == "state.json cannot be read"


def test_one_whose_best_is_damaged_is_passed_over(tmp_path: Path) -> None:
    """Its end could not be that of a whole run: the best weights are gone."""
    model, optimizer = small()
    first = save_checkpoint(tmp_path, 1, model, optimizer, keep=3)
    best = save_checkpoint(tmp_path, 2, model, optimizer, keep=3, standing=Standing(2, 0.5, 0))
    last = save_checkpoint(tmp_path, 3, model, optimizer, keep=3, standing=Standing(2, 0.5, 1))
    assert latest_checkpoint(tmp_path) == last
    cut(best / "weights.safetensors")
    assert damage(last) == "the best one by then, that of step 2, is damaged or missing"
    assert latest_checkpoint(tmp_path) == first


def test_what_a_kill_left_is_cleared_at_the_next_start(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 2, *small())
    for name in (".writing-abc/checkpoint", ".removing-step-000001"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "weights.safetensors").write_bytes(b"")
    assert resume_point(tmp_path) == path
    assert list(tmp_path.iterdir()) == [path]


def test_a_step_of_seven_digits_is_the_newest(tmp_path: Path) -> None:
    model, optimizer = small()
    for step in (999_999, 1_000_000):
        save_checkpoint(tmp_path, step, model, optimizer, keep=2)
    assert latest_checkpoint(tmp_path) == tmp_path / "step-1000000"


def test_a_damaged_one_is_replaced_and_later_ones_go(tmp_path: Path) -> None:
    """A run that went on from step 2 writes its own step 4; what lay at 4 and 6 is of no use any more."""
    model, optimizer = small()
    for step in (2, 4, 6):
        path = save_checkpoint(tmp_path, step, model, optimizer, keep=3)
        if step > 2:
            cut(path / "optimizer.pt")
    assert latest_checkpoint(tmp_path) == tmp_path / "step-000002"
    save_checkpoint(tmp_path, 4, model, optimizer, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000002", "step-000004"]
    assert latest_checkpoint(tmp_path) == tmp_path / "step-000004"


def test_everything_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, then their folder, then the name, then the folder of the name: a power cut leaves the old or the new."""
    done: list[str] = []
    rename = Path.rename

    def renaming(self: Path, target: Path) -> Path:
        done.append(f"rename to {target.name}")
        return rename(self, target)

    monkeypatch.setattr(checkpoints, "sync", lambda path: done.append(path.name))
    monkeypatch.setattr(Path, "rename", renaming)
    save_checkpoint(tmp_path / "checkpoints", 2, *small())
    assert done[0] == tmp_path.name
    assert sorted(done[1:4]) == ["optimizer.pt", "state.json", "weights.safetensors"]
    assert done[4:] == ["checkpoint", "rename to step-000002", "checkpoints"]


@pytest.mark.parametrize("writer", ["save_file", "sync"])
def test_a_full_disk_keeps_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str) -> None:
    model, optimizer = small()
    before = save_checkpoint(tmp_path, 2, model, optimizer)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, writer, full)
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
    assert read_state(latest).standing == Standing(4, 0.5, 0)


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


def test_the_best_of_every_one_that_is_kept_stays(tmp_path: Path) -> None:
    """When the newest is damaged, the one before is gone on from, and the best that it names is needed again."""
    model, optimizer = small()
    save_checkpoint(tmp_path, 1, model, optimizer, keep=2, standing=Standing(1, 0.9, 0))
    for step in (2, 3):
        save_checkpoint(tmp_path, step, model, optimizer, keep=2, standing=Standing(1, 0.9, step - 1))
    save_checkpoint(tmp_path, 4, model, optimizer, keep=2, standing=Standing(4, 0.5, 0))
    assert [path.name for path in numbered(tmp_path)] == ["step-000001", "step-000003", "step-000004"]
    cut(tmp_path / "step-000004" / "optimizer.pt")
    assert latest_checkpoint(tmp_path) == tmp_path / "step-000003"
