"""Problems with and without a line of the task file."""

from __future__ import annotations

from lfine.finetune.data.places import as_warning, unplaced
from lfine.schemas.problems import Problem


def test_without_a_file_the_key_is_kept() -> None:
    assert unplaced("LF301", "dataset.path", "it is gone", "look") == Problem(
        "LF301", "it is gone", "look", path="dataset.path"
    )


def test_a_warning_is_the_same_problem_of_another_severity() -> None:
    problem = Problem("LF306", "few", "more", file="a.yaml", line=3, path="evaluation.sample_size")
    warning = as_warning(problem)
    assert warning.severity == "warning"
    assert {**warning.record(), "severity": "error"} == problem.record()
