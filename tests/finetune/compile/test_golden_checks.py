"""Checks that need metrics, the header of the data, their rows or the model's tokens: each bad file to the letter.

    tests/golden/checks/LF250-unknown-module/{bad.yaml,bad.txt,good.yaml,reviews.csv,model/config.json}
    LFINE_WRITE_GOLDEN=1 pytest tests/finetune/compile/test_golden_checks.py   writes bad.txt anew

*Not here:* checks of the file alone, and that every check has its pair (tests/schemas/sense/test_table.py).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lfine.finetune.compile.compiling import Source, compile_task
from lfine.finetune.compile.headers import header_problems, metric_problems, module_problems
from lfine.finetune.compile.prepare import Prepared, prepare_model, prepare_rows
from lfine.finetune.data.tables import read_header
from lfine.schemas.errors import TaskError
from lfine.schemas.loading import LoadedTask, check_task
from lfine.schemas.problems import Problem
from lfine.schemas.rendering import problems_text
from lfine.schemas.sense import CHECKS
from tests.finetune.compile.bench import CPU

GOLDEN = Path(__file__).parents[2] / "golden" / "checks"
OF_FILE = {check.code for check in CHECKS if check.find is not None}
BY_HEADER = ["LF236-shares-ignored-column", "LF237-split-seed-ignored-column"]
FOLDERS = sorted(
    folder.name for folder in GOLDEN.iterdir() if folder.name[:5] not in OF_FILE or folder.name in BY_HEADER
)


def problems_of(file: str, model: Path) -> list[Problem]:
    """Return everything that is said of a task from its file to its plan; `model` takes the base model's place."""
    loaded, problems = check_task(file)
    if loaded is None:
        return problems
    problems += [*metric_problems(loaded), *module_problems(loaded)]
    if not list(Path().glob("*.csv")):
        return problems
    problems += header_problems(loaded, read_header(loaded.task.dataset, loaded.folder, place=loaded.problem))
    if any(problem.severity == "error" for problem in problems) or not list(Path().glob("good.csv")):
        return problems
    try:
        return [*problems, *compiled_problems(loaded, model)]
    except TaskError as error:
        return [*problems, *error.problems]


def compiled_problems(loaded: LoadedTask, model: Path) -> list[Problem]:
    rows = prepare_rows(loaded.task, loaded.folder, place=loaded.problem)
    prepared = Prepared(rows, prepare_model(loaded.task, model, rows))
    source = Source(loaded.task, loaded.folder, loaded.origin, loaded.problem)
    return list(compile_task(source, prepared, CPU).warnings)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_bad_file_is_flagged_to_the_letter(
    folder: str, monkeypatch: pytest.MonkeyPatch, tiny_model_folder: Path
) -> None:
    monkeypatch.chdir(GOLDEN / folder)
    problems = problems_of("bad.yaml", tiny_model_folder)
    text, golden = problems_text(problems) + "\n", GOLDEN / folder / "bad.txt"
    if os.environ.get("LFINE_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert {problem.code for problem in problems} == {folder[:5]}
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_mended_file_is_clean(folder: str, monkeypatch: pytest.MonkeyPatch, tiny_model_folder: Path) -> None:
    monkeypatch.chdir(GOLDEN / folder)
    problems = problems_of("good.yaml", tiny_model_folder)
    assert problems == [], problems_text(problems)


def test_severity_and_level_are_those_of_the_table(monkeypatch: pytest.MonkeyPatch, tiny_model_folder: Path) -> None:
    severities = {check.code: check.severity for check in CHECKS if check.find is None}
    for folder in FOLDERS:
        monkeypatch.chdir(GOLDEN / folder)
        found = {problem.severity for problem in problems_of("bad.yaml", tiny_model_folder)}
        assert found == {severities[folder[:5]]}, folder
