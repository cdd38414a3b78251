"""Somebody else's predictions: what is taken, what is refused, and that every refusal names its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfine.evaluation.given_predictions import GivenPredictions, read_given_predictions
from lfine.schemas.errors import TaskError

GOLDS = {9: "home", 4: "auto", 2: "home"}


def read(folder: Path, content: str | bytes, name: str = "answers.jsonl", limit: int | None = None) -> GivenPredictions:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_given_predictions(path, GOLDS, limit=limit)


def refusals(folder: Path, content: str | bytes, name: str = "answers.jsonl") -> list[tuple[int | None, str]]:
    with pytest.raises(TaskError) as caught:
        read(folder, content, name)
    assert {problem.code for problem in caught.value.problems} == {"LF310"}
    assert {problem.file for problem in caught.value.problems} == {str(folder / name)}
    return [(problem.line, problem.message) for problem in caught.value.problems]


def test_jsonl_is_put_into_the_order_of_the_sample(tmp_path: Path) -> None:
    given = read(
        tmp_path,
        '\ufeff{"row_id": 2, "prediction": " a\u2028b ", "model": "x"}\n\n'
        '{"row_id": "9", "prediction": 1}\r\n{"row_id": 4, "prediction": null}\n',
    )
    assert [(each.row_id, each.gold, each.prediction) for each in given.predictions] == [
        (9, "home", "1"),
        (4, "auto", None),
        (2, "home", " a\u2028b "),
    ]


def test_csv_takes_its_columns_by_name(tmp_path: Path) -> None:
    given = read(
        tmp_path, '\ufeffextra, prediction ,row_id\r\nx,"a, ""b""\nc",9\r\n\r\ny,,4\r\nz,home,2\r\n', "answers.CSV"
    )
    assert [(each.row_id, each.prediction) for each in given.predictions] == [(9, 'a, "b"\nc'), (4, None), (2, "home")]
    assert len(given.problems) == 1


def test_missing_answers_are_one_warning(tmp_path: Path) -> None:
    given = read(tmp_path, '{"row_id": 4, "prediction": "auto"}\n{"row_id": 2, "prediction": "  "}\n')
    (warning,) = given.problems
    assert warning.severity == "warning"
    assert warning.message == "2 of 3 held-out rows have no answer in answers.jsonl and count as wrong (row_id 9, 2)"
    assert read(tmp_path, "").problems[0].message.startswith("3 of 3 held-out rows")


def test_complete_answers_have_no_warning(tmp_path: Path) -> None:
    lines = "".join(f'{{"row_id": {row_id}, "prediction": "x"}}\n' for row_id in GOLDS)
    assert read(tmp_path, lines).problems == ()


def test_limit_takes_the_first_rows_and_passes_over_the_others(tmp_path: Path) -> None:
    given = read(tmp_path, '{"row_id": 2, "prediction": "a"}\n{"row_id": 9, "prediction": "b"}\n', limit=1)
    assert [(each.row_id, each.prediction) for each in given.predictions] == [(9, "b")]
    assert given.problems == ()


def test_all_bad_lines_come_at_once(tmp_path: Path) -> None:
    found = refusals(
        tmp_path,
        '{"row_id": 9, "prediction": "a"}\n'
        '{"row_id": 5, "prediction": "a"}\n'
        '{"row_id": 9, "prediction": "b"}\n'
        '{"id": 4}\n'
        "{broken\n"
        '{"row_id": 2, "prediction": {"a": 1}}\n'
        '{"row_id": 1.5, "prediction": "a"}\n'
        '{"row_id": true, "prediction": "a"}\n',
    )
    assert [line for line, _ in found] == [2, 3, 4, 5, 6, None]
    said = [message for _, message in found]
    assert said[0] == "line 2 of answers.jsonl: row_id 5 is not a held-out row"
    assert said[1] == "line 3 of answers.jsonl: row_id 9 stands twice, first in line 1"
    assert said[2] == "line 4 of answers.jsonl: no row_id and no prediction"
    assert said[3].startswith("line 5 of answers.jsonl: not JSON")
    assert said[4] == "line 6 of answers.jsonl: prediction of row_id 2 must be text, or a list of texts, got {'a': 1}"
    assert said[5] == "2 more lines of answers.jsonl cannot be used (lines 7, 8)"


def test_a_long_list_is_counted(tmp_path: Path) -> None:
    found = refusals(tmp_path, "nonsense\n" * 100)
    assert len(found) == 6
    assert found[-1][1] == "95 more lines of answers.jsonl cannot be used (lines 6, 7, 8, 9, 10, …)"


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("id,prediction\n9,a\n", 1, "no column row_id, got id, prediction"),
        ("", 1, "no column row_id and no column prediction, got none"),
        ("row_id,prediction\n9,a,b\n", 2, "3 cells under 2 columns"),
        ('row_id,prediction\n9,"a\n', 2, "not CSV"),
        ("row_id,prediction\n9.0,a\n", 2, "row_id must be a whole number, got '9.0'"),
        ("row_id,prediction\n٣,a\n", 2, "row_id must be a whole number"),
        (f"row_id,prediction\n{'9' * 5000},a\n", 2, "row_id must be a whole number"),
    ],
)
def test_bad_csv_is_named(tmp_path: Path, content: str, line: int, said: str) -> None:
    ((found, message),) = refusals(tmp_path, content, "answers.csv")
    assert found == line
    assert said in message


def test_unreadable_files(tmp_path: Path) -> None:
    assert "not UTF-8 at byte 1" in refusals(tmp_path, b"a\xff")[0][1]
    with pytest.raises(TaskError, match=r"absent\.jsonl cannot be read"):
        read_given_predictions(tmp_path / "absent.jsonl", GOLDS)


@pytest.mark.parametrize("line", ["[" * 100_000, "9" * 5_000])
def test_json_that_python_will_not_parse(tmp_path: Path, line: str) -> None:
    assert "not JSON" in refusals(tmp_path, line)[0][1]


def test_what_a_model_computed_is_taken_along(tmp_path: Path) -> None:
    given = read(
        tmp_path,
        '{"row_id": 9, "prediction": null, "label_log_probabilities": {"home": -0.5, "auto": -1}}\n'
        '{"row_id": 4, "prediction": "auto", "gold_log_probability": -2.5, "gold_tokens": 3}\n'
        '{"row_id": 2, "prediction": "home", "label_log_probabilities": null}\n',
    )
    first, second, third = given.predictions
    assert first.label_log_probabilities == {"home": -0.5, "auto": -1}
    assert (second.gold_log_probability, second.gold_tokens, second.label_log_probabilities) == (-2.5, 3, None)
    assert third.label_log_probabilities is None
    assert given.problems == ()  # a row with probabilities is not a row without an answer


@pytest.mark.parametrize(
    "damage",
    [
        '"label_log_probabilities": {"home": 0.5}',
        '"label_log_probabilities": {"home": NaN}',
        '"label_log_probabilities": {}',
        '"label_log_probabilities": [-1]',
        '"gold_log_probability": "-1"',
        '"gold_log_probability": true',
        '"gold_tokens": 0',
        '"gold_tokens": 1.5',
    ],
)
def test_what_cannot_have_been_computed_is_refused(tmp_path: Path, damage: str) -> None:
    ((line, message),) = refusals(tmp_path, f'{{"row_id": 9, "prediction": "a", {damage}}}\n')
    key = damage.split('"')[1]
    assert (line, message.partition(" cannot be")[0]) == (1, f"line 1 of answers.jsonl: {key} of row_id 9")


def with_golds(*golds: str) -> str:
    lines = zip(GOLDS, golds, strict=True)
    return "".join(f'{{"row_id": {row}, "prediction": "x", "gold": {json.dumps(gold)}}}\n' for row, gold in lines)


def test_predictions_of_another_task_are_known_by_their_golds(tmp_path: Path) -> None:
    with pytest.raises(TaskError) as caught:
        read(tmp_path, with_golds("home", "World", "Sports"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.file) == ("LF561", 2, str(tmp_path / "answers.jsonl"))
    assert problem.message == (
        "line 2 of answers.jsonl: its gold answer of row_id 4 is 'World', and that of the data is 'auto';"
        " 2 of its 3 gold answers are others than the data's"
    )
    csv = "row_id,prediction,gold\n9,x,home\n4,x,World\n2,x,Sports\n"
    with pytest.raises(TaskError, match=r"line 3 of answers\.csv: its gold answer of row_id 4"):
        read(tmp_path, csv, "answers.csv")


def test_golds_may_be_written_otherwise_or_be_absent(tmp_path: Path) -> None:
    assert read(tmp_path, with_golds("Home.", "auto", " home")).problems == ()
    assert read(tmp_path, with_golds("", "", "")).problems == ()
    path = tmp_path / "json.jsonl"
    path.write_text('{"row_id": 1, "prediction": "x", "gold": "{\\"a\\":1}"}\n', encoding="utf-8")
    assert read_given_predictions(path, {1: '{"a": 1}'}).problems == ()


def test_few_golds_that_were_corrected_are_a_warning(tmp_path: Path) -> None:
    path, golds = tmp_path / "answers.jsonl", dict.fromkeys(range(20), "home")
    lines = [json.dumps({"row_id": place, "prediction": "x", "gold": "home" if place else "auto"}) for place in golds]
    path.write_text("\n".join(lines), encoding="utf-8")
    (warning,) = read_given_predictions(path, golds).problems
    assert (warning.code, warning.severity, warning.line) == ("LF561", "warning", 1)
    assert "1 of its 20 gold answers" in warning.message
    lines[1:3] = [lines[0].replace('"row_id": 0', f'"row_id": {place}') for place in (1, 2)]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(TaskError, match="3 of its 20 gold answers"):
        read_given_predictions(path, golds)
