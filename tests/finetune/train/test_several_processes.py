"""Two processes train one run: losses, weights and files of one process, and one end for both however it comes."""

from __future__ import annotations

import json
import math
import os
import resource
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.distributed.tensor import DTensor

from lfine.cli.main import main
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import Prediction, ScoringSettings
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import SelectionPlan, TrainingPlan
from lfine.finetune.generate.local_answers import Asking
from lfine.finetune.generate.local_rows import GenerationSettings
from lfine.finetune.train import checkpoints, journal, loop, sharding
from lfine.finetune.train import losses as computing
from lfine.finetune.train.evaluations import AnsweredSample
from lfine.finetune.train.launch import joined
from lfine.finetune.train.loop import RunPlace, TrainingRows, train
from lfine.runs import read_run
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Extract
from tests.finetune.train.runs import evaluations, lines, losses, run, weights
from tests.finetune.train.spawned import Ended, put, together
from tests.finetune.train.test_evaluations import plainly_answered, renderer
from tests.lfine.projects import Project, lfine, write_project

Rows = tuple[EncodedExample, ...]
FLOAT32 = 1e-5
"""Relative for losses, absolute for weights of about 0.01 to 1: the same sums in another order."""


def uneven(plan: TrainingPlan, **changes: Any) -> TrainingPlan:
    """Three examples an update and one in the last: two micro-batches here, one or none there."""
    plan = replace(plan, batch_size=3, train_examples=10, steps=4, steps_per_evaluation=2, warmup_steps=0)
    return replace(plan, machine=replace(plan.machine, micro_batch_size=1), **changes)


def answered(folder: Path, rows: Rows, golds: tuple[str, ...]) -> AnsweredSample:
    settings = ScoringSettings((plain("exact_match"),), "text", (), Extract("none", None, None), 0.95, 0)
    asking = Asking(GenerationSettings(6, frozenset({2}), 2), renderer(folder), None)
    asked = rows[22 : 22 + len(golds)]
    told = tuple(Prediction(row.row_id, gold, None) for row, gold in zip(asked, golds, strict=True))
    return AnsweredSample(told, tuple(row.prompt_ids for row in asked), asking, settings)


def train_each(plans: dict[str, TrainingPlan], rows: Rows, golds: tuple[str, ...], folder: Path, base: Path) -> int:
    """Train one plan after the other; those named sharded… with weights in shares. Print what a process holds."""
    original = sharding.shard

    def shard(model: Any, *given: Any, **more: Any) -> None:
        original(model, *given, **more)
        held = [w.to_local().numel() if isinstance(w, DTensor) else w.numel() for w in model.model.layers.parameters()]
        print(f"{name} {sum(held) / sum(w.numel() for w in model.model.layers.parameters()):.2f}")

    put(loop, shard=shard)
    with joined() as processes:
        if not processes.first:
            for module, writer in ((loop, "save_adapter"), (journal, "write_text"), (checkpoints, "save_file")):
                put(module, **{writer: lambda *_: os._exit(77)})
        for name, plan in plans.items():
            mine = replace(processes, sharded=name.startswith("sharded"))
            sample = answered(base, rows, golds) if plan.evaluation_sample else None
            place = RunPlace(folder / name, base, resume=False, processes=mine)
            place.folder.mkdir(parents=True, exist_ok=True)
            train(plan, TrainingRows(rows[:22], rows[22:], sample), place)
    return 0


def close(one: Path, other: Path) -> None:
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, rtol=0, atol=FLOAT32)


