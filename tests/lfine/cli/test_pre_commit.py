"""The pre-commit hook: its entry, run as pre-commit runs it in a git repository of somebody else's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
TASK = "base_model: m\ndataset: {path: rows.csv}\nprompt: {template: 't {q}'}\noutput_feature: y\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/good.yaml").write_text(TASK, encoding="utf-8")
    (tmp_path / "tasks/bad.yaml").write_text(TASK + "trainer: {epoch: 3}\n", encoding="utf-8")
    for command in (["git", "init", "-q"], ["git", "add", "."]):
        subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path


def hook() -> dict[str, str]:
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def run_hook(repository: Path, *files: str) -> subprocess.CompletedProcess[str]:
    entry = hook()["entry"].split()
    assert entry[0] == "lfine"
    command = [sys.executable, "-m", *entry, *files]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True)


def test_the_hook_has_what_pre_commit_asks_for() -> None:
    assert {"id", "name", "entry", "language", "files"} <= set(hook())
    assert (hook()["id"], hook()["language"]) == ("lfine-validate", "python")


def test_good_and_bad_files(repository: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=repository, capture_output=True, text=True).stdout.split()
    assert listed == ["tasks/bad.yaml", "tasks/good.yaml"]
    good, both = run_hook(repository, "tasks/good.yaml"), run_hook(repository, *listed)
    assert (good.returncode, both.returncode) == (0, 1)
    assert "tasks/bad.yaml:5:" in both.stderr
    assert "epochs" in both.stderr
