"""What a writer raises reaches the user as one problem with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.registry import write_rows
from lfine.finetune.data.writing.unheld import UnheldError
from lfine.schemas.errors import TaskError


def test_message_and_cure_are_kept() -> None:
    error = UnheldError("a sheet holds less", "write .csv")
    assert (str(error), error.message, error.cure) == ("a sheet holds less", "a sheet holds less", "write .csv")


def test_it_is_a_problem_of_the_new_file_which_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TaskError) as caught:
        write_rows(tmp_path / "rows.xlsx", Rows(("q",), ({"q": "x" * 40_000},)))
    (problem,) = caught.value.problems
    assert (problem.code, problem.file) == ("LF336", str(tmp_path / "rows.xlsx"))
    assert "column 'q' has more in 1 row: 0 (counted from 0)" in problem.message
    assert problem.cure == "write .csv, .jsonl or .parquet"
    assert list(tmp_path.iterdir()) == []
