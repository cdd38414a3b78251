"""The command line of `lfine data check`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.lfine.projects import Project, lfine, refused, rows_of, write_csv


def test_findings_as_text_end_with_0(project: Project) -> None:
    ended = lfine("data", "check", project.rows)
    assert ended.code == 0
    assert "warning  small-test" in ended.out
    assert ended.err == ""


def test_strict_ends_with_1_for_warnings_but_not_for_notes(tmp_path: Path, project: Project) -> None:
    assert lfine("data", "check", project.rows, "--strict").code == 1
    words = ("alpha", "bravo", "delta", "gamma", "omega", "sigma")
    rows = [
        {"question": " ".join(f"{word}{at * 7919 % 1009}" for word in words), "label": ("yes", "no")[at % 2]}
        for at in range(150)
    ]
    ended = lfine("data", "check", write_csv(tmp_path / "fine.csv", rows), "--strict")
    assert (ended.code, "0 errors, 0 warnings, 1 note" in ended.out) == (0, True)


def test_json_is_one_document_with_promised_keys(project: Project) -> None:
    ended = lfine("data", "check", project.task, "--format", "json")
    document = ended.json()
    assert {"title", "files", "rows", "columns", "split_rows", "findings", "lengths", "labels"} <= set(document)
    keys = ["name", "severity", "message", "cure", "count", "row_ids", "examples", "split", "column", "pairs"]
    assert all(list(finding) == keys for finding in document["findings"])


def test_columns_as_asked(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", [{**row, "why": "because of it"} for row in rows_of()])
    ended = lfine("data", "check", path, "--input", "why", "--output", "question", "--format", "json")
    assert (ended.json()["input_columns"], ended.json()["output_column"]) == (["why"], "question")


def test_the_difference_hoped_for(project: Project) -> None:
    assert "for the 3 points hoped for" in lfine("data", "check", project.rows, "--difference", "3").out
    ended = refused("data", "check", project.rows, "--difference", "0")
    assert (ended.code, ended.problem()["code"]) == (2, "LF115")


def test_a_missing_file_and_a_missing_column(tmp_path: Path, project: Project) -> None:
    assert refused("data", "check", tmp_path / "none.csv").problem()["code"] == "LF301"
    ended = refused("data", "check", project.rows, "--output", "lable")
    assert ended.problem()["cure"] == "did you mean `label`?"


def test_a_data_check_leaves_torch_out(project: Project) -> None:
    code = (
        "import sys; from lfine.cli.main import main; main(sys.argv[1:]);"
        " sys.exit(', '.join(sorted({'torch', 'transformers', 'pandas', 'datasets'} & set(sys.modules))) or 0)"
    )
    words = [sys.executable, "-c", code, "data", "check", str(project.task)]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
