"""`lfine compile`: the plan for people and for programs, and what can keep it from being made."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from lfine.finetune.compile.files import read_plan
from tests.lfine.projects import Project, files_of, lfine, refused, small_disk, write_csv


def test_the_plan_in_a_dozen_lines(project: Project) -> None:
    ended = lfine("compile", project.task)
    heads = [line.split()[0] for line in ended.out.splitlines()]
    assert ended.code == 0
    first = ["task", "model", "trains", "data", "lengths", "updates", "rate", "machine"]
    assert heads == [*first, "memory", "time", "watched", "scored", "hashes"]
    assert "watched   4 times: the loss of 6 rows (about " in ended.out
    assert "42 train, 6 validation, 12 test rows; output category" in ended.out
    assert "4 of 4 examples (16 in all)" in ended.out


def test_the_plan_as_json_is_the_plan_file(project: Project) -> None:
    ended = lfine("compile", project.task, "--format", "json", "--out", project.folder / "plan.json")
    plan = read_plan(project.folder / "plan.json")
    assert ended.json() == json.loads((project.folder / "plan.json").read_text(encoding="utf-8"))
    assert (ended.json()["plan_hash"], ended.json()["task"]) == (plan.plan_hash, "topics")
    assert {"source", "training", "evaluation", "decisions", "evaluation_hash"} <= set(ended.json())


def test_explain_says_where_each_value_came_from(project: Project) -> None:
    ended = lfine("compile", project.task, "--explain", "--set", "adapter.r=4")
    lines = {line.split()[0]: line for line in ended.out.splitlines() if line}
    assert "--set adapter.r=4" in lines["adapter.r"]
    assert "twice the rank" in lines["adapter.alpha"]
    assert "topics.yaml:6" in lines["trainer.learning_rate"]
    assert " 8 " in lines["adapter.alpha"]


def test_explain_shows_of_a_metric_what_is_set(project: Project) -> None:
    metrics = "evaluation.metrics=[accuracy, {name: f1, average: weighted}]"
    ended = lfine("compile", project.task, "--explain", "--set", metrics)
    (line,) = (line for line in ended.out.splitlines() if line.startswith("evaluation.metrics "))
    assert '["accuracy", {"name": "f1", "average": "weighted"}]' in line
    assert "null" not in line


def test_explain_ends_with_what_the_run_will_take(project: Project) -> None:
    ended = lfine("compile", project.task, "--explain", "--gpu", "A40", "--set", "cost.gpu_hour_usd=0.475")
    _, _, table = ended.out.partition("estimate of the run: ")
    names = [line.split("  ")[1].strip() for line in table.splitlines()[1:]]
    parts = [
        "libraries",
        "weights",
        "adapter",
        "gradients",
        "optimizer",
        "workspace",
        "activations",
        "backward",
        "logits",
    ]
    assert names == [*parts, "in all", "room", "answers", "time", "evaluations", "cost"]
    assert "assumed, not measured: 35% of 150 TFLOP/s" in table


def test_explain_says_what_evaluating_on_the_way_costs(project: Project) -> None:
    words = ("compile", project.task, "--explain", "--set", "trainer.evaluation_sample=5")
    (line,) = [line for line in lfine(*words).out.splitlines() if line.startswith("  evaluations ")]
    assert "4 times: the loss of 6 rows, 5 rows answered and scored; about " in line
    assert "% of the updates' arithmetic, at their speed; a GPU takes longer" in line
    (line,) = [line for line in lfine(*words[:3]).out.splitlines() if line.startswith("  evaluations ")]
    assert line.endswith("% of the updates' arithmetic, at their speed")


def test_a_gpu_that_nobody_knows_is_a_usage_error(project: Project) -> None:
    ended = lfine("compile", project.task, "--gpu", "A41")
    assert ended.code == 2
    assert "no GPU is known here by the name 'A41'" in ended.err
    assert "A40" in ended.err


def test_set_changes_the_right_hash(project: Project) -> None:
    def hashes(*words: str) -> tuple[str, str]:
        document = lfine("compile", project.task, "--format", "json", *words).json()
        return document["plan_hash"], document["evaluation_hash"]

    plan, evaluation = hashes()
    assert hashes() == (plan, evaluation)
    other = hashes("--set", "trainer.learning_rate=2e-3")
    assert other[0] != plan
    assert other[1] == evaluation
    other = hashes("--set", "evaluation.sample_size=5")
    assert other[0] == plan
    assert other[1] != evaluation
    assert hashes("--set", "trainer.micro_batch_size=1") == (plan, evaluation)


def test_labels_yes_and_no_and_a_rate_in_exponents_simply_work(project: Project) -> None:
    rows = [
        {"question": f"q{n}", "label": ["yes", "no"][n % 2], "split": "test" if n > 20 else "train"} for n in range(30)
    ]
    write_csv(project.rows, rows)
    project.edit("output_feature: label", "output_feature: {name: label, type: category, labels: [yes, no]}")
    project.edit("1e-3", "1e-4")
    training = lfine("compile", project.task, "--format", "json").json()["training"]
    assert sorted(training["data"]["labels"]) == ["no", "yes"]
    assert training["learning_rate"] == 0.0001


@pytest.mark.parametrize(
    ("name", "said"),
    [("smollm2-135m-instuct", "did you mean 'smollm2-135m-instruct'?"), ("./models/absent", "'./models/absent'")],
)
def test_a_base_model_that_names_nothing(project: Project, name: str, said: str) -> None:
    ended = refused("compile", project.task, "--set", f"base_model={name}")
    found = ended.problem()
    assert (ended.code, found["code"], found["path"]) == (1, "LF215", "base_model")
    assert said in found["message"] + found["cure"]


def test_an_unknown_model_is_placed_in_the_file(project: Project) -> None:
    project.edit(f"base_model: {project.model}", "base_model: smollm2")
    found = refused("compile", project.task).problem()
    assert (found["file"], found["line"], found["column"]) == (str(project.task), 1, 13)


@pytest.mark.parametrize("command", ["compile", "train"])
def test_a_model_of_the_hub_without_network(project: Project, command: str) -> None:
    ended = refused(command, project.task, "--set", "base_model=nobody/no-such-model")
    assert (ended.code, ended.problem()["code"]) == (3, "LF402")
    assert "nobody/no-such-model" in ended.problem()["message"]
    assert not project.runs.exists()


def test_without_the_extra_the_cure_is_the_pip_command(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    for words in (("compile",), ("preview",), ("train",), ("evaluate", "--base")):
        ended = refused(words[0], project.task, *words[1:])
        assert (ended.code, ended.problem()["code"]) == (3, "LF401")
        assert ended.problem()["cure"] == "pip install 'lfine[train]'"


def test_a_model_folder_that_lacks_a_file(project: Project, tmp_path: Path) -> None:
    (tmp_path / "hollow").mkdir()
    (tmp_path / "hollow" / "config.json").write_bytes((project.model / "config.json").read_bytes())
    ended = refused("compile", project.task, "--set", f"base_model={tmp_path / 'hollow'}")
    assert (ended.code, ended.problem()["code"]) == (3, "LF407")
    assert "tokenizer.json" in ended.problem()["message"]


def test_a_full_disk_leaves_the_older_plan(project: Project) -> None:
    lfine("compile", project.task, "--out", project.folder / "plan.json")
    before = files_of(project.folder)
    with small_disk(500):
        ended = refused("compile", project.task, "--out", project.folder / "plan.json")
    assert (ended.code, ended.problem()["code"]) == (3, "LF405")
    assert files_of(project.folder) == before


def test_warnings_of_the_data_are_on_stderr(project: Project) -> None:
    ended = lfine("compile", project.task, "--set", "evaluation.sample_size=1000", "--format", "json")
    assert ended.code == 0
    assert ended.json()["evaluation"]["rows"] == 12
    assert "LF306 small-held-out (warning)" in ended.err


def test_a_size_of_the_sample_that_nobody_wrote_is_told_where_the_rows_are(project: Project) -> None:
    task = project.folder / "usual.yaml"
    task.write_text(project.task.read_text(encoding="utf-8").replace("sample_size: 12, ", ""), encoding="utf-8")
    ended = lfine("compile", task)
    assert (ended.code, ended.err) == (0, "")
    assert "scored    accuracy on all 12 test rows (a sample is 1,000)\n" in ended.out
    assert "scored    accuracy on 12 test rows\n" in lfine("compile", project.task).out
