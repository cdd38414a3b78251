"""What metrics need besides the answers, and that it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.evaluation.judging import Judging, need
from lfine.schemas.errors import RunError


def test_nothing_is_allowed_unless_it_is_said() -> None:
    judging = Judging(lambda _: {}, Path())
    assert (judging.allow_code, judging.unsafe) == (False, False)
    assert need(judging, "custom") is judging


def test_a_metric_without_its_rows_is_named() -> None:
    with pytest.raises(RunError) as caught:
        need(None, "sql_execution")
    (problem,) = caught.value.problems
    assert (problem.code, "sql_execution needs the rows" in problem.message) == ("LF531", True)
