"""`lfine evaluate --predictions` with metrics that run something: a query, a program, a function of one's own.

Each project is a CSV file of questions, a task file and a file of answers; no model and no torch is needed.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from lfine.evaluation.cage import programs
from lfine.evaluation.cage.programs import best_cage, find_hole
from tests.lfine.projects import lfine, refused

TASK = """\
base_model: smollm2-135m-instruct
dataset: {{path: rows.csv}}
prompt: {{template: "{{question}}"}}
output_feature: {{name: answer, type: {type}}}
preprocessing: {{split: {{type: fixed, column: split}}}}
evaluation: {{metrics: [{metric}], sample_size: 100}}
"""


def write(folder: Path, metric: str, kind: str, rows: list[dict[str, str]], answers: list[Any]) -> None:
    """Write the three files; the rows are all held out but for one, so row ids are 1, 2, 3, …"""
    full = [{**rows[0], "question": "q", "split": "train"}] + [
        {**row, "question": f"q{n}", "split": "test"} for n, row in enumerate(rows)
    ]
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(full[0]))
        writer.writeheader()
        writer.writerows(full)
    (folder / "task.yaml").write_text(TASK.format(type=kind, metric=metric), encoding="utf-8")
    lines = [json.dumps({"row_id": n, "prediction": each}) for n, each in enumerate(answers, start=1)]
    (folder / "answers.jsonl").write_text("\n".join(lines), encoding="utf-8")


def evaluated(*words: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the document and scores.json."""
    ended = lfine("evaluate", "task.yaml", "--predictions", "answers.jsonl", *words, "--format", "json")
    assert ended.code == 0, ended
    return ended.json(), scores()


def scores() -> dict[str, Any]:
    (path,) = Path("runs").glob("task/evaluations/answers/scores.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def by_row(found: dict[str, Any], value: str) -> dict[int, float | None]:
    return dict(zip(found["row_ids"], found["per_example"][value], strict=True))


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "pets.sqlite")
    connection.executescript(
        "CREATE TABLE pet (name TEXT, age INT); INSERT INTO pet VALUES ('a', 1), ('b', 2), ('c', 2);"
    )
    connection.commit()
    connection.close()
    rows = [{"db_id": "pets", "answer": "SELECT name FROM pet WHERE age = 2"}] * 3
    rows += [{"db_id": "none", "answer": "SELECT 1"}, {"db_id": "pets", "answer": "SELECT colour FROM pet"}]
    answers = ["SELECT name FROM pet WHERE age > 1;", "SELECT name FROM pet", "DROP TABLE pet", "SELECT 1", "SELECT 1"]
    write(tmp_path, "{name: sql_execution, databases: .}, sql_exact, sql_match", "sql", rows, answers)
    return tmp_path


def test_queries_are_run(queries: Path) -> None:
    before = (queries / "pets.sqlite").read_bytes()
    document, found = evaluated()
    assert document["metrics"]["sql_execution"]["value"] == pytest.approx(1 / 3)
    assert document["metrics"]["sql_exact"]["value"] == 1 / 5
    assert by_row(found, "sql_execution") == {1: 1.0, 2: 0.0, 3: 0.0, 4: None, 5: None}
    assert found["reasons"]["sql_execution"] == {
        "2": "another result",
        "3": "not authorized",
        "4": "there is no database",
        "5": "the gold query fails: no such column: colour",
    }
    assert (queries / "pets.sqlite").read_bytes() == before


def test_rows_that_are_left_out_are_said(queries: Path) -> None:
    ended = lfine("evaluate", "task.yaml", "--predictions", "answers.jsonl")
    assert ended.code == 0
    assert "2 of 5 rows are left out of sql_execution: there is no database (1); the gold query fails" in ended.out
    report = next(queries.glob("runs/task/evaluations/answers/report.html")).read_text(encoding="utf-8")
    assert "DROP TABLE pet" in report  # among the worst answers


def test_a_folder_of_databases_that_is_not_there_is_placed_in_the_task(queries: Path) -> None:
    text = (queries / "task.yaml").read_text(encoding="utf-8").replace("databases: .", "databases: nowhere")
    (queries / "task.yaml").write_text(text, encoding="utf-8")
    problem = refused("evaluate", "task.yaml", "--predictions", "answers.jsonl").problem()
    assert (problem["code"], problem["line"]) == ("LF318", 6)


def test_a_column_that_is_not_there_is_found_by_validate(queries: Path) -> None:
    text = (queries / "task.yaml").read_text(encoding="utf-8").replace("databases: .", "databases: ., database: where")
    (queries / "task.yaml").write_text(text, encoding="utf-8")
    ended = lfine("validate", "task.yaml", "--format", "json")
    (problem,) = ended.json()["problems"]
    assert (ended.code, problem["code"], problem["path"]) == (1, "LF201", "evaluation.metrics[0].database")
    assert "'where'" in problem["message"]


def test_a_usual_column_that_is_not_there_is_found_too(tmp_path: Path) -> None:
    write(tmp_path, "code_execution", "text", [{"answer": "return 1"}] * 2, [])
    ended = lfine("validate", "task.yaml", "--format", "json")
    (problem,) = ended.json()["problems"]
    assert (problem["code"], problem["line"]) == ("LF201", 6)
    assert "evaluation.metrics[0].test is 'test'" in problem["message"]


