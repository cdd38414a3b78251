"""Data that people bring and no program should believe: on the command line, a sentence with a cure, or a warning."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lfine.projects import Ended, Project, lfine

HEADER = "question,label\n"
GOOD = "".join(f"question {number},{'ab'[number % 2]}\n" for number in range(60))
MB = 2**20
Write = Callable[[Path], object]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""A workbook that Office encrypts is a compound file, and begins so."""


def text(content: str, encoding: str = "utf-8") -> Write:
    return lambda path: path.write_bytes(content.encode(encoding))


def lines(*objects: str) -> Write:
    return text("".join(f"{each}\n" for each in objects))


def numbered(count: int, form: str) -> list[str]:
    return [form % number for number in range(count)]


def workbook(fill: Callable[[Any], object]) -> Write:
    """Return what writes a sheet of sixty rows and lets `fill` spoil it."""

    def write(path: Path) -> None:
        import xlsxwriter

        with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
            sheet = book.add_worksheet()
            for row, line in enumerate([HEADER.strip(), *GOOD.splitlines()]):
                sheet.write_row(row, 0, line.split(","))
            fill(sheet)

    return write


def stuffed_workbook(path: Path, *, claimed: int | None = None) -> None:
    """Write a sheet that is 300 MB of blanks, 300 KB packed; `claimed` is what the archive says that it were."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book, book.open("xl/worksheets/sheet1.xml", "w") as part:
        for _ in range(300):
            part.write(b" " * MB)
    if claimed is not None:
        data = bytearray(path.read_bytes())
        at = data.rfind(b"PK\x01\x02") + 24
        data[at : at + 4] = struct.pack("<I", claimed)
        path.write_bytes(data)


def stuffed_gzip(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        file.write(HEADER.encode())
        for _ in range(300):
            file.write(b"a,b\n" * (MB // 4))


def stuffed_zst(path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    with pyarrow.output_stream(str(path), compression="zstd") as file:
        file.write(HEADER.encode())
        for _ in range(300):
            file.write(b"a,b\n" * (MB // 4))


def one_line(size: int, before: bytes, after: bytes) -> Write:
    return lambda path: path.write_bytes(before + b"x" * size + after)


REFUSED: dict[str, tuple[str, Write, str, int | None, str, str]] = {
    "ragged": (
        "r.csv",
        text(f"{HEADER}{GOOD}x,y,z\nonly\n"),
        "LF302",
        62,
        "line 62 (3 fields), line 63 (1 field)",
        "in quotes",
    ),
    "open quote": (
        "r.csv",
        text(f'{HEADER}{GOOD}"x,y\n{GOOD}'),
        "LF302",
        62,
        "of line 62 never ends",
        "end every quoted field",
    ),
    "NUL": ("r.csv", text(f"{HEADER}{GOOD}x\0,y\n"), "LF302", 62, "a NUL byte", "write the file anew"),
    "NUL in JSON": (
        "r.jsonl",
        lines(*numbered(9, '{"question": "q%d", "label": "a"}'), '{"question": "\0"}'),
        "LF302",
        10,
        "invalid control character at column 15",
        "",
    ),
    "Latin-1 beside UTF-8": (
        "r.csv",
        lambda path: path.write_bytes(f"{HEADER}{GOOD * 2}çédille,é\n".encode() + b"caf\xe9,a\n"),
        "LF302",
        123,
        "byte 0xe9 on line 123",
        "save it as UTF-8",
    ),
    "UTF-16 without a mark": (
        "r.csv",
        text(HEADER + GOOD, "utf-16-le"),
        "LF302",
        1,
        "UTF-16 without the mark",
        "iconv -f UTF-16LE",
    ),
    "UTF-16 without a mark, high byte first": (
        "r.csv",
        text(HEADER + GOOD, "utf-16-be"),
        "LF302",
        1,
        "UTF-16 without the mark",
        "iconv -f UTF-16BE",
    ),
    "workbook called .csv": (
        "r.csv",
        lambda path: path.write_bytes(b"PK\x03\x04" + bytes(99)),
        "LF302",
        None,
        "a zip archive",
        "name it .xlsx",
    ),
    "table called .xlsx": ("r.xlsx", text(HEADER + GOOD), "LF302", None, "no xlsx workbook", "save it anew"),
    "locked workbook": (
        "r.xlsx",
        lambda path: path.write_bytes(OLE + bytes(4096)),
        "LF302",
        None,
        "locked with a password",
        "without a password",
    ),
    "same header twice in a workbook": (
        "r.xlsx",
        workbook(lambda sheet: sheet.write(0, 2, "label")),
        "LF302",
        1,
        "columns of the same name: 'label'",
        "a name of its own",
    ),
    "one object": (
        "r.json",
        text('{"question": "a", "label": "b"}'),
        "LF302",
        None,
        "one object with the keys 'question', 'label'",
        "write a list of objects",
    ),
    "one object over lines": (
        "r.jsonl",
        lines("{", '"question": "a",', '"label": "b"', "}"),
        "LF302",
        1,
        "line 4 (",
        "belongs in a .json file",
    ),
    "broken line": (
        "r.jsonl",
        lines(*numbered(9, '{"question": "q%d", "label": "a"}'), '{"question": "q', '{"question": "r", "label": "a"}'),
        "LF302",
        10,
        "line 10 (",
        "--skip-bad-rows 1",
    ),
    "key twice": (
        "r.jsonl",
        lines('{"question": "a", "label": "b"}', '{"question": "a", "label": "b", "label": "c"}'),
        "LF302",
        2,
        "line 2 (the key 'label' stands twice",
        "",
    ),
    "key twice in a list": (
        "r.json",
        text('[{"question": "a", "label": "b", "label": "c"}]'),
        "LF302",
        None,
        "the key 'label' stands twice",
        "",
    ),
    "column twice": (
        "r.csv",
        text("question,label,label\nq,a,b\n"),
        "LF302",
        1,
        "columns of the same name: 'label'",
        "a name of its own",
    ),
    "free text in split": (
        "r.csv",
        text("question,label,split\n" + "".join(f"q{n},a,the seam {n} tore {'x' * 500}\n" for n in range(60))),
        "LF304",
        None,
        "'the seam 0 tore xxx",
        "preprocessing.split.type to hash",
    ),
    "one row": (
        "r.csv",
        text(f"{HEADER}q,a\n"),
        "LF305",
        None,
        "no row is in the split 'test' (train 1, validation 0, test 0)",
        "add rows",
    ),
    "no rows": ("r.csv", text(HEADER), "LF301", None, "a header (question, label) and no rows", "a file with rows"),
    "no bytes": ("r.csv", text(""), "LF301", None, "is empty", "a file with rows"),
    "no training rows": (
        "r.csv",
        text("question,label,split\nq,a,test\nr,b,test\n"),
        "LF305",
        None,
        "no row is in the split 'train'",
        "lfine evaluate TASK --base",
    ),
    "link to itself": (
        "r.csv",
        lambda path: path.symlink_to(path.name),
        "LF301",
        None,
        "a link that cannot be followed: too many levels",
        "name the file itself",
    ),
    "link to nothing": (
        "r.csv",
        lambda path: path.symlink_to("gone.csv"),
        "LF301",
        None,
        "a link to 'gone.csv', which is not there",
        "name the file itself",
    ),
    "pipe": (
        "r.csv",
        os.mkfifo,
        "LF301",
        None,
        "no file but a device or a pipe",
        "name the file itself",
    ),
    "endless device": (
        "r.csv",
        lambda path: path.symlink_to("/dev/zero"),
        "LF301",
        None,
        "a link to a device or a pipe",
        "name the file itself",
    ),
    "gzip bomb": (
        "r.csv.gz",
        stuffed_gzip,
        "LF302",
        None,
        "more than 256 MB, over 100 times its packed size",
        "unpack it",
    ),
    "zstd bomb": (
        "r.csv.zst",
        stuffed_zst,
        "LF302",
        None,
        "more than 256 MB, over 100 times its packed size",
        "unpack it",
    ),
    "workbook bomb": (
        "r.xlsx",
        stuffed_workbook,
        "LF302",
        None,
        "300 MB, over 100 times its packed size",
        "save the sheet as .csv",
    ),
    "workbook bomb that lies": (
        "r.xlsx",
        lambda path: stuffed_workbook(path, claimed=1000),
        "LF302",
        None,
        "no xlsx workbook",
        "save it anew",
    ),
    "one long line, no table": (
        "r.csv",
        one_line(8 * MB, b"", b""),
        "LF302",
        1,
        "the name of column 1 has 8,388,608 characters",
        "begin the file with the names",
    ),
    "one long line, no JSON": (
        "r.jsonl",
        one_line(8 * MB, b"", b""),
        "LF302",
        1,
        "line 1 (expecting value)",
        "one object on each line",
    ),
    "one long row": (
        "r.jsonl",
        one_line(8 * MB, b'{"question": "', b'", "label": "a"}\n'),
        "LF305",
        None,
        "train 1",
        "add rows",
    ),
    "nested without end": ("r.jsonl", text(f'{{"question": {"[" * 100_000}\n'), "LF302", 1, "nested too deeply", ""),
}
WARNED: dict[str, tuple[str, Write, str, str, str]] = {
    "Latin-1": (
        "r.csv",
        text(f"{HEADER}{GOOD}café,a\n", "latin-1"),
        "LF330",
        "read as Windows-1252: 'café' on line 62",
        "save it as UTF-8",
    ),
    "UTF-16": (
        "r.csv",
        text(f"{HEADER}{GOOD}café,a\n", "utf-16"),
        "LF330",
        "the file is UTF-16, and is read so",
        "save it as UTF-8",
    ),
    "merged cells": (
        "r.xlsx",
        workbook(lambda sheet: sheet.merge_range(10, 1, 11, 1, "a")),
        "LF330",
        "1 range of merged cells",
        "unmerge",
    ),
    "whole numbers as floats": (
        "r.csv",
        text(HEADER + "".join(f"q{n},{n % 2}.0\n" for n in range(60))),
        "LF352",
        "'0.0' (27 rows: 0, 2, 4, 6, 10 and 22 more)",
        "{label: {cast: integer}}",
    ),
    "1 beside 1.0": (
        "r.jsonl",
        lines(*(f'{{"question": "q{n}", "label": {["1", "1.0", "0"][n % 3]}}}' for n in range(60))),
        "LF352",
        "'1.0' (",
        "{label: {cast: integer}}",
    ),
}


def task(project: Project, name: str) -> None:
    project.edit("rows.csv", name)
    project.edit("sample_size: 12", "sample_size: 1")


def validated(project: Project, *words: str) -> Ended:
    return lfine("validate", project.task, "--data", "--format", "json", *words)


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_data_is_refused_with_its_place_and_a_cure(project: Project, case: str) -> None:
    name, write, code, line, message, cure = REFUSED[case]
    project.rows.unlink()
    write(project.folder / name)
    task(project, name)
    ended = validated(project)
    assert ended.code == 1, ended.err
    (problem,) = (each for each in ended.json()["problems"] if each["severity"] == "error")
    assert (problem["code"], problem["message"].count(message)) == (code, 1), problem["message"][:1000]
    assert cure in problem["cure"]
    assert len(problem["message"]) < 1500
    assert code != "LF302" or (problem["line"], problem["file"]) == (line, str(project.folder / name))


@pytest.mark.parametrize("case", WARNED)
def test_what_is_read_otherwise_is_said(project: Project, case: str) -> None:
    name, write, code, message, cure = WARNED[case]
    project.rows.unlink()
    write(project.folder / name)
    task(project, name)
    ended = validated(project)
    found = [each for each in ended.json()["problems"] if each["code"] == code]
    assert [each["severity"] for each in found] == ["warning"]
    assert message in found[0]["message"]
    assert cure in found[0]["cure"]


def test_formulas_that_were_never_computed_explain_the_empty_answers(project: Project) -> None:
    write = workbook(lambda sheet: [sheet.write_formula(row, 1, "=A1", None, "") for row in (1, 2, 3)])
    write(project.folder / "r.xlsx")
    task(project, "r.xlsx")
    said = {each["code"]: each["message"] for each in validated(project).json()["problems"]}
    assert "0, 1, 2" in said["LF303"]
    assert "3 formulas of the workbook without a value" in said["LF330"]


def test_a_split_column_of_free_text_is_left_alone_when_the_task_says_hash(project: Project) -> None:
    rows = "".join(f"q{number},{'ab'[number % 2]},the seam {number} tore\n" for number in range(60))
    project.rows.write_text(f"question,label,split\n{rows}", encoding="utf-8")
    assert validated(project, "--set", "preprocessing.split.type=hash", "--set", "evaluation.sample_size=1").code == 0


def test_floats_are_the_labels_they_stand_for_once_they_are_cast(project: Project) -> None:
    project.rows.write_text(HEADER + "".join(f"q{n},{n % 2}.0\n" for n in range(60)), encoding="utf-8")
    labels = ["--set", "output_feature={name: label, labels: ['0', '1']}", "--set", "evaluation.sample_size=1"]
    (problem,) = validated(project, *labels).json()["problems"]
    assert (problem["code"], "{label: {cast: integer}}" in problem["cure"]) == ("LF309", True)
    assert validated(project, *labels, "--set", "dataset.columns={label: {cast: integer}}").json()["problems"] == []


@pytest.mark.parametrize("pattern", ["data", "data/**/*.csv", "'**/*.csv'"])
def test_a_folder_that_holds_itself_is_read_once(project: Project, pattern: str) -> None:
    project.rows.unlink()
    folder = project.folder / "data"
    folder.mkdir()
    (folder / "again").symlink_to(".")
    (folder / "up").symlink_to("..")
    (folder / "a.csv").write_text(HEADER + GOOD, encoding="utf-8")
    task(project, pattern)
    plan = lfine("compile", project.task, "--format", "json")
    data = plan.json()["training"]["data"]
    assert data["train_rows"] + data["validation_rows"] + data["test_rows"] == 60


def test_dates_of_a_workbook_are_iso_dates(project: Project) -> None:
    def fill(sheet: Any) -> None:
        for row in range(60):
            sheet.write_datetime(row + 1, 0, dt.datetime(2020, 1, 1 + row % 28))

    workbook(fill)(project.folder / "r.xlsx")
    task(project, "r.xlsx")
    assert "2020-01-01" in lfine("preview", project.task, "--row", "0").out


SPOILT = {
    "r.csv": (f"{HEADER}{GOOD}x,y,z\n{GOOD}only\n", [62, 123]),
    "r.jsonl": (
        "".join(
            f"{json.dumps({'question': f'q{n}', 'label': 'ab'[n % 2]})}\n" if n not in (7, 8) else "{broken\n"
            for n in range(60)
        ),
        [8, 9],
    ),
}


@pytest.mark.parametrize("command", ["validate", "compile", "preview"])
@pytest.mark.parametrize("name", SPOILT)
def test_lines_that_are_no_rows_are_skipped_only_when_it_is_allowed(project: Project, name: str, command: str) -> None:
    content, bad = SPOILT[name]
    (project.folder / name).write_text(content, encoding="utf-8")
    task(project, name)
    words = [command, str(project.task), *(["--data"] if command == "validate" else []), "--format", "json"]
    for given in ([], ["--skip-bad-rows", "1"]):
        ended = lfine(*words, *given)
        (problem,) = ended.json()["problems"]
        assert (ended.code, problem["code"], problem["line"]) == (1, "LF302", bad[0])
        assert all(f"line {line} (" in problem["message"] for line in bad)
        assert problem["cure"].endswith("--skip-bad-rows 2")
    ended = lfine(*words, "--skip-bad-rows", "2")
    assert ended.code == 0, ended.err
    said = ended.out if command == "validate" else ended.err
    assert "LF351" in said
    assert all(f"line {line} (" in said for line in bad)


@pytest.mark.parametrize("given", ["0", "-1", "some", "1.5"])
def test_how_many_lines_is_a_whole_number(project: Project, given: str) -> None:
    assert lfine("validate", project.task, "--data", f"--skip-bad-rows={given}").code == 2


def test_rows_to_score_are_enough_to_score_the_base_model(project: Project) -> None:
    rows = "".join(f"q{number},{'ab'[number % 2]},test\n" for number in range(20))
    project.rows.write_text(f"question,label,split\n{rows}", encoding="utf-8")
    words = ["--runs-dir", str(project.runs), "--set", "evaluation.baselines=[majority, tfidf, few_shot]"]
    words += ["--set", "output_feature={name: label, labels: [a, b]}"]
    ended = lfine("evaluate", project.task, "--base", *words, "--format", "json")
    assert ended.code == 0, ended.err
    assert (ended.json()["n"], ended.json()["split"]) == (12, "test")
    assert "no training rows: lengths and the limit of an answer are found from the rows to score" in ended.err
    assert [path.name for path in (project.runs / "topics" / "evaluations").iterdir()] == ["base"]
    refusal = lfine("evaluate", project.task, "--base", *words, "--set", "prompt.examples.count=2", "--format", "json")
    assert [each["code"] for each in refusal.json()["problems"]] == ["LF341"]
    assert lfine("train", project.task, *words[:2]).code == 1
