"""The whole line in a process of its own, the network cut: train, evaluate, export; and nothing is noisy."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lfine.projects import Project, write_project

LINE = """
import socket, sys
from lfine.cli.main import main
for line in (
    ["train", "topics.yaml", "--format", "json"],
    ["evaluate", "topics.yaml", "--limit", "4", "--format", "json"],
    ["evaluate", "topics.yaml", "--limit", "4", "--base"],
    ["export", "topics.yaml", "--rows", "2"],
):
    print("next:", line[0], flush=True)
    print("next:", line[0], file=sys.stderr, flush=True)
    code = main(line)
    print("code:", code, flush=True)
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
    print("network: there")
except OSError:
    print("network: none")
"""


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> tuple[Project, str, str]:
    """The project, stdout and stderr of the line in a process without network."""
    unshare = subprocess.run(["unshare", "-rn", "true"], capture_output=True)
    if unshare.returncode != 0:
        pytest.skip(f"a process cannot be cut off the network here: {unshare.stderr.decode(errors='replace')}")
    project = write_project(tmp_path_factory.mktemp("offline"), tiny_model_folder)
    project.edit("train_steps: 4", "train_steps: 2")
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "LFINE_RUNS", "LFINE_DATA", "PYTHONWARNINGS")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    ended = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", LINE],
        cwd=project.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return project, ended.stdout, ended.stderr


def test_the_line_needs_no_network(cut_off: tuple[Project, str, str]) -> None:
    project, out, _ = cut_off
    assert "network: none" in out
    assert re.findall("code: (.*)", out) == ["0", "0", "0", "0"]
    evaluations = project.run_folders()[0] / "evaluations"
    assert {path.name for path in evaluations.iterdir()} == {"tuned", "base", "majority", "tfidf"}
    assert (project.run_folders()[0] / "export" / "merged" / "model.safetensors").is_file()


def test_stdout_holds_the_documents_only(cut_off: tuple[Project, str, str]) -> None:
    parts = re.split(r"next: \w+\n|code: 0\n", cut_off[1])
    assert json.loads(parts[1])["steps"] == 2
    assert json.loads(parts[3])["n"] == 4


def test_stderr_is_lfines_own(cut_off: tuple[Project, str, str]) -> None:
    lines = [line for line in re.split(r"[\n\r]", cut_off[2]) if line]
    ours = r"next: |training topics: 2 updates|train(:| \()|answer(:| with probabilities:)|probabilities:|"
    ours += "answering |merging "
    assert [line for line in lines if not re.match(ours, line)] == []
    assert any(line.startswith("train") and "2/2" in line for line in lines)
