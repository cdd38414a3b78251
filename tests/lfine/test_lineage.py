"""The rows of a run beside its adapter: what is refused as learned, what was known, and what is only said."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.evaluating import EvaluateOptions, evaluate_task
from lfine.evaluation.files import read_scores
from lfine.evaluation.records import Overlap
from lfine.finetune.compile.files import read_plan, write_plan
from lfine.finetune.compile.prepare import PreparedRows, prepare_rows
from lfine.lineage import MARK, ROW, KnownRows, overlap, read_rows, said, write_rows
from lfine.runs import read_run
from lfine.schemas.errors import RunError, TaskError
from lfine.schemas.loading import load_task
from tests.lfine.projects import Ended, Project, lfine, refused, rows_of, write_csv, write_project


def prepared(project: Project) -> PreparedRows:
    loaded = load_task(project.task)
    return prepare_rows(loaded.task, loaded.folder, place=loaded.problem)


def rows_in(project: Project) -> list[dict[str, str]]:
    with project.rows.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def moved(trained: Project) -> Project:
    """A trained copy whose run reads the copy's data, as if it had been trained there."""
    plan = trained.run_folders()[0] / "plan.json"
    write_plan(replace(read_plan(plan), folder=str(trained.folder)), plan)
    return trained


def scored(project: Project, *words: str) -> Ended:
    return lfine("evaluate", project.task, "--runs-dir", project.runs, *words)


def overlap_of(project: Project, model: str = "tuned") -> Overlap | None:
    return read_scores(project.run_folders()[0] / "evaluations" / model / "scores.json").overlap


def copy_into_test(project: Project, learned: Sequence[int], *, label: str | None = None) -> None:
    """Put the questions of training rows in place of the first test rows."""
    rows = rows_in(project)
    for place, row_id in enumerate(learned, 48):
        rows[place] = {**rows[row_id], "split": "test", "label": label or rows[row_id]["label"]}
    write_csv(project.rows, rows)


def test_rows_are_written_and_read_again(project: Project) -> None:
    run = project.folder / "run"
    write_rows(run, prepared(project))
    assert sorted(path.name for path in (run / "rows").iterdir()) == ["test.bin", "train.bin", "validation.bin"]
    assert (run / "rows" / "train.bin").stat().st_size == len(MARK) + 42 * ROW.size
    known = read_rows(run)
    assert known is not None
    assert sorted(known.train.values()) == list(range(42))
    assert len(known.held_out) == 18
    assert not known.held_out & known.train.keys()


@pytest.mark.parametrize("inside", ["adapter", "checkpoints/step-4"])
def test_an_adapter_knows_its_run(project: Project, inside: str) -> None:
    run = project.folder / "run"
    write_rows(run, prepared(project))
    (run / inside).mkdir(parents=True)
    assert read_rows(run / inside) == read_rows(run)


def test_a_folder_without_a_record_knows_nothing(tmp_path: Path) -> None:
    assert read_rows(tmp_path) is None


def test_what_the_adapter_before_learned_is_learned_too(project: Project) -> None:
    first, second = project.folder / "first", project.folder / "second"
    write_rows(first, prepared(project))
    rows = rows_in(project)
    write_csv(project.rows, [{**row, "question": f"other {row['question']}"} for row in rows])
    write_rows(second, prepared(project), earlier=first / "adapter")
    before, after = read_rows(first), read_rows(second)
    assert before is not None
    assert after is not None
    assert len(after.train) == 84
    assert before.train.items() <= after.train.items()


@pytest.mark.parametrize("damage", [b"", b"other file\n", MARK + b"short"])
def test_a_damaged_record_is_refused(project: Project, damage: bytes) -> None:
    write_rows(project.folder / "run", prepared(project))
    (project.folder / "run" / "rows" / "train.bin").write_bytes(damage)
    with pytest.raises(RunError) as caught:
        read_rows(project.folder / "run")
    assert [problem.code for problem in caught.value.problems] == ["LF505"]


def test_learned_known_and_new_rows(project: Project) -> None:
    """Rows 48, 49, 50: unknown to the training, known to it in the test, and new."""
    copy_into_test(project, [0, 1])
    rows = prepared(project)
    write_rows(project.folder / "run", rows)
    known = read_rows(project.folder / "run")
    assert known is not None
    assert overlap(rows, (50, 49, 48), known, allowed=False) == Overlap((49, 48), 2, allowed=False)
    new = KnownRows(known.train, frozenset())
    assert overlap(rows, (50, 49, 48), new, allowed=True) == Overlap((49, 48), 0, allowed=True)
    with pytest.raises(TaskError) as caught:
        overlap(rows, (50, 49, 48), new, allowed=False)
    (problem,) = caught.value.problems
    assert problem.code == "LF350"
    assert problem.message.startswith("2 of 3 test rows have the input of a row that the adapter was trained on")
    assert "row 49 (as row 1 in training), 48 (as row 0 in training)" in problem.message
    assert "--allow-overlap" in problem.cure


def test_what_is_said_of_rows_that_are_scored_all_the_same() -> None:
    assert said(Overlap((), 0, allowed=False)) == ""
    assert said(Overlap((7,), 1, allowed=False)).startswith("1 scored row with the input of a training row: 7 (all of")
    assert "(1 of them since the run was planned, 2 allowed" in said(Overlap((7, 8, 9), 1, allowed=True))


