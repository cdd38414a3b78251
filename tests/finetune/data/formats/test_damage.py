"""Every reader on damaged bytes: rows, or problems that name the file; never another exception, never other values."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lfine.finetune.data.conversations import ConversationError, conversation_of
from lfine.finetune.data.formats.registry import read_columns, read_rows
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

Write = Callable[[Path, Sequence[Mapping[str, object]]], None]

ROWS: list[Mapping[str, object]] = [
    {"q": f'say "{row}"; é\nline | two', "a": row, "x": row / 4, "l": f"[{row}]", "n": None if row % 3 else "x"}
    for row in range(40)
]
FEW = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DAMAGE = st.tuples(
    st.integers(0, 2**32 - 1),  # seed of the places
    st.integers(0, 12),  # bytes that change
    st.sampled_from([None, 0.05, 0.3, 0.6, 0.9, 0.99]),  # share that is kept
    st.sampled_from([b"", b"\0", b'"', b"\xff\xfe", b"[" * 2000, b"\r", b";\t|,"]),  # what is put in
)


def damaged(data: bytes, seed: int, changed: int, kept: float | None, put: bytes) -> bytes:
    chance = random.Random(seed)
    found = bytearray(data)
    for _ in range(changed if found else 0):
        found[chance.randrange(len(found))] = chance.randrange(256)
    place = chance.randrange(len(found) + 1)
    found[place:place] = put
    return bytes(found if kept is None else found[: int(len(found) * kept)])


def check(path: Path) -> None:
    """Read what there is, or be told in a sentence with a cure."""
    problems: list[Problem] = []
    try:
        columns = read_columns(path)
        assert len(set(columns)) == len(columns)
    except TaskError as error:
        problems += error.problems
    try:
        found = read_rows(path)
        assert all(tuple(row) == found.columns for row in found.rows)
    except TaskError as error:
        problems += error.problems
    assert all(problem.code.startswith("LF3") and problem.cure for problem in problems)
    assert all(problem.file == str(path) for problem in problems)


@FEW
@given(damage=DAMAGE)
def test_damaged_files(tmp_path: Path, write: Write, suffix: str, damage: tuple[int, int, float | None, bytes]) -> None:
    path = tmp_path / f"rows{suffix}"
    whole = tmp_path / f"whole{suffix}"
    if not whole.exists():
        write(whole, ROWS)
    path.write_bytes(damaged(whole.read_bytes(), *damage))
    check(path)


@FEW
@given(damage=DAMAGE, part=st.integers(0, 20))
def test_damaged_parts_of_a_workbook(
    tmp_path: Path, write: Write, damage: tuple[int, int, float | None, bytes], part: int
) -> None:
    """The damage lies inside the zip, whose checksums are right."""
    whole = tmp_path / "whole.xlsx"
    if not whole.exists():
        write(whole, ROWS)
    with zipfile.ZipFile(whole) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    chosen = sorted(parts)[part % len(parts)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        for name, data in parts.items():
            book.writestr(name, damaged(data, *damage) if name == chosen else data)
    (tmp_path / "rows.xlsx").write_bytes(buffer.getvalue())
    check(tmp_path / "rows.xlsx")


@FEW
@given(
    text=st.text(st.sampled_from("q,a;|\t\"'\\\n\r é1 "), max_size=60),
    suffix=st.sampled_from([".csv", ".tsv"]),
    encoding=st.sampled_from(["utf-8", "cp1252", "utf-16"]),
)
def test_short_texts_with_all_marks(tmp_path: Path, text: str, suffix: str, encoding: str) -> None:
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(text.encode(encoding))
    check(path)


CELLS = st.lists(st.tuples(*[st.text(st.sampled_from("a,;|\t\"'\\\n é1"), max_size=8)] * 3), min_size=1, max_size=5)


@FEW
@given(
    cells=CELLS,
    delimiter=st.sampled_from(",;|\t"),
    suffix=st.sampled_from([".csv", ".tsv"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_a_writer_wrote_is_read_or_refused(
    tmp_path: Path, cells: list[tuple[str, ...]], delimiter: str, suffix: str, quoting: Literal[0, 1]
) -> None:
    """Whatever is guessed about delimiter and quoting: never other values."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting)
    writer.writerows([("q", "a", "n"), *cells])
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(buffer.getvalue().encode("utf-8"))
    try:
        found = read_rows(path)
    except TaskError:
        assert (delimiter, suffix) != (",", ".csv"), "the usual form is never refused"
    else:
        assert [tuple(row.values()) for row in found.rows] == cells


@FEW
@given(
    data=st.binary(max_size=200), name=st.sampled_from(["a.csv", "a.jsonl", "a.json", "a.arrow", "a.xlsx", "a.tsv.gz"])
)
def test_bytes_of_no_format(tmp_path: Path, data: bytes, name: str) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip("python_calamine")
    (tmp_path / name).write_bytes(data)
    check(tmp_path / name)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "from", "value", "weight", "name"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@FEW
@given(value=JSON)
def test_any_value_is_a_conversation_or_is_not(value: object) -> None:
    try:
        turns = conversation_of(value)
    except ConversationError:
        return
    assert any(turn.role == "assistant" for turn in turns)