ROW = {
    "prompt": "def f(x):\n",
    "test": "def check(f):\n    assert f(1) == 2\n",
    "entry_point": "f",
    "answer": "return x + 1",
}


@pytest.fixture
def code(tmp_path: Path) -> Path:
    answers: list[Any] = ["    return x + 1", "return x", "while True:\n        pass", None]
    write(tmp_path, "{name: code_execution, seconds: 1}", "text", [ROW] * 4, answers)
    return tmp_path


def test_programs_are_run(code: Path) -> None:
    hole = find_hole(best_cage())
    document, found = evaluated(*(["--unsafe"] if hole else []))
    assert document["metrics"]["pass@1"]["value"] == 1 / 4
    assert (document["scored"], document["unscored"]) == (3, 1)
    reasons = found["reasons"]["pass@1"]
    assert set(reasons) == {"2", "3"}
    assert reasons["2"] == "AssertionError in: assert f(1) == 2"
    # On a machine with other work the time by the clock may end before the processor's.
    assert reasons["3"] in ("more processor time than it is given", "no answer within 15 s")
    assert {path.name for path in code.iterdir()} == {"rows.csv", "task.yaml", "answers.jsonl", "runs", "cache"} - (
        set() if (code / "cache").exists() else {"cache"}
    )


def test_without_a_cage_nothing_is_run_unless_unsafe(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_hole", lambda _: "from inside the cage a program could open a socket")
    ended = refused("evaluate", "task.yaml", "--predictions", "answers.jsonl")
    problem = ended.problem()
    assert (ended.code, problem["code"]) == (3, "LF440")
    assert "--unsafe" in problem["cure"]
    assert not (code / "runs").exists()
    document, _ = evaluated("--unsafe")
    assert document["metrics"]["pass@1"]["value"] == 1 / 4


def test_several_answers_to_a_row(code: Path) -> None:
    answers = [["return x + 1", "return x"], ["return x", "return 0"], ["return 2", "return x * 2"], ["return x", "("]]
    write(code, "{name: code_execution, k: [1, 2]}", "text", [ROW] * 4, answers)
    hole = find_hole(best_cage())
    document, found = evaluated(*(["--unsafe"] if hole else []))
    assert {name: each["value"] for name, each in document["metrics"].items()} == {"pass@1": 0.375, "pass@2": 0.5}
    assert by_row(found, "pass@1") == {1: 0.5, 2: 0.0, 3: 1.0, 4: 0.0}


def test_several_answers_are_refused_where_one_is_looked_at(code: Path) -> None:
    write(code, "exact_match", "text", [ROW] * 2, [["a", "b"], "a"])
    problem = refused("evaluate", "task.yaml", "--predictions", "answers.jsonl").problem()
    assert problem["code"] == "LF310"
    assert "no metric looks at more than one" in problem["message"]


METRIC = "def score(prediction, gold, row):\n    return {'same': prediction == gold, 'kind': row['kind'] == 'x'}\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    rows = [{"kind": kind, "answer": "a"} for kind in "xyx"]
    write(tmp_path, "{name: custom, function: 'metrics/mine.py:score'}", "text", rows, ["a", "a", "b"])
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "mine.py").write_text(METRIC, encoding="utf-8")
    return tmp_path


def test_a_function_of_ones_own(own: Path) -> None:
    document, found = evaluated("--allow-code")
    assert list(document["metrics"]) == ["custom_score.same", "custom_score.kind"]
    assert by_row(found, "custom_score.same") == {1: 1.0, 2: 1.0, 3: 0.0}
    assert by_row(found, "custom_score.kind") == {1: 1.0, 2: 0.0, 3: 1.0}
    assert len(found["code"]["custom_score.same"]) == 64
    assert own.joinpath("runs").exists()


def test_code_of_the_task_is_not_run_unasked(own: Path) -> None:
    ended = refused("evaluate", "task.yaml", "--predictions", "answers.jsonl")
    problem = ended.problem()
    assert (ended.code, problem["code"], problem["line"]) == (1, "LF242", 6)
    assert lfine("validate", "task.yaml").code == 0
    assert not (own / "runs").exists()


def test_a_function_that_fails_keeps_what_there_is(own: Path) -> None:
    evaluated("--allow-code")
    before = scores()
    (own / "metrics" / "mine.py").write_text(
        "def score(prediction, gold, row):\n    return row['no']\n", encoding="utf-8"
    )
    ended = refused("evaluate", "task.yaml", "--predictions", "answers.jsonl", "--allow-code")
    problem = ended.problem()
    assert (ended.code, problem["code"]) == (5, "LF530")
    assert "for row " in problem["message"]
    assert scores() == before


def test_scores_by_other_code_are_not_compared(own: Path) -> None:
    evaluated("--allow-code")
    (own / "metrics" / "mine.py").write_text(METRIC + "# other\n", encoding="utf-8")
    (own / "answers.jsonl").rename(own / "others.jsonl")
    ended = lfine("evaluate", "task.yaml", "--predictions", "others.jsonl", "--allow-code")
    assert ended.code == 0, ended
    folders = [f"runs/task/evaluations/{name}" for name in ("answers", "others")]
    problem = refused("compare", *folders).problem()
    assert (problem["code"], "is other code in the two scores" in problem["message"]) == ("LF502", True)
    assert lfine("compare", folders[0], folders[0]).code == 0