def test_two_processes_train_as_one(plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path) -> None:
    assert plan.adapter is not None
    padded = replace(plan.machine, layout="padded", gradient_checkpointing=True)
    best = SelectionPlan("exact_match", None, 2, 8, 3)
    early = SelectionPlan("loss", 1, 1, 8, 0)
    whole = {"adapter": None, "learning_rate": 1e-3}
    plans = {
        "lora": uneven(plan, evaluation_sample=3, selection=best, keep=6),
        "noise": uneven(plan, neftune_noise_alpha=5.0, prompt_loss_weight=0.1, label_smoothing=0.1),
        "whole": uneven(plan, **whole),
        "early": replace(uneven(plan, learning_rate=0.5, decay="constant"), selection=early, steps_per_evaluation=1),
        "sharded lora": uneven(plan, adapter=replace(plan.adapter, init="pissa"), evaluation_sample=3),
        "sharded padded": replace(plan, machine=padded, adapter=replace(plan.adapter, use_dora=True)),
        "sharded whole": uneven(plan, **whole, evaluation_sample=3, selection=best, keep=6, max_grad_norm=0.5),
    }
    prompts = [row.prompt_ids for row in rows[22:25]]
    golds = (plainly_answered(tiny_model_folder, prompts[0]), "never", plainly_answered(tiny_model_folder, prompts[2]))
    ended = together(train_each, plans, rows, golds, tmp_path / "two", tiny_model_folder, folder=tmp_path)
    assert [each.code for each in ended] == [0, 0], ended[0].err + ended[1].err
    for name, each in plans.items():
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        one.mkdir(parents=True)
        sample = answered(tiny_model_folder, rows, golds) if each.evaluation_sample else None
        run(each, rows, one, tiny_model_folder, answered=sample)
        assert losses(two) == pytest.approx(losses(one), rel=FLOAT32), name
        close(one, two)
        before, after = evaluations(one), evaluations(two)
        assert [(line["step"], line["metrics"], line["best"]) for line in after] == [
            (line["step"], line["metrics"], line["best"]) for line in before
        ]
        found = [line["validation_loss"] for line in after]
        assert found == pytest.approx([line["validation_loss"] for line in before], rel=FLOAT32)
        assert len(lines(two)) == len(lines(one))  # one process writes
    assert losses(tmp_path / "two" / "lora")[-1] != losses(tmp_path / "two" / "lora")[0]
    assert len(losses(tmp_path / "two" / "early")) < plan.steps
    held = dict(line.rsplit(" ", 1) for line in ended[0].out.splitlines())
    assert {name: held[name] for name in ("whole", "sharded whole")} == {"whole": "1.00", "sharded whole": "0.50"}
    assert float(held["sharded lora"]) < 0.7  # the base in halves, the adapter whole
    assert (ended[1].out, ended[1].err) == ("", "")


def stopped(plan: TrainingPlan, rows: Rows, folder: Path, base: Path, after: int, rank: int) -> int:
    """Train, going on where the run stands; the process `rank` alone gets SIGTERM in its update `after`."""
    original, done = computing.update_gradient, []

    def interrupted(*given: Any) -> float:
        done.append(1)
        if len(done) == after and processes.rank == rank:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(*given)

    put(loop, update_gradient=interrupted)
    with joined() as processes:
        result = train(plan, TrainingRows(rows[:22], ()), RunPlace(folder, base, resume=True, processes=processes))
    return result.steps


def test_a_run_goes_on_with_another_number_of_processes(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path
) -> None:
    """Whole weights in two processes, then shares in three, then one: stopped twice by a signal to one of them."""
    plan = uneven(plan, adapter=None, learning_rate=1e-3, steps_per_checkpoint=100)
    run(plan, rows, tmp_path / "one", tiny_model_folder)
    folder = tmp_path / "several"
    folder.mkdir()
    two = together(stopped, plan, rows, folder, tiny_model_folder, 2, 1, folder=tmp_path / "said two")
    assert [each.code for each in two] == [2, 2], two[0].err + two[1].err
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["step-000002"]
    given = (stopped, plan, rows, folder, tiny_model_folder, 1, 2)
    three = together(*given, folder=tmp_path / "said three", count=3, sharded=True)
    assert [each.code for each in three] == [3, 3, 3], three[0].err + three[2].err
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["step-000003"]
    run(plan, rows, folder, tiny_model_folder, resume=True)
    assert losses(folder) == pytest.approx(losses(tmp_path / "one"), rel=FLOAT32)
    close(tmp_path / "one", folder)


@pytest.fixture
def project(tmp_path: Path, tiny_model_folder: Path) -> Project:
    project = write_project(tmp_path / "project", tiny_model_folder)
    project.edit("dtype: float32}", "dtype: float32}\nadapter: {type: lora, dropout: 0}")
    return project


def command(words: list[str], fault: str, at: int, cache: str) -> int:
    """Run one command line; in its second update the process `at` meets the fault."""
    os.environ["LFINE_CACHE"] = cache
    original, plain_loss, done = computing.update_gradient, computing.loss_and_gradient, []

    def faulty(*given: Any) -> float:
        done.append(1)
        if len(done) == 2 and os.environ["RANK"] == str(at):
            meet(fault)
        return original(*given)

    def no_number(*given: Any, **named: Any) -> float:
        return plain_loss(*given, **named) * math.nan

    def meet(fault: str) -> None:
        match fault:
            case "nan":
                put(computing, loss_and_gradient=no_number)
            case "memory":
                raise MachineError(Problem("LF404", "the GPU is full", "a smaller batch"))
            case "bug":
                raise RuntimeError("nobody thought of this")
            case "layer":  # in the middle of a forward pass
                put(torch.nn.functional, silu=None)
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "disk":
                resource.setrlimit(resource.RLIMIT_FSIZE, (6000, resource.RLIM_INFINITY))

    put(loop, update_gradient=faulty)
    return main(words)


def commanded(project: Project, fault: str = "", at: int = 1, *words: str, sharded: bool = False) -> list[Ended]:
    """Run `lfine train` on the project in two processes."""
    line = ["train", *words, str(project.task), "--runs-dir", str(project.runs)]
    cache = str(project.folder / "cache")
    return together(command, line, fault, at, cache, folder=project.folder / "said", sharded=sharded)


