"""A small project on disk and a way to run command lines in it, for the tests of the door.

    project = write_project(tmp_path, tiny_model_folder)      # rows.csv, topics.yaml
    ended = lfine("validate", project.task)                   # Ended(code=0, out="1 file in order\n", err="")

*Not here:* the fixtures that train once for everybody (conftest.py).
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import resource
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfine.cli.main import main

QUESTIONS = {
    "card": ("my card was lost", "the card is stolen"),
    "transfer": ("the transfer is pending", "a transfer does not arrive"),
    "fee": ("why was a fee taken", "a fee of one is too much"),
}
TASK = """\
base_model: {model}
dataset: {{path: rows.csv}}
prompt:
  template: "Classify the question: {{question}}"
output_feature: label
trainer: {{train_steps: 4, batch_size: 4, learning_rate: 1e-3, dtype: float32}}
evaluation: {{sample_size: 12, baselines: [majority, tfidf]}}
"""
PROBLEM_KEYS = ["code", "severity", "file", "line", "column", "path", "message", "cure"]


@dataclass(frozen=True)
class Ended:
    """What one command line left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one JSON document of stdout; fails on anything else there."""
        return json.loads(self.out)

    def problems(self) -> list[dict[str, Any]]:
        """The problems of a failure under --format json, each with a cure and exactly the promised keys."""
        found: list[dict[str, Any]] = self.json()["problems"]
        for problem in found:
            assert list(problem) == PROBLEM_KEYS
            assert problem["message"]
            assert problem["cure"], problem
        return found

    def problem(self) -> dict[str, Any]:
        """The only problem."""
        (found,) = self.problems()
        return found


def lfine(*words: str | Path) -> Ended:
    """Run one command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:  # --help and --version
            code = int(stop.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


def refused(*words: str | Path) -> Ended:
    """Run one command line that must fail, with --format json; nothing but the document may be on stdout."""
    ended = lfine(*words, "--format", "json")
    assert ended.code != 0
    assert "Traceback" not in ended.err
    assert list(ended.json()) == ["problems"]
    return ended


@dataclass(frozen=True)
class Project:
    folder: Path
    model: Path

    @property
    def task(self) -> Path:
        return self.folder / "topics.yaml"

    @property
    def rows(self) -> Path:
        return self.folder / "rows.csv"

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def run_folders(self) -> list[Path]:
        return sorted((self.runs / "topics").glob("2*"))

    def edit(self, old: str, new: str) -> None:
        """Replace a text that stands once in the task file."""
        text = self.task.read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.task.write_text(text.replace(old, new), encoding="utf-8")


def rows_of(count: int = 60, held_out: int = 12) -> list[dict[str, str]]:
    """Return rows of three labels; the last are for the test, six before them for validation."""
    found = []
    for number in range(count):
        label = list(QUESTIONS)[number % 3]
        left = count - number
        split = "test" if left <= held_out else "validation" if left <= held_out + 6 else "train"
        question = f"{QUESTIONS[label][number // 3 % 2]}, number {number}"
        found.append({"question": question, "label": label, "split": split})
    return found


def write_csv(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_project(folder: Path, model: Path) -> Project:
    folder.mkdir(parents=True, exist_ok=True)
    project = Project(folder, model)
    write_csv(project.rows, rows_of())
    project.task.write_text(TASK.format(model=model), encoding="utf-8")
    return project


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes, to show that nothing was damaged or left behind."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@contextlib.contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Let every file that grows beyond `size` bytes fail to be written, as a full disk would, whoever writes it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
