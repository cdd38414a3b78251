"""From a file or a task to what is checked of it, and its text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lfine.checking import Asked, check_path, file_subject, report_text, task_subject
from lfine.schemas.errors import TaskError, UsageError
from tests.lfine.projects import Project, write_csv

TEMPLATE = (
    'base_model: nowhere/here\ndataset: {path: rows.csv}\nprompt: {template: "{question}"}\noutput_feature: label\n'
)


def write_lines(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def some_rows(n: int = 40, **more: str) -> list[dict[str, str]]:
    return [{"question": f"what is it, number {at}", "label": ("a", "b")[at % 2], **more} for at in range(n)]


def names(path: Path, asked: Asked | None = None) -> list[str]:
    return [finding.name for finding in check_path(path, asked or Asked()).findings]


def test_a_file_without_a_split_is_train_as_a_whole_and_says_so(tmp_path: Path) -> None:
    report = check_path(write_csv(tmp_path / "rows.csv", some_rows()), Asked())
    assert report.split_rows == {"train": 40}
    assert (
        "split: nothing says it, and every row counts as train; a task would divide them 80/10/10 by hash"
        in report.notes
    )
    assert "input: question (sure): named like inputs" in report.notes
    assert "output: label (sure): its name; 2 values that recur; the last column" in report.notes
    assert (report.input_columns, report.output_column) == (("question",), "label")
    assert report.labels == {"a": {"train": 20}, "b": {"train": 20}}
    assert not {"small-test", "no-test-rows"} & {finding.name for finding in report.findings}


def test_a_column_that_is_a_mere_guess_is_no_answer(tmp_path: Path) -> None:
    """What is found of answers would be found of something else."""
    rows = [{"one": f"some words of {at}", "two": f"more words of {at}", "three": f"no word {at}"} for at in range(40)]
    report = check_path(write_csv(tmp_path / "rows.csv", rows), Asked())
    assert (report.input_columns, report.output_column) == (("one", "two", "three"), None)
    assert "output: no column is likely the answer; name it with --output" in report.notes


def test_where_no_column_is_read_all_are_looked_at(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", [{"same": "x", "label": "ab"[at % 2]} for at in range(40)])
    assert file_subject(path, Asked()).input_columns == ("same",)


def test_columns_are_asked_for_and_not_there(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", some_rows())
    with pytest.raises(UsageError) as refused:
        check_path(path, Asked(inputs=("questoin",), output="lable"))
    assert [problem.cure for problem in refused.value.problems] == ["did you mean `question`?", "did you mean `label`?"]
    report = check_path(path, Asked(inputs=("label",), output="question"))
    assert (report.input_columns, report.output_column) == (("label",), "question")


def test_separate_files_are_held_against_one_another(tmp_path: Path) -> None:
    rows = some_rows()
    train, test = write_csv(tmp_path / "train.csv", rows), write_csv(tmp_path / "test.csv", rows[:3])
    report = check_path(train, Asked(test=str(test)))
    leaked = next(finding for finding in report.findings if finding.name == "leaked-inputs")
    assert leaked.pairs == ((40, 0), (41, 1), (42, 2))
    assert report.files == (str(train), str(test))


def test_a_split_column_by_another_name(tmp_path: Path) -> None:
    rows = [{**row, "part": "test" if at < 4 else "train"} for at, row in enumerate(some_rows())]
    report = check_path(write_csv(tmp_path / "rows.csv", rows), Asked(split="part"))
    assert report.split_rows == {"train": 36, "test": 4}


def test_a_split_column_with_free_text_is_said_and_not_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", some_rows(split="vinyl, 1974"))
    report = check_path(path, Asked())
    assert report.split_rows == {"train": 40}
    assert any("values that mean no split" in note for note in report.notes)
    with pytest.raises(TaskError):
        check_path(path, Asked(split="split"))


def test_conversations_are_asked_up_to_the_last_answer(tmp_path: Path) -> None:
    def talk(*said: str) -> dict[str, object]:
        roles = ("user", "assistant") * 3
        return {"messages": [{"role": role, "content": text} for role, text in zip(roles, said, strict=False)]}

    path = write_lines(tmp_path / "chat.jsonl", [talk("hi", "hello", "2+2?", "4"), talk("hi", "hello", "2+2?", "5")])
    subject = file_subject(path, Asked())
    assert subject.inputs == ["user: hi␞assistant: hello␞user: 2+2?"] * 2
    assert subject.answers == ["4", "5"]
    assert "contradicting-answers" in names(path)


def test_numbers_are_no_texts(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "rows.csv", [{"text": f"row number {at}", "score": f"{at / 7:.3f}"} for at in range(80)]
    )
    assert file_subject(path, Asked()).kind == "number"


def test_a_task_is_checked_as_training_reads_it(project: Project) -> None:
    report = check_path(project.task, Asked())
    assert report.title == "topics"
    assert report.split_rows == {"train": 42, "validation": 6, "test": 12}
    assert report.length_unit == "tokens"
    assert len(report.lengths) == 42
    assert report.limit is not None
    cut = [finding for finding in report.findings if finding.name == "cut-rows"]
    assert sum(length > report.limit for length in report.lengths) == sum(finding.count for finding in cut)


def test_empty_answers_of_a_task_are_found_and_not_refused(project: Project) -> None:
    text = project.rows.read_text(encoding="utf-8").replace(",card,train", ",,train", 2)
    project.rows.write_text(text, encoding="utf-8")
    (found,) = [each for each in check_path(project.task, Asked()).findings if each.name == "empty-answers"]
    assert found.row_ids == (0, 3)


def test_without_the_model_lengths_are_characters(tmp_path: Path) -> None:
    write_csv(tmp_path / "rows.csv", some_rows())
    (tmp_path / "task.yaml").write_text(TEMPLATE, encoding="utf-8")
    report = check_path(tmp_path / "task.yaml", Asked())
    assert (report.length_unit, report.limit) == ("characters", None)
    assert any("nowhere/here is not here" in note for note in report.notes)


def test_the_task_says_how_many_rows_are_scored(tmp_path: Path) -> None:
    write_csv(tmp_path / "rows.csv", some_rows())
    text = TEMPLATE + "evaluation: {split: validation, sample_size: 2}\n"
    (tmp_path / "task.yaml").write_text(text, encoding="utf-8")
    subject = task_subject(tmp_path / "task.yaml", Asked())
    assert (subject.scored, subject.scored_split) == (2, "validation")


@pytest.mark.parametrize("asked", [Asked(output="label"), Asked(test="x.csv"), Asked(split="part"), Asked(sheet=1)])
def test_a_task_says_itself_what_is_asked_of_files(tmp_path: Path, asked: Asked) -> None:
    with pytest.raises(UsageError, match="a task says this itself"):
        check_path(tmp_path / "task.yaml", asked)


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", some_rows())
    for asked in (Asked(difference=0.0), Asked(difference=1.5), Asked(output="lable"), Asked(split="a", test="x.csv")):
        with pytest.raises(UsageError):
            check_path(path, asked)
    with pytest.raises(UsageError, match="this is a data file"):
        check_path(path, Asked(), overrides=["adapter.r=4"])


def test_lines_that_are_no_rows_may_be_skipped(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", some_rows())
    path.write_text(path.read_text(encoding="utf-8") + '{"question": \n', encoding="utf-8")
    with pytest.raises(TaskError):
        check_path(path, Asked())
    assert check_path(path, Asked(skip_bad_rows=1)).rows == 40


def test_the_text_of_a_report(tmp_path: Path) -> None:
    rows = [*some_rows(8), {"question": "what is it, number 0", "label": "b"}, {"question": "x", "label": ""}]
    text = report_text(check_path(write_csv(tmp_path / "rows.csv", rows), Asked()))
    assert text.startswith("rows.csv: 10 rows, train 10\n  form: table")
    assert (
        "error  empty-answers\n"
        "   1 of 10 rows of train have no answer, or one of white space only\n"
        "   rows: 9\n"
        "     x\n"
        "   cure: fill the cells, or remove the rows\n"
    ) in text
    assert "   rows: 8 = 0\n     what is it, number 0 → 'a' (1), 'b' (1)\n" in text
    assert text.endswith("(rows from 0)")
