"""Whole preparation on random small files of every format: rows that can be accounted for, or a problem with a cure."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lfine.finetune.compile.prepare import PreparedRows, prepare_rows
from lfine.finetune.data.splits import NAMES
from lfine.schemas.errors import LfineError
from lfine.schemas.loading import load_task

FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "train", "test", "0", "1.0", "NaN", "a", "b", "\0", '"', ",", "\r\n", "\ud83d", "é", "[1]"]
    ),
    st.integers(-(10**20), 10**20),
    st.floats(width=32),
    st.none(),
    st.booleans(),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from(["role", "content", "from", "value"]), st.text(max_size=5), max_size=2),
)
COLUMNS = st.lists(
    st.sampled_from(["q", "a", "split", "messages", "", "Unnamed: 0", "q ", "data", "instruction", "output", "prompt"]),
    min_size=1,
    max_size=4,
    unique=True,
).map(lambda names: ["q", "a", *(name for name in names if name not in ("q", "a"))])
ANSWERS = st.one_of(st.sampled_from(["a", "b", "1.0", "[1]", "x, y"]), CELLS)


def rows_with(names: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw up to six rows, most of them with an answer, after thirty that are in order."""
    good = [
        {
            name: name if name == "messages" else NAMES[number % 3] if name == "split" else f"{name}{number % 7}"
            for name in names
        }
        for number in range(30)
    ]
    drawn = st.fixed_dictionaries({name: ANSWERS if name == "a" else CELLS for name in names})
    return st.lists(drawn, max_size=6).map(lambda rows: [*good, *rows])


TABLES = COLUMNS.flatmap(rows_with)
UNDAMAGED = st.just((0, 0, b""))
DAMAGE = UNDAMAGED | st.tuples(
    st.integers(0, 2**32 - 1),
    st.integers(0, 3),
    st.sampled_from([b"", b"", b"\0", b'"', b"\xff\xfe", b"\n\n", b"{", b"a,b,c,d,e\n"]),
)
TASKS = (
    "prompt: {template: 'Q: {q}'}\noutput_feature: a\n",
    "prompt: {template: 'Q: {q}'}\noutput_feature: {name: a, labels: [a, b]}\npreprocessing: {split: {type: hash}}\n",
    "prompt: {template: 'Q: {q}'}\noutput_feature: a\npreprocessing: {split: {type: stratify}}\n",
    "prompt: {messages: messages}\n",
)


def csv_bytes(rows: list[dict[str, Any]], delimiter: str = ",") -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerows([list(rows[0]) if rows else ["q", "a"], *(list(row.values()) for row in rows)])
    return file.getvalue().encode("utf-8", "surrogatepass")


def json_lines_bytes(rows: list[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def packed_bytes(rows: list[dict[str, Any]]) -> bytes:
    return gzip.compress(csv_bytes(rows), mtime=0)


def tabbed_bytes(rows: list[dict[str, Any]]) -> bytes:
    return csv_bytes(rows, "\t")


def json_bytes(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows).encode()


def texts_of(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Only texts that these formats can hold."""
    clean = [{name or "x": str(value) for name, value in row.items()} for row in rows]
    return [{name: value.encode("utf-8", "replace").decode() for name, value in row.items()} for row in clean]


def parquet_bytes(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(texts_of(rows)), sink)
    return bytes(sink.getvalue())


def arrow_bytes(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa

    sink, table = pa.BufferOutputStream(), pa.Table.from_pylist(texts_of(rows))
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def workbook_bytes(rows: list[dict[str, Any]]) -> bytes:
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(texts_of(rows), 1):
            for column, (name, value) in enumerate(row.items()):
                sheet.write_string(0, column, name)
                sheet.write_string(number, column, value.replace("\0", ""))
    return file.getvalue()


WRITERS = {
    "r.csv": csv_bytes,
    "r.tsv": tabbed_bytes,
    "r.csv.gz": packed_bytes,
    "r.jsonl": json_lines_bytes,
    "r.json": json_bytes,
    "r.parquet": parquet_bytes,
    "r.arrow": arrow_bytes,
    "r.xlsx": workbook_bytes,
}


def spoilt(data: bytes, seed: int, changed: int, put: bytes) -> bytes:
    chance, found = random.Random(seed), bytearray(data)
    for _ in range(changed if found else 0):
        found[chance.randrange(len(found))] = chance.randrange(256)
    place = chance.randrange(len(found) + 1)
    found[place:place] = put
    return bytes(found)


def check(rows: PreparedRows) -> None:
    """Every row that was read stands in one split, has an answer where it is learned, and no line went unsaid."""
    count = sum(file.rows for file in rows.read.files)
    assert len(rows.splits.names) == len(rows.table.rows) == len(rows.read.rows) == count
    assert sorted(row for split in NAMES for row in rows.splits.rows(split)) == list(range(len(rows.table.rows)))
    assert all(example.answer for example in rows.examples("train"))
    skipped = sum(len(file.skipped) for file in rows.read.files)
    assert (skipped > 0) == any(problem.code == "LF351" for problem in rows.warnings)
    assert len(set(rows.held_out().row_ids)) == len(rows.held_out().row_ids) > 0


def check_refusal(error: LfineError) -> None:
    assert any(problem.severity == "error" for problem in error.problems)
    assert all(problem.message and problem.cure for problem in error.problems)
    assert error.exit_code in (1, 3)


@pytest.mark.parametrize("name", WRITERS)
@FEW
@given(TABLES, DAMAGE, st.sampled_from(TASKS), st.sampled_from([0, 2]))
def test_rows_or_a_problem_with_a_cure(
    tmp_path: Path,
    name: str,
    table: list[dict[str, Any]],
    damage: tuple[int, int, bytes],
    task: str,
    skip_bad_rows: int,
) -> None:
    (tmp_path / name).write_bytes(spoilt(WRITERS[name](table), *damage))
    path = tmp_path / "t.yaml"
    path.write_text(f"base_model: m\ndataset: {{path: {name}}}\n{task}", encoding="utf-8")
    loaded = load_task(path)
    found: PreparedRows | LfineError
    try:
        found = prepare_rows(loaded.task, tmp_path, skip_bad_rows=skip_bad_rows, place=loaded.problem)
    except LfineError as error:
        found = error
    check(found) if isinstance(found, PreparedRows) else check_refusal(found)
