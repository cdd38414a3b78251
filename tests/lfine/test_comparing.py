"""Which scores a path means."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.comparing import compare_places, scores_at
from lfine.schemas.errors import RunError
from tests.lfine.projects import Project


def test_a_run_an_evaluation_and_a_file_mean_the_same(finished: Project) -> None:
    run = finished.run_folders()[0]
    tuned = run / "evaluations" / "tuned"
    assert scores_at(run) == scores_at(tuned) == scores_at(tuned / "scores.json")
    assert compare_places(run, tuned).main.difference == 0.0


def test_no_scores_there(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        scores_at(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.code, str(tmp_path) in problem.message) == ("LF501", True)
