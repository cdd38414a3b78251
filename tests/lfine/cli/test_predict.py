"""`lfine predict`: rows of a file and of stdin, lines and their keys, going on, bad rows, and who answers."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.endpoint_server import Call, Server
from lfine import answerers
from lfine.cli import predict as command
from lfine.endpoints import EndpointOptions
from lfine.predicting import PredictOptions, predict_task
from lfine.training import PROMPT_FILE
from tests.lfine.projects import Ended, Project, lfine, write_csv

NEW = [{"id": f"n{number}", "question": f"my card was lost, {number}"} for number in range(5)]
LINE = ["row_id", "prediction", "finish_reason", "prompt_tokens", "completion_tokens", "key"]
QUICK = ("--retries", "0", "--patience", "0.2", "--timeout", "20")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """New rows without an answer, their columns in another order than the data's."""
    return write_csv(tmp_path / "new.csv", NEW)


def lines_of(text: str) -> list[dict[str, Any]]:
    return sorted((json.loads(line) for line in text.split("\n") if line), key=lambda line: line["row_id"])


def words(project: Project, *more: str | Path) -> tuple[str | Path, ...]:
    return ("predict", project.task, "--runs-dir", project.runs, *more)


def remote(project: Project, server: Server, *more: str | Path) -> tuple[str | Path, ...]:
    return words(project, "--endpoint", server.url, "--model", "gpt", *QUICK, *more)


def from_stdin(monkeypatch: pytest.MonkeyPatch, text: str | bytes, *line: str | Path) -> Ended:
    data = text if isinstance(text, bytes) else text.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return lfine(*line, "--input", "-")


def test_a_line_for_each_row(finished: Project, rows: Path) -> None:
    ended = lfine(*words(finished, "--input", rows))
    assert ended.code == 0, ended.err
    found = lines_of(ended.out)
    assert [line["row_id"] for line in found] == [0, 1, 2, 3, 4]
    assert all(list(line) == LINE for line in found)
    assert all(line["prompt_tokens"] > 5 and line["finish_reason"] in ("stop", "length") for line in found)
    assert "5 rows: 5 answered" in ended.err


def test_the_answers_are_those_of_an_evaluation(finished: Project) -> None:
    run = finished.run_folders()[0]
    text = (run / "evaluations/tuned/predictions.jsonl").read_text(encoding="utf-8")
    held_out = {line["row_id"]: line["prediction"] for line in map(json.loads, text.splitlines())}
    found = lines_of(lfine(*words(finished, "--input", finished.rows)).out)
    assert {line["row_id"]: line["prediction"] for line in found if line["row_id"] in held_out} == held_out


def test_the_data_of_the_task_are_not_needed(trained: Project, rows: Path) -> None:
    before = lfine(*words(trained, "--input", rows)).out
    trained.rows.unlink()
    ended = lfine(*words(trained, "--input", rows))
    assert (ended.code, lines_of(ended.out)) == (0, lines_of(before))


def test_the_base_model_answers_otherwise(finished: Project, rows: Path) -> None:
    tuned, base = (lfine(*words(finished, "--input", rows, *more)).out for more in ((), ("--base",)))
    assert {line["key"] for line in lines_of(tuned)}.isdisjoint(line["key"] for line in lines_of(base))


def test_an_adapter_from_elsewhere(finished: Project, rows: Path, tmp_path: Path) -> None:
    shutil.copytree(finished.run_folders()[0] / "adapter", tmp_path / "mine")
    ended = lfine("predict", finished.task, "--adapter", tmp_path / "mine", "--input", rows)
    assert ended.code == 0, ended.err
    own = lines_of(lfine(*words(finished, "--input", rows)).out)
    assert [line["prediction"] for line in lines_of(ended.out)] == [line["prediction"] for line in own]


