"""What the values of a column are like."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lfine.finetune.data.guess.profiles import SAMPLED, Kind, profile, profiles, sampled
from lfine.finetune.data.outputs import MAX_LABELS
from lfine.finetune.data.values import text_or_nothing

RUNNING = [f"some running text of the number {n}" for n in range(40)]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([None, "", "  "], "empty"),
        ([True, False, None], "flag"),
        (["true", "False", ""], "flag"),
        ([1, 2.5, None], "number"),
        (["1", " 2.5 ", "-3e2"], "number"),
        (["1", "1,000"], "text"),
        ([["a"], ["b", "c"]], "list"),
        (['["a"]', '["b", "c"]'], "list"),
        ([{"a": 1}, '{"a": 2}'], "mapping"),
        (["[not json", "[1] either"], "text"),
        (["2024-01-31", "2024-01-31 10:15:00", "31.1.2024"], "date"),
        (["2024-01-31 was a day", "2024-02-01 too"], "text"),
        (RUNNING, "text"),
        ([*["[1]"] * 9, "none"], "list"),  # nine of ten
        ([*["[1]"] * 8, "none", "none"], "text"),
        ([True, "yes"], "text"),
    ],
)
def test_the_kind_is_what_nearly_all_cells_are(cells: Sequence[object], kind: Kind) -> None:
    assert profile("x", cells).kind == kind


def test_texts_are_those_of_an_answer_and_cells_are_read() -> None:
    found = profile("x", ['["é", 1]', " a ", 5.0, None])
    assert found.cells == (["é", 1], " a ", 5.0, None)
    assert found.texts == ('["é", 1]', "a", "5.0", "")
    assert found.filled == ('["é", 1]', "a", "5.0")
    assert found.written
    assert found.lists == (["é", "1"], [], [], [])
    assert not profile("x", [["é", 1]]).written


def test_counts_and_lengths_leave_empty_cells_out() -> None:
    found = profile("x", ["b", "a", "b", None, "long"])
    assert (found.distinct, found.longest, found.counts["b"]) == (3, 4, 2)


def test_words_of_a_script_without_blanks_are_counted_by_characters() -> None:
    assert profile("x", ["one two three", "four"]).words == 2.0
    assert profile("x", ["一方予另一方之任何通知應以書面為之"]).words > 3
    assert profile("x", ["一方予另一方之任何通知應以書面為之"]).running
    assert profile("x", []).words == 0.0


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["a", "b"] * 2, True),
        (["a", "b", "c", "d"], False),  # nothing recurs
        (["a"] * 9, False),  # one value is no choice
        ([f"l{n}" for n in range(MAX_LABELS)] * 2, True),
        ([f"l{n}" for n in range(MAX_LABELS + 1)] * 9, False),  # too many for so few rows
        ([f"l{n}" for n in range(MAX_LABELS + 1)] * 10, True),
        ([1, 2, 1, 2], True),
        ([1.5, 2.5, 1.5, 2.5], False),
        ([1.0, 2.0, 1.0, 2.0], True),
        (["a\nb", "c"] * 5, False),
        (["x" * 500, "y"] * 5, False),
        ([["a"], ["b"]] * 5, False),
        (["2024-01-31", "2024-02-01"] * 5, False),
    ],
)
def test_labels_are_few_short_and_recur(cells: Sequence[object], expected: bool) -> None:
    assert profile("x", cells).label_like is expected


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("row", list(range(10)), True),
        ("row", list(range(10, 0, -1)), True),
        ("row", list(range(9)), False),  # too few to say so
        ("row", [0, 2, 1, *range(3, 10)], False),  # in no order
        ("row", [n / 2 for n in range(10)], False),
        ("row", [f"R{n}-x" for n in range(10)], True),
        ("row", RUNNING, False),
        ("answer", [f"R{n}-x" for n in range(10)], False),  # named like an answer
        ("review_id", ["a", "b", "a"], True),
        ("review_id", RUNNING, False),
        ("label_id", ["a", "b", "a"], False),
    ],
)
def test_an_id_numbers_or_names_its_rows(name: str, cells: Sequence[object], expected: bool) -> None:
    assert profile(name, cells).is_id is expected


def test_texts_that_are_queries_tables_or_end_in_a_number() -> None:
    assert profile("x", ["SELECT a\nFROM b", "with c as (select 1) select * from c"]).is_sql
    assert not profile("x", ["select the best one", "update your data"]).is_sql
    assert profile("x", ["CREATE TABLE a (b INT);", "create table c (d int)"]).is_tables
    assert not profile("x", ["they create table after table"]).is_tables
    assert profile("x", ["2 + 2 is\nfour: 4", "so #### 1,250."]).ends_in_number
    assert not profile("x", ["so #### 4", "four"]).ends_in_number
    assert not profile("x", []).ends_in_number


def test_a_constant_is_one_value_in_several_rows() -> None:
    assert profile("x", ["a", "a"]).constant
    assert profile("x", ["a", ""]).constant
    assert not profile("x", ["a"]).constant
    assert not profile("x", ["a", "b"]).constant


def test_what_has_no_text_form_is_empty() -> None:
    assert text_or_nothing(b"bytes") == ""
    assert profile("x", [b"1", b"2"]).kind == "empty"


def test_of_many_rows_those_spread_over_all_are_looked_at() -> None:
    rows = [{"n": row, "half": row >= SAMPLED} for row in range(2 * SAMPLED)]
    found = sampled(rows)
    assert len(found) == SAMPLED
    assert [row["n"] for row in found[:3]] == [0, 2, 4]
    assert sum(bool(row["half"]) for row in found) == SAMPLED // 2
    assert profiles(("half", "n"), rows)["half"].counts == {"false": SAMPLED // 2, "true": SAMPLED // 2}
    assert sampled(rows[:SAMPLED]) == rows[:SAMPLED]
    assert list(profiles(("half", "n"), rows)) == ["half", "n"]
