"""Which tasks are meant: folders searched, names from the files, --only and --skip, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.schemas.errors import TaskError
from lfine.selecting import Selection, select_tasks

TASK = """\
base_model: smollm2-135m-instruct
dataset: {path: rows.csv}
prompt: {template: "Say {question}"}
output_feature: answer
"""


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    folder = tmp_path / "tasks"
    (folder / "deeper").mkdir(parents=True)
    for path in ("drop.yaml", "boolq.yml", "deeper/arc.yaml", "_base.yaml"):
        (folder / path).write_text(TASK, encoding="utf-8")
    (folder / "named.yaml").write_text(f"name: glue_cola\n{TASK}", encoding="utf-8")
    (folder / "broken.yaml").write_text("base_model: [", encoding="utf-8")
    (folder / "notes.txt").write_text("no task", encoding="utf-8")
    return folder


def names(selection: Selection) -> list[str]:
    return [each.name for each in selection.tasks]


def refused(paths: list[str], only: list[str], skip: list[str]) -> list[tuple[str, str, str]]:
    with pytest.raises(TaskError) as caught:
        select_tasks(paths, only=only, skip=skip)
    return [(each.code, each.message, each.cure) for each in caught.value.problems]


def test_a_folder_gives_its_tasks_by_path_and_no_fragments(tasks: Path) -> None:
    selection = select_tasks([str(tasks)])
    assert names(selection) == ["boolq", "broken", "arc", "drop", "glue_cola"]
    assert selection.many
    assert selection.tasks[-1].path == tasks / "named.yaml"


def test_a_single_file_is_not_many_and_is_not_read_for_its_name(tasks: Path) -> None:
    selection = select_tasks([str(tasks / "absent.yaml")])
    assert (names(selection), selection.many) == (["absent"], False)


def test_files_and_folders_are_mixed_and_no_file_is_done_twice(tasks: Path) -> None:
    selection = select_tasks([str(tasks / "drop.yaml"), str(tasks / "deeper"), str(tasks)])
    assert names(selection) == ["drop", "arc", "boolq", "broken", "glue_cola"]


def test_a_folder_with_one_task_is_many(tasks: Path) -> None:
    assert select_tasks([str(tasks / "deeper")]).many


def test_only_and_skip_go_by_name(tasks: Path) -> None:
    only = ["glue_cola", "drop"]
    assert names(select_tasks([str(tasks)], only=only)) == ["drop", "glue_cola"]
    assert names(select_tasks([str(tasks)], skip=["broken", "arc"])) == ["boolq", "drop", "glue_cola"]
    assert names(select_tasks([str(tasks)], only=only, skip=["drop"])) == ["glue_cola"]


def test_an_unknown_name_is_refused_with_the_nearest(tasks: Path) -> None:
    assert refused([str(tasks)], ["glue_col", "drop"], ["bolq"]) == [
        ("LF120", "--only glue_col: no task has this name", "did you mean `glue_cola`?")
    ]
    ((code, message, cure),) = refused([str(tasks)], [], ["xyzzy"])
    assert (code, message) == ("LF120", "--skip xyzzy: no task has this name")
    assert cure == "name one of boolq, broken, arc, drop, glue_cola"


def test_nothing_left_is_refused(tasks: Path) -> None:
    ((code, message, _),) = refused([str(tasks)], ["drop"], ["drop"])
    assert (code, message) == ("LF121", "--only and --skip leave none of the 5 tasks")


def test_two_tasks_of_one_name_are_refused(tasks: Path) -> None:
    (tasks / "deeper" / "drop.yaml").write_text(TASK, encoding="utf-8")
    ((code, message, _),) = refused([str(tasks)], [], [])
    assert code == "LF119"
    assert message.startswith(f"the task 'drop' is also that of {tasks / 'deeper' / 'drop.yaml'}")
    with pytest.raises(TaskError):  # a name for all is a name too often
        select_tasks([str(tasks / "boolq.yml"), str(tasks / "named.yaml")], overrides=["name=one"])


def test_a_folder_without_tasks_is_refused(tmp_path: Path) -> None:
    assert [code for code, _, _ in refused([str(tmp_path)], [], [])] == ["LF108"]
