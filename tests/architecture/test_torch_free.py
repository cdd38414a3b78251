"""The commands of the plain install leave torch out of the process, and `validate` every other heavy library too.

    loaded_after(["validate", "task.yaml"], …) == Outcome(exit_code=0, loaded=(), …)

Each command runs in a process of its own; what stands in `sys.modules` at its end is what it imported.

*Not here:* how long a command takes, in benchmarks/.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks.endpoint_server import Server

TRAINING = ("torch", "transformers", "peft", "bitsandbytes", "accelerate")
ANALYSIS = ("pandas", "numpy", "sklearn", "datasets", "pyarrow")

RUNNER = """
import json, sys
arguments = json.loads(sys.argv[1])
code = 0
if arguments[0] == "import":
    __import__(arguments[1])
else:
    from lfine.cli.main import main
    try:
        code = main(arguments)
    except SystemExit as stop:  # argparse ends --help so
        code = stop.code or 0
heavy = [name for name in json.loads(sys.argv[2]) if name in sys.modules]
print("\\n" + json.dumps([code, heavy]))
"""

TASK = """\
base_model: smollm2-135m-instruct
dataset: {path: train.csv}
prompt:
  template: "Is this review good or bad? {review}"
output_feature: {name: verdict, type: category, labels: [good, bad]}
preprocessing:
  split: {type: fixed, column: split}
evaluation: {metrics: [accuracy], sample_size: 6}
"""


class Outcome(NamedTuple):
    exit_code: int
    loaded: tuple[str, ...]
    """The forbidden libraries that were found in sys.modules."""
    output: str
    """Both streams, for the message of a failed assertion."""


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A task on 24 rows of CSV, six of them held out, and answers to those six."""
    splits = ["train"] * 12 + ["validation"] * 6 + ["test"] * 6
    rows = [f"review number {row},{'good' if row % 2 else 'bad'},{split}" for row, split in enumerate(splits)]
    (tmp_path / "train.csv").write_text("\n".join(["review,verdict,split", *rows, ""]), encoding="utf-8")
    answers = [{"row_id": row, "prediction": "good"} for row, split in enumerate(splits) if split == "test"]
    lines = "".join(json.dumps(answer) + "\n" for answer in answers)
    (tmp_path / "answers.jsonl").write_text(lines, encoding="utf-8")
    path = tmp_path / "reviews.yaml"
    path.write_text(TASK, encoding="utf-8")
    return path


def loaded_after(arguments: list[str], forbidden: tuple[str, ...], folder: Path, path: str = "") -> Outcome:
    """Run one command in `folder` in a new process and look for `forbidden` libraries at its end."""
    environment = {**os.environ, "PYTHONPATH": path, "LFINE_CACHE": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", RUNNER, json.dumps(arguments), json.dumps(forbidden)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    return Outcome(code, tuple(loaded), done.stdout + done.stderr)


@pytest.fixture
def command_line(root: Path) -> None:
    if not (root / "lfine/cli/main.py").exists():
        pytest.skip("there is no lfine/cli/main.py yet")


@pytest.mark.usefixtures("command_line")
@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], TRAINING),
        (["validate", "reviews.yaml"], TRAINING + ANALYSIS),
        (["evaluate", "reviews.yaml", "--predictions", "answers.jsonl"], TRAINING),
        (["explain", "LF306"], TRAINING + ANALYSIS),
        (["doctor"], TRAINING + ANALYSIS),
        (["runs"], TRAINING + ANALYSIS),
    ],
    ids=["help", "validate", "evaluate", "explain", "doctor", "runs"],
)
def test_a_light_command_loads_nothing_heavy(arguments: list[str], forbidden: tuple[str, ...], task: Path) -> None:
    outcome = loaded_after(arguments, forbidden, task.parent)
    assert outcome.loaded == (), outcome.output
    assert outcome.exit_code == 0, outcome.output


@pytest.mark.usefixtures("command_line")
@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize(
    "command", [["evaluate"], ["predict", "--input", "answers.jsonl"]], ids=["evaluate", "predict"]
)
def test_a_remote_model_is_asked_without_torch(task: Path, command: list[str], installed: bool) -> None:
    reviews = [{"review": f"new review {row}"} for row in range(6)]
    (task.parent / "answers.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in reviews), encoding="utf-8")
    # A module that raises stands in for a library that is not installed, and comes before the real one.
    for library in () if installed else (*TRAINING, "tokenizers"):
        (task.parent / f"{library}.py").write_text("raise ModuleNotFoundError(__name__)", encoding="utf-8")
    with Server(answer=lambda _: "good") as server:
        words = [*command, "reviews.yaml", "--endpoint", server.url, "--model", "m", "--runs-dir", "runs"]
        outcome = loaded_after(words, (*TRAINING, "tokenizers"), task.parent, path=str(task.parent))
    assert outcome.exit_code == 0, outcome.output
    assert outcome.loaded == (), outcome.output
    assert len(server.calls) == 6


@pytest.mark.parametrize("library", TRAINING + ANALYSIS)
def test_a_heavy_import_is_seen(library: str, tmp_path: Path) -> None:
    # An empty module of the same name: what counts is the name in sys.modules, and the real ones take seconds each.
    (tmp_path / f"{library}.py").write_text("", encoding="utf-8")
    outcome = loaded_after(["import", library], TRAINING + ANALYSIS, tmp_path, path=str(tmp_path))
    assert outcome.loaded == (library,)
