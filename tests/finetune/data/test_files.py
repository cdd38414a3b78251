"""Where files are looked for, and what is said when they are not there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.files import find_file, find_files, sha256_of
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The three places, in the order in which they are looked at."""
    found = {name: tmp_path / name for name in ("task", "working", "shared")}
    for folder in found.values():
        folder.mkdir()
    monkeypatch.chdir(found["working"])
    monkeypatch.setenv("LFINE_DATA", str(found["shared"]))
    return found


def test_order_is_task_folder_working_folder_data_folder(folders: dict[str, Path]) -> None:
    for name in reversed(folders):
        (folders[name] / "a.csv").write_text(name, encoding="utf-8")
        assert find_file("a.csv", folders["task"]).read_text(encoding="utf-8") == name


def test_a_relative_folder_of_the_task_is_the_same_place(folders: dict[str, Path]) -> None:
    (folders["task"] / "sub").mkdir()
    (folders["task"] / "sub" / "a.csv").write_text("x", encoding="utf-8")
    assert find_file("sub/a.csv", Path("../task")) == folders["task"] / "sub" / "a.csv"


def test_an_absolute_path_is_looked_at_alone(folders: dict[str, Path], problems: Problems) -> None:
    (folders["shared"] / "a.csv").write_text("x", encoding="utf-8")
    assert find_file(str(folders["shared"] / "a.csv"), folders["task"]) == folders["shared"] / "a.csv"
    (problem,) = problems(lambda: find_file(str(folders["task"] / "a.csv"), folders["task"]))
    assert str(folders["shared"]) not in problem.message


def test_the_home_folder_may_be_written_short(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folders["shared"]))
    (folders["shared"] / "a.csv").write_text("x", encoding="utf-8")
    assert find_file("~/a.csv", folders["task"]) == folders["shared"] / "a.csv"


def test_a_missing_file_names_all_places(folders: dict[str, Path], problems: Problems) -> None:
    (problem,) = problems(lambda: find_file("a.csv", folders["task"], key="dataset.test"))
    assert (problem.code, problem.path) == ("LF301", "dataset.test")
    places = ", ".join(str(folder / "a.csv") for folder in folders.values())
    assert problem.message == f"the data file 'a.csv' is missing; looked at {places}"
    assert "LFINE_DATA" in problem.cure


def test_a_place_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: Problems) -> None:
    monkeypatch.chdir(tmp_path)
    (problem,) = problems(lambda: find_file("a.csv", Path()))
    assert problem.message.count("a.csv") == 2


@pytest.mark.parametrize(
    ("there", "written", "offered"),
    [
        ("viggo.parquet", "viggo.csv", "`viggo.parquet`"),
        ("viggo.parquet", "vigo.parquet", "`viggo.parquet`"),
        ("Viggo.csv", "viggo.csv", "`Viggo.csv`"),
        ("sub/train.jsonl", "sub/trian.jsonl", "`sub/train.jsonl`"),
    ],
)
def test_near_names_are_offered(
    folders: dict[str, Path], problems: Problems, there: str, written: str, offered: str
) -> None:
    (folders["shared"] / "sub").mkdir()
    (folders["shared"] / there).write_text("x", encoding="utf-8")
    (folders["shared"] / "viggo.txt").write_text("no data", encoding="utf-8")
    (problem,) = problems(lambda: find_file(written, folders["task"]))
    assert problem.cure == f"did you mean {offered}?"


def test_a_directory_is_said_with_the_files_in_it(folders: dict[str, Path], problems: Problems) -> None:
    (folders["task"] / "viggo").mkdir()
    (problem,) = problems(lambda: find_file("viggo", folders["task"]))
    assert problem.message == f"'viggo' is a directory ({folders['task'] / 'viggo'})"
    assert problem.cure == "name a file"
    for name in ("test.csv", "train.csv", "notes.txt"):
        (folders["task"] / "viggo" / name).write_text("x", encoding="utf-8")
    (problem,) = problems(lambda: find_file("viggo", folders["task"]))
    assert problem.cure == "name a file: viggo/test.csv, viggo/train.csv"


def test_a_directory_does_not_hide_a_file_further_on(folders: dict[str, Path]) -> None:
    (folders["task"] / "a.csv").mkdir()
    (folders["shared"] / "a.csv").write_text("x", encoding="utf-8")
    assert find_file("a.csv", folders["task"]) == folders["shared"] / "a.csv"


@pytest.mark.parametrize("name", ["x" * 5000 + ".csv", "nul\0.csv", ""])
def test_names_that_no_file_can_have(folders: dict[str, Path], problems: Problems, name: str) -> None:
    (problem,) = problems(lambda: find_file(name, folders["task"]))
    assert problem.code == "LF301"


def test_the_problem_points_into_the_task_file(
    tmp_path: Path, problems: Problems, placed: Callable[[str, str, str, str], Problem]
) -> None:
    (problem,) = problems(lambda: find_file("a.csv", tmp_path, place=placed))
    assert (problem.file, problem.line, problem.path) == ("task.yaml", 7, "dataset.path")


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc\r\n")
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc\r\n").hexdigest()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("a.csv", "a link that cannot be followed: too many levels"),
        ("gone.csv", "a link to 'gone.csv', which is not there"),
        ("/dev/zero", "a link to a device or a pipe"),
    ],
)
def test_links_that_lead_to_no_file(tmp_path: Path, problems: Problems, target: str, said: str) -> None:
    (tmp_path / "a.csv").symlink_to(target)
    (problem,) = problems(lambda: find_file("a.csv", tmp_path))
    assert (problem.code, said in problem.message) == ("LF301", True)
    (again,) = problems(lambda: find_files("a.csv", tmp_path))
    assert again == problem
