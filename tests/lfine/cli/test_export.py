"""`lfine export`: exit code, stdout and stderr together, as tests/golden/export has them.

    LFINE_WRITE_GOLDEN=1 pytest tests/lfine/cli/test_export.py        # writes them anew

Paths and figures that depend on the machine are replaced by what they are.

*Not here:* what is in the folders (tests/lfine/test_exporting.py).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from lfine import export_making
from lfine.finetune.export.merging import Merged, merge
from tests.lfine.projects import Ended, Project, lfine, refused
from tests.lfine.test_exporting import without_the_last_layer

GOLDEN = Path(__file__).parents[2] / "golden" / "export"


def shown(ended: Ended, project: Project) -> str:
    """Everything that a person or program sees, without this machine."""
    text = f"exit code {ended.code}\n--- stdout\n{ended.out}--- stderr\n{ended.err}"
    for path, name in ((project.run_folders()[0], "RUN"), (Path.cwd(), "HERE"), (project.folder, "PROJECT")):
        text = text.replace(str(path), name)
    text = re.sub(r"(\r[^\r\n]*row/s\])+\n", "", text)  # bars
    text = re.sub(r"moved by \d+\.\d+ nats, \d+\.\d+ at most", "moved by X nats, X at most", text)
    text = re.sub(r"moved by \d+\.\d+ nats on average, and rounding explains \d+\.\d+", "moved by X, and X", text)
    return re.sub(r'("(mean|largest|seconds)": )[\d.e-]+', r"\1X", text)


def golden(name: str, words: Sequence[str | Path], project: Project) -> Ended:
    """Run a command line and compare all that it shows."""
    ended = lfine("export", *words)
    path, found = GOLDEN / f"{name}.txt", shown(ended, project)
    if os.environ.get("LFINE_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
    return ended


def test_merged(finished: Project) -> None:
    run = finished.run_folders()[0]
    golden("merged", (run, "--out", "viggo", "--rows", "2", "--dtype", "float32"), finished)
    assert Path("viggo/model.safetensors").is_file()


def test_adapter_as_json(finished: Project) -> None:
    words = (finished.task, "--runs-dir", finished.runs, "--out", "out", "--rows", "2", "--adapter-only")
    ended = golden("adapter", (*words, "--format", "json"), finished)
    assert ended.json()["kind"] == "adapter"


def test_the_folder_inside_the_run_is_the_usual_place(trained: Project) -> None:
    ended = golden("usual", ("topics", "--rows", "1", "--dtype", "float32"), trained)
    assert ended.out.endswith(f"exported: {trained.run_folders()[0] / 'export' / 'merged'}\n")


def test_not_servable(trained: Project) -> None:
    without_the_last_layer(trained.run_folders()[0])
    golden("not-servable", ("topics", "--rows", "2", "--adapter-only", "--require-servable"), trained)
    golden("warned", ("topics", "--rows", "2", "--adapter-only"), trained)


def test_refused(trained: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(model: nn.Module, dtype: torch.dtype, *, computing: torch.dtype) -> Merged:
        merged = merge(model, dtype, computing=computing)
        return replace(merged, weights={name: weight * 1.5 for name, weight in merged.weights.items()})

    monkeypatch.setattr(export_making, "merge", damaged)
    golden("refused", ("topics", "--rows", "2", "--dtype", "float32"), trained)


def test_a_folder_of_somebody_else(trained: Project) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").touch()
    golden("taken", ("topics", "--out", "mine"), trained)


def test_no_run(trained: Project) -> None:
    golden("no-run", ("weather",), trained)


def test_an_unfinished_run(trained: Project) -> None:
    record = trained.run_folders()[0] / "run.json"
    record.write_text(record.read_text(encoding="utf-8").replace('"finished"', '"failed"', 1), encoding="utf-8")
    golden("unfinished", (trained.run_folders()[0],), trained)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tolerance", ("topics", "--tolerance", "2")),
        ("public", ("topics", "--public")),
        ("offline", ("topics", "--upload", "me/topics")),
    ],
)
def test_before_anything_is_loaded(name: str, words: tuple[str, ...], trained: Project) -> None:
    golden(name, words, trained)
    assert not (trained.run_folders()[0] / "export").exists()


def test_every_golden_file_is_looked_at() -> None:
    names = {"merged", "adapter", "usual", "not-servable", "warned", "refused", "taken", "no-run", "unfinished"}
    assert {path.stem for path in GOLDEN.glob("*.txt")} == names | {"tolerance", "public", "offline"}


def test_a_name_of_nothing_is_a_mistake_and_a_task_without_a_run_is_not(project: Project) -> None:
    for named, code in (("weather", 1), (project.task, 5)):
        ended = refused("export", named, "--runs-dir", project.runs)
        assert (ended.code, ended.problem()["code"]) == (code, "LF501")
