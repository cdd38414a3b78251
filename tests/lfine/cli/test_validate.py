"""`lfine validate`: every way in which a task file or its data's header can be wrong, and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lfine.projects import PROBLEM_KEYS, Ended, Project, files_of, lfine, write_csv


def problems(ended: Ended) -> list[dict[str, object]]:
    """The problems of a validation's own document, {"files": N, "problems": […]}."""
    document = ended.json()
    assert list(document) == ["files", "problems"]
    assert all(list(each) == PROBLEM_KEYS for each in document["problems"])
    found: list[dict[str, object]] = document["problems"]
    return found


def validated(*words: str | Path) -> Ended:
    return lfine("validate", *words, "--format", "json")


def test_a_task_in_order(project: Project) -> None:
    assert lfine("validate", project.task) == Ended(0, "1 file in order\n", "")
    assert json.loads(validated(project.task).out) == {"files": 1, "problems": []}


def test_problems_of_people_are_on_stderr_and_those_of_programs_on_stdout(project: Project) -> None:
    project.edit("learning_rate: 1e-3", "learning_rte: 1e-3")
    text, document = lfine("validate", project.task), validated(project.task)
    assert (text.code, text.out, document.code, document.err) == (1, "", 1, "")
    assert "LF103 unknown-key" in text.err
    assert "cure:" in text.err


def write_tab(path: Path) -> None:
    path.write_text("base_model: m\ndataset:\n\tpath: rows.csv\n", encoding="utf-8")


def write_bomb(path: Path) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    path.write_text("\n".join(levels), encoding="utf-8")


def write_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50_000_000)  # a hole: takes no room


def write_latin(path: Path) -> None:
    path.write_bytes(b"base_model: m\nname: caf\xe9\n")


