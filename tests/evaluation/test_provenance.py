"""What made a score: versions, git state with and without git, time, command, data."""

from __future__ import annotations

import subprocess
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from lfine.evaluation.provenance import provenance


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_versions_time_command_and_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = provenance("lfine evaluate a.yaml", {"a.csv": "00"})
    assert made.packages["numpy"] == version("numpy")
    assert made.packages["rouge-score"] == version("rouge-score")
    assert made.lfine_version == version("lfine")
    assert (made.command, made.data) == ("lfine evaluate a.yaml", {"a.csv": "00"})
    moment = datetime.fromisoformat(made.created)
    assert moment.utcoffset() is not None
    assert moment.year >= 2026


def test_git_state_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1", encoding="utf-8")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-q", "-m", "first")
    clean = provenance("c", {})
    assert (clean.git_commit, clean.git_dirty) == (git(tmp_path, "rev-parse", "HEAD"), False)
    (tmp_path / "a").write_text("2", encoding="utf-8")
    assert provenance("c", {}).git_dirty is True


def test_outside_a_repository_and_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert (provenance("c", {}).git_commit, provenance("c", {}).git_dirty) == (None, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance("c", {}).git_commit is None


def test_slow_git_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("git", float(str(options["timeout"])))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("subprocess.run", hang)
    assert (provenance("c", {}).git_commit, provenance("c", {}).git_dirty) == (None, None)
