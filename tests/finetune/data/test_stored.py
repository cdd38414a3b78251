"""Rows as bytes: every value comes back with its type, and a stored table is equal to the tuple that it stands for."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data import stored
from lfine.finetune.data.columns import prepare_columns
from lfine.finetune.data.formats import registry
from lfine.finetune.data.formats.arrow_tables import rows_of
from lfine.finetune.data.stored import StoredRows, stored_rows, stored_values
from lfine.finetune.data.tables import read_table
from lfine.schemas.errors import TaskError
from lfine.schemas.task import Column, Dataset

VALUES: tuple[object, ...] = (
    "é 🙂 \ud83d",
    "",
    None,
    True,
    1,
    1.0,
    -0.0,
    10**30,
    [1, [2.5, {"b": None, "a": "x"}]],
    dt.datetime(2025, 1, 2, 3, 4, 5, 6),
    decimal.Decimal("1.10"),
)
ROWS = tuple({"n": number, "value": value} for number, value in enumerate(VALUES))


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """No table is short enough to stay a tuple."""
    monkeypatch.setattr(stored, "FEW", 0)


@pytest.mark.usefixtures("always")
def test_every_value_comes_back_with_its_type() -> None:
    rows = stored_rows(("n", "value"), ROWS)
    assert isinstance(rows, StoredRows)
    assert [(row["value"], type(row["value"])) for row in rows] == [(value, type(value)) for value in VALUES]
    assert str(rows[6]["value"]) == "-0.0"
    assert list(rows[0]) == ["n", "value"]


@pytest.mark.usefixtures("always")
def test_stored_rows_are_a_sequence() -> None:
    rows = stored_rows(("n", "value"), ROWS)
    assert len(rows) == len(ROWS)
    assert rows[-1] == ROWS[-1]
    assert rows[2:5] == ROWS[2:5]
    assert rows == ROWS
    assert tuple.__eq__(ROWS, rows) is NotImplemented  # and so the stored rows decide
    assert rows == stored_rows(("n", "value"), ROWS)
    assert rows != ROWS[:-1]
    assert rows != (*ROWS[:-1], {"n": 10, "value": "other"})
    for place in (len(ROWS), -len(ROWS) - 1):
        with pytest.raises(IndexError):
            rows[place]


@pytest.mark.parametrize("few", [0, 2, 3, 4])
def test_a_column_may_come_late(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(stored, "FEW", few)
    columns = ["a"]

    def each() -> object:
        yield [1]
        columns.append("b")
        yield [2, "x"]
        yield [3, None]

    found = stored_values(columns, each())  # type: ignore[arg-type]
    assert found == ({"a": 1, "b": None}, {"a": 2, "b": "x"}, {"a": 3, "b": None})
    assert isinstance(found, tuple) == (few >= 3)


@pytest.mark.usefixtures("always")
def test_stored_rows_take_a_third_of_the_memory() -> None:
    def sizes(make: Callable[[], object]) -> int:
        tracemalloc.start()
        kept = make()
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert kept is not None
        return size

    def rows() -> list[dict[str, object]]:
        return [{"q": f"question {number} " * 3, "a": f"answer {number}"} for number in range(3000)]

    assert 2.5 * sizes(lambda: stored_rows(("q", "a"), iter(rows()))) < sizes(rows)


FILES = {
    "rows.csv": 'q,a\r\n"x ""y"", z",1\r\n"two\nlines",é\r\n,3\r\n',
    "rows.tsv": 'q\ta\nsay "x" now\t1\n"it\t2\n',
    "rows.jsonl": '{"q": "x\u2028y", "a": 1}\n\n{"a": 2.0, "late": [1, null]}\n{"q": null}\n',
    "rows.json": '[{"q": "x", "a": 1}, {"late": {"b": 1}}]',
}


@pytest.mark.parametrize("name", FILES)
def test_stored_and_short_tables_hold_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name].encode())
    short = registry.read_rows(path)
    monkeypatch.setattr(stored, "FEW", 0)
    long = registry.read_rows(path)
    assert isinstance(short.rows, tuple)
    assert isinstance(long.rows, StoredRows)
    assert repr(list(long.rows)) == repr(list(short.rows))
    assert (long.columns, long.warnings) == (short.columns, short.warnings)


@pytest.mark.usefixtures("always")
def test_arrow_tables_are_stored(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    values = {"q": ["x", None], "n": [1, 2], "day": [dt.date(2025, 1, 2), None], "list": [[1.0], []]}
    found = rows_of(tmp_path, arrow.table(values))
    assert isinstance(found.rows, StoredRows)
    assert found.rows == (
        {"q": "x", "n": 1, "day": dt.date(2025, 1, 2), "list": [1.0]},
        {"q": None, "n": 2, "day": None, "list": []},
    )


@pytest.mark.usefixtures("always")
def test_files_made_columns_and_conversations_are_stored(tmp_path: Path) -> None:
    for split in ("train", "test"):
        talk = [{"from": "human", "value": f"hi {split}"}, {"from": "gpt", "value": "hello"}]
        text = json.dumps({"n": 1, "conversations": talk}) + "\n"
        (tmp_path / f"{split}.jsonl").write_text(text, encoding="utf-8")
    table = read_table(dataset(train="train.jsonl", test="test.jsonl"), tmp_path)
    assert isinstance(table.rows, StoredRows)
    assert table.given_splits == ("train", "test")
    assert [row["messages"] for row in table.rows] == [
        [{"role": "user", "content": f"hi {split}"}, {"role": "assistant", "content": "hello"}]
        for split in ("train", "test")
    ]
    made = prepare_columns(table, {"double": column("{n}{n}")})
    assert isinstance(made.rows, StoredRows)
    assert [(row["double"], row["n"]) for row in made.rows] == [("11", 1)] * 2
    with pytest.raises(TaskError, match="double"):
        prepare_columns(table, {"double": column("{nothing}")})


def dataset(*, train: str, test: str) -> Dataset:
    empty = dict.fromkeys(Dataset.__dataclass_fields__)
    return Dataset(**{**empty, "train": train, "test": test, "format": "auto", "columns": {}})  # type: ignore[arg-type]


def column(template: str) -> Column:
    return Column(**{**dict.fromkeys(Column.__dataclass_fields__), "template": template, "letters": False})  # type: ignore[arg-type]
