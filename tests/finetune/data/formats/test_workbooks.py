"""Workbooks looked at before they are opened."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from lfine.finetune.data.formats import workbooks
from lfine.finetune.data.formats.workbooks import Findings, inspect
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]
Sheets = Callable[[Path, Mapping[str, Sequence[Sequence[object]]]], None]


def part(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", text)
    return path


def test_an_ordinary_workbook(tmp_path: Path, sheets: Sheets) -> None:
    sheets(tmp_path / "a.xlsx", {"one": [["q", "a"], ["x", 1]], "two": [["b"]]})
    assert inspect(tmp_path / "a.xlsx") == Findings(0, 0)


def test_errors_and_formulas_are_counted_once_whatever_the_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = '<c r="A2" t="e"><v>#N/A</v></c><c r="B2"><f>A1+1</f><v></v></c><c r="C2"><f>A1</f><v>3</v></c>' * 40
    path = part(tmp_path / "a.xlsx", f'<row r="2">{cells}</row>')
    for size in (1, 7, 64, 2**22):
        monkeypatch.setattr(workbooks, "_CHUNK", size)
        assert inspect(path) == Findings(errors=40, uncomputed=40)


@pytest.mark.parametrize("cell", ["XFD1048576", "CV999999"])
def test_cells_far_from_the_data(tmp_path: Path, problems: Problems, cell: str) -> None:
    path = part(tmp_path / "a.xlsx", f'<row r="1"><c r="A1"><v>1</v></c></row><row><c r="{cell}"><v>1</v></c></row>')
    (problem,) = problems(lambda: inspect(path))
    assert (problem.code, problem.file) == ("LF302", str(path))
    assert "cells, more than 50,000,000" in problem.message
    assert "Ctrl+End" in problem.cure


def test_a_workbook_that_would_fill_the_memory(
    tmp_path: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "FREE_SIZE", 2**20)
    path = part(tmp_path / "a.xlsx", " " * 2**22)
    (problem,) = problems(lambda: inspect(path))
    assert problem.message == "the workbook holds 4 MB, over 100 times its packed size"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"q,a\n1,2\n", "the file is no xlsx workbook: file is not a zip file"),
        (b"", "the file is no xlsx workbook: file is not a zip file"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "the workbook is locked with a password, or of the format before .xlsx"),
    ],
)
def test_files_that_are_no_workbooks(tmp_path: Path, problems: Problems, data: bytes, message: str) -> None:
    (tmp_path / "a.xlsx").write_bytes(data)
    (problem,) = problems(lambda: inspect(tmp_path / "a.xlsx"))
    assert (problem.code, problem.message) == ("LF302", message)
