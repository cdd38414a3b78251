"""compile_file(): the model's folder, problems at their place in the file, warnings on stderr."""

from __future__ import annotations

import pytest

from lfine.compiling import compile_file, needed_splits
from lfine.schemas.errors import MachineError, TaskError
from tests.lfine.projects import Project


def test_what_it_returns(project: Project) -> None:
    compiled = compile_file(project.task, ["trainer.epochs=1", "trainer.train_steps=null"])
    assert compiled.plan.training.train_examples == len(compiled.rows.train) == 42
    assert compiled.text == project.task.read_text(encoding="utf-8")
    assert compiled.prepared.model.folder == project.model
    assert needed_splits(compiled.plan.task) == ("train", "test")


def test_every_training_row_ends_with_a_learned_end_token(project: Project) -> None:
    compiled = compile_file(project.task)
    stops = compiled.prepared.model.renderer.stop_ids
    assert all(row.completion_ids[-1] in stops for row in (*compiled.rows.train, *compiled.rows.validation))


def test_a_warning_is_printed_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    compile_file(project.task, ["evaluation.sample_size=500"])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("LF306 small-held-out") == 1


def test_an_unknown_model_is_placed_where_it_is_named(project: Project) -> None:
    with pytest.raises(TaskError) as caught:
        compile_file(project.task, ["base_model=smollm"])
    assert caught.value.problems[0].file == "--set base_model=smollm"


def test_a_model_that_is_not_here(project: Project) -> None:
    with pytest.raises(MachineError) as caught:
        compile_file(project.task, ["base_model=nobody/no-such-model"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.cure) == ("LF402", "lfine models pull nobody/no-such-model")
