"""Rows over Arrow columns are the rows that were written, and their counts those of the rows one by one."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.finetune.compile.encoded import ChosenRows, EncodedExample, EncodedRows, counts_of
from lfine.finetune.compile.encoding_cache import BATCH, EncodingCache, TokenWriter

IDS = st.lists(st.integers(0, 2**31 - 1), max_size=5).map(tuple)


@st.composite
def rows_of_tokens(draw: st.DrawFn) -> list[EncodedExample]:
    rows = []
    for number in range(draw(st.integers(0, 6))):
        completion = draw(IDS)
        learned = draw(st.lists(st.booleans(), min_size=len(completion), max_size=len(completion)).map(tuple))
        whole = all(learned) or draw(st.booleans())
        rows.append(EncodedExample(10 * number, draw(IDS), completion, None if whole else learned))
    return rows


def kept(folder: Path, rows: list[EncodedExample], key: str = "rows") -> EncodedRows:
    def fill(writer: TokenWriter) -> None:
        for row in rows:
            writer.add(row.prompt_ids, row.completion_ids, row.learned)

    return EncodedRows(EncodingCache(folder).table(key, "rows", fill), array("q", (row.row_id for row in rows)))


def same_counts(rows: EncodedRows | ChosenRows) -> None:
    found, plain = counts_of(rows), counts_of(tuple(rows))
    assert found == plain
    assert list(found.lengths) == [row.length for row in rows]


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(rows_of_tokens())
def test_rows_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, rows: list[EncodedExample]) -> None:
    found = kept(tmp_path_factory.mktemp("rows"), rows)
    assert list(found) == rows
    assert [found[place] for place in range(len(rows))] == rows
    same_counts(found)
    assert list(counts_of(found).longest_answers) == [row.longest_answer for row in rows]


def test_rows_of_several_batches(tmp_path: Path) -> None:
    rows = [EncodedExample(number, (number,) * (number % 3), (7, 2)) for number in range(2 * BATCH + 5)]
    found = kept(tmp_path, rows)
    assert found == rows
    for place in (0, BATCH - 1, BATCH, 2 * BATCH, 2 * BATCH + 4, -1):
        assert found[place] == rows[place]
    assert found[BATCH - 1 : BATCH + 2] == tuple(rows[BATCH - 1 : BATCH + 2])
    same_counts(found)
    for place in (len(rows), -len(rows) - 1):
        with pytest.raises(IndexError):
            found[place]


def test_rows_are_equal_to_equal_rows_only(tmp_path: Path) -> None:
    rows = [EncodedExample(0, (1,), (2,)), EncodedExample(1, (1,), (2, 3), (True, False))]
    found = kept(tmp_path, rows)
    assert found == tuple(rows)
    assert found != rows[:1]
    assert found != [rows[0], EncodedExample(1, (1,), (2, 3))]
    assert found != "rows"


def test_ids_and_rows_must_be_as_many(tmp_path: Path) -> None:
    table = EncodingCache(tmp_path).table("k", "rows", lambda writer: writer.add((1,), (2,)))
    with pytest.raises(ValueError, match="1 encoded rows for 2 row ids"):
        EncodedRows(table, [0, 1])


def test_chosen_rows_take_some_from_elsewhere(tmp_path: Path) -> None:
    rows = [EncodedExample(number, (1,) * number, (2,)) for number in range(4)]
    others = [EncodedExample(2, (9,), (2, 2), (False, True))]
    for base in (rows, kept(tmp_path, rows)):
        chosen = ChosenRows(base, others, array("q", [3, 4, 0]))
        assert chosen == [rows[3], others[0], rows[0]]
        assert chosen[-1] == rows[0]
        same_counts(chosen)
    assert ChosenRows(rows, (), [1])[0] is rows[1]
