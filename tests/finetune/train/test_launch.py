"""What a launcher says in the environment, and who is heard."""

from __future__ import annotations

import os
import sys

import pytest

from lfine.finetune.train.launch import ALONE, Launch, accelerated_alone, heard, joined, launched
from lfine.finetune.train.processes import Processes
from lfine.schemas.errors import RunError, UsageError
from lfine.schemas.problems import Problem

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}


@pytest.mark.parametrize("environment", [{}, {"WORLD_SIZE": "1", "RANK": "0"}, {"WORLD_SIZE": "many"}])
def test_without_a_launcher_it_is_one_process(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert launched(environment) is None
    monkeypatch.setattr(os, "environ", environment)
    with joined() as processes:
        assert processes == Processes()


def test_what_launchers_say() -> None:
    assert launched(TORCHRUN) == Launch(3, 4, 1, sharded=False)
    fsdp = {**TORCHRUN, "ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}
    assert launched(fsdp) == Launch(3, 4, 1, sharded=True)
    names = {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_RANK": "0"}
    assert launched({**names, "MASTER_ADDR": "10.0.0.7"}) == Launch(1, 2, 0, sharded=False)
    without = {name: value for name, value in TORCHRUN.items() if name != "LOCAL_RANK"}
    assert launched(without) == Launch(3, 4, 3, sharded=False)


@pytest.mark.parametrize("absent", ["RANK", "MASTER_ADDR"])
def test_half_of_a_launcher_is_refused(absent: str) -> None:
    with pytest.raises(UsageError, match=f"4 processes train together, and {absent} is not set"):
        launched({name: value for name, value in TORCHRUN.items() if name != absent})


@pytest.mark.parametrize("name", ["ACCELERATE_USE_DEEPSPEED", "ACCELERATE_USE_MEGATRON_LM"])
def test_what_lfine_does_not_do_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="which lfine does not do"):
        launched({**TORCHRUN, name: "true"})
    assert launched({**TORCHRUN, name: "false"}) is not None


def test_accelerate_that_started_one_process_only_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started = {"ACCELERATE_USE_CPU": "True", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
    assert accelerated_alone(started)
    assert not accelerated_alone({**started, "RANK": "0"})
    assert not accelerated_alone({"ACCELERATE_USE_CPU": "True"})
    monkeypatch.setattr(os, "environ", started)
    with joined() as processes:
        assert processes.alone
    assert capsys.readouterr().err == ALONE + "\n"


def test_only_the_first_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    for first in (True, False):
        with heard(first=first):
            print("said")
            print("warned", file=sys.stderr)
    assert capsys.readouterr() == ("said\n", "warned\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [(RunError(Problem("LF504", "nan")), 5), (KeyboardInterrupt(), 130), (ValueError("odd"), 70), (SystemExit(4), 4)],
)
def test_the_others_end_in_silence_with_the_code_of_the_error(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught, heard(first=False):
        raise error
    assert caught.value.code == code
    with pytest.raises(type(error)), heard(first=True):
        raise error
    assert capsys.readouterr() == ("", "")
