"""`lfine compile TASK --diff OTHER`: what differs in meaning, and what it changes."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from lfine.compiling import compile_file
from lfine.diffing import KEYS, Change, Difference, difference, effect, stored_plan, task_key
from lfine.finetune.compile.plan import EvaluationPlan, TrainingPlan, evaluation_hash, training_hash
from tests.lfine.projects import Project, lfine

Half = TypeVar("Half", TrainingPlan, EvaluationPlan)


def other_task(project: Project, old: str, new: str) -> Path:
    path = project.folder / "other.yaml"
    text = project.task.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def differences(project: Project, other: Path) -> dict[str, tuple[object, object, str]]:
    ended = lfine("compile", project.task, "--diff", other, "--format", "json")
    assert ended.code == 0, ended.err
    found = ended.json()
    assert list(found) == ["equal", "same_weights", "same_score", "differences"]
    return {each["path"]: (each["this"], each["other"], each["changes"]) for each in found["differences"]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("output_feature: label", "# a comment\noutput_feature: {name: label}"),
        ("train_steps: 4,", "train_steps: 4, learning_rate_multiplier: 1.0, seed: 42,"),
        ("learning_rate: 1e-3", "learning_rate: 0.001"),
        ("base_model:", "name: another\ndescription: the same\nbase_model:"),
    ],
)
def test_another_writing_means_the_same(project: Project, old: str, new: str) -> None:
    other = other_task(project, old, new)
    assert differences(project, other) == {}
    ended = lfine("compile", project.task, "--diff", other)
    assert (ended.code, ended.out) == (0, f"{project.task} and {other} mean the same\n")


@pytest.mark.parametrize(
    ("old", "new", "path", "expected"),
    [
        ("output_feature:", "adapter: {r: 4}\noutput_feature:", "adapter.r", (8, 4, "weights")),
        ("learning_rate: 1e-3", "learning_rate: 2e-3", "trainer.learning_rate", (0.001, 0.002, "weights")),
        ("sample_size: 12", "sample_size: 6", "evaluation.sample_size", (12, 6, "score")),
        ("dtype: float32", "dtype: float32, keep: 5", "trainer.keep", (2, 5, "time")),
        ("dtype: float32", "dtype: float32, micro_batch_size: 1", "trainer.micro_batch_size", (4, 1, "time")),
        ("output_feature:", "cost: {gpu_hour_usd: 2}\noutput_feature:", "cost.gpu_hour_usd", (None, 2.0, "time")),
    ],
)
def test_a_difference_says_what_it_changes(
    project: Project, old: str, new: str, path: str, expected: tuple[object, object, str]
) -> None:
    assert differences(project, other_task(project, old, new))[path] == expected


def test_text_for_people(project: Project) -> None:
    other = other_task(project, "sample_size: 12", "sample_size: 6")
    lines = lfine("compile", project.task, "--diff", other).out.splitlines()
    assert lines[0].split() == [str(project.task), str(other), "changes"]
    assert any(line.split()[:3] == ["evaluation.sample_size", "12", "6"] and "the score" in line for line in lines)


def test_only_time_and_memory(project: Project) -> None:
    other = other_task(project, "dtype: float32", "dtype: float32, keep: 5")
    ended = lfine("compile", project.task, "--diff", other, "--format", "json").json()
    assert (ended["equal"], ended["same_weights"], ended["same_score"]) == (False, True, True)
    assert "the weights and the score are the same" in lfine("compile", project.task, "--diff", other).out


def test_the_plan_of_a_file_and_what_is_neither(project: Project, tmp_path: Path) -> None:
    plan = tmp_path / "run" / "plan.json"
    lfine("compile", project.task, "--out", plan)
    for path in (plan, plan.parent):
        assert stored_plan(path) is not None
        assert lfine("compile", project.task, "--diff", path, "--format", "json").json()["equal"] is True
    assert stored_plan(project.task) is None
    absent = lfine("compile", project.task, "--diff", tmp_path / "no.yaml", "--format", "json")
    assert (absent.code, absent.problem()["code"]) == (1, "LF108")
    empty = lfine("compile", project.task, "--diff", tmp_path, "--format", "json")
    assert (empty.code, empty.problem()["code"]) == (5, "LF505")


def with_one_more(record: Half, name: str) -> Half:
    """Return a record with one of its whole numbers raised; the record itself where the field is none."""
    value = getattr(record, name)
    if not isinstance(value, int) or isinstance(value, bool):
        return record
    change: dict[str, Any] = {name: value + 1}
    return replace(record, **change)


def test_the_effect_agrees_with_the_hashes(project: Project) -> None:
    """Whatever is said to change neither weights nor score is in neither hash, and the reverse."""
    plan = compile_file(project.task).plan
    for name in (field.name for field in fields(TrainingPlan)):
        changed = with_one_more(plan.training, name)
        same = training_hash(changed) == training_hash(plan.training)
        assert changed is plan.training or (effect(("training", name)) == "time") == same, name
    for name in (field.name for field in fields(EvaluationPlan)):
        scored = with_one_more(plan.evaluation, name)
        assert scored is plan.evaluation or evaluation_hash(scored) != evaluation_hash(plan.evaluation), name
    assert effect(("training", "model", "name")) == "time"
    assert effect(("training", "model", "dtype")) == "weights"
    assert effect(("evaluation", "generation", "batch_size")) == "time"
    assert effect(("evaluation", "interval")) == "time"


def test_keys_are_those_of_the_task_file() -> None:
    assert task_key(("training", "adapter", "r")) == "adapter.r"
    assert task_key(("training", "model", "quantization", "bits")) == "quantization.bits"
    assert task_key(("training", "steps")) == "trainer.steps"
    assert task_key(("evaluation", "generation", "stop")) == "generation.stop"
    assert all(key.split(".")[0] in ("training", "evaluation", "cost") for key in KEYS)


def test_the_weights_stand_first(project: Project) -> None:
    other = other_task(project, "learning_rate: 1e-3", "keep: 5, learning_rate: 2e-3")
    found = difference(compile_file(project.task).plan, compile_file(other).plan)
    effects = [change.changes for change in found.changes]
    assert effects == sorted(effects, key=["weights", "score", "time"].index)
    assert effects[0] == "weights"


def test_a_long_value_is_shortened_in_text_only() -> None:
    change = Change("prompt.template", "x" * 100, None, "weights")
    assert change.record()["this"] == "x" * 100
    assert "x" * 50 not in Difference((change,)).text("a", "b")
