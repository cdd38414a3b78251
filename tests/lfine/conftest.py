"""One project trained and evaluated once for all tests of the door, and copies of it to break.

    finished.task, finished.run_folders()[0]        # read only, shared by everybody
    trained                                         # a copy of one's own

*Not here:* the tiny model (tests/conftest.py), running command lines (tests/lfine/projects.py).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lfine.projects import Ended, Project, lfine, write_project


@pytest.fixture(autouse=True)
def _clean_place(clean_place: None) -> None:
    """For every test here."""


@pytest.fixture
def project(tmp_path: Path, tiny_model_folder: Path) -> Project:
    """Data and task, nothing trained."""
    return write_project(tmp_path / "project", tiny_model_folder)


@pytest.fixture(scope="session")
def first_train(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Iterator[tuple[Project, Ended]]:
    """A project and what training it printed under --format json."""
    project = write_project(tmp_path_factory.mktemp("finished"), tiny_model_folder)
    before = Path.cwd(), {name: os.environ.pop(name, None) for name in ("LFINE_RUNS", "LFINE_DATA")}
    os.chdir(project.folder)  # no monkeypatch: the fixture lives as long as the session
    try:
        yield project, lfine("train", "topics.yaml", "--format", "json")
    finally:
        os.chdir(before[0])
        os.environ.update({name: value for name, value in before[1].items() if value is not None})


@pytest.fixture(scope="session")
def first_evaluate(first_train: tuple[Project, Ended]) -> tuple[Project, Ended]:
    """The same project and what evaluating the tuned model printed."""
    project = first_train[0]
    return project, lfine("evaluate", project.task, "--runs-dir", project.runs, "--format", "json")


@pytest.fixture(scope="session")
def finished(first_evaluate: tuple[Project, Ended]) -> Project:
    """Trained and evaluated; not to be changed."""
    return first_evaluate[0]


@pytest.fixture
def trained(finished: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the finished project, and the working folder in it."""
    folder = tmp_path / "copy"
    shutil.copytree(finished.folder, folder)
    monkeypatch.chdir(folder)
    return Project(folder, finished.model)