def test_a_run_records_where_its_rows_came_from(finished: Project) -> None:
    data = read_run(finished.run_folders()[0]).data
    assert data.split is not None
    assert data.held_out is not None
    assert (data.split.by, data.split.column, data.split.seed) == ("fixed", "split", None)
    assert {name: content.rows for name, content in data.split.splits.items()} == data.rows
    assert len({content.content for content in data.split.splits.values()}) == 3
    assert sorted(data.held_out.row_ids) == list(range(48, 60))
    assert data.held_out.row_ids == prepared(finished).held_out().row_ids
    assert data.held_out.sample_hash == prepared(finished).held_out().sample_hash


def test_without_overlap_it_is_said_in_scores(finished: Project) -> None:
    assert overlap_of(finished) == Overlap((), 0, allowed=False)
    assert overlap_of(finished, "majority") is None


def test_training_rows_in_the_test_are_refused_before_anything_is_answered(moved: Project) -> None:
    copy_into_test(moved, [3, 4, 5], label="fee")
    before = overlap_of(moved)
    ended = refused("evaluate", moved.task, "--runs-dir", moved.runs)
    assert ended.code == 1
    problem = ended.problem()
    assert problem["code"] == "LF350"
    assert problem["message"].startswith("3 of 12 test rows have the input")
    assert "48 (as row 3 in training)" in problem["message"]
    assert overlap_of(moved) == before


def test_told_to_it_scores_them_and_says_so(moved: Project) -> None:
    copy_into_test(moved, [3, 4, 5])
    ended = scored(moved, "--allow-overlap")
    assert ended.code == 0, ended.err
    assert "3 scored rows with the input of a training row" in ended.err
    found = overlap_of(moved)
    assert found is not None
    assert (sorted(found.row_ids), found.known, found.allowed) == ([48, 49, 50], 0, True)
    report = (moved.run_folders()[0] / "evaluations" / "tuned" / "report.html").read_text(encoding="utf-8")
    assert "3 of the 12 rows have the input of a row that the adapter was trained on, 3 of them only since" in report


def test_an_adapter_named_by_its_folder_is_checked_too(trained: Project) -> None:
    copy_into_test(trained, [3])
    adapter = trained.run_folders()[0] / "adapter"
    assert refused("evaluate", trained.task, "--adapter", adapter).problem()["code"] == "LF350"


def test_the_base_model_has_learned_nothing(moved: Project) -> None:
    copy_into_test(moved, [3])
    assert scored(moved, "--base").code == 0
    assert overlap_of(moved, "base") is None


def test_a_run_without_a_record_is_scored_and_says_that_nothing_was_checked(trained: Project) -> None:
    for file in (trained.run_folders()[0] / "rows").iterdir():
        file.unlink()
    ended = scored(trained)
    assert ended.code == 0
    assert "is not checked" in ended.err
    assert overlap_of(trained) is None


def test_copies_that_the_data_came_with_are_scored_and_counted(tmp_path: Path, tiny_model_folder: Path) -> None:
    """A published set with two exact copies of training rows in its test, and a third that comes in later."""
    project = write_project(tmp_path / "published", tiny_model_folder)
    copy_into_test(project, [3, 4])
    trained = lfine("train", project.task, "--runs-dir", project.runs)
    assert trained.code == 0, trained.err
    assert "LF323" in trained.err  # they were warned of then
    assert scored(project).code == 0
    assert overlap_of(project) == Overlap(
        tuple(row_id for row_id in prepared(project).held_out().row_ids if row_id in (48, 49)), 2, allowed=False
    )
    copy_into_test(project, [3, 4, 5])
    problem = refused("evaluate", project.task, "--runs-dir", project.runs).problem()
    assert problem["message"].startswith("1 of 12 test rows has the input")


def test_the_option_of_the_python_side(moved: Project) -> None:
    copy_into_test(moved, [3])
    with pytest.raises(TaskError):
        evaluate_task(moved.task, EvaluateOptions(runs_dir=str(moved.runs)))
    assert evaluate_task(
        moved.task, EvaluateOptions(runs_dir=str(moved.runs), allow_overlap=True)
    ).scores.overlap == Overlap((48,), 0, allowed=True)


def test_lines_that_training_skipped_are_skipped_again_when_it_is_scored(
    tmp_path: Path, tiny_model_folder: Path
) -> None:
    project = write_project(tmp_path / "lines", tiny_model_folder)
    lines = [json.dumps(row) for row in rows_of()]
    lines[5] = lines[5][:20]
    (project.folder / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    project.edit("rows.csv", "rows.jsonl")
    assert refused("train", project.task, "--runs-dir", project.runs).problem()["line"] == 6
    ended = lfine("train", project.task, "--runs-dir", project.runs, "--skip-bad-rows", "1")
    assert ended.code == 0, ended.err
    assert "LF351" in ended.err
    data = read_run(project.run_folders()[0]).data
    assert (data.skip_bad_rows, data.skipped, data.rows["train"]) == (1, {"rows.jsonl": (6,)}, 41)
    assert scored(project).code == 0