BAD_FILES: dict[str, tuple[Callable[[Path], object], str, int | None, int | None]] = {
    "missing": (lambda _: None, "LF108", None, None),
    "empty": (lambda path: path.write_bytes(b""), "LF108", None, None),
    "only comments": (lambda path: path.write_bytes(b"# nothing\n"), "LF108", None, None),
    "a tab": (write_tab, "LF107", 3, 1),
    "two documents": (lambda path: path.write_bytes(b"base_model: m\n---\nbase_model: n\n"), "LF109", 2, 1),
    "a bomb": (write_bomb, "LF110", None, None),
    "50 MB": (write_huge, "LF108", None, None),
    "not UTF-8": (write_latin, "LF108", 2, 10),
    "a list": (lambda path: path.write_bytes(b"- a\n"), "LF102", 1, 1),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_is_no_task(case: str, tmp_path: Path) -> None:
    write, code, line, column = BAD_FILES[case]
    path = tmp_path / "bad.yaml"
    write(path)
    ended = validated(path)
    found = problems(ended)[0]
    assert (ended.code, found["code"], found["file"]) == (1, code, str(path))
    assert found["cure"]
    if line is not None:
        assert (found["line"], found["column"]) == (line, column)
    for command in ("compile", "train", "evaluate"):
        other = lfine(command, path, "--format", "json")
        assert other.code == 1
        assert other.problems()[0]["code"] == code
    assert not (tmp_path / "runs").exists()


def test_a_folder_is_searched_and_fragments_are_passed_over(project: Project) -> None:
    deep = project.folder / "more" / "other.yml"
    deep.parent.mkdir()
    deep.write_text(project.task.read_text(encoding="utf-8").replace("rows.csv", "../rows.csv"), encoding="utf-8")
    (project.folder / "_shared.yaml").write_text("not: a task", encoding="utf-8")
    assert validated(project.folder).json() == {"files": 2, "problems": []}


def test_a_folder_without_tasks_does_not_hide_other_problems(project: Project) -> None:
    (project.folder / "empty").mkdir()
    ended = validated(project.folder / "empty", project.folder / "absent.yaml", project.task)
    assert ended.code == 1
    assert ended.json()["files"] == 2
    assert [each["file"] for each in problems(ended)] == [
        str(project.folder / "empty"),
        str(project.folder / "absent.yaml"),
    ]


def test_a_folder_where_a_file_is_needed(project: Project) -> None:
    ended = lfine("compile", project.folder, "--format", "json")
    assert (ended.code, ended.problem()["code"]) == (1, "LF108")
    assert str(project.task) in ended.problem()["cure"]


def test_a_column_that_the_data_lack_is_placed_inside_the_template(project: Project) -> None:
    project.edit("question: {question}", "question: {qestion}")
    for command in ("validate", "compile", "train"):
        ended = lfine(command, project.task, "--format", "json")
        (found,) = ended.json()["problems"]
        line = project.task.read_text(encoding="utf-8").splitlines()[found["line"] - 1]
        assert (ended.code, found["code"], found["path"]) == (1, "LF201", "prompt.template")
        assert line[found["column"] - 1 :].startswith("{qestion}")
        assert "question" in found["cure"]
    assert not project.runs.exists()


def test_override_is_checked_like_the_file(project: Project) -> None:
    ended = validated(project.task, "--set", "trainer.epoch=3")
    (found,) = problems(ended)
    assert (ended.code, found["code"]) == (1, "LF111")
    assert "epochs" in str(found["cure"])


def test_missing_data_with_a_bare_name_is_a_warning_here(project: Project) -> None:
    project.rows.unlink()
    ended = validated(project.task)
    (found,) = problems(ended)
    assert (ended.code, found["code"], found["severity"]) == (0, "LF301", "warning")
    assert str(found["message"]).startswith("the columns were not checked: ")
    assert found["line"] == 2
    assert validated(project.task, "--strict").code == 1
    assert validated(project.task, "--data").code == 1


@pytest.mark.parametrize("where", ["a path", "LFINE_DATA"])
def test_missing_data_is_an_error_where_it_can_be_nowhere_else(
    project: Project, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    project.rows.unlink()
    if where == "LFINE_DATA":
        monkeypatch.setenv("LFINE_DATA", str(project.folder / "elsewhere"))
    else:
        project.edit("rows.csv", "./data/rows.csv")
    ended = validated(project.task)
    assert (ended.code, problems(ended)[0]["severity"]) == (1, "error")


@pytest.mark.parametrize("command", ["compile", "train", "evaluate"])
def test_missing_data_is_an_error_for_what_needs_it(project: Project, command: str) -> None:
    project.rows.unlink()
    words = ["--base"] if command == "evaluate" else []
    ended = lfine(command, project.task, *words, "--format", "json")
    assert (ended.code, ended.problem()["code"]) == (1, "LF301")
    assert (ended.problem()["line"], ended.problem()["path"]) == (2, "dataset.path")


def test_data_are_found_in_the_folder_of_the_variable(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    project.rows.rename(tmp_path / "data" / "rows.csv")
    monkeypatch.setenv("LFINE_DATA", str(tmp_path / "data"))
    assert lfine("validate", project.task, "--data").code == 0


BAD_ROWS = {
    "an answer is empty": ("LF303", {"label": ""}, "train row"),
    "a split nobody expects": ("LF304", {"split": "dev"}, "'dev' (1 row: 3)"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_are_named_by_their_numbers(project: Project, case: str) -> None:
    code, change, said = BAD_ROWS[case]
    rows = [
        {"question": f"q{n}", "label": "ab"[n % 2], "split": "test" if n > 5 else "train"} | (change if n == 3 else {})
        for n in range(8)
    ]
    write_csv(project.rows, rows)
    assert lfine("validate", project.task).code == 0
    for words in (["validate", "--data"], ["compile"], ["train"], ["evaluate", "--base"]):
        ended = lfine(words[0], project.task, *words[1:], "--format", "json")
        (found,) = ended.json()["problems"]
        assert (ended.code, found["code"]) == (1, code)
        if words != ["evaluate", "--base"]:
            assert said in found["message"]
        assert "3" in found["message"]
        assert found["cure"]
    assert not project.runs.exists()


@pytest.mark.parametrize("absent", ["train", "test"])
def test_no_row_in_a_split_that_is_needed(project: Project, absent: str) -> None:
    other = {"train": "test", "test": "train"}[absent]
    write_csv(project.rows, [{"question": f"q{n}", "label": "ab"[n % 2], "split": other} for n in range(8)])
    ended = lfine("compile", project.task, "--format", "json")
    found = ended.problem()
    assert (ended.code, found["code"], found["path"]) == (1, "LF305", "preprocessing.split")
    assert f"'{absent}'" in found["message"]


def test_validating_writes_nothing(project: Project) -> None:
    before = files_of(project.folder)
    lfine("validate", project.task, "--data")
    lfine("compile", project.task)
    lfine("preview", project.task)
    assert files_of(project.folder) == before


def test_fix_says_what_it_changed_and_what_remains(project: Project) -> None:
    project.edit("learning_rate: 1e-3", "learning_rte: '1e-3', zzz: 1")
    before = "# topics\n" + project.task.read_text(encoding="utf-8")
    project.task.write_text(before, encoding="utf-8")
    line = before.split("learning_rte")[0].count("\n") + 1
    ended = lfine("validate", project.task, "--fix")
    assert ended.code == 1
    assert ended.out.splitlines() == [
        f"{project.task}:{line}: learning_rte -> learning_rate",
        f"{project.task}:{line}: '1e-3' -> 1e-3",
    ]
    assert "there is no key `zzz` under `trainer`" in ended.err
    assert "1 problem in 1 file" in ended.err
    mended = before.replace("learning_rte: '1e-3'", "learning_rate: 1e-3")
    assert project.task.read_text(encoding="utf-8") == mended, "comments and layout stay"


def test_fix_keeps_stdout_for_the_document(project: Project) -> None:
    project.edit("learning_rate: 1e-3", "learning-rate: 1e-3")
    ended = lfine("validate", project.task, "--fix", "--format", "json")
    assert (ended.code, json.loads(ended.out)) == (0, {"files": 1, "problems": []})
    assert "learning-rate -> learning_rate" in ended.err


def test_a_size_of_the_sample_warns_only_where_it_is_written(project: Project) -> None:
    project.edit("sample_size: 12, ", "")
    assert lfine("validate", project.task, "--data", "--strict").code == 0
    for size, code in (("1000", 1), ("12", 0)):
        ended = lfine("validate", project.task, "--data", "--strict", "--set", f"evaluation.sample_size={size}")
        assert ended.code == code
        assert ("LF306" in ended.err) == (code == 1)