@pytest.mark.parametrize("which", ["run", "base", "adapter", "base without a run", "endpoint"])
def test_who_answers_is_said_in_one_line_before_the_first_answer(
    finished: Project, rows: Path, tmp_path: Path, which: str
) -> None:
    run, model, nowhere = finished.run_folders()[0], finished.model, str(tmp_path / "nowhere")
    options, said = {
        "run": (PredictOptions(str(rows), runs_dir=str(finished.runs)), f"the adapter of {run}"),
        "base": (PredictOptions(str(rows), run=str(run), base=True), f"the base model {model}"),
        "adapter": (
            PredictOptions(str(rows), adapter=str(run / "adapter")),
            f"the adapter {run / 'adapter'} on the base model {model}",
        ),
        "base without a run": (PredictOptions(str(rows), runs_dir=nowhere, base=True), f"the base model {model}"),
        "endpoint": (PredictOptions(str(rows), runs_dir=nowhere), "gpt at "),
    }[which]
    both = io.StringIO()
    with Server(answer=lambda _: "fee") as server, contextlib.redirect_stderr(both):
        if which == "endpoint":
            options, said = replace(options, endpoint=EndpointOptions(server.url, "gpt")), f"{said}{server.url}"
        predict_task(finished.task, options, both)
    lines = both.getvalue().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("{"))
    assert [line for line in lines if "answers of" in line] == [f"answers of {said}"]
    assert lines.index(f"answers of {said}") < first


def test_another_prompt_than_in_training_is_refused(trained: Project, rows: Path) -> None:
    path = trained.run_folders()[0] / "adapter" / PROMPT_FILE
    assert path.is_file()
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "hash": "0" * 16}), encoding="utf-8")
    ended = lfine(*words(trained, "--input", rows))
    assert ended.code == 5
    assert "LF506" in ended.err
    assert ended.out == ""


def test_columns_are_handed_through(finished: Project, rows: Path) -> None:
    (first, *_) = lines_of(lfine(*words(finished, "--input", rows, "--keep", "id")).out)
    assert first["input"] == {"id": "n0"}
    (first, *_) = lines_of(lfine(*words(finished, "--input", rows, "--keep", "*")).out)
    assert first["input"] == NEW[0]


def test_what_counts_of_an_answer_stands_beside_it(project: Project, rows: Path) -> None:
    with Server(answer=lambda _: "it is a fee, surely") as server:
        ended = lfine(*remote(project, server, "--input", rows, "--set", "evaluation.extract=label"))
    (first, *_) = lines_of(ended.out)
    assert (first["prediction"], first["answer"]) == ("it is a fee, surely", "fee")


@pytest.mark.parametrize("name", ["new.jsonl", "new.tsv", "new.parquet"])
def test_other_formats(project: Project, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in NEW), encoding="utf-8")
    elif name.endswith(".tsv"):
        path.write_text("id\tquestion\n" + "".join(f"{row['id']}\t{row['question']}\n" for row in NEW), "utf-8")
    else:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        parquet.write_table(pa.Table.from_pylist(NEW), path)
    with Server(answer=lambda call: call.asked[-1]) as server:
        ended = lfine(*remote(project, server, "--input", path, "--keep", "id"))
    assert [(line["input"]["id"], line["prediction"]) for line in lines_of(ended.out)] == [
        (f"n{number}", str(number)) for number in range(5)
    ]


def test_a_column_that_the_prompt_needs(finished: Project, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "new.csv", [{"qestion": "where?", "id": "1"}])
    ended = lfine(*words(finished, "--input", path, "--keep", "nobody"))
    assert ended.code == 1
    assert ended.out == ""
    assert f"{path}  LF127 input-lacks-column" in ended.err
    ended = lfine(*words(finished, "--input", path))
    assert "the prompt needs the column 'question', and there are 'qestion', 'id'" in ended.err
    assert "cure: did you mean `qestion`?" in ended.err


