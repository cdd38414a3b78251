"""Lists of problems as text and as JSON."""

from __future__ import annotations

import json

from lfine.schemas.problems import Problem
from lfine.schemas.rendering import problems_json, problems_text

FIRST = Problem("LF102", "r must be an integer", "remove the quotes", file="a.yaml", line=2, column=3, path="adapter.r")
SECOND = Problem("LF301", "there is no data", "name a file", file="b.yaml")
THIRD = Problem("LF306", "few rows", "lower sample_size", "warning", file="a.yaml", line=9, column=1)


def test_nothing_to_say() -> None:
    assert problems_text([]) == ""
    assert problems_json(3, []) == {"files": 3, "problems": []}


def test_one_problem() -> None:
    assert problems_text([FIRST]) == FIRST.text() + "\n\n1 problem in 1 file"


def test_problems_of_one_file_stand_together_in_the_order_they_came() -> None:
    text = problems_text([FIRST, SECOND, THIRD])
    assert text == "\n\n".join([FIRST.text(), THIRD.text(), SECOND.text(), "2 problems and 1 warning in 2 files"])


def test_warnings_are_counted_apart() -> None:
    assert problems_text([THIRD]).endswith("\n\n1 warning in 1 file")
    assert problems_text([THIRD, THIRD]).endswith("\n\n2 warnings in 1 file")


def test_large_counts_are_readable() -> None:
    assert problems_text([FIRST] * 1234).endswith("1,234 problems in 1 file")


def absent(number: int) -> Problem:
    return Problem("LF301", f"looked at {number}", "set LFINE_DATA", "warning", file=f"{number}.yaml", line=3, column=9)


def test_a_few_files_without_data_are_told_one_by_one() -> None:
    few = [absent(number) for number in range(3)]
    assert problems_text(few) == "\n\n".join([*(each.text() for each in few), "3 warnings in 3 files"])


def test_many_files_without_data_are_told_together_after_all_else() -> None:
    text = problems_text([*(absent(number) for number in range(4)), FIRST, SECOND])
    assert text.startswith(FIRST.text() + "\n\n" + SECOND.text() + "\n\nLF301 missing-data (warning)\n")
    assert "the columns of 4 files were not checked" in text
    assert all(f"\n     {number}.yaml\n" in text for number in range(4))
    assert "looked at" not in text
    assert text.endswith("\n\n2 problems and 4 warnings in 6 files")


def test_errors_of_absent_data_are_never_folded() -> None:
    errors = [Problem("LF301", f"no data {number}", "name a file", file=f"{number}.yaml") for number in range(9)]
    assert all(error.text() in problems_text(errors) for error in errors)


def test_json_is_the_promised_record() -> None:
    document = json.loads(json.dumps(problems_json(2, [FIRST, SECOND])))
    assert document["files"] == 2
    assert document["problems"][0] == {
        "code": "LF102",
        "severity": "error",
        "file": "a.yaml",
        "line": 2,
        "column": 3,
        "path": "adapter.r",
        "message": "r must be an integer",
        "cure": "remove the quotes",
    }
    assert document["problems"][1]["line"] is None
