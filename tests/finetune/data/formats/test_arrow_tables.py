"""Tables of the arrow library as rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats.arrow_tables import binary_columns, columns_of_schema, damaged, rows_of
from lfine.schemas.problems import Problem

pa = pytest.importorskip("pyarrow")

Problems = Callable[[Callable[[], object]], list[Problem]]


def test_names_with_binary_in_them_are_no_bytes() -> None:
    schema = pa.schema([("binary", pa.string()), ("s", pa.struct([("binary", pa.int64())])), ("b", pa.large_binary())])
    assert binary_columns(schema) == ["b"]


def test_the_index_of_pandas_is_left_out_wherever_it_stands() -> None:
    found = rows_of(Path("a"), pa.table({"q": [1, 2], "__index_level_0__": [7, 9], "a": ["x", "y"]}))
    assert (found.columns, found.rows) == (("q", "a"), ({"q": 1, "a": "x"}, {"q": 2, "a": "y"}))
    (warning,) = found.warnings
    assert warning.message.startswith("column 2 is a row index")


def test_texts_that_are_no_text_are_damage() -> None:
    column = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 1], pa.int32()).buffers()[1], pa.py_buffer(b"\xff")]
    )
    with pytest.raises((pa.ArrowInvalid, ValueError)):
        rows_of(Path("a"), pa.table({"q": column}))


def test_values_that_point_nowhere_are_damage() -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([5]), pa.array(["a"]), safe=False)
    with pytest.raises(pa.ArrowInvalid):
        rows_of(Path("a"), pa.table({"q": column}))


def test_names_and_bytes_are_checked_before_rows(problems: Problems) -> None:
    (problem,) = problems(lambda: columns_of_schema(Path("a"), pa.schema([("q", pa.int64()), ("q", pa.int64())])))
    assert problem.message == "columns of the same name: 'q'"
    (problem,) = problems(lambda: columns_of_schema(Path("a"), pa.schema([("image", pa.binary())])))
    assert problem.message == "columns hold bytes, which no prompt can show: 'image'"


def test_damage_is_said_in_one_line() -> None:
    (problem,) = damaged(Path("a.x"), "arrow", ValueError("Bad magic.\nDetail: …")).problems
    assert (problem.code, problem.message) == ("LF302", "the file cannot be read as arrow: Bad magic")
