"""Texts of JSON as what they hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lfine.finetune.data.convert.parsing import parsed
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.places import unplaced
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]


@pytest.mark.parametrize(
    ("cell", "value"),
    [('["a", 1]', ["a", 1]), ("4", 4), ("true", True), ("null", None), ('"x"', "x"), ("", None), (" ", None), (7, 7)],
)
def test_cells(cell: object, value: object) -> None:
    found = parsed(Rows(("x", "q"), ({"x": cell, "q": "4"},)), ["x"], unplaced)
    assert found == Rows(("x", "q"), ({"x": value, "q": "4"},))


def test_all_that_is_wrong_at_once(problems: Problems) -> None:
    rows = Rows(("x", "y"), ({"x": "[1", "y": "{}"}, {"x": "1", "y": "b c"}, {"x": "no", "y": ""}))
    first, second = problems(lambda: parsed(rows, ["x", "y"], unplaced))
    assert (first.code, second.code) == ("LF321", "LF321")
    assert first.message.startswith("column 'x' holds no JSON in 2 rows: 0 (")
    assert second.message.startswith("column 'y' holds no JSON in 1 row: 1 (")


def test_a_column_that_is_not_there(problems: Problems) -> None:
    (problem,) = problems(lambda: parsed(Rows(("tags",), ()), ["tgas"], unplaced))
    assert (problem.code, problem.cure) == ("LF201", "did you mean `tags`?")
