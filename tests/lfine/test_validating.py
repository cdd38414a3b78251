"""Which files a path means, and when an absent data file proves something."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.schemas.errors import TaskError
from lfine.validating import check_file, checked_task, task_files, validate_paths
from tests.lfine.projects import Project


def test_files_of_a_folder_are_sorted_and_fragments_left_out(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "_part.yaml", ".hidden.yaml", "notes.txt", "deep/c.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    assert [path.relative_to(tmp_path).as_posix() for path in task_files(tmp_path)] == [
        "a.yml",
        "b.yaml",
        "deep/c.yaml",
    ]


def test_a_file_is_taken_as_named_even_if_it_is_a_fragment(tmp_path: Path) -> None:
    assert task_files(tmp_path / "_part.yaml") == [tmp_path / "_part.yaml"]


def test_warnings_do_not_fail(project: Project) -> None:
    project.rows.unlink()
    found = validate_paths([project.task])
    assert (found.files, found.failed, [each.severity for each in found.problems]) == (1, False, ["warning"])
    assert checked_task(project.task)[0].task.name == "topics"
    with pytest.raises(TaskError):
        checked_task(project.task, ["dataset.path=./elsewhere/rows.csv"])


def test_rows_are_read_only_when_asked_for(project: Project) -> None:
    project.rows.write_text("question,label,split\nq,a,nowhere\n", encoding="utf-8")
    assert check_file(project.task)[1] == []
    loaded, problems = check_file(project.task, data=True)
    assert loaded is not None
    assert [problem.code for problem in problems] == ["LF304"]


def test_metrics_and_columns_are_told_together(project: Project) -> None:
    project.edit("{question}", "{qestion}")
    _, problems = check_file(project.task, ["evaluation.metrics=[acuracy]"])
    assert sorted(problem.code for problem in problems) == ["LF201", "LF209"]


def test_a_problem_of_an_extended_file_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("_base.yaml").write_text("base_model: m-x\ndataset: {path: a.csv}\nadapter: {r: x}\n", encoding="utf-8")
    for name in ("one.yaml", "two.yaml"):
        text = "extends: _base.yaml\nprompt: {template: 'Q: {q}'}\noutput_feature: y\n"
        Path(name).write_text(text, encoding="utf-8")
    found = validate_paths([Path()])
    assert (found.files, [(each.code, each.file, each.line) for each in found.problems]) == (
        2,
        [("LF102", "_base.yaml", 3)],
    )


def test_a_fragment_is_checked_but_is_no_task(tmp_path: Path) -> None:
    fragment = tmp_path / "_part.yaml"
    fragment.write_text("trainer: {epochs: 3}\n", encoding="utf-8")
    assert check_file(fragment) == (None, [])
    assert not validate_paths([fragment]).failed
    with pytest.raises(TaskError) as caught:
        checked_task(fragment)
    assert [problem.code for problem in caught.value.problems] == ["LF117"]


def test_mending_comes_before_checking(project: Project) -> None:
    project.edit("trainer:", "trainr:")
    assert validate_paths([project.task]).changes == ()
    found = validate_paths([project.task], fix=True)
    assert [(change.old, change.new) for change in found.changes] == [("trainr", "trainer")]
    assert (found.failed, validate_paths([project.task]).failed) == (False, False)


def test_a_misspelt_name_of_the_catalogue_is_named_before_anything_runs(project: Project) -> None:
    _, problems = check_file(project.task, ["base_model=smollm2-135m-instrct"])
    assert [(each.code, each.severity) for each in problems] == [("LF215", "error")]
    assert "did you mean 'smollm2-135m-instruct'?" in problems[0].message


def test_models_that_may_be_elsewhere_are_left_alone(project: Project) -> None:
    for name in ("some/hub-model", "./smollm2-135m-instrct", "quite-another-folder", "smollm2-135m-instruct"):
        assert check_file(project.task, [f"base_model={name}"])[1] == []
    (project.folder / "smollm2-135m-instrct").mkdir()
    assert check_file(project.task, ["base_model=smollm2-135m-instrct"])[1] == []
