"""`lfine data split` as a person types it, and from a spreadsheet to a task that compiles in three steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.finetune.data.manifest import read_manifest
from tests.lfine.projects import Project, lfine, refused, rows_of, write_csv

xlsxwriter = pytest.importorskip("xlsxwriter")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [{"question": row["question"], "label": row["label"]} for row in rows_of(120)]
    return write_csv(tmp_path / "source.csv", rows)


def test_what_is_printed(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    ended = lfine("data", "split", source, out)
    assert (ended.code, ended.err) == (0, "")
    counts = ", ".join(f"{name} {each.rows}" for name, each in read_manifest(out).splits.items())
    assert ended.out.splitlines() == [
        f"wrote {out}: 120 rows: {counts}",
        "80/10/10 by a hash of each row's content, seed 42",
        f"manifest {out}.manifest.json",
        f"held out for scores: {read_manifest(out).splits['test'].rows} rows of test",
        f"next: lfine data check {out}",
        f"in a task: dataset: {{path: {out}}} (the column `split` is found)",
    ]


def test_json(source: Path, tmp_path: Path) -> None:
    words = ("--by", "stratify", "--column", "label", "--seed", "7", "--probabilities", "0.5,0.25,0.25")
    ended = lfine("data", "split", source, tmp_path / "out.jsonl", *words, "--format", "json")
    assert ended.code == 0
    found = ended.json()
    assert list(found) == ["out", "manifest", "rows", "splits", "held_out", "reason", "rewritten", "warnings"]
    assert found["splits"] == {"train": 60, "validation": 30, "test": 30}
    manifest = read_manifest(tmp_path / "out.jsonl")
    assert (manifest.by, manifest.column, manifest.seed, manifest.probabilities) == (
        "stratify",
        "label",
        7,
        (0.5, 0.25, 0.25),
    )


@pytest.mark.parametrize(
    ("words", "code", "cure"),
    [
        (("--by", "group"), "LF238", "add --column NAME"),
        (("--by", "group", "--column", "lable"), "LF201", "did you mean `label`?"),
        (("--column", "label"), "LF235", "remove the column, or set --by to fixed, stratify, group or datetime"),
        (("--probabilities", "0.8,0.1,0.2"), "LF239", "write for instance 0.8,0.1,0.1"),
        (("--probabilities", "a,b"), "LF115", "lfine data split --help"),
        (("--by", "datetime", "--column", "label"), "LF322", None),
        (("--by", "fixed"), "LF115", "lfine data split --help"),
    ],
)
def test_refusals(source: Path, tmp_path: Path, words: tuple[str, ...], code: str, cure: str | None) -> None:
    problem = refused("data", "split", source, tmp_path / "out.csv", *words).problem()
    assert (problem["code"], problem["cure"]) == (code, cure or problem["cure"])
    assert not (tmp_path / "out.csv").exists()


def test_dividing_twice(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    lfine("data", "split", source, out)
    before = out.read_bytes(), read_manifest(out)
    assert refused("data", "split", source, out).problem()["code"] == "LF132"
    assert refused("data", "split", out, tmp_path / "again.csv").problem()["code"] == "LF338"
    ended = lfine("data", "split", out, out, "--force")
    assert ended.code == 0
    assert "it is replaced" in ended.err
    assert out.read_bytes() == before[0], "the same rows by the same hash have the same sides"
    assert read_manifest(out).splits == before[1].splits


def test_check(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    lfine("data", "split", source, out)
    ended = lfine("data", "split", "--check", out)
    assert (ended.code, ended.out) == (0, f"{out} is as its manifest says: 120 rows, divided by hash\n")
    header, *rows = out.read_text(encoding="utf-8").splitlines()
    out.write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")
    ended = lfine("data", "split", "--check", out)
    assert (ended.code, ended.err) == (0, "note: its rows stand in another order; what is held out is the same\n")
    assert lfine("data", "split", "--check", out, "--format", "json").json()["differences"] == [
        "its rows stand in another order"
    ]
    test_row = next(row for row in rows if row.endswith(",test"))
    out.write_text("\n".join([header, *(row for row in rows if row != test_row)]) + "\n", encoding="utf-8")
    problems = refused("data", "split", "--check", out).problems()
    assert {problem["code"] for problem in problems} == {"LF339"}
    assert problems[0]["message"].startswith("the held-out sample is another one")


def test_check_without_a_manifest(source: Path) -> None:
    assert refused("data", "split", "--check", source).problem()["code"] == "LF301"


@pytest.mark.parametrize("words", [(), ("a.csv",), ("a.csv", "b.csv", "--check", "c.csv")])
def test_files_that_are_too_few_or_too_many(words: tuple[str, ...]) -> None:
    ended = lfine("data", "split", *words)
    assert ended.code == 2
    assert "LF115" in ended.err


def test_from_a_spreadsheet_to_a_plan(project: Project, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "tickets.xlsx"))
    sheet = book.add_worksheet("tickets")
    sheet.write_row(0, 0, ["nr", "question", "label"])
    for number, row in enumerate(rows_of(90), 1):
        sheet.write_row(number, 0, [number, row["question"], row["label"]])
    book.close()
    assert lfine("data", "split", tmp_path / "tickets.xlsx", project.folder / "tickets.parquet").code == 0
    project.edit("rows.csv", "tickets.parquet")
    assert lfine("validate", project.task, "--data").code == 0
    ended = lfine("compile", project.task, "--format", "json")
    assert ended.code == 0
    held = read_manifest(project.folder / "tickets.parquet").splits
    data = ended.json()["training"]["data"]
    assert (data["train_rows"], data["test_rows"]) == (held["train"].rows, held["test"].rows)