def test_a_file_is_refused_before_anything_is_asked(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "new.jsonl"
    path.write_text('{"question": "a"}\n{"question": \n{"question": "b"}\n', encoding="utf-8")
    with Server() as server:
        ended = lfine(*remote(project, server, "--input", path))
        assert (ended.code, server.calls) == (1, [])
        assert f"{path}:2  LF302" in ended.err
        assert "--skip-bad-rows 1" in ended.err
        ended = lfine(*remote(project, server, "--input", path, "--skip-bad-rows", "1"))
    assert (ended.code, len(lines_of(ended.out))) == (0, 2)


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_is_none(finished: Project, name: str) -> None:
    ended = lfine(*words(finished, "--input", name))
    assert ended.code == 1
    assert "LF301" in ended.err


def test_a_file_without_rows(finished: Project, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("question\n", encoding="utf-8")
    ended = lfine(*words(finished, "--input", tmp_path / "new.csv"))
    assert (ended.code, ended.out) == (0, "")
    assert "has no rows" in ended.err


def test_lines_on_stdin_and_those_that_are_none(finished: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '\ufeff{"question": "a"}\n\n{"question": 7\n{"text": "b"}\n[1]\n{"question": "\\ud83d"}\n{"question": "c"}'
    ended = from_stdin(monkeypatch, text.encode() + b'\n{"question": "\xff"}\n', *words(finished))
    assert ended.code == 4
    found = lines_of(ended.out)
    assert [line["row_id"] for line in found] == [0, 2, 3, 4, 5, 6, 7]
    failed = {line["row_id"] for line in found if line["prediction"] is None}
    assert failed == {2, 3, 4, 5, 7}
    assert all(line["finish_reason"] == "failed" for line in found if line["row_id"] in failed)
    for place in ("<stdin>:3  LF302", "<stdin>:4  LF127", "<stdin>:5  LF302", "<stdin>:6  LF302", "<stdin>:8  LF302"):
        assert place in ended.err
    assert "7 rows: 2 answered, 5 failed" in ended.err


def test_nothing_answered(finished: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = from_stdin(monkeypatch, "no JSON\n", *words(finished))
    assert ended.code == 1
    assert "LF128 nothing-answered" in ended.err
    assert from_stdin(monkeypatch, "", *words(finished)).code == 0


def test_going_on_where_a_file_ends(project: Project, rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers" / "a.jsonl"
    with Server(answer=right) as server:
        ended = lfine(*remote(project, server, "--no-cache", "--input", rows, "--out", out))
        assert (ended.code, ended.out) == (0, "")
        whole = lines_of(out.read_text(encoding="utf-8"))
        lines = out.read_text(encoding="utf-8").splitlines(keepends=True)
        failed = {**json.loads(lines[3]), "prediction": None, "finish_reason": "failed"}
        out.write_text("".join([*lines[:3], json.dumps(failed), "\n", lines[4][:20]]), encoding="utf-8")
        before = len(server.calls)
        ended = lfine(*remote(project, server, "--no-cache", "--input", rows, "--out", out))
    assert "5 rows: 2 answered, 3 answered there before" in ended.err
    assert len(server.calls) == before + 2
    assert lines_of(out.read_text(encoding="utf-8")) == whole


def right(call: Call) -> str:
    return f"answer {call.asked[-1]}"


def test_answers_of_another_model_are_not_mixed_in(finished: Project, rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    assert lfine(*words(finished, "--input", rows, "--out", out)).code == 0
    before = out.read_bytes()
    ended = lfine(*words(finished, "--base", "--input", rows, "--out", out))
    assert ended.code == 1
    assert "LF129 other-answers" in ended.err
    assert out.read_bytes() == before


def test_a_file_of_something_else_is_left_alone(finished: Project, rows: Path, tmp_path: Path) -> None:
    out = Path(shutil.copy(rows, tmp_path / "notes.txt"))
    before = out.read_bytes()
    ended = lfine(*words(finished, "--input", rows, "--out", out))
    assert ended.code == 1
    assert f"{out}:1  LF129" in ended.err
    assert out.read_bytes() == before


def test_a_row_that_an_endpoint_does_not_answer(project: Project, rows: Path) -> None:
    with Server(lambda call: "error" if call.asked.endswith("2") else "ok") as server:
        ended = lfine(*remote(project, server, "--input", rows))
    assert ended.code == 4
    assert {line["row_id"] for line in lines_of(ended.out) if line["finish_reason"] == "failed"} == {2}
    assert "1 row failed for good" in ended.err


def test_an_endpoint_that_answers_nothing(project: Project, rows: Path) -> None:
    with Server(lambda _: "unauthorized") as server:
        ended = lfine(*remote(project, server, "--input", rows))
    assert ended.code == 3
    assert "LF420" in ended.err


def test_lines_come_before_the_stream_ends(project: Project) -> None:
    with Server(answer=right) as server:
        line = [str(word) for word in remote(project, server, "--input", "-")]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "lfine", *line],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(2):
            process.stdin.write(json.dumps({"question": f"{number}"}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["prediction"] == f"answer {number}"
        process.stdin.close()
        assert process.wait(60) == 0
        process.stdout.close()


def test_a_reader_that_goes_away(project: Project, tmp_path: Path) -> None:
    rows = write_csv(tmp_path / "many.csv", [{"question": f"{number}" * 50} for number in range(3000)])
    with Server(answer=lambda _: "x" * 500) as server:
        line = [str(word) for word in remote(project, server, "--input", rows)]
        process = subprocess.Popen(
            [sys.executable, "-m", "lfine", *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        assert process.wait(60) == 141
    assert "Traceback" not in said


def test_ctrl_c_keeps_what_came(project: Project, rows: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = answerers._Remote.answers

    def stopped(self: Any, examples: Any, each: Any) -> None:
        real(self, examples[:2], each)
        raise KeyboardInterrupt

    monkeypatch.setattr(answerers._Remote, "answers", stopped)
    with Server(answer=right) as server:
        ended = lfine(*remote(project, server, "--input", rows, "--out", tmp_path / "a.jsonl"))
    assert ended.code == 130
    assert "2 answers are written; to go on:\n  lfine predict" in ended.err
    assert len(lines_of((tmp_path / "a.jsonl").read_text(encoding="utf-8"))) == 2


def test_too_long_prompts_are_said(finished: Project, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "new.csv", [{"question": "word " * 600}, {"question": "short"}])
    ended = lfine(*words(finished, "--input", path))
    assert ended.code == 0
    assert "1 prompt longer than" in ended.err
    assert "row ids: 0" in ended.err


def test_two_models_exclude_each_other(project: Project) -> None:
    ended = lfine("predict", project.task, "--input", "-", "--base", "--adapter", "x")
    assert (ended.code, "--adapter and --base exclude each other" in ended.err) == (2, True)


def test_the_summary_counts() -> None:
    from lfine.predicting import Predicted

    assert command.summary(Predicted(rows=3, answered=1, before=1, failed=1)) == (
        "3 rows: 1 answered, 1 answered there before, 1 failed"
    )
    assert command.summary(Predicted(rows=2, answered=2), "answers.jsonl") == "2 rows: 2 answered; in answers.jsonl"
    assert command.summary(Predicted(rows=2, answered=2), "answers.csv.gz") == (
        "2 rows: 2 answered; in answers.csv.gz, each with its line in answers.jsonl"
    )


@pytest.mark.parametrize("name", ["my answers.csv", "answers.XLSX"])
def test_of_a_stream_come_lines(project: Project, name: str) -> None:
    ended = lfine("predict", project.task, "--input", "-", "--out", name)
    assert (ended.code, ended.out) == (2, "")
    assert f"{name!r} is a table, which holds the rows of a file" in ended.err
    assert f"cure: --out {shlex.quote(name.partition('.')[0] + '.jsonl')}, or --input FILE" in ended.err
