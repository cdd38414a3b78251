"""A file's place seen from the root of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.output.places import place, project_root


def test_without_git_the_working_folder_is_the_root(tmp_path: Path) -> None:
    assert project_root(tmp_path) == tmp_path
    assert place("tasks/a.yaml") == "tasks/a.yaml"
    assert place(str(tmp_path / "tasks" / "a.yaml")) == "tasks/a.yaml"
    assert place("./tasks/../b.yaml") == "b.yaml"


@pytest.mark.parametrize("mark", ["folder", "file"])
def test_the_root_of_a_git_work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str) -> None:
    (tmp_path / ".git").mkdir() if mark == "folder" else (tmp_path / ".git").write_text("gitdir: elsewhere")
    (tmp_path / "deep" / "tasks").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "tasks")
    assert place("a.yaml") == "deep/tasks/a.yaml"
    assert place("../a.yaml") == "deep/a.yaml"


def test_outside_there_is_no_place(tmp_path: Path) -> None:
    assert place(str(tmp_path.parent / "a.yaml")) is None
    assert place("../a.yaml") is None


def test_a_link_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "real.yaml")
    assert place("link.yaml") == "link.yaml"