def test_the_first_process_alone_writes_and_speaks(project: Project) -> None:
    ended = commanded(project, "", 1, "--format", "json")
    assert [each.code for each in ended] == [0, 0], ended[0].err + ended[1].err
    (folder,) = project.run_folders()
    assert json.loads(ended[0].out)["run_dir"] == str(folder)
    assert ended[0].err.count("training topics: 4 updates of 4 by 2 processes into ") == 1
    assert (ended[1].out, ended[1].err) == ("", "")
    alone = lfine("train", project.task, "--runs-dir", project.folder / "alone")
    assert alone.code == 0
    (other,) = (project.folder / "alone" / "topics").iterdir()
    assert {path.name for path in folder.rglob("*")} == {path.name for path in other.rglob("*")}
    assert losses(folder) == pytest.approx(losses(other), rel=FLOAT32)
    close(folder, other)


@pytest.mark.parametrize("sharded", [False, True])
def test_a_loss_that_is_no_number_anywhere_ends_both(project: Project, sharded: bool) -> None:
    ended = commanded(project, "nan", 1, sharded=sharded)
    assert [each.code for each in ended] == [5, 5], ended[0].err + ended[1].err
    assert "LF504" in ended[0].err
    assert "the loss of update 2 is nan; its rows are " in ended[0].err
    assert (ended[1].out, ended[1].err) == ("", "")
    (folder,) = project.run_folders()
    assert (read_run(folder).status, len(losses(folder))) == ("failed", 1)


def test_an_error_of_one_process_is_that_of_both(project: Project) -> None:
    ended = commanded(project, "memory", 1, "--format", "json")
    assert [each.code for each in ended] == [3, 3], ended[0].err + ended[1].err
    (problem,) = json.loads(ended[0].out)["problems"]
    assert problem["code"] == "LF404"
    assert problem["message"] == "the GPU is full (in process 1 of 2); 1 of 4 updates are saved"
    assert ended[1].err.startswith("LF404 out-of-memory\n   the GPU is full\n")
    assert ended[1].out == ""
    (folder,) = project.run_folders()
    assert read_run(folder).status == "failed"


def test_after_an_error_of_one_process_no_other_task_is_begun(project: Project) -> None:
    first = project.task.with_name("first.yaml")
    first.write_text(project.task.read_text(encoding="utf-8"), encoding="utf-8")
    ended = commanded(project, "memory", 1, str(first))
    assert [each.code for each in ended] == [1, 1], ended[0].err + ended[1].err
    assert ended[0].err.index("LF404") < ended[0].err.index("LF515") < ended[0].err.index("LF116")
    assert [path.name for path in project.runs.iterdir()] == ["first"]


@pytest.mark.parametrize(("fault", "sharded"), [("bug", False), ("layer", True)])
def test_a_bug_in_one_process_ends_both(project: Project, fault: str, sharded: bool) -> None:
    ended = commanded(project, fault, 1, sharded=sharded)
    assert [each.code for each in ended] == [70, 70], ended[0].err + ended[1].err
    assert "Traceback" in ended[1].err
    assert "Error: " in ended[0].err
    assert "(in process 1 of 2)" in ended[0].err


def test_a_process_that_is_killed_ends_the_other(project: Project) -> None:
    ended = commanded(project, "killed", 1)
    assert [each.code for each in ended] == [5, -signal.SIGKILL], ended[0].err
    assert "LF515" in ended[0].err
    again = commanded(project, "", 1, "--resume")
    assert [each.code for each in again] == [0, 0], again[0].err + again[1].err


def test_where_the_first_is_killed_another_speaks(project: Project) -> None:
    ended = commanded(project, "killed", 0)
    assert [each.code for each in ended] == [-signal.SIGKILL, 5], ended[1].err
    assert "LF515" in ended[1].err


def test_a_full_disk_of_the_first_ends_both(project: Project) -> None:
    ended = commanded(project, "disk", 0)
    assert [each.code for each in ended] == [3, 3], ended[0].err + ended[1].err
    assert "LF405" in ended[0].err
    assert (ended[1].out, ended[1].err) == ("", "")


def test_a_wrong_task_is_said_once_and_the_next_is_trained(project: Project) -> None:
    wrong = project.folder / "wrong.yaml"
    wrong.write_text(project.task.read_text(encoding="utf-8").replace("{question}", "{qestion}"), encoding="utf-8")
    ended = commanded(project, "", 1, str(wrong))
    assert [each.code for each in ended] == [4, 4], ended[0].err + ended[1].err
    assert "LF201" in ended[0].err
    assert (ended[1].out, ended[1].err) == ("", "")
    assert len(project.run_folders()) == 1
