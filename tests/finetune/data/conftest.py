"""Small tables, files of every format, and the problems that a call raises.

table([{"question": "2+2?", "answer": 4}]).columns == ("question", "answer")
problems(lambda: read_table(dataset(path="no.csv"), tmp_path))[0].code == "LF301"
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.data.files import DataFile
from lfine.finetune.data.tables import Table
from lfine.schemas.errors import LfineError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Dataset, Split

Write = Callable[[Path, Sequence[Mapping[str, object]]], None]


@pytest.fixture(autouse=True)
def _no_folder_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LFINE_DATA", raising=False)


@pytest.fixture
def dataset() -> Callable[..., Dataset]:
    def make(**given: Any) -> Dataset:
        keys = {field.name for field in fields(Dataset)}
        assert set(given) <= keys
        return Dataset(**{**dict.fromkeys(keys), "format": "auto", "columns": {}, **given})

    return make


@pytest.fixture
def split() -> Callable[..., Split]:
    def make(**given: Any) -> Split:
        return Split(
            type=given.get("type"),
            column=given.get("column"),
            probabilities=given.get("probabilities", (0.8, 0.1, 0.1)),
            seed=given.get("seed", 42),
        )

    return make


@pytest.fixture
def table() -> Callable[[Sequence[Mapping[str, object]]], Table]:
    def make(rows: Sequence[Mapping[str, object]]) -> Table:
        return Table(tuple(rows[0]), tuple(rows), (DataFile("made.json", None, "0" * 64, len(rows)),), None)

    return make


@pytest.fixture
def problems() -> Callable[[Callable[[], object]], list[Problem]]:
    def run(call: Callable[[], object]) -> list[Problem]:
        with pytest.raises(LfineError) as caught:
            call()
        return list(caught.value.problems)

    return run


@pytest.fixture
def placed() -> Callable[[str, str, str, str], Problem]:
    """A place that knows the line: 7, whatever is asked."""

    def place(code: str, path: str, message: str, cure: str) -> Problem:
        return Problem(code, message, cure, file="task.yaml", line=7, path=path)

    return place


@pytest.fixture(scope="session")
def two_hundred() -> list[dict[str, object]]:
    """Rows with everything that has hurt a reader: quotes, delimiters, line ends, other scripts, nothing at all."""
    chance = random.Random(7)
    pieces = [
        "plain",
        'say "hi"',
        "a, b; c",
        "two\nlines",
        "tab\there",
        "naïve café",
        "日本語",
        " edge ",
        "\u2028",
        "{x}",
    ]
    return [
        {
            "number": row,
            "score": row / 4,
            "text": " ".join(chance.choices(pieces, k=3)),
            "flag": row % 3 == 0,
            "note": None if row % 5 == 0 else f"note {row}",
            "split": "test" if row % 4 == 0 else "train",
        }
        for row in range(200)
    ]


def _as_text(value: object) -> str:
    """What the usual writers put into CSV for a value."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def write_delimited(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter="\t" if ".tsv" in path.suffixes else ",")
    writer.writerow(rows[0])
    writer.writerows([[_as_text(value) for value in row.values()] for row in rows])
    path.write_bytes(buffer.getvalue().encode("utf-8"))


def write_json(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text(json.dumps(list(rows), ensure_ascii=False, indent=1), encoding="utf-8")


def write_json_lines(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_parquet(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.Table.from_pylist(list(rows)), path)


def write_arrow(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """`.arrow`: a stream, as `datasets` writes it; `.feather`: a file."""
    arrow = pytest.importorskip("pyarrow")
    ipc = pytest.importorskip("pyarrow.ipc")
    table = arrow.Table.from_pylist(list(rows))
    with (ipc.new_stream if path.suffix == ".arrow" else ipc.new_file)(str(path), table.schema) as writer:
        writer.write_table(table)


def write_sheets(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> None:
    """Write sheets of cells; None is an empty cell."""
    pytest.importorskip("python_calamine")
    xlsxwriter = pytest.importorskip("xlsxwriter")
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, cells in sheets.items():
        sheet = book.add_worksheet(name)
        for row, values in enumerate(cells):
            for column, value in enumerate(values):
                if value is not None:
                    sheet.write(row, column, value, *([day] if isinstance(value, dt.date) else []))
    book.close()


def write_xlsx(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    write_sheets(path, {"rows": [list(rows[0]), *[list(row.values()) for row in rows]]})


def packed(write: Write) -> Write:
    """Write a text format, and pack it as the last suffix says."""

    def into(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
        plain = path.with_suffix("")
        write(plain, rows)
        data = plain.read_bytes()
        plain.unlink()
        if path.suffix == ".gz":
            compress = zlib.compressobj(wbits=31)
            path.write_bytes(compress.compress(data) + compress.flush())
        else:
            arrow = pytest.importorskip("pyarrow")
            with arrow.output_stream(str(path), compression="zstd") as file:
                file.write(data)

    return into


WRITERS: dict[str, Write] = {
    ".arrow": write_arrow,
    ".feather": write_arrow,
    ".xlsx": write_xlsx,
    ".csv.gz": packed(write_delimited),
    ".tsv.zst": packed(write_delimited),
    ".json.zst": packed(write_json),
    ".jsonl.gz": packed(write_json_lines),
    ".csv": write_delimited,
    ".tsv": write_delimited,
    ".json": write_json,
    ".jsonl": write_json_lines,
    ".parquet": write_parquet,
}


@pytest.fixture
def write() -> Write:
    """Write rows into a file, in the format that its suffix says."""

    def into(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
        WRITERS["".join(path.suffixes)](path, rows)

    return into


@pytest.fixture
def sheets() -> Callable[[Path, Mapping[str, Sequence[Sequence[object]]]], None]:
    """Write a workbook: sheet → rows of cells; None is an empty cell."""
    return write_sheets


@pytest.fixture(params=sorted(WRITERS))
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)
