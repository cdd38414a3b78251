"""The leaderboard of the docs: what is skipped and what is not, what a failure costs, what the page says of figures.

Training and scoring are lfine's own and stand in its tests; here they are left out.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import leaderboard
from benchmarks.leaderboard import BUDGETS, MODELS, SETTINGS, Account, Budget, Place, key_of, record, shots_of, work
from benchmarks.leaderboard_page import Entry, figures, page
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import Prediction, Provenance, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.scoring import score
from lfine.schemas.errors import RunError
from lfine.schemas.loading import check_task
from lfine.schemas.problems import Problem
from lfine.schemas.task import Extract
from lfine.validating import task_files

ROOT = Path(__file__).parents[2]
SCORING = ScoringSettings((plain("accuracy"),), "category", ("a", "b"), Extract("none", None, None), 0.95, 7)
MADE = Provenance("0.1.0", "3.11", {}, None, None, "2026-07-14T09:00:00+00:00", "lfine evaluate", {})
TASK = """\
base_model: smollm2-135m-instruct
description: {description}
dataset: {{path: rows.csv}}
prompt: {{template: "Say {{question}}", examples: {examples}}}
output_feature: answer
"""


def scores(task: str, model: str, right: int) -> Scores:
    rows = [Prediction(row, "a", "a" if row < right else "b") for row in range(40)]
    return score(rows, settings=SCORING, identity=ScoreIdentity(task, model, "test", None, "p", "e", MADE, 30.0))


def entry(task: str, rights: tuple[int, int, int, int], why: str = "") -> Entry:
    found = {model: scores(task, model, right) for model, right in zip(MODELS, rights, strict=True)}
    return Entry(task, found, train_examples=1600, seconds=600.0, why=why)


WON, LOST = entry("won", (8, 0, 10, 40)), entry("lost", (30, 2, 20, 31), why="Chance is hard to beat here.")


def write(folder: Path, name: str, *, description: str = "A task.", examples: int = 0) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(TASK.format(description=description, examples=examples), encoding="utf-8")
    return path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name in ("runs", "tasks"):
        (tmp_path / name).mkdir()
    results = tmp_path / "results.csv"
    results.write_text("date,version,hardware,command,figures\n", encoding="utf-8")
    return Place(tmp_path / "runs", (tmp_path / "tasks",), tmp_path / "page.md", results)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was trained and scored; `bad` fails, `bug` is a bug."""
    said: list[str] = []

    class Trained:
        def __init__(self, run: Path) -> None:
            self.run_dir = str(run)

    def train(path: Path, options: Any, **_: object) -> Trained:
        assert options.rest
        said.append(f"train {path.stem}")
        if path.stem == "bad":
            raise RunError(Problem("LF504", "the loss is not finite"))
        if path.stem == "bug":
            raise ZeroDivisionError
        return Trained(Path(options.runs_dir) / path.stem / "run")

    def evaluate(path: Path, options: Any, **_: object) -> None:
        assert options.run.endswith(f"{path.stem}/run")
        said.append(f"evaluate {path.stem} {options.limit}")

    monkeypatch.setattr(leaderboard, "train_task", train)
    monkeypatch.setattr(leaderboard, "evaluate_task", evaluate)
    monkeypatch.setattr(leaderboard, "read_entry", lambda name, *_: replace(WON, name=name))
    return said


def test_what_is_done_is_not_done_again_and_the_rest_is(place: Place, done: list[str]) -> None:
    write(place.tasks[0], "one")
    first = work(["one", "two"], place)
    assert (done, first.missing) == (["train one", "evaluate one 200"], ["two"])
    write(place.tasks[0], "two")
    second = work(["one", "two"], place)
    assert done[2:] == ["train two", "evaluate two 200"]
    assert [each.name for each in second.done] == ["one", "two"]
    assert place.page.read_text(encoding="utf-8").startswith("<!-- written by")


def test_a_failure_and_a_bug_cost_nothing_but_themselves(place: Place, done: list[str]) -> None:
    for name in ("bad", "bug", "one"):
        write(place.tasks[0], name)
    account = work(["bad", "bug", "one"], place)
    assert [each.name for each in account.done] == ["one"]
    assert sorted(account.failed) == ["bad", "bug"]
    work(["bad"], place)
    assert done[-1] == "train bad"  # what failed is tried again


def test_a_task_is_another_when_its_file_or_budget_is_and_not_by_its_description(tmp_path: Path) -> None:
    budget = Budget()
    key = key_of(write(tmp_path, "one"), budget)
    assert key_of(write(tmp_path, "one", description="Told in other words."), budget) == key
    assert key_of(tmp_path / "one.yaml", replace(budget, why="Looked into.")) == key
    others = [replace(budget, updates=9), replace(budget, limit=9), replace(budget, settings=("trainer.seed=1",))]
    keys = {key, *(key_of(tmp_path / "one.yaml", other) for other in others)}
    keys.add(key_of(write(tmp_path, "one", examples=2), budget))
    assert len(keys) == 5


def test_few_shot_shows_as_many_as_the_task_itself(tmp_path: Path) -> None:
    assert shots_of(write(tmp_path, "own", examples=5)) == 5
    assert shots_of(write(tmp_path, "none")) == 3
    assert "evaluation.few_shot_examples=5" in Budget().overrides(5)
    assert "prompt.examples=0" in SETTINGS


@pytest.mark.parametrize("path", task_files(ROOT / "task_configs"), ids=lambda path: path.stem)
def test_every_task_takes_the_settings(path: Path) -> None:
    budget = BUDGETS.get(path.stem, Budget())
    loaded, problems = check_task(path, budget.overrides(3))
    assert [each.text() for each in problems if each.severity == "error"] == []
    assert loaded is not None
    assert (loaded.task.trainer.train_steps, loaded.task.trainer.epochs) == (budget.updates, None)
    assert budget.limit >= 100


def test_the_page_says_who_won_and_why_not() -> None:
    text = page([WON, LOST], ("adapter.r=16",), left=1)
    assert "Not done yet: 1." in text
    assert "beats the best of the three on 1 of 2 tasks" in text
    row = next(line for line in text.splitlines() if line.startswith("| won |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert [cell.split()[0] for cell in cells[3:7]] == ["20.0", "0.0", "25.0", "100.0"]
    assert cells[7].startswith("+75.0 (")
    assert cells[7].endswith("over few_shot")
    assert cells[10:] == ["1,600", "10 min 0 s", "2 min 0 s"]
    assert "- **lost**: Chance is hard to beat here." in text
    assert "- **won**" not in text
    assert "    --set 'adapter.r=16'" in text


def test_the_row_of_figures_is_appended_once(place: Place) -> None:
    account = Account(done=[WON, LOST])
    record(account, place)
    record(account, place)
    rows = list(csv.DictReader(place.results.read_text(encoding="utf-8").splitlines()))
    assert [row["figures"] for row in rows] == [figures([WON, LOST])]
    assert rows[0]["figures"].startswith("tuned beats the best other on 1 of 2")
    assert "won accuracy 0.200/0.000/0.250/1.000 (n 40)" in rows[0]["figures"]
