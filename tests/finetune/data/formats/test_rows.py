"""Rows, checks of column names, and the index that pandas writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lfine.finetune.data.formats.rows import (
    check_names,
    columns_of,
    complete,
    index_warning,
    otherwise,
    unreadable,
)
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]


def test_columns_are_those_of_all_rows_in_order_of_appearance() -> None:
    assert columns_of([{"b": 1}, {"a": 1, "b": 2}, {"c": 1}]) == ("b", "a", "c")
    assert columns_of([]) == ()


def test_missing_keys_become_none() -> None:
    found = complete([{"b": 1}, {"a": 2}])
    assert found.columns == ("b", "a")
    assert found.rows == ({"b": 1, "a": None}, {"b": None, "a": 2})


def test_names_that_stand_twice_and_names_that_are_none_come_together(problems: Problems) -> None:
    twice_and_none = problems(lambda: check_names(Path("a.csv"), ["a", "", "b", "a", " "]))
    assert [problem.message for problem in twice_and_none] == [
        "5 columns, and no name for column 2, 5",
        "columns of the same name: 'a'",
    ]
    assert {(problem.code, problem.file, problem.line) for problem in twice_and_none} == {("LF302", "a.csv", 1)}


def test_a_title_above_the_table_is_told_from_missing_names(problems: Problems) -> None:
    (title,) = problems(lambda: check_names(Path("a.xlsx"), ["Tickets of March", "", "", " "]))
    assert title.message == (
        "the first row holds nothing but 'Tickets of March', and names for none of the other columns"
    )
    assert title.cure == "this looks like a title above the table: remove the rows above the names of the columns"
    (nameless,) = problems(lambda: check_names(Path("a.csv"), ["question", ""]))
    assert nameless.message == "2 columns, and no name for column 2"


def test_good_names_pass() -> None:
    check_names(Path("a.csv"), ["a", "A", " a"])


def test_unreadable_points_at_the_data_file() -> None:
    (problem,) = unreadable(Path("d/a.csv"), "broken", "mend it", line=4).problems
    assert (problem.code, problem.file, problem.line, problem.cure) == ("LF302", str(Path("d/a.csv")), 4, "mend it")


def test_reading_otherwise_is_a_warning() -> None:
    warning = otherwise(Path("a.csv"), "read so", "write it so", line=3)
    assert (warning.code, warning.severity, warning.file, warning.line) == ("LF330", "warning", "a.csv", 3)


def test_the_index_is_a_warning() -> None:
    warning = index_warning(Path("a.csv"), 1)
    assert (warning.code, warning.severity) == ("LF311", "warning")
